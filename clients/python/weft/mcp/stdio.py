"""The MCP server over standard input and output: what `weft mcp` runs."""

import os
from collections.abc import Mapping

import anyio

from weft import AsyncWeft, Settings
from weft.mcp.server import make_server

NAMESPACE = "WEFT_DEFAULT_NAMESPACE"


def run(settings: Settings, environment: Mapping[str, str] = os.environ) -> None:
    """Serves one client until it closes standard input. WEFT_DEFAULT_NAMESPACE is where writes go that name none.

    Standard output belongs to the protocol: nothing else may be written there.
    """
    anyio.run(_serve, settings, environment.get(NAMESPACE, ""))


async def _serve(settings: Settings, namespace: str) -> None:
    async with AsyncWeft(settings=settings) as weft:
        await make_server(lambda _: weft, namespace).run_stdio_async()
