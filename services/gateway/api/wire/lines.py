"""Reading a body line by line, however long it is: no more of it is held than one line."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request

from contracts.transfer import LINE_BYTES_MAX
from services.gateway.api.wire.bodies import refuse_other_types
from services.gateway.api.wire.errors import Problem

NDJSON = "application/x-ndjson"
SILENCE_S = 30.0
"""As long may a client pause; how long all of it takes, is its own business."""


async def read_lines(request: Request) -> AsyncIterator[tuple[int, bytes | None]]:
    """The lines that are not blank, each with its number (the first is 1); None for one that is too long.

    Raises Problem: 415 for another Content-Type, 408 for silence, 400 where the body ends early.
    """
    refuse_other_types(request, NDJSON)
    begun, is_too_long, number = bytearray(), False, 0
    async for chunk in _chunks(request):
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            number += 1
            begun += part
            if is_too_long or len(begun) > LINE_BYTES_MAX:
                yield number, None
            elif line := bytes(begun).strip():
                yield number, line
            begun, is_too_long = bytearray(), False
        begun += rest
        if len(begun) > LINE_BYTES_MAX:
            begun, is_too_long = bytearray(), True
    if is_too_long:
        yield number + 1, None
    elif line := bytes(begun).strip():
        yield number + 1, line


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    more = True
    while more:
        try:
            async with asyncio.timeout(SILENCE_S):
                message = await request.receive()
        except TimeoutError:
            detail = f"Nothing more of the body arrived within {SILENCE_S:.0f} s."
            raise Problem(408, detail, headers={"Connection": "close"}) from None
        if message["type"] == "http.disconnect":
            raise Problem(400, "The body ended early.")
        yield message.get("body", b"")
        more = message.get("more_body", False)
