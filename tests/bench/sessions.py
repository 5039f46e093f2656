"""Sessions: what an agent waits for when it begins and on the way, and how fast it may tell what happens."""

import asyncio
import json
import time
from collections.abc import Iterator
from itertools import count, cycle
from urllib.parse import urlencode

from tests.bench import texts
from tests.bench.http import Answer, Connection, Measured
from tests.bench.reading import model_dir
from tests.bench.report import Report, Row, Target
from tests.bench.rig import rig
from tests.bench.seeding import notes, seed
from tests.bench.vectors import Cache
from tests.bench.writing import latency_figures, shown
from tests.stack import Workspace

SIZE = 10_000
ROUNDS = 200
BATCH = 50
TELLERS = 4
START = "/api/v1/sessions/start"
AT_MOST_60 = (Target("p95_ms", 60, at_most=True, unit=" ms"),)


async def sessions(report: Report) -> None:
    """One agent at a time that starts and asks; then four that tell what happens, fifty observations at once."""
    cache = Cache(model_dir())
    async with rig("sessions") as the:
        workspace = the.new_workspace()
        known = notes(SIZE)
        await seed(the, workspace, known, SIZE, cache)
        files = cycle(str(note["source_files"][0]) for note in known)
        connection = Connection(workspace)
        starts = (connection.post(START, _begun(number)) for number in count())
        begun = await _timed(connection, starts, ROUNDS, 201)
        report.add(
            Row("sessions", f"start, {SIZE:,} memories", shown(begun, "starts/s"), latency_figures(begun), AT_MOST_60)
        )
        session_id = await _session(connection)
        for name, asked in (("a question", _questions(session_id)), ("a file", _files(session_id, files))):
            measured = await _timed(connection, (connection.get(path) for path in asked), ROUNDS, 200)
            row = Row("sessions", f"context for {name}", shown(measured, "/s"), latency_figures(measured), AT_MOST_60)
            report.add(row)
        connection.close()
        told = await _tell(workspace, session_id, 40 if report.quick else 200)
        figures = {"rate": round(told, 1)}
        name = f"observations, {BATCH} at once, {TELLERS} clients"
        report.add(Row("sessions", name, f"{told:.0f}/s", figures, (Target("rate", 2_000),)))
    await cache.close()


async def _timed(connection: Connection, requests: Iterator[bytes], rounds: int, status: int) -> Measured:
    """One request after the other."""
    measured, began = Measured(), time.perf_counter()
    for _, request in zip(range(rounds), requests, strict=False):
        sent = time.perf_counter()
        answer = await connection.exchange(request)
        if answer.status == status:
            measured.latencies_s.append(time.perf_counter() - sent)
        else:
            measured.fail(str(answer.status))
    measured.seconds = time.perf_counter() - began
    return measured


async def _session(connection: Connection) -> str:
    answer: Answer = await connection.exchange(connection.post(START, _begun(0)))
    return str(json.loads(answer.body)["session_id"])


async def _tell(workspace: Workspace, session_id: str, batches: int) -> float:
    """Observations a second, by TELLERS at once."""
    one = {"kind": "command", "content": "pytest -q tests/test_pool.py: 3 passed " * 5, "files": ["tests/test_pool.py"]}
    body = json.dumps({"observations": [one] * BATCH}).encode()

    async def teller() -> Measured:
        connection = Connection(workspace)
        request = connection.post(f"/api/v1/sessions/{session_id}/observations", body)
        measured = await _timed(connection, iter([request] * batches), batches, 202)
        connection.close()
        return measured

    began = time.perf_counter()
    measured = await asyncio.gather(*(teller() for _ in range(TELLERS)))
    return sum(len(each.latencies_s) for each in measured) * BATCH / (time.perf_counter() - began)


def _begun(number: int) -> bytes:
    return json.dumps({"project_path": "/p", "project_name": "payments", "branch_name": f"retry-{number}"}).encode()


def _questions(session_id: str) -> Iterator[str]:
    for body in texts.questions(0):
        yield f"/api/v1/sessions/{session_id}/context?{urlencode({'query': json.loads(body)['query']})}"


def _files(session_id: str, files: Iterator[str]) -> Iterator[str]:
    for file in files:
        yield f"/api/v1/sessions/{session_id}/context?{urlencode({'files': file})}"
