"""What a service says at its own port."""

import asyncio
import json
import urllib.error
import urllib.request

import pytest

from deploy.local.ports import choose_port
from services.kit import health, telemetry
from services.kit.errors import Unavailable
from services.kit.health import Health


def get(port: int, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


async def test_it_is_alive_from_the_start_and_ready_when_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LOOK_EVERY_S", 0.0)
    lacking = ["stream EVENTS"]

    async def probe() -> list[str]:
        return lacking

    async def away() -> list[str]:
        if lacking:
            raise Unavailable("no answer")
        return []

    watched, port = Health(probe, away), choose_port()
    telemetry.serve("127.0.0.1", port, watched.missing)
    said = await asyncio.to_thread(get, port, "/readyz")
    assert (said[0], json.loads(said[1])["missing"]) == (503, ["all of it: the service is starting"])
    assert await asyncio.to_thread(get, port, "/healthz") == (200, b'{"status": "ok"}')
    await watched.look()
    status, body = await asyncio.to_thread(get, port, "/readyz")
    missing = ["stream EVENTS", "Unavailable (no answer)"]
    assert status == 503
    assert json.loads(body) == {"detail": f"Not ready: {', '.join(missing)}.", "missing": missing}
    lacking.clear()
    running = asyncio.create_task(watched.run())
    while watched.missing():  # noqa: ASYNC110 - it looks without end
        await asyncio.sleep(0)
    assert await asyncio.to_thread(get, port, "/readyz") == (200, b'{"status": "ready"}')
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert watched.missing() == ["all of it: the service is stopping"]
    assert (await asyncio.to_thread(get, port, "/metrics"))[0] == 200
    assert (await asyncio.to_thread(get, port, "/"))[0] == 404


async def test_who_has_not_looked_for_long_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Health()
    await watched.look()
    assert watched.missing() == []
    monkeypatch.setattr(health, "STALE_S", 0.0)
    assert len(watched.missing()) == 1
