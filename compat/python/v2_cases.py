"""The cases of the HTTP client. It knows no push, no batch, no compare-and-set and no beta."""

import socket
import urllib.error

import nacos

import harness
from harness import REDO, Failure

# Milliseconds without a beat until an instance is unhealthy, and until it is removed.
SHORT_LIVED = {
    "preserved.heart.beat.interval": "1000",
    "preserved.heart.beat.timeout": "3000",
    "preserved.ip.delete.timeout": "5000",
}


def admin():
    return {"auth": True, "username": harness.AUTH_USER, "password": harness.AUTH_PASSWORD}


def register_discover(t):
    client = t.client()
    t.register(client, 9001, weight=2.5, metadata={"from": "python"})
    t.expect_ports(client, t.unique, [9001])
    one = client.list_naming_instance(t.unique)["hosts"][0]
    told = (one["ip"], one["weight"], one["healthy"], one["enabled"], one["ephemeral"])
    if told != ("127.0.0.1", 2.5, True, True, True) or one["metadata"] != {"from": "python"}:
        raise Failure("unlike what was registered: %s" % one)


def instance_detail(t):
    client = t.client()
    t.register(client, 9001, metadata={"from": "python"}, cluster_name="EAST")
    t.expect_ports(client, t.unique, [9001])
    one = client.get_naming_instance(t.unique, "127.0.0.1", 9001, cluster_name="EAST")
    if (one["ip"], one["port"], one["clusterName"], one["metadata"]) != ("127.0.0.1", 9001, "EAST", {"from": "python"}):
        raise Failure("the detail is %s" % one)


def deregister(t):
    client = t.client()
    t.register(client, 9001)
    t.register(client, 9002)
    t.expect_ports(client, t.unique, [9001, 9002])
    if not client.remove_naming_instance(t.unique, "127.0.0.1", 9002):
        raise Failure("deregistering was answered false")
    t.expect_ports(client, t.unique, [9001])


def subscribe_poll(t):
    client, told = t.client(), []

    def heard(event, instance):
        told.append((event, instance.instance["port"]))

    heard.listener_name = "heard"
    client.subscribe(nacos.listener.SubscribeListener(fn=heard, listener_name="heard"), 0.2, service_name=t.unique)
    t.register(client, 9001, heartbeat_interval=1)
    t.eventually(10, lambda: None if ("ADDED", 9001) in told else "told only %s" % told)
    client.remove_naming_instance(t.unique, "127.0.0.1", 9001)
    t.eventually(10, lambda: None if ("DELETED", 9001) in told else "told only %s" % told)


def instance_update(t):
    client = t.client()
    t.register(client, 9001)
    t.expect_ports(client, t.unique, [9001])
    if not client.modify_naming_instance(t.unique, "127.0.0.1", 9001, weight=7, metadata={"version": "2"}):
        raise Failure("updating was answered false")

    def check():
        one = client.list_naming_instance(t.unique)["hosts"][0]
        return None if (one["weight"], one["metadata"]) == (7, {"version": "2"}) else "still %s" % one

    t.eventually(10, check)


def disabled_instance(t):
    client = t.client()
    t.register(client, 9001)
    t.register(client, 9002, enable=False)
    t.expect_ports(client, t.unique, [9001])


def cluster_filter(t):
    client = t.client()
    t.register(client, 9001, cluster_name="EAST")
    t.register(client, 9002, cluster_name="WEST")
    t.expect_ports(client, t.unique, [9001], clusters="EAST")
    t.expect_ports(client, t.unique, [9002], clusters="WEST")
    t.expect_ports(client, t.unique, [9001, 9002], clusters="EAST,WEST")
    t.expect_ports(client, t.unique, [9001, 9002])


def group_isolation(t):
    client = t.client()
    t.register(client, 9001)
    t.register(client, 9002, group_name="OTHER_GROUP")
    t.expect_ports(client, t.unique, [9001])
    t.expect_ports(client, t.unique, [9002], group_name="OTHER_GROUP")


def naming_namespace_isolation(t):
    outside, inside = t.client(), t.client(namespace="space-" + t.unique)
    t.register(outside, 9001)
    t.register(inside, 9002)
    t.expect_ports(outside, t.unique, [9001])
    t.expect_ports(inside, t.unique, [9002])


def unicode_metadata(t):
    client, wanted = t.client(), {"地域": '华东-1 "ü" 🌊'}
    t.register(client, 9001, metadata=wanted)
    t.expect_ports(client, t.unique, [9001])
    got = client.list_naming_instance(t.unique)["hosts"][0]["metadata"]
    if got != wanted:
        raise Failure("metadata came back as %s" % got)


def heartbeat_expiry(t):
    """One instance beats, one falls silent: the silent one turns unhealthy and is removed."""
    client = t.client()
    t.register(client, 9001, metadata=SHORT_LIVED, heartbeat_interval=1)
    t.register(client, 9002, metadata=SHORT_LIVED)
    t.expect_ports(client, t.unique, [9001, 9002])

    def unhealthy():
        state = {host["port"]: host["healthy"] for host in client.list_naming_instance(t.unique)["hosts"]}
        return None if state.get(9001) and not state.get(9002) else "health %s" % state

    t.eventually(20, unhealthy)
    t.expect_ports(client, t.unique, [9001], within=20)
    t.expect_ports(client, t.unique, [9001], healthy_only=True)


def heartbeat_unknown(t):
    """A beat for an instance the server does not know registers it."""
    client = t.client()
    answer = client.send_heartbeat(t.unique, "127.0.0.1", 9001, metadata={"from": "beat"})
    if not isinstance(answer, dict) or "clientBeatInterval" not in answer:
        raise Failure("the beat was answered %r" % answer)
    t.expect_ports(client, t.unique, [9001])


def persistent_instance(t):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port, client = server.getsockname()[1], t.client()
        t.register(client, port, ephemeral=False)
        t.expect_ports(client, t.unique, [port])
        if not client.remove_naming_instance(t.unique, "127.0.0.1", port, ephemeral=False):
            raise Failure("deregistering was answered false")
        t.expect_ports(client, t.unique, [])


def publish_get(t):
    client = t.client()
    t.publish(client, "a: 1", config_type="yaml", app_name="shop")
    t.expect_content(client, "a: 1")
    t.publish(client, "a: 2")
    t.expect_content(client, "a: 2")


def get_absent(t):
    content = t.client().get_config(t.unique, "DEFAULT_GROUP")
    if content is not None:
        raise Failure("read %r" % content)


def remove(t):
    client = t.client()
    t.publish(client, "soon gone")
    t.expect_content(client, "soon gone")
    if not client.remove_config(t.unique, "DEFAULT_GROUP"):
        raise Failure("removing was answered false")
    t.expect_content(client, None)


def listen_push(t):
    writer, reader = t.client(), t.client()
    t.publish(writer, "one")
    told = t.watch(reader)
    t.publish(writer, "two")
    t.expect_told(told, "two")
    t.publish(writer, "three")
    t.expect_told(told, "three")


def listen_absent_then_published(t):
    writer, reader = t.client(), t.client()
    told = t.watch(reader)
    t.publish(writer, "born")
    t.expect_told(told, "born")


def listen_many(t):
    writer, reader = t.client(), t.client()
    names = ["%s-%d" % (t.unique, number) for number in range(20)]
    lists = []
    for name in names:
        t.publish(writer, "before", data_id=name)
        lists.append(t.watch(reader, name))
    t.publish(writer, "after", data_id=names[7])
    t.expect_told(lists[7], "after")
    others = [name for name, told in zip(names, lists) if told and name != names[7]]
    if others:
        raise Failure("watchers of unchanged items were told: %s" % others)


def search(t):
    client = t.client(namespace="space-" + t.unique)
    for number in range(3):
        t.publish(client, "found", data_id="%s-%d" % (t.unique, number))

    def check():
        page = client.get_configs(page_no=1, page_size=2)
        told = (page["totalCount"], len(page["pageItems"]), page["pageItems"][0]["content"])
        return None if told == (3, 2, "found") else "found %s" % page

    t.eventually(5, check)


def unicode_content(t):
    content = '名称: 海堤 🌊\n\ttab & <xml/> %41 + "quoted" \\ back\r\nümlaut\x01\x02'
    client = t.client()
    t.publish(client, content)
    t.expect_content(client, content)


def large_content(t):
    content, client = "0123456789abcdef" * 32 * 1024, t.client()
    t.publish(client, content)
    t.expect_content(client, content)


def config_group_isolation(t):
    client = t.client()
    t.publish(client, "default group")
    t.publish(client, "other group", group="OTHER_GROUP")
    t.expect_content(client, "default group")
    t.expect_content(client, "other group", group="OTHER_GROUP")


def config_namespace_isolation(t):
    outside, inside = t.client(), t.client(namespace="space-" + t.unique)
    t.publish(outside, "outside")
    t.publish(inside, "inside")
    told = t.watch(inside)
    t.publish(inside, "inside again")
    t.expect_told(told, "inside again")
    t.expect_content(outside, "outside")
    t.expect_content(inside, "inside again")


def login_accepted(t):
    harness.need_auth()
    client = t.client(**admin())
    t.publish(client, "for members")
    t.expect_content(client, "for members")
    told = t.watch(client)
    t.publish(client, "for members still")
    t.expect_told(told, "for members still")
    t.register(client, 9001)
    t.expect_ports(client, t.unique, [9001])


def refused(t, **options):
    harness.need_auth()
    member = t.client(**admin())
    t.publish(member, "secret")
    accepted = []

    def attempt(what, call):
        try:
            if call(t.client(**options)):
                accepted.append(what)
        except (nacos.NacosException, urllib.error.HTTPError):
            pass

    attempt("a publish", lambda client: client.publish_config(t.unique, "DEFAULT_GROUP", "stolen"))
    attempt("a read", lambda client: client.get_config(t.unique, "DEFAULT_GROUP"))
    attempt("an instance", lambda client: client.add_naming_instance(t.unique, "127.0.0.1", 9001))
    if accepted:
        raise Failure("accepted uninvited: %s" % ", ".join(accepted))
    t.expect_content(member, "secret")
    t.expect_ports(member, t.unique, [])


def login_refused(t):
    refused(t, **{**admin(), "password": "not the password"})


def anonymous_refused(t):
    refused(t, auth=True)


def restart_redo_register(t):
    client = t.client()
    t.register(client, 9001, heartbeat_interval=1)
    t.expect_ports(client, t.unique, [9001])
    harness.control("restart")
    t.expect_ports(t.client(), t.unique, [9001], within=REDO)


def restart_redo_listen(t):
    writer, reader = t.client(), t.client()
    t.publish(writer, "before")
    told = t.watch(reader)
    t.publish(writer, "during")
    t.expect_told(told, "during")
    harness.control("restart")
    t.publish(t.client(), "after")
    t.expect_told(told, "after", within=REDO)


def restart_keeps_config(t):
    t.publish(t.client(), "durable 🌊")
    harness.control("kill")
    harness.control("start")
    t.expect_content(t.client(), "durable 🌊")


def restart_keeps_persistent(t):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        t.register(t.client(), port, ephemeral=False)
        harness.control("kill")
        harness.control("start")
        t.expect_ports(t.client(), t.unique, [port])


def kill_snapshot_read(t):
    client = t.client(snapshot=True)
    t.publish(client, "kept")
    t.expect_content(client, "kept")
    harness.control("kill")
    try:
        t.expect_content(client, "kept")
    finally:
        harness.control("start")
    t.expect_content(client, "kept")


LIMITS = {"heartbeat_expiry": 60, "login_refused": 40, "anonymous_refused": 40, "listen_many": 60}

CASES = [
    (case.__name__, LIMITS.get(case.__name__, 90 if case.__name__.startswith(("restart", "kill")) else 30), case)
    for case in (
        register_discover, instance_detail, deregister, subscribe_poll, instance_update, disabled_instance,
        cluster_filter, group_isolation, naming_namespace_isolation, unicode_metadata, heartbeat_expiry,
        heartbeat_unknown, persistent_instance, publish_get, get_absent, remove, listen_push,
        listen_absent_then_published, listen_many, search, unicode_content, large_content, config_group_isolation,
        config_namespace_isolation, login_accepted, login_refused, anonymous_refused, restart_redo_register,
        restart_redo_listen, restart_keeps_config, restart_keeps_persistent, kill_snapshot_read,
    )
]
