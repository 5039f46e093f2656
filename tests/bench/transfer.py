"""A workspace out and in: how fast, and how much memory that takes of those who pass it on."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import psutil

from contracts.base import derived_id, memory_id_from
from deploy.local.processes import memory_bytes
from tests.bench import texts
from tests.bench.report import Report, Row, Target
from tests.bench.rig import MB, Rig, rig
from tests.stack import Workspace

SIZE, SIZE_QUICK = 100_000, 5_000
PASSING_ON = ("gateway", "memory")
SAMPLE_S = 0.1
AT_ONCE = 500
"""Lines that the client sends together."""
WITHIN_256 = tuple(Target(f"{name}_peak_mb", 256, at_most=True, unit=" MB") for name in PASSING_ON)
TIMEOUT = httpx2.Timeout(600)


@dataclass(slots=True)
class Peaks:
    """The most memory that each process had, in MB."""

    mb: dict[str, int] = field(default_factory=dict)

    def figures(self) -> dict[str, float]:
        return {f"{name}_peak_mb": mb for name, mb in self.mb.items()}

    def __str__(self) -> str:
        return ", ".join(f"{name} {mb} MB" for name, mb in self.mb.items())


async def transfer(report: Report) -> None:
    """Made lines in, out again, into another workspace, and once more: with nobody indexing meanwhile."""
    size = SIZE_QUICK if report.quick else SIZE
    async with rig("transfer") as the:
        with TemporaryDirectory(prefix="weft-bench-") as folder, the.paused("search"), the.paused("graph"):
            one, other, file = the.new_workspace(), the.new_workspace(), Path(folder) / "export.ndjson"
            await _import(report, the, one, _made(size), size, f"import of {size:,} memories")
            await _export(report, the, one, file, size)
            await _import(report, the, other, _lines(file), size, "import of that export")
            await _import(report, the, other, _lines(file), 0, "once more: all of it is skipped")
        for workspace in (one, other):
            memories, differences = await the.read_model_differences(workspace)
            report.faults += differences if memories == size else [f"{memories} memories of {size} were imported"]


async def _import(report: Report, the: Rig, workspace: Workspace, lines: Iterator[bytes], new: int, what: str) -> None:
    async with _watched(the) as peaks, _client(workspace) as client:
        began = time.perf_counter()
        headers = {"Content-Type": "application/x-ndjson"}
        answer = await client.post("/api/v1/import", content=_sent(lines), headers=headers)
        seconds = time.perf_counter() - began
    told = answer.json()
    if answer.status_code != 200 or told["errors"] or told["imported"] != new:
        report.faults.append(f"{what}: {answer.status_code} {answer.text[:300]}")
        return
    rate = (told["imported"] + told["skipped"]) / seconds
    figures = {"rate": round(rate, 1), "seconds": round(seconds, 1), **peaks.figures()}
    report.add(Row("transfer", what, f"{rate:.0f}/s, {seconds:.0f} s; at most {peaks}", figures, WITHIN_256))


async def _export(report: Report, the: Rig, workspace: Workspace, file: Path, size: int) -> None:
    lines = taken = 0
    async with _watched(the) as peaks, _client(workspace) as client:
        began = time.perf_counter()
        with file.open("wb") as out:
            async with client.stream("GET", "/api/v1/export") as answer:
                async for chunk in answer.aiter_bytes():
                    taken += out.write(chunk)
                    lines += chunk.count(b"\n")
        seconds = time.perf_counter() - began
    if lines != size + 2:
        report.faults.append(f"export: {lines} lines for {size} memories")
    mb, rate = taken / MB, size / seconds
    figures = {"rate": round(rate, 1), "seconds": round(seconds, 1), "mb": round(mb, 1), **peaks.figures()}
    shown = f"{rate:.0f}/s, {seconds:.1f} s, {mb:.0f} MB; at most {peaks}"
    report.add(Row("transfer", f"export of {size:,} memories", shown, figures, WITHIN_256))


def _made(size: int) -> Iterator[bytes]:
    for number in range(size):
        line = {"kind": "memory", "memory_id": memory_id_from(derived_id("bench", str(number)))}
        yield json.dumps(line | texts.memory(90_000_000 + number)).encode() + b"\n"


def _lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as lines:
        yield from lines


async def _sent(lines: Iterator[bytes]) -> AsyncIterator[bytes]:
    batch = list[bytes]()
    for line in lines:
        batch.append(line)
        if len(batch) == AT_ONCE:
            yield b"".join(batch)
            batch.clear()
    yield b"".join(batch)


def _client(workspace: Workspace) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=workspace.url, headers=workspace.headers, timeout=TIMEOUT)


@asynccontextmanager
async def _watched(the: Rig) -> AsyncIterator[Peaks]:
    peaks, processes = Peaks(), {name: psutil.Process(the.stack.pid(name)) for name in PASSING_ON}

    async def watch() -> None:
        while True:
            for name, process in processes.items():
                peaks.mb[name] = max(peaks.mb.get(name, 0), round(memory_bytes(process) / MB))
            await asyncio.sleep(SAMPLE_S)

    watching = asyncio.create_task(watch())
    try:
        yield peaks
    finally:
        watching.cancel()
