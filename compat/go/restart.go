package main

import (
	"fmt"
	"net"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/model"
	"github.com/nacos-group/nacos-sdk-go/v2/vo"
)

// redo is how long a client may take to notice a restart and to repeat what
// it had registered, subscribed and listened to.
const redo = 40 * time.Second

func restartCases() []testCase {
	return []testCase{
		{"restart_redo_register", 90 * time.Second, restartRedoRegister},
		{"restart_redo_subscribe", 90 * time.Second, restartRedoSubscribe},
		{"restart_redo_listen", 90 * time.Second, restartRedoListen},
		{"restart_keeps_config", 90 * time.Second, restartKeepsConfig},
		{"restart_keeps_persistent", 90 * time.Second, restartKeepsPersistent},
		{"restart_no_empty_push", 90 * time.Second, restartNoEmptyPush},
		{"kill_snapshot_read", 90 * time.Second, killSnapshotRead},
	}
}

func restartRedoRegister(t *trial) {
	provider := t.naming(clientOptions{})
	t.register(provider, instance(t.unique, 9001))
	t.expectPorts(t.naming(clientOptions{}), t.unique, "[9001]")
	t.control("restart")
	consumer := t.naming(clientOptions{})
	events, _ := t.subscribe(consumer, t.unique)
	events.wait(t, redo, "the instance again", func(got string) bool { return got == "[9001]" })
}

func restartRedoSubscribe(t *trial) {
	consumer := t.naming(clientOptions{})
	events, _ := t.subscribe(consumer, t.unique)
	t.control("restart")
	provider := t.naming(clientOptions{})
	t.register(provider, instance(t.unique, 9001))
	events.wait(t, redo, "the new instance", func(got string) bool { return got == "[9001]" })
}

func restartRedoListen(t *trial) {
	reader := t.config(clientOptions{})
	t.publish(t.config(clientOptions{}), t.unique, "before")
	events := t.listen(reader, t.unique)
	t.expectData(events, "before")
	t.control("restart")
	t.publish(t.config(clientOptions{}), t.unique, "after")
	events.wait(t, redo, `"after"`, func(got string) bool { return got == "after" })
}

func restartKeepsConfig(t *trial) {
	t.publish(t.config(clientOptions{}), t.unique, "durable 🌊")
	t.control("kill")
	t.control("start")
	t.expectContent(t.config(clientOptions{}), t.unique, "durable 🌊")
}

func restartKeepsPersistent(t *trial) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	t.must(err, "opening a port to be probed")
	t.defers(func() { _ = listener.Close() })
	port := uint64(listener.Addr().(*net.TCPAddr).Port)
	param := instance(t.unique, port)
	param.Ephemeral = false
	t.register(t.naming(clientOptions{}), param)
	t.control("kill")
	t.control("start")
	t.expectPorts(t.naming(clientOptions{}), t.unique, fmt.Sprintf("[%d]", port))
}

// A restart must never tell a subscriber that a service with living
// instances has none.
func restartNoEmptyPush(t *trial) {
	provider, consumer := t.naming(clientOptions{}), t.naming(clientOptions{})
	t.register(provider, instance(t.unique, 9001))
	events := newInbox[[]model.Instance]()
	t.must(consumer.Subscribe(&vo.SubscribeParam{ServiceName: t.unique, SubscribeCallback: func(list []model.Instance, _ error) {
		events.put(list)
	}}), "subscribing")
	events.wait(t, 10*time.Second, "the instance", func(got []model.Instance) bool { return len(got) == 1 })
	t.control("restart")
	marker := t.naming(clientOptions{})
	t.register(marker, instance(t.unique, 9002))
	events.wait(t, redo, "both instances", func(got []model.Instance) bool {
		if len(got) == 0 {
			t.failf("pushed an empty list because of a restart")
		}
		return len(got) == 2
	})
}

func killSnapshotRead(t *trial) {
	options := clientOptions{dir: t.freshDir()}
	provider, consumer, reader := t.naming(clientOptions{}), t.naming(clientOptions{}), t.config(options)
	t.register(provider, instance(t.unique, 9001))
	t.expectPorts(consumer, t.unique, "[9001]")
	t.publish(reader, t.unique, "kept")
	t.expectContent(reader, t.unique, "kept")
	t.control("kill")
	t.defers(func() { t.control("start") })
	t.expectPorts(consumer, t.unique, "[9001]")
	t.eventually(30*time.Second, func() error {
		content, err := get(reader, t.unique)
		if err != nil || content != "kept" {
			return fmt.Errorf("read %q, %v", content, err)
		}
		return nil
	})
}
