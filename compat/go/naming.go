package main

import (
	"fmt"
	"net"
	"sort"
	"strings"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/clients/naming_client"
	"github.com/nacos-group/nacos-sdk-go/v2/model"
	"github.com/nacos-group/nacos-sdk-go/v2/vo"
)

func namingCases() []testCase {
	return []testCase{
		{"register_discover", 20 * time.Second, registerDiscover},
		{"subscribe_push", 20 * time.Second, subscribePush},
		{"deregister_push", 20 * time.Second, deregisterPush},
		{"unsubscribe_stops", 20 * time.Second, unsubscribeStops},
		{"instance_update", 20 * time.Second, instanceUpdate},
		{"disabled_instance", 20 * time.Second, disabledInstance},
		{"cluster_filter", 20 * time.Second, clusterFilter},
		{"group_isolation", 20 * time.Second, groupIsolation},
		{"naming_namespace_isolation", 20 * time.Second, namingNamespaceIsolation},
		{"unicode_metadata", 20 * time.Second, unicodeMetadata},
		{"weighted_choice", 20 * time.Second, weightedChoice},
		{"batch_register", 20 * time.Second, batchRegister},
		{"persistent_instance", 30 * time.Second, persistentInstance},
		{"service_list", 20 * time.Second, serviceList},
		{"absent_service", 20 * time.Second, absentService},
		{"disconnect_removal", 40 * time.Second, disconnectRemoval},
	}
}

func instance(service string, port uint64) vo.RegisterInstanceParam {
	return vo.RegisterInstanceParam{
		Ip: "127.0.0.1", Port: port, Weight: 1, Enable: true, Healthy: true, Ephemeral: true,
		ServiceName: service, Metadata: map[string]string{"from": "go"},
	}
}

func (t *trial) register(client naming_client.INamingClient, param vo.RegisterInstanceParam) {
	ok, err := client.RegisterInstance(param)
	t.must(err, "registering")
	if !ok {
		t.failf("registering was answered false")
	}
}

// all lists what the client sees; the client reports an empty list as an error.
func all(client naming_client.INamingClient, service string, clusters ...string) ([]model.Instance, error) {
	found, err := client.SelectAllInstances(vo.SelectAllInstancesParam{ServiceName: service, Clusters: clusters})
	if err != nil && strings.Contains(err.Error(), "empty") {
		return nil, nil
	}
	return found, err
}

func ports(instances []model.Instance) string {
	list := []int{}
	for _, one := range instances {
		list = append(list, int(one.Port))
	}
	sort.Ints(list)
	return fmt.Sprint(list)
}

func (t *trial) expectPorts(client naming_client.INamingClient, service, want string, clusters ...string) {
	t.eventually(10*time.Second, func() error {
		found, err := all(client, service, clusters...)
		if err != nil {
			return err
		}
		if got := ports(found); got != want {
			return fmt.Errorf("ports %s instead of %s", got, want)
		}
		return nil
	})
}

func (t *trial) subscribe(client naming_client.INamingClient, service string, clusters ...string) (*inbox[string], *vo.SubscribeParam) {
	events := newInbox[string]()
	param := &vo.SubscribeParam{ServiceName: service, Clusters: clusters, SubscribeCallback: func(list []model.Instance, err error) {
		events.put(ports(list))
	}}
	t.must(client.Subscribe(param), "subscribing")
	return events, param
}

func (t *trial) expectEvent(events *inbox[string], want string) {
	events.wait(t, 10*time.Second, "ports "+want, func(got string) bool { return got == want })
}

func registerDiscover(t *trial) {
	provider, consumer := t.naming(clientOptions{}), t.naming(clientOptions{})
	param := instance(t.unique, 9001)
	param.Weight = 2.5
	t.register(provider, param)
	t.expectPorts(consumer, t.unique, "[9001]")
	found, err := all(consumer, t.unique)
	t.must(err, "listing")
	one := found[0]
	if one.Ip != "127.0.0.1" || one.Weight != 2.5 || !one.Healthy || !one.Enable || !one.Ephemeral || one.Metadata["from"] != "go" || one.ClusterName != "DEFAULT" {
		t.failf("unlike what was registered: %+v", one)
	}
}

func subscribePush(t *trial) {
	provider, consumer := t.naming(clientOptions{}), t.naming(clientOptions{})
	events, _ := t.subscribe(consumer, t.unique)
	t.register(provider, instance(t.unique, 9001))
	t.expectEvent(events, "[9001]")
	second := t.naming(clientOptions{})
	t.register(second, instance(t.unique, 9002))
	t.expectEvent(events, "[9001 9002]")
}

func deregisterPush(t *trial) {
	provider, second, consumer := t.naming(clientOptions{}), t.naming(clientOptions{}), t.naming(clientOptions{})
	t.register(provider, instance(t.unique, 9001))
	t.register(second, instance(t.unique, 9002))
	events, _ := t.subscribe(consumer, t.unique)
	t.expectEvent(events, "[9001 9002]")
	_, err := second.DeregisterInstance(vo.DeregisterInstanceParam{Ip: "127.0.0.1", Port: 9002, ServiceName: t.unique, Ephemeral: true})
	t.must(err, "deregistering")
	t.expectEvent(events, "[9001]")
}

func unsubscribeStops(t *trial) {
	provider, leaving, staying := t.naming(clientOptions{}), t.naming(clientOptions{}), t.naming(clientOptions{})
	t.register(provider, instance(t.unique, 9001))
	left, param := t.subscribe(leaving, t.unique)
	stayed, _ := t.subscribe(staying, t.unique)
	t.expectEvent(left, "[9001]")
	t.expectEvent(stayed, "[9001]")
	t.must(leaving.Unsubscribe(param), "unsubscribing")
	second := t.naming(clientOptions{})
	t.register(second, instance(t.unique, 9002))
	t.expectEvent(stayed, "[9001 9002]")
	select {
	case event := <-left.events:
		t.failf("an event after unsubscribing: %s", event)
	default:
	}
}

func instanceUpdate(t *trial) {
	provider, consumer := t.naming(clientOptions{}), t.naming(clientOptions{})
	t.register(provider, instance(t.unique, 9001))
	t.expectPorts(consumer, t.unique, "[9001]")
	ok, err := provider.UpdateInstance(vo.UpdateInstanceParam{
		Ip: "127.0.0.1", Port: 9001, Weight: 7, Enable: true, Healthy: true, Ephemeral: true,
		ServiceName: t.unique, Metadata: map[string]string{"version": "2"},
	})
	t.must(err, "updating")
	if !ok {
		t.failf("updating was answered false")
	}
	t.eventually(10*time.Second, func() error {
		found, err := all(consumer, t.unique)
		if err != nil {
			return err
		}
		if len(found) != 1 || found[0].Weight != 7 || found[0].Metadata["version"] != "2" {
			return fmt.Errorf("still %+v", found)
		}
		return nil
	})
}

func disabledInstance(t *trial) {
	provider, second, consumer := t.naming(clientOptions{}), t.naming(clientOptions{}), t.naming(clientOptions{})
	off := instance(t.unique, 9002)
	off.Enable = false
	t.register(provider, instance(t.unique, 9001))
	t.register(second, off)
	t.eventually(10*time.Second, func() error {
		found, err := consumer.SelectInstances(vo.SelectInstancesParam{ServiceName: t.unique, HealthyOnly: true})
		if err != nil {
			return err
		}
		if got := ports(found); got != "[9001]" {
			return fmt.Errorf("ports %s", got)
		}
		return nil
	})
}

func clusterFilter(t *trial) {
	one, two := t.naming(clientOptions{}), t.naming(clientOptions{})
	a, b := instance(t.unique, 9001), instance(t.unique, 9002)
	a.ClusterName, b.ClusterName = "EAST", "WEST"
	t.register(one, a)
	t.register(two, b)
	t.expectPorts(t.naming(clientOptions{}), t.unique, "[9001]", "EAST")
	t.expectPorts(t.naming(clientOptions{}), t.unique, "[9002]", "WEST")
	t.expectPorts(t.naming(clientOptions{}), t.unique, "[9001 9002]")
}

func groupIsolation(t *trial) {
	one, two, consumer := t.naming(clientOptions{}), t.naming(clientOptions{}), t.naming(clientOptions{})
	other := instance(t.unique, 9002)
	other.GroupName = "OTHER_GROUP"
	t.register(one, instance(t.unique, 9001))
	t.register(two, other)
	t.expectPorts(consumer, t.unique, "[9001]")
	found, err := consumer.SelectAllInstances(vo.SelectAllInstancesParam{ServiceName: t.unique, GroupName: "OTHER_GROUP"})
	t.must(err, "listing the other group")
	if got := ports(found); got != "[9002]" {
		t.failf("the other group has ports %s", got)
	}
}

func namingNamespaceIsolation(t *trial) {
	space := clientOptions{namespace: "space-" + t.unique}
	t.register(t.naming(clientOptions{}), instance(t.unique, 9001))
	t.register(t.naming(space), instance(t.unique, 9002))
	t.expectPorts(t.naming(clientOptions{}), t.unique, "[9001]")
	t.expectPorts(t.naming(space), t.unique, "[9002]")
}

func unicodeMetadata(t *trial) {
	param := instance(t.unique, 9001)
	param.Metadata = map[string]string{"地域": "华东-1 \"ü\" 🌊", "empty": ""}
	t.register(t.naming(clientOptions{}), param)
	consumer := t.naming(clientOptions{})
	t.expectPorts(consumer, t.unique, "[9001]")
	found, _ := all(consumer, t.unique)
	if found[0].Metadata["地域"] != param.Metadata["地域"] {
		t.failf("metadata came back as %v", found[0].Metadata)
	}
}

func weightedChoice(t *trial) {
	one, two, consumer := t.naming(clientOptions{}), t.naming(clientOptions{}), t.naming(clientOptions{})
	heavy, none := instance(t.unique, 9001), instance(t.unique, 9002)
	none.Weight = 0
	t.register(one, heavy)
	t.register(two, none)
	t.expectPorts(consumer, t.unique, "[9001 9002]")
	for range 50 {
		chosen, err := consumer.SelectOneHealthyInstance(vo.SelectOneHealthInstanceParam{ServiceName: t.unique})
		t.must(err, "choosing")
		if chosen.Port != 9001 {
			t.failf("chose %d, which has no weight", chosen.Port)
		}
	}
}

func batchRegister(t *trial) {
	provider, consumer := t.naming(clientOptions{}), t.naming(clientOptions{})
	events, _ := t.subscribe(consumer, t.unique)
	batch := func(list ...uint64) {
		param := vo.BatchRegisterInstanceParam{ServiceName: t.unique}
		for _, port := range list {
			param.Instances = append(param.Instances, instance(t.unique, port))
		}
		ok, err := provider.BatchRegisterInstance(param)
		t.must(err, "registering a batch")
		if !ok {
			t.failf("the batch was answered false")
		}
	}
	batch(9001, 9002, 9003)
	t.expectEvent(events, "[9001 9002 9003]")
	batch(9002, 9004)
	t.expectEvent(events, "[9002 9004]")
}

func persistentInstance(t *trial) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	t.must(err, "opening a port to be probed")
	t.defers(func() { _ = listener.Close() })
	port := uint64(listener.Addr().(*net.TCPAddr).Port)
	provider, consumer := t.naming(clientOptions{}), t.naming(clientOptions{})
	param := instance(t.unique, port)
	param.Ephemeral = false
	t.register(provider, param)
	want := fmt.Sprintf("[%d]", port)
	t.expectPorts(consumer, t.unique, want)
	provider.CloseClient()
	t.expectPorts(t.naming(clientOptions{}), t.unique, want)
	_, err = t.naming(clientOptions{}).DeregisterInstance(vo.DeregisterInstanceParam{Ip: "127.0.0.1", Port: port, ServiceName: t.unique})
	t.must(err, "deregistering")
	t.expectPorts(consumer, t.unique, "[]")
}

func serviceList(t *trial) {
	provider := t.naming(clientOptions{})
	group := "LIST-" + t.unique
	for i := range 5 {
		param := instance(fmt.Sprintf("%s-%d", t.unique, i), 9001)
		param.GroupName = group
		t.register(provider, param)
	}
	t.eventually(10*time.Second, func() error {
		names := map[string]bool{}
		for page := uint32(1); page <= 3; page++ {
			list, err := provider.GetAllServicesInfo(vo.GetAllServiceInfoParam{GroupName: group, PageNo: page, PageSize: 2})
			if err != nil {
				return err
			}
			if list.Count != 5 {
				return fmt.Errorf("count %d", list.Count)
			}
			for _, name := range list.Doms {
				names[name] = true
			}
		}
		if len(names) != 5 || !names[t.unique+"-0"] {
			return fmt.Errorf("names %v", names)
		}
		return nil
	})
}

func absentService(t *trial) {
	found, err := all(t.naming(clientOptions{}), t.unique)
	t.must(err, "listing a service nobody registered")
	if len(found) != 0 {
		t.failf("found %v", found)
	}
}

func disconnectRemoval(t *trial) {
	consumer := t.naming(clientOptions{})
	events, _ := t.subscribe(consumer, t.unique)
	process := t.holder(t.unique, 9001)
	t.expectEvent(events, "[9001]")
	t.must(process.Process.Kill(), "killing the provider")
	t.expectEvent(events, "[]")
}
