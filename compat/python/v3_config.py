"""Configuration and login with the asyncio client."""

import hashlib

from v2.nacos import ConfigParam, NacosException

import harness
from harness import Failure
from v3_trial import GROUP, admin, instance


def md5(content):
    return hashlib.md5(content.encode()).hexdigest()


async def publish_get(t):
    writer, reader = await t.config(), await t.config()
    await t.publish(writer, t.unique, "a: 1", type="yaml", app_name="shop")
    await t.expect_content(reader, t.unique, "a: 1")
    await t.publish(writer, t.unique, "a: 2")
    await t.expect_content(reader, t.unique, "a: 2")


async def get_absent(t):
    content = await t.get(await t.config(), t.unique)
    if content:
        raise Failure("read %r" % content)


async def remove(t):
    client = await t.config()
    await t.publish(client, t.unique, "soon gone")
    await t.expect_content(client, t.unique, "soon gone")
    if not await client.remove_config(ConfigParam(data_id=t.unique, group=GROUP)):
        raise Failure("removing was answered false")
    await t.expect_content(await t.config(), t.unique, "")


async def listen_push(t):
    writer, reader = await t.config(), await t.config()
    await t.publish(writer, t.unique, "one")
    events, _ = await t.listen(reader, t.unique)
    await t.expect(events, "one")
    await t.publish(writer, t.unique, "two")
    await t.expect(events, "two")
    await t.publish(writer, t.unique, "three")
    await t.expect(events, "three")


async def listen_absent_then_published(t):
    writer, reader = await t.config(), await t.config()
    events, _ = await t.listen(reader, t.unique)
    await t.publish(writer, t.unique, "born")
    await t.expect(events, "born")


async def listen_many(t):
    writer, reader = await t.config(), await t.config()
    names = ["%s-%d" % (t.unique, number) for number in range(50)]
    inboxes = []
    for name in names:
        await t.publish(writer, name, "before")
        inboxes.append((await t.listen(reader, name))[0])
    for inbox in inboxes:
        await t.expect(inbox, "before")
    await t.publish(writer, names[17], "after")
    await t.expect(inboxes[17], "after")
    told = [name for name, inbox in zip(names, inboxes) if not inbox.empty()]
    if told:
        raise Failure("listeners of unchanged items were told: %s" % told)


async def cancel_listen(t):
    writer, leaving, staying = await t.config(), await t.config(), await t.config()
    await t.publish(writer, t.unique, "one")
    left, heard = await t.listen(leaving, t.unique)
    stayed, _ = await t.listen(staying, t.unique)
    await t.expect(left, "one")
    await t.expect(stayed, "one")
    await leaving.remove_listener(t.unique, GROUP, heard)
    await t.publish(writer, t.unique, "two")
    await t.expect(stayed, "two")
    if not left.empty():
        raise Failure("told %r after cancelling" % left.get_nowait())


async def cas_publish(t):
    client = await t.config()
    await t.publish(client, t.unique, "one")
    try:
        accepted = await client.publish_config(
            ConfigParam(data_id=t.unique, group=GROUP, content="stolen", cas_md5=md5("something else"))
        )
    except NacosException:
        accepted = False
    if accepted:
        raise Failure("a publish with the wrong md5 was accepted")
    await t.expect_content(await t.config(), t.unique, "one")
    await t.publish(client, t.unique, "two", cas_md5=md5("one"))
    await t.expect_content(await t.config(), t.unique, "two")


async def beta_publish(t):
    writer, reader = await t.config(), await t.config()
    await t.publish(writer, t.unique, "formal")
    await t.publish(writer, t.unique, "elsewhere", beta_ips="10.255.255.254")
    await t.expect_content(reader, t.unique, "formal")
    # A fresh client: one that has read the content is not told of it again.
    events, _ = await t.listen(await t.config(), t.unique)
    await t.expect(events, "formal")
    await t.publish(writer, t.unique, "beta", beta_ips=harness.local_addresses())
    await t.expect(events, "beta")
    await t.expect_content(await t.config(), t.unique, "beta")


async def unicode_content(t):
    content = '名称: 海堤 🌊\n\ttab & <xml/> %41 + "quoted" \\ back\r\nümlaut\x01\x02'
    await t.publish(await t.config(), t.unique, content)
    await t.expect_content(await t.config(), t.unique, content)


async def large_content(t):
    content = "0123456789abcdef" * 32 * 1024
    events, _ = await t.listen(await t.config(), t.unique)
    await t.publish(await t.config(), t.unique, content)
    await t.expect_content(await t.config(), t.unique, content)
    await t.expect(events, content)


async def config_group_isolation(t):
    client = await t.config()
    await t.publish(client, t.unique, "default group")
    await t.publish(client, t.unique, "other group", group="OTHER_GROUP")
    await t.expect_content(client, t.unique, "default group")
    await t.expect_content(client, t.unique, "other group", group="OTHER_GROUP")


async def config_namespace_isolation(t):
    space = "space-" + t.unique
    outside, inside = await t.config(), await t.config(namespace=space)
    events, _ = await t.listen(await t.config(namespace=space), t.unique)
    await t.publish(outside, t.unique, "outside")
    await t.publish(inside, t.unique, "inside")
    await t.expect(events, "inside")
    await t.expect_content(await t.config(), t.unique, "outside")
    await t.expect_content(await t.config(namespace=space), t.unique, "inside")


async def login_accepted(t):
    harness.need_auth()
    events, _ = await t.listen(await t.config(**admin()), t.unique)
    await t.publish(await t.config(**admin()), t.unique, "for members")
    await t.expect(events, "for members")
    await t.register(await t.naming(**admin()), instance(t.unique, 9001))
    await t.expect_ports(await t.naming(**admin()), t.unique, [9001])


async def refused(t, **options):
    """Whoever comes with `options` can neither write nor read."""
    harness.need_auth()
    await t.publish(await t.config(**admin()), t.unique, "secret")
    accepted = []

    async def attempt(what, call):
        try:
            if await call():
                accepted.append(what)
        except Exception:  # a refusal may be raised as anything, also while connecting
            pass

    async def publish():
        client = await t.config(**options)
        return await client.publish_config(ConfigParam(data_id=t.unique, group=GROUP, content="stolen"))

    async def read():
        return await t.get(await t.config(**options), t.unique)

    async def register():
        return await (await t.naming(**options)).register_instance(instance(t.unique, 9001))

    await attempt("a publish", publish)
    await attempt("a read", read)
    await attempt("an instance", register)
    if accepted:
        raise Failure("accepted uninvited: %s" % ", ".join(accepted))
    await t.expect_content(await t.config(**admin()), t.unique, "secret")
    await t.expect_ports(await t.naming(**admin()), t.unique, [])


async def login_refused(t):
    await refused(t, **{**admin(), "password": "not the password"})


async def anonymous_refused(t):
    await refused(t, auth=True)


CASES = [
    ("publish_get", 20, publish_get),
    ("get_absent", 20, get_absent),
    ("remove", 20, remove),
    ("listen_push", 20, listen_push),
    ("listen_absent_then_published", 20, listen_absent_then_published),
    ("listen_many", 30, listen_many),
    ("cancel_listen", 20, cancel_listen),
    ("cas_publish", 20, cas_publish),
    ("beta_publish", 20, beta_publish),
    ("unicode_content", 20, unicode_content),
    ("large_content", 30, large_content),
    ("config_group_isolation", 20, config_group_isolation),
    ("config_namespace_isolation", 20, config_namespace_isolation),
    ("login_accepted", 30, login_accepted),
    ("login_refused", 60, login_refused),
    ("anonymous_refused", 60, anonymous_refused),
]
