"""What must survive a restart of the server, with the asyncio client."""

import asyncio

import harness
from harness import REDO, Failure
from v3_trial import instance


async def restart_redo_register(t):
    provider = await t.naming()
    await t.register(provider, instance(t.unique, 9001))
    await t.expect_ports(await t.naming(), t.unique, [9001])
    await t.control("restart")
    events, _ = await t.subscribe_after_restart(await t.naming(), t.unique, within=REDO)
    await t.expect(events, [9001], within=REDO)


async def restart_redo_subscribe(t):
    events, _ = await t.subscribe(await t.naming(), t.unique)
    await t.control("restart")
    await t.register(await t.naming(), instance(t.unique, 9001))
    await t.expect(events, [9001], within=REDO)


async def restart_redo_listen(t):
    await t.publish(await t.config(), t.unique, "before")
    events, _ = await t.listen(await t.config(), t.unique)
    await t.expect(events, "before")
    await t.control("restart")
    await t.publish(await t.config(), t.unique, "after")
    await t.expect(events, "after", within=REDO)


async def restart_keeps_config(t):
    await t.publish(await t.config(), t.unique, "durable 🌊")
    await t.control("kill")
    await t.control("start")
    await t.expect_content(await t.config(), t.unique, "durable 🌊")


async def restart_keeps_persistent(t):
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        await t.register(await t.naming(), instance(t.unique, port, ephemeral=False))
        await t.control("kill")
        await t.control("start")
        await t.expect_ports(await t.naming(), t.unique, [port])
    finally:
        server.close()


async def restart_no_empty_push(t):
    """A restart must never tell a subscriber that a service with living instances has none."""
    provider, consumer = await t.naming(), await t.naming()
    await t.register(provider, instance(t.unique, 9001))
    events, _ = await t.subscribe(consumer, t.unique)
    await t.expect(events, [9001])
    await t.control("restart")
    await t.register(await t.naming(), instance(t.unique, 9002))
    async with asyncio.timeout(REDO):
        while True:
            event = await events.get()
            if not event:
                raise Failure("pushed an empty list because of a restart")
            if event == [9001, 9002]:
                return


async def kill_snapshot_read(t):
    reader = await t.config()
    await t.publish(reader, t.unique, "kept")
    await t.expect_content(reader, t.unique, "kept")
    await t.control("kill")
    try:
        content = None
        try:
            content = await t.get(reader, t.unique)
        except Exception as error:  # an error is honest; an empty answer is not
            content = error
        if content is None or content == "":
            raise Failure("an absent server reads as an absent configuration")
    finally:
        await t.control("start")
    await t.expect_content(reader, t.unique, "kept", within=REDO)


def needs_control(case):
    async def guarded(t):
        if not harness.os.environ.get("SEAWALL_CONTROL"):
            raise harness.Skipped("the server is not ours to restart")
        await case(t)

    return guarded


CASES = [
    (case.__name__, 90, needs_control(case))
    for case in (
        restart_redo_register,
        restart_redo_subscribe,
        restart_redo_listen,
        restart_keeps_config,
        restart_keeps_persistent,
        restart_no_empty_push,
        kill_snapshot_read,
    )
]
