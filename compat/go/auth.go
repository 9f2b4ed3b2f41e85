package main

import (
	"os"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/clients"
	"github.com/nacos-group/nacos-sdk-go/v2/vo"
)

func authCases() []testCase {
	return []testCase{
		{"login_accepted", 30 * time.Second, loginAccepted},
		{"login_refused", 40 * time.Second, loginRefused},
		{"anonymous_refused", 40 * time.Second, anonymousRefused},
	}
}

func admin() clientOptions {
	return clientOptions{auth: true, username: os.Getenv("SEAWALL_AUTH_USER"), password: os.Getenv("SEAWALL_AUTH_PASSWORD")}
}

func (t *trial) needAuth() {
	if os.Getenv("SEAWALL_AUTH_ADDR") == "" {
		panic(skipped("no server with login"))
	}
}

func loginAccepted(t *trial) {
	t.needAuth()
	client := t.config(admin())
	events := t.listen(t.config(admin()), t.unique)
	t.publish(client, t.unique, "for members")
	t.expectData(events, "for members")
	t.register(t.naming(admin()), instance(t.unique, 9001))
	t.expectPorts(t.naming(admin()), t.unique, "[9001]")
}

// refused checks that o can neither write nor read; a client that cannot even
// be created was refused as well.
func (t *trial) refused(o clientOptions) {
	t.needAuth()
	t.publish(t.config(admin()), t.unique, "secret")
	client, err := clients.NewConfigClient(t.param(o))
	if err == nil {
		t.defers(client.CloseClient)
		if ok, err := client.PublishConfig(vo.ConfigParam{DataId: t.unique, Group: group, Content: "stolen"}); ok && err == nil {
			t.failf("an uninvited publish was accepted")
		}
		if content, err := get(client, t.unique); err == nil && content != "" {
			t.failf("an uninvited read was answered %q", content)
		}
	}
	naming, err := clients.NewNamingClient(t.param(o))
	if err == nil {
		t.defers(naming.CloseClient)
		if ok, err := naming.RegisterInstance(instance(t.unique, 9001)); ok && err == nil {
			t.failf("an uninvited instance was accepted")
		}
	}
	t.expectContent(t.config(admin()), t.unique, "secret")
	t.expectPorts(t.naming(admin()), t.unique, "[]")
}

func loginRefused(t *trial) {
	o := admin()
	o.password = "not the password"
	t.refused(o)
}

func anonymousRefused(t *trial) { t.refused(clientOptions{auth: true}) }
