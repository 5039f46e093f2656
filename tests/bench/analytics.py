"""The analytics example: how fast a subscriber that begins today has caught up with all that ever happened."""

import asyncio
import os
import resource
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deploy.local.home import CHECKOUT
from examples.analytics.store import Store
from tests import examples
from tests.analytics.days import Days, as_json
from tests.bench.report import Report, Row, Target
from tests.bench.rig import POLL_S
from tests.happened import Happening, happening
from tests.stack import Servers

SIZE, SIZE_QUICK = 1_000_000, 50_000
AT_ONCE = 5_000
CAUGHT_UP = Target("rate", 10_000, unit="/s")


async def analytics(report: Report) -> None:
    """From the real stream into the file, by the example as it is; and the file alone."""
    size = SIZE_QUICK if report.quick else SIZE
    with TemporaryDirectory(prefix="weft-bench-") as folder:
        servers = Servers.start(Path(folder) / "servers")
        try:
            async with happening(servers) as bus:
                await _from_stream(report, bus, Path(folder) / "stream.duckdb", size)
        finally:
            servers.stop()
        _alone(report, Path(folder) / "alone.duckdb", size)


async def _from_stream(report: Report, bus: Happening, file: Path, size: int) -> None:
    workspace_id = examples.a_workspace_id()
    for events in _days(workspace_id, size):
        await bus.publish(*events)
    url, consumer = await bus.subscriber(f"events.{workspace_id}.>")
    environment = {**os.environ, "WEFT_EVENTS_URL": url, "WEFT_EVENTS_CONSUMER": consumer}
    command = [sys.executable, "-m", "examples.analytics", "follow", str(file), "--until-now"]
    begun, worked_s = time.perf_counter(), _cpu_s()
    process = await asyncio.create_subprocess_exec(
        *command, cwd=CHECKOUT, env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    while await bus.unsettled(consumer):  # noqa: ASYNC110 - another process works on it
        await asyncio.sleep(POLL_S)
    took_s = time.perf_counter() - begun
    await process.wait()
    measure = f"analytics: {size:,} events from the stream, start of the process included"
    _row(report, measure, file, size, took_s, _cpu_s() - worked_s)


def _alone(report: Report, file: Path, size: int) -> None:
    took_s, worked_s = 0.0, 0.0
    with Store(file) as store:
        for events in _days(examples.a_workspace_id(), size):
            told = [as_json(event) for event in events]
            begun, worked = time.perf_counter(), time.process_time()
            store.take(told)
            took_s += time.perf_counter() - begun
            worked_s += time.process_time() - worked
    _row(report, f"analytics: {size:,} events into the file alone", file, size, took_s, worked_s)


def _cpu_s() -> float:
    """Of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _row(report: Report, measure: str, file: Path, size: int, took_s: float, worked_s: float) -> None:
    with Store(file) as store:
        found: int = store.ask("SELECT count(*) FROM events")[0][0]
    if found != size:
        report.faults.append(f"{measure}: {found:,} are in the file")
    load, mb = os.getloadavg()[0], file.stat().st_size / 2**20
    cpu_us = worked_s / size * 1e6
    shown = f"{size / took_s:,.0f}/s, {took_s:.1f} s, {cpu_us:.0f} µs of a processor each, {mb:.0f} MB, load {load:.1f}"
    figures = {"rate": size / took_s, "took_s": took_s, "cpu_us": cpu_us, "mb": mb}
    report.add(Row("analytics", measure, shown, figures, (CAUGHT_UP,)))


def _days(workspace_id: str, size: int) -> Iterator[list[dict[str, Any]]]:
    events = islice(Days(workspace_id).events(), size)
    while some := list(islice(events, AT_ONCE)):
        yield some
