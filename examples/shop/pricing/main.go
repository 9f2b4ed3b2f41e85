// Command pricing: what a thing costs today. It registers itself, listens to the
// configuration shop.json and answers GET /price?base=N with the discount applied.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"

	"github.com/nacos-group/nacos-sdk-go/v2/clients"
	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"
	"github.com/nacos-group/nacos-sdk-go/v2/vo"
)

// settings is the part of shop.json this service reads.
type settings struct {
	Discount int `json:"discount"`
}

var discount atomic.Int64

func main() {
	param := client()
	follow(param)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	port := uint64(listener.Addr().(*net.TCPAddr).Port)
	http.HandleFunc("/price", price)
	go func() { must(http.Serve(listener, nil)) }()

	naming, err := clients.NewNamingClient(param)
	must(err)
	_, err = naming.RegisterInstance(vo.RegisterInstanceParam{
		ServiceName: "pricing", Ip: "127.0.0.1", Port: port, Weight: 1, Enable: true, Healthy: true, Ephemeral: true,
	})
	must(err)
	fmt.Printf("pricing (Go) serves on port %d\n", port)

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
	_, _ = naming.DeregisterInstance(vo.DeregisterInstanceParam{
		ServiceName: "pricing", Ip: "127.0.0.1", Port: port, Ephemeral: true,
	})
	naming.CloseClient()
}

func client() vo.NacosClientParam {
	host, text, err := net.SplitHostPort(os.Getenv("SEAWALL_ADDR"))
	must(err)
	port, err := strconv.ParseUint(text, 10, 16)
	must(err)
	work := os.Getenv("SHOP_WORK")
	return vo.NacosClientParam{
		ServerConfigs: []constant.ServerConfig{{IpAddr: host, Port: port, ContextPath: "/nacos"}},
		ClientConfig: &constant.ClientConfig{
			TimeoutMs: 5000, NotLoadCacheAtStart: true, LogLevel: "warn",
			LogDir: filepath.Join(work, "pricing-log"), CacheDir: filepath.Join(work, "pricing-cache"),
		},
	}
}

// follow applies shop.json now and whenever it changes.
func follow(param vo.NacosClientParam) {
	config, err := clients.NewConfigClient(param)
	must(err)
	must(config.ListenConfig(vo.ConfigParam{
		DataId: "shop.json", Group: "DEFAULT_GROUP",
		OnChange: func(_, _, _, data string) {
			var changed settings
			if err := json.Unmarshal([]byte(data), &changed); err != nil {
				log.Printf("pricing keeps its settings, shop.json is not valid: %v", err)
				return
			}
			discount.Store(int64(changed.Discount))
			fmt.Printf("pricing gives %d %% off from now on\n", changed.Discount)
		},
	}))
}

func price(answer http.ResponseWriter, request *http.Request) {
	base, err := strconv.ParseInt(request.URL.Query().Get("base"), 10, 64)
	if err != nil {
		http.Error(answer, "base must be a number", http.StatusBadRequest)
		return
	}
	fmt.Fprintf(answer, "%d", base*(100-discount.Load())/100)
}

func must(err error) {
	if err != nil {
		log.Fatalf("pricing: %v", err)
	}
}
