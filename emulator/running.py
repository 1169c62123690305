"""Serves an organisation on a socket until it is told to stop."""

import asyncio
from collections.abc import Callable

from emulator.application import Application
from emulator.http.server import Connection
from emulator.state.organisation import Organisation

Ready = Callable[[str], None]


async def serve(org: Organisation, host: str, port: int, stopped: asyncio.Event, ready: Ready) -> None:
    """Listen (port 0: a free one), tell `ready` the URL, and answer until `stopped` is set."""
    loop = asyncio.get_running_loop()
    application = Application(org)
    connections: set[Connection] = set()
    server = await loop.create_server(lambda: Connection(application, connections), host, port, backlog=1024)
    bound = server.sockets[0].getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    org.url = f"http://{shown}:{bound}"
    try:
        ready(org.url)
        await stopped.wait()
    finally:
        server.close()
        for connection in list(connections):
            connection.abort()
        await server.wait_closed()
