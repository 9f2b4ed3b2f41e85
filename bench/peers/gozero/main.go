// The lab's server on go-zero: its rest server with all of its default middlewares, in
// front of the same work as `seawall-lab serve` does. Started by `cargo xtask lab`.
package main

import (
	"flag"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/zeromicro/go-zero/core/conf"
	"github.com/zeromicro/go-zero/rest"
)

func main() {
	port := flag.Int("port", 0, "where on loopback")
	work := flag.String("work", "cpu", "cpu or io")
	workUs := flag.Int64("work-us", 0, "how long a request takes when it is alone")
	pool := flag.Int("pool", 32, "places in the backend")
	timeoutMs := flag.Int64("timeout-ms", 3000, "go-zero's own timeout")
	seconds := flag.Int64("seconds", 0, "after so many seconds it ends by itself")
	flag.Parse()
	time.AfterFunc(time.Duration(*seconds)*time.Second, func() { os.Exit(0) })

	var config rest.RestConf
	if err := conf.FillDefault(&config); err != nil {
		panic(err)
	}
	config.Name = "lab"
	config.Host = "127.0.0.1"
	config.Port = *port
	config.Timeout = *timeoutMs
	// No line a request; what it says of those it refuses stays.
	config.Log.Level = "error"
	config.DevServer.Enabled = false

	took := time.Duration(*workUs) * time.Microsecond
	var run func()
	if *work == "io" {
		places := make(chan struct{}, *pool)
		run = func() {
			places <- struct{}{}
			time.Sleep(took)
			<-places
		}
	} else {
		turns := turnsOf(took)
		run = func() { turn(turns) }
	}

	server := rest.MustNewServer(config)
	defer server.Stop()
	server.AddRoute(rest.Route{
		Method: http.MethodPost,
		Path:   "/work",
		Handler: func(response http.ResponseWriter, request *http.Request) {
			_, _ = io.Copy(io.Discard, request.Body)
			run()
			_, _ = io.WriteString(response, "done\n")
		},
	})
	server.Start()
}

const try = 2_000_000

// As many turns as this machine does in that time when nobody disturbs it.
func turnsOf(took time.Duration) int64 {
	turn(try)
	fastest := time.Hour
	for range 7 {
		began := time.Now()
		turn(try)
		fastest = min(fastest, time.Since(began))
	}
	return try * took.Nanoseconds() / max(fastest.Nanoseconds(), 1)
}

var sink uint64

func turn(turns int64) {
	state := uint64(0x9e3779b97f4a7c15) ^ sink
	for range turns {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
	}
	if state == 0 {
		sink = state
	}
}
