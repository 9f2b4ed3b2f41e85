// Package guards measures go-zero's and sentinel-golang's guards through their public
// APIs, in the form `go test -bench` prints. Run by `cargo xtask bench guard`.
//
// Every loop runs on as many goroutines as there are processors (-cpu), so ns/op times
// that number is what one of them pays for an operation.
package guards

import (
	"os"
	"testing"

	sentinel "github.com/alibaba/sentinel-golang/api"
	"github.com/alibaba/sentinel-golang/core/base"
	"github.com/alibaba/sentinel-golang/core/circuitbreaker"
	"github.com/alibaba/sentinel-golang/core/config"
	"github.com/alibaba/sentinel-golang/core/flow"
	"github.com/alibaba/sentinel-golang/core/system"
	"github.com/alibaba/sentinel-golang/logging"
	"github.com/zeromicro/go-zero/core/breaker"
	"github.com/zeromicro/go-zero/core/load"
	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/core/stat"
)

func TestMain(m *testing.M) {
	logx.Disable()
	stat.DisableLog()
	logs, err := os.MkdirTemp("", "sentinel")
	if err != nil {
		panic(err)
	}
	entity := config.NewDefaultConfig()
	entity.Sentinel.Log.Dir = logs
	entity.Sentinel.Log.Metric.FlushIntervalSec = 0
	logging.ResetGlobalLoggerLevel(logging.ErrorLevel)
	if err := sentinel.InitWithConfig(entity); err != nil {
		panic(err)
	}
	m.Run()
	_ = os.RemoveAll(logs)
}

func nothing() error { return nil }

func BenchmarkGoZeroBreakerDo(b *testing.B) {
	guard := breaker.NewBreaker()
	b.ReportAllocs()
	b.RunParallel(func(loop *testing.PB) {
		for loop.Next() {
			_ = guard.Do(nothing)
		}
	})
}

func BenchmarkGoZeroBreakerAllow(b *testing.B) {
	guard := breaker.NewBreaker()
	b.ReportAllocs()
	b.RunParallel(func(loop *testing.PB) {
		for loop.Next() {
			if promise, err := guard.Allow(); err == nil {
				promise.Accept()
			}
		}
	})
}

func BenchmarkGoZeroShedderAllow(b *testing.B) {
	guard := load.NewAdaptiveShedder()
	b.ReportAllocs()
	b.RunParallel(func(loop *testing.PB) {
		for loop.Next() {
			if promise, err := guard.Allow(); err == nil {
				promise.Pass()
			}
		}
	})
}

// What go-zero's server puts around a handler: its breaker around its shedder.
func BenchmarkGoZeroBreakerAndShedder(b *testing.B) {
	outer, inner := breaker.NewBreaker(), load.NewAdaptiveShedder()
	b.ReportAllocs()
	b.RunParallel(func(loop *testing.PB) {
		for loop.Next() {
			accepted, err := outer.Allow()
			if err != nil {
				continue
			}
			if passed, err := inner.Allow(); err == nil {
				passed.Pass()
			}
			accepted.Accept()
		}
	})
}

func BenchmarkSentinelEntryBare(b *testing.B) {
	enter(b, "bare")
}

func BenchmarkSentinelEntryFlow(b *testing.B) {
	limit(b, "flow")
	enter(b, "flow")
}

func BenchmarkSentinelEntryBreaker(b *testing.B) {
	guard(b, "breaker")
	enter(b, "breaker")
}

// A flow rule, a breaker and a rule for the whole system.
func BenchmarkSentinelEntryFull(b *testing.B) {
	limit(b, "full")
	guard(b, "full")
	rules := []*system.Rule{{MetricType: system.Concurrency, TriggerCount: 1e9}}
	if _, err := system.LoadRules(rules); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = system.ClearRules() }()
	enter(b, "full")
}

func limit(b *testing.B, resource string) {
	_, err := flow.LoadRulesOfResource(resource, []*flow.Rule{{
		Resource:               resource,
		TokenCalculateStrategy: flow.Direct,
		ControlBehavior:        flow.Reject,
		Threshold:              1e9,
		StatIntervalInMs:       1000,
	}})
	if err != nil {
		b.Fatal(err)
	}
}

func guard(b *testing.B, resource string) {
	_, err := circuitbreaker.LoadRulesOfResource(resource, []*circuitbreaker.Rule{{
		Resource:         resource,
		Strategy:         circuitbreaker.ErrorRatio,
		RetryTimeoutMs:   5000,
		MinRequestAmount: 10,
		StatIntervalMs:   10000,
		Threshold:        0.5,
	}})
	if err != nil {
		b.Fatal(err)
	}
}

func enter(b *testing.B, resource string) {
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(loop *testing.PB) {
		for loop.Next() {
			entry, blocked := sentinel.Entry(resource, sentinel.WithTrafficType(base.Inbound))
			if blocked == nil {
				entry.Exit()
			}
		}
	})
}
