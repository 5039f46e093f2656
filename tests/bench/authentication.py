"""What it takes to know whom a key stands for: the gateway's own lookup, on the real bus, one after the other."""

import time

from services.gateway.auth import Keys
from services.kit.bus import Bus
from tests.bench.http import percentile_of
from tests.bench.report import Report, Row, Target
from tests.bench.rig import rig

WARM_UP = 200


async def authentication(report: Report) -> None:
    """Every request does this once, and nothing of it is remembered."""
    count = 1_000 if report.quick else 10_000
    async with rig("authentication") as the:
        workspace = the.new_workspace()
        bus = Bus(the.stack.nats_url("gateway"), "gateway")
        await bus.connect()
        keys = Keys(bus, the.stack.endpoints.secrets.key_pepper)
        taken = list[float]()
        for _ in range(WARM_UP + count):
            began = time.perf_counter()
            await keys.principal(workspace.headers["Authorization"])
            taken.append((time.perf_counter() - began) * 1_000)
        await bus.stop()
    figures = {f"p{each}_ms": round(percentile_of(taken[WARM_UP:], each), 3) for each in (50, 95, 99)}
    text = ", ".join(f"{name.removesuffix('_ms')} {value:.2f}" for name, value in figures.items()) + " ms"
    targets = (Target("p50_ms", 1, at_most=True, unit=" ms"), Target("p95_ms", 1, at_most=True, unit=" ms"))
    report.add(Row("authentication", f"authentication of a request ({count:,})", text, figures, targets))
