"""One run of a case of the asyncio suite: its clients, its waits, and what to tidy up."""

import asyncio
import os
import sys

from v2.nacos import (
    ClientConfigBuilder,
    ConfigParam,
    DeregisterInstanceParam,
    ListInstanceParam,
    NacosConfigService,
    NacosException,
    NacosNamingService,
    RegisterInstanceParam,
    SubscribeServiceParam,
)

import harness
from harness import Failure

GROUP = "DEFAULT_GROUP"


def client_config(work, auth=False, namespace="", username=None, password=None):
    built = (
        ClientConfigBuilder()
        .server_address(harness.AUTH_ADDRESS if auth else harness.ADDRESS)
        .namespace_id(namespace)
        .username(username)
        .password(password)
        .log_dir(os.path.join(work, "log"))
        .cache_dir(os.path.join(work, "cache"))
        .load_cache_at_start(False)
        .log_level("INFO")
        .build()
    )
    built.set_update_cache_when_empty(True)
    return built


def admin():
    return {"auth": True, "username": harness.AUTH_USER, "password": harness.AUTH_PASSWORD}


def instance(service, port, **more):
    return RegisterInstanceParam(
        **{"service_name": service, "ip": "127.0.0.1", "port": port, "metadata": {"from": "python"}, **more}
    )


def ports(instances):
    return sorted(one.port for one in instances)


class Trial:
    def __init__(self, name):
        self.unique = harness.unique(name)
        self._clients = 0
        self._cleanup = []

    def defers(self, coroutine_function):
        self._cleanup.append(coroutine_function)

    async def tidy(self):
        for step in reversed(self._cleanup):
            try:
                await asyncio.wait_for(step(), 10)
            except Exception as error:  # tidying must not hide the case's own outcome
                print("tidying after %s: %r" % (self.unique, error), file=sys.stderr)

    def work(self):
        self._clients += 1
        return os.path.join(harness.WORK, "%s-%d" % (self.unique, self._clients))

    async def naming(self, **options):
        client = await NacosNamingService.create_naming_service(client_config(self.work(), **options))
        self.defers(client.shutdown)
        return client

    async def config(self, **options):
        client = await NacosConfigService.create_config_service(client_config(self.work(), **options))
        self.defers(client.shutdown)
        return client

    async def eventually(self, within, check):
        """Polls until `check` returns nothing to complain about."""
        deadline = asyncio.get_running_loop().time() + within
        while True:
            try:
                complaint = await check()
            except NacosException as error:
                complaint = harness.describe(error)
            if complaint is None:
                return
            if asyncio.get_running_loop().time() > deadline:
                raise Failure("not within %d s: %s" % (within, complaint))
            await asyncio.sleep(0.05)

    async def register(self, client, param):
        if not await client.register_instance(param):
            raise Failure("registering was answered false")

    async def all(self, client, service, group=GROUP, clusters=()):
        return await client.list_instances(
            ListInstanceParam(
                service_name=service, group_name=group, clusters=list(clusters), subscribe=False, healthy_only=None
            )
        )

    async def expect_ports(self, client, service, want, **where):
        async def check():
            got = ports(await self.all(client, service, **where))
            return None if got == want else "ports %s instead of %s" % (got, want)

        await self.eventually(10, check)

    async def subscribe(self, client, service):
        """An inbox of the ports of every event, and what unsubscribing needs."""
        inbox, param = self.subscription(service)
        await client.subscribe(param)
        return inbox, param

    def subscription(self, service):
        inbox = asyncio.Queue()

        async def heard(instances):
            inbox.put_nowait(ports(instances))

        param = SubscribeServiceParam(service_name=service, group_name=GROUP, subscribe_callback=heard)
        return inbox, param

    async def subscribe_after_restart(self, client, service, within):
        """Subscribes at a server that has just started. It answers 300 (starting) until the
        service's providers are back, rather than show a list that is not whole. A refused
        subscription stands, so the whole list may be pushed between two tries: all tries
        have one inbox."""
        inbox, param = self.subscription(service)

        async def check():
            await client.subscribe(param)

        await self.eventually(within, check)
        return inbox, param

    async def listen(self, client, data_id):
        inbox = asyncio.Queue()

        async def heard(tenant, data_id, group, content):
            inbox.put_nowait(content)

        await client.add_listener(data_id, GROUP, heard)
        return inbox, heard

    async def expect(self, inbox, want, within=10.0):
        """Takes events until one is `want`."""
        seen = []
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while True:
            try:
                event = await asyncio.wait_for(inbox.get(), max(0.0, deadline - loop.time()))
            except asyncio.TimeoutError:
                raise Failure("no event %.60r within %d s, only %.200r" % (want, within, seen)) from None
            if event == want:
                return
            seen.append(event)

    async def publish(self, client, data_id, content, **more):
        if not await client.publish_config(ConfigParam(data_id=data_id, **{"group": GROUP, "content": content, **more})):
            raise Failure("publishing was answered false")

    async def get(self, client, data_id, group=GROUP):
        return await client.get_config(ConfigParam(data_id=data_id, group=group))

    async def expect_content(self, client, data_id, want, within=5, group=GROUP):
        async def check():
            got = await self.get(client, data_id, group)
            return None if (got or "") == want else "read %.60r instead of %.60r" % (got, want)

        await self.eventually(within, check)

    async def control(self, action):
        await asyncio.to_thread(harness.control, action)

    async def holder(self, service, port):
        """A process that registered one instance, to be killed without a word."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, sys.argv[0], "hold", service, str(port),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )

        async def end():
            if process.returncode is None:
                process.kill()
            await process.wait()

        self.defers(end)
        line = await asyncio.wait_for(process.stdout.readline(), 20)
        if line.strip() != b"HOLDING":
            raise Failure("the second process ended before it registered")
        return process


async def hold(service, port):
    client = await NacosNamingService.create_naming_service(
        client_config(os.path.join(harness.WORK, "hold-%d" % os.getpid()))
    )
    await client.register_instance(instance(service, port))
    print("HOLDING", flush=True)
    await asyncio.to_thread(sys.stdin.read)


def deregistration(service, port, **more):
    return DeregisterInstanceParam(service_name=service, ip="127.0.0.1", port=port, **more)
