"""catalog: what the shop sells. Registers itself and answers GET /items."""

import asyncio
import json
import os
import signal

from v2.nacos import (
    ClientConfigBuilder,
    DeregisterInstanceParam,
    NacosNamingService,
    RegisterInstanceParam,
)

ITEMS = [{"name": "lamp", "price": 40}, {"name": "chair", "price": 120}]


async def answer(reader, writer):
    await reader.readline()
    body = json.dumps(ITEMS).encode()
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() % len(body) + body)
    await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    work = os.environ["SHOP_WORK"]
    config = (
        ClientConfigBuilder()
        .server_address(os.environ["SEAWALL_ADDR"])
        .log_dir(work + "/catalog-log")
        .cache_dir(work + "/catalog-cache")
        .build()
    )
    naming = await NacosNamingService.create_naming_service(config)
    await naming.register_instance(RegisterInstanceParam(service_name="catalog", ip="127.0.0.1", port=port))
    print("catalog (Python) serves on port %d" % port, flush=True)

    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await stopping.wait()
    await naming.deregister_instance(DeregisterInstanceParam(service_name="catalog", ip="127.0.0.1", port=port))
    await naming.shutdown()


asyncio.run(main())
