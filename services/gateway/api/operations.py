"""For whoever runs Weft: is it alive, is it ready."""

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response

from contracts import subjects
from contracts.queries import Ping
from services.gateway.api.calls import Gate
from services.gateway.api.describing import answer
from services.gateway.api.shapes import Alive, NotReady, Ready
from services.gateway.api.wire.errors import RETRY_AFTER_S, json_response
from services.kit.bus import Bus
from services.kit.errors import Unavailable

router = APIRouter(tags=["operations"])

SERVICES = ("memory", "search", "graph")
STREAMS = (subjects.COMMANDS_STREAM, subjects.EVENTS_STREAM, subjects.DERIVED_STREAM, subjects.KEYS_STREAM)
PROBE_TIMEOUT_S = 2.0


@router.get(
    "/healthz",
    summary="Is the process alive?",
    openapi_extra={"security": []},
    responses={200: answer(Alive, "Alive.", {"status": "ok"})},
)
async def healthz() -> Response:
    """Answers as long as this process can. Asks nobody."""
    return json_response({"status": "ok"})


@router.get(
    "/readyz",
    summary="Is everything there to work with?",
    openapi_extra={"security": []},
    responses={
        200: answer(Ready, "All parts answer.", {"status": "ready"}),
        503: answer(
            NotReady, "`missing` names what does not.", {"detail": "Not ready: search.", "missing": ["search"]}
        ),
    },
)
async def readyz(request: Request) -> Response:
    """Asks the bus, its streams and the services behind it."""
    gate: Gate = request.app.state.gate
    probes = [_stream(gate.bus, stream) for stream in STREAMS] + [_service(gate.bus, service) for service in SERVICES]
    missing = ["bus"] if not gate.bus.client.is_connected else [name for name in await asyncio.gather(*probes) if name]
    if missing:
        content = {"detail": f"Not ready: {', '.join(missing)}.", "missing": missing}
        return json_response(content, 503, {"Retry-After": str(RETRY_AFTER_S)})
    return json_response({"status": "ready"})


async def _stream(bus: Bus, stream: str) -> str | None:
    """Its name where it is missing."""
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            await bus.stream(stream)
    except (Unavailable, TimeoutError):
        return f"stream {stream}"
    return None


async def _service(bus: Bus, service: str) -> str | None:
    """Its name where it does not answer."""
    try:
        await bus.ask(subjects.ping(service), Ping(), PROBE_TIMEOUT_S)
    except Unavailable:
        return service
    return None
