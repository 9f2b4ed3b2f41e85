package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/clients"
	"github.com/nacos-group/nacos-sdk-go/v2/clients/config_client"
	"github.com/nacos-group/nacos-sdk-go/v2/clients/naming_client"
	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"
	"github.com/nacos-group/nacos-sdk-go/v2/vo"
)

// testCase is one behaviour that has to hold; limit bounds the whole of it.
type testCase struct {
	name  string
	limit time.Duration
	run   func(t *trial)
}

// trial is one run of a case: names of its own and what to tidy up after it.
type trial struct {
	name    string
	unique  string
	cleanup []func()
}

// failure and skipped travel by panic, so a helper can end its case from any depth.
type failure string
type skipped string

type suite struct {
	failed int
}

func newSuite() *suite { return &suite{} }

func (s *suite) runAll(cases []testCase) {
	only := os.Getenv("SEAWALL_ONLY")
	for _, c := range cases {
		if only == "" || strings.Contains(c.name, only) {
			s.run(c)
		}
	}
}

func (s *suite) run(c testCase) {
	started := time.Now()
	done := make(chan string, 1)
	t := &trial{name: c.name, unique: fmt.Sprintf("%s-%d", strings.ReplaceAll(c.name, "_", "-"), started.UnixNano()%1e9)}
	go func() {
		defer func() {
			detail := ""
			switch end := recover().(type) {
			case nil:
			case failure:
				detail = "FAIL " + string(end)
			case skipped:
				detail = "SKIP " + string(end)
			default:
				detail = fmt.Sprintf("FAIL panic: %v", end)
			}
			done <- detail
		}()
		c.run(t)
	}()
	outcome := ""
	select {
	case outcome = <-done:
	case <-time.After(c.limit):
		outcome = fmt.Sprintf("FAIL still running after %s", c.limit)
	}
	verdict, detail := "PASS", ""
	if outcome != "" {
		verdict, detail, _ = strings.Cut(outcome, " ")
	}
	if verdict == "FAIL" {
		s.failed++
	}
	fmt.Printf("CASE %s %s %d %s\n", c.name, verdict, time.Since(started).Milliseconds(), oneLine(detail))
	for i := len(t.cleanup) - 1; i >= 0; i-- {
		t.cleanup[i]()
	}
}

func (t *trial) failf(format string, args ...any) { panic(failure(fmt.Sprintf(format, args...))) }
func (t *trial) defers(f func())                  { t.cleanup = append(t.cleanup, f) }

func (t *trial) must(err error, doing string) {
	if err != nil {
		t.failf("%s: %v", doing, err)
	}
}

// eventually polls until check has nothing to complain about.
func (t *trial) eventually(within time.Duration, check func() error) {
	deadline := time.Now().Add(within)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.failf("not within %s: %v", within, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// inbox keeps every event a callback brings, for waiting on one of them.
type inbox[E any] struct{ events chan E }

func newInbox[E any]() *inbox[E] { return &inbox[E]{events: make(chan E, 4096)} }

func (b *inbox[E]) put(event E) {
	select {
	case b.events <- event:
	default:
	}
}

// wait takes events until one fits; others are dropped.
func (b *inbox[E]) wait(t *trial, within time.Duration, what string, fits func(E) bool) E {
	timeout := time.After(within)
	seen := 0
	for {
		select {
		case event := <-b.events:
			seen++
			if fits(event) {
				return event
			}
		case <-timeout:
			t.failf("no event with %s within %s (%d others)", what, within, seen)
		}
	}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// clientOptions is what differs between the clients of the cases.
type clientOptions struct {
	namespace, username, password string
	auth                          bool
	dir                           string
}

var directories atomic.Int64

func (t *trial) param(o clientOptions) vo.NacosClientParam {
	address := os.Getenv("SEAWALL_ADDR")
	if o.auth {
		address = os.Getenv("SEAWALL_AUTH_ADDR")
	}
	host, port, err := net.SplitHostPort(address)
	t.must(err, "reading the server address "+address)
	number, err := strconv.ParseUint(port, 10, 16)
	t.must(err, "reading the server port")
	dir := o.dir
	if dir == "" {
		dir = t.freshDir()
	}
	return vo.NacosClientParam{
		ServerConfigs: []constant.ServerConfig{{IpAddr: host, Port: number, ContextPath: "/nacos"}},
		ClientConfig: &constant.ClientConfig{
			TimeoutMs: 5000, NamespaceId: o.namespace, Username: o.username, Password: o.password,
			NotLoadCacheAtStart: true, UpdateCacheWhenEmpty: true,
			CacheDir: filepath.Join(dir, "cache"), LogDir: filepath.Join(dir, "log"), LogLevel: "warn",
		},
	}
}

func (t *trial) freshDir() string {
	return filepath.Join(os.Getenv("SEAWALL_WORK"), fmt.Sprintf("%s-%d", t.unique, directories.Add(1)))
}

func (t *trial) naming(o clientOptions) naming_client.INamingClient {
	client, err := clients.NewNamingClient(t.param(o))
	t.must(err, "creating a naming client")
	t.defers(client.CloseClient)
	return client
}

func (t *trial) config(o clientOptions) config_client.IConfigClient {
	client, err := clients.NewConfigClient(t.param(o))
	t.must(err, "creating a config client")
	t.defers(client.CloseClient)
	return client
}

// control asks the runner to restart, kill or start the server.
func (t *trial) control(action string) {
	base := os.Getenv("SEAWALL_CONTROL")
	if base == "" {
		panic(skipped("the server is not ours to " + action))
	}
	client := http.Client{Timeout: 60 * time.Second}
	answer, err := client.Post(base+"/"+action, "text/plain", nil)
	t.must(err, "asking for "+action)
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.failf("the runner answered %d to %s", answer.StatusCode, action)
	}
}
