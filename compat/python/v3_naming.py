"""Registration and discovery with the asyncio client."""

import asyncio

from v2.nacos import BatchRegisterInstanceParam, ListInstanceParam, ListServiceParam

from harness import Failure
from v3_trial import GROUP, deregistration, instance, ports


async def register_discover(t):
    provider, consumer = await t.naming(), await t.naming()
    await t.register(provider, instance(t.unique, 9001, weight=2.5))
    await t.expect_ports(consumer, t.unique, [9001])
    one = (await t.all(consumer, t.unique))[0]
    told = (one.ip, one.weight, one.healthy, one.enabled, one.ephemeral, one.clusterName, one.metadata["from"])
    if told != ("127.0.0.1", 2.5, True, True, True, "DEFAULT", "python"):
        raise Failure("unlike what was registered: %s" % (told,))


async def subscribe_push(t):
    provider, second, consumer = await t.naming(), await t.naming(), await t.naming()
    events, _ = await t.subscribe(consumer, t.unique)
    await t.register(provider, instance(t.unique, 9001))
    await t.expect(events, [9001])
    await t.register(second, instance(t.unique, 9002))
    await t.expect(events, [9001, 9002])


async def deregister_push(t):
    provider, second, consumer = await t.naming(), await t.naming(), await t.naming()
    await t.register(provider, instance(t.unique, 9001))
    await t.register(second, instance(t.unique, 9002))
    events, _ = await t.subscribe(consumer, t.unique)
    await t.expect(events, [9001, 9002])
    await second.deregister_instance(deregistration(t.unique, 9002))
    await t.expect(events, [9001])


async def instance_update(t):
    provider, consumer = await t.naming(), await t.naming()
    await t.register(provider, instance(t.unique, 9001))
    await t.expect_ports(consumer, t.unique, [9001])
    await provider.update_instance(instance(t.unique, 9001, weight=7, metadata={"version": "2"}))

    async def check():
        found = await t.all(consumer, t.unique)
        told = [(one.weight, one.metadata.get("version")) for one in found]
        return None if told == [(7, "2")] else "still %s" % told

    await t.eventually(10, check)


async def disabled_instance(t):
    provider, second, consumer = await t.naming(), await t.naming(), await t.naming()
    await t.register(provider, instance(t.unique, 9001))
    await t.register(second, instance(t.unique, 9002, enabled=False))

    async def check():
        found = await consumer.list_instances(
            ListInstanceParam(service_name=t.unique, group_name=GROUP, subscribe=False, healthy_only=True)
        )
        return None if ports(found) == [9001] else "ports %s" % ports(found)

    await t.eventually(10, check)


async def cluster_filter(t):
    one, two, consumer = await t.naming(), await t.naming(), await t.naming()
    await t.register(one, instance(t.unique, 9001, cluster_name="EAST"))
    await t.register(two, instance(t.unique, 9002, cluster_name="WEST"))
    await t.expect_ports(consumer, t.unique, [9001], clusters=["EAST"])
    await t.expect_ports(consumer, t.unique, [9002], clusters=["WEST"])
    await t.expect_ports(consumer, t.unique, [9001, 9002])


async def group_isolation(t):
    one, two, consumer = await t.naming(), await t.naming(), await t.naming()
    await t.register(one, instance(t.unique, 9001))
    await t.register(two, instance(t.unique, 9002, group_name="OTHER_GROUP"))
    await t.expect_ports(consumer, t.unique, [9001])
    await t.expect_ports(consumer, t.unique, [9002], group="OTHER_GROUP")


async def naming_namespace_isolation(t):
    space = "space-" + t.unique
    await t.register(await t.naming(), instance(t.unique, 9001))
    await t.register(await t.naming(namespace=space), instance(t.unique, 9002))
    await t.expect_ports(await t.naming(), t.unique, [9001])
    await t.expect_ports(await t.naming(namespace=space), t.unique, [9002])


async def unicode_metadata(t):
    wanted = {"地域": '华东-1 "ü" 🌊', "empty": ""}
    provider, consumer = await t.naming(), await t.naming()
    await t.register(provider, instance(t.unique, 9001, metadata=wanted))
    await t.expect_ports(consumer, t.unique, [9001])
    got = (await t.all(consumer, t.unique))[0].metadata
    if got.get("地域") != wanted["地域"]:
        raise Failure("metadata came back as %s" % got)


async def batch_register(t):
    provider, consumer = await t.naming(), await t.naming()
    events, _ = await t.subscribe(consumer, t.unique)

    def batch(*list_of_ports):
        return BatchRegisterInstanceParam(
            service_name=t.unique, group_name=GROUP, instances=[instance(t.unique, port) for port in list_of_ports]
        )

    await provider.batch_register_instances(batch(9001, 9002, 9003))
    await t.expect(events, [9001, 9002, 9003])
    await provider.batch_deregister_instances(batch(9001, 9003))
    await t.expect(events, [9002])


async def persistent_instance(t):
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    t.defers(server.wait_closed)
    server_port = server.sockets[0].getsockname()[1]
    try:
        provider, consumer = await t.naming(), await t.naming()
        await t.register(provider, instance(t.unique, server_port, ephemeral=False))
        await t.expect_ports(consumer, t.unique, [server_port])
        await provider.shutdown()
        later = await t.naming()
        await t.expect_ports(later, t.unique, [server_port])
        await later.deregister_instance(deregistration(t.unique, server_port, ephemeral=False))
        await t.expect_ports(later, t.unique, [])
    finally:
        server.close()


async def service_list(t):
    provider, group = await t.naming(), "LIST-" + t.unique
    for number in range(5):
        await t.register(provider, instance("%s-%d" % (t.unique, number), 9001, group_name=group))

    async def check():
        names = set()
        for page in (1, 2, 3):
            found = await provider.list_services(ListServiceParam(group_name=group, page_no=page, page_size=2))
            if found.count != 5:
                return "count %s" % found.count
            names.update(found.services)
        return None if names == {"%s-%d" % (t.unique, number) for number in range(5)} else "names %s" % names

    await t.eventually(10, check)


async def absent_service(t):
    found = await t.all(await t.naming(), t.unique)
    if found:
        raise Failure("found %s" % ports(found))


async def disconnect_removal(t):
    consumer = await t.naming()
    events, _ = await t.subscribe(consumer, t.unique)
    process = await t.holder(t.unique, 9001)
    await t.expect(events, [9001])
    process.kill()
    await t.expect(events, [])


CASES = [
    ("register_discover", 20, register_discover),
    ("subscribe_push", 20, subscribe_push),
    ("deregister_push", 20, deregister_push),
    ("instance_update", 20, instance_update),
    ("disabled_instance", 20, disabled_instance),
    ("cluster_filter", 20, cluster_filter),
    ("group_isolation", 20, group_isolation),
    ("naming_namespace_isolation", 20, naming_namespace_isolation),
    ("unicode_metadata", 20, unicode_metadata),
    ("batch_register", 20, batch_register),
    ("persistent_instance", 30, persistent_instance),
    ("service_list", 20, service_list),
    ("absent_service", 20, absent_service),
    ("disconnect_removal", 40, disconnect_removal),
]
