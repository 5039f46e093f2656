"""Storing: how fast, how soon it is found, how fast it is embedded; and whether all that was acknowledged is there."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack

from tests.bench import texts
from tests.bench.http import Answer, Connection, Measured, load, percentile_of
from tests.bench.report import Report, Row, Target
from tests.bench.rig import STORE, Rig, listed, memory_id_of, rig, search, wait_all_embedded
from tests.stack import Workspace

CLIENTS = (1, 8, 32, 128)
COUNTED_AT = 32
WARM_UP_S = 1.0
FOUND_WITHIN_S = 30.0
REST_S = 0.1  # between two memories, so that the stack is idle when the next one comes

TARGETS = {
    ("beside", 32): (Target("rate", 600, unit="/s"),),
    ("beside", 1): (Target("p50_ms", 12, at_most=True, unit=" ms"),),
    ("paused", 32): (Target("rate", 800, unit="/s"),),
    ("paused", 1): (Target("p50_ms", 12, at_most=True, unit=" ms"),),
}
NAMES = {"beside": "search and graph beside it", "search": "search beside it", "paused": "indexing paused"}
PAUSED = {"beside": (), "search": ("graph",), "paused": ("search", "graph")}


class Acknowledged:
    """What was answered 201, and how much else may be there: a request without an answer may have been carried out."""

    def __init__(self) -> None:
        self.memory_ids: list[str] = []
        self.unknown = 0

    def take(self, body: bytes, answer: Answer) -> None:
        self.memory_ids.append(memory_id_of(answer))

    async def faults(self, rig: Rig, workspace: Workspace) -> list[str]:
        """What is lost, doubled or different; nothing where all is well."""
        there = [memory["memory_id"] for memory in await listed(workspace)]
        lost = len(set(self.memory_ids) - set(there))
        beyond = len(set(there)) - len(set(self.memory_ids)) + lost
        faults = [f"{lost} acknowledged memories are lost"] if lost else []
        faults += [f"{beyond - self.unknown} memories too many"] if beyond > self.unknown else []
        faults += ["a memory was acknowledged or listed twice"] if len(there) != len(set(there)) else []
        in_log, differing = await rig.differences(workspace)
        faults += [f"the log has {in_log} memories, the list {len(there)}"] if in_log != len(there) else []
        faults += [f"weft-admin verify: {len(differing)} differences, first: {differing[0]}"] if differing else []
        parked = await rig.parked()
        return faults + ([f"{parked} messages are parked"] if parked else [])


async def store(report: Report) -> None:
    """With indexing first, on an empty stack: what the other run leaves to be indexed would be in its way."""
    seconds = 3.0 if report.quick else 10.0
    async with rig("store") as the:
        workspace, acknowledged = the.new_workspace(), Acknowledged()
        bodies = texts.bodies(0)
        for kind, names in PAUSED.items():
            with ExitStack() as paused:
                for name in names:
                    paused.enter_context(the.paused(name))
                await _load(workspace, bodies, acknowledged, 8, WARM_UP_S)
                for clients in CLIENTS:
                    before = the.cpu_s()
                    measured = await _load(workspace, bodies, acknowledged, clients, seconds)
                    report.add(_row(kind, clients, measured))
                    if clients == COUNTED_AT:
                        what = f"store, {clients} clients, {NAMES[kind]}"
                        report.add(the.cpu_row("store", what, before, len(measured.latencies_s)))
        report.add(the.memory_row("after these stores"))
        began = time.perf_counter()
        await the.wait_events_indexed(len(acknowledged.memory_ids))
        behind = time.perf_counter() - began
        found = await acknowledged.faults(the, workspace)
    report.faults += found
    count = len(acknowledged.memory_ids)
    report.notes.append(
        f"store: {count:,} memories were acknowledged and {acknowledged.unknown} got no answer; after the load "
        f"{'all of them are there once, and log, read tables and index agree' if not found else 'NOT all is well'}. "
        f"The last event was in the index {behind:.1f} s after the load. Search or graph, where not named, stood still."
    )


async def _load(
    workspace: Workspace, bodies: Iterator[bytes], acknowledged: Acknowledged, clients: int, seconds: float
) -> Measured:
    measured = await load(workspace, STORE, bodies, clients=clients, seconds=seconds, succeeded=acknowledged.take)
    acknowledged.unknown += sum(measured.failures.values())
    return measured


def latency_figures(measured: Measured) -> dict[str, float]:
    figures = {"rate": round(measured.rate, 1)}
    figures |= {f"p{each}_ms": round(measured.ms(each), 2) for each in (50, 95, 99)}
    return figures | {f"failed_{name}": float(count) for name, count in measured.failures.items()}


def shown(measured: Measured, unit: str) -> str:
    p50, p95, p99 = (measured.ms(each) for each in (50, 95, 99))
    failed = f", failed: {measured.failures}" if measured.failures else ""
    return f"{measured.rate:.0f} {unit}; p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms{failed}"


def _row(kind: str, clients: int, measured: Measured) -> Row:
    name = f"store, {clients} client{'s' if clients > 1 else ''}, {NAMES[kind]}"
    targets = TARGETS.get((kind, clients), ())
    return Row("store", name, shown(measured, "stores/s"), latency_figures(measured), targets)


async def searchable(report: Report) -> None:
    """From the 201 until a search finds it, first by its words, then by its meaning; one memory at a time."""
    samples = 10 if report.quick else 50
    by_words, by_meaning = list[float](), list[float]()
    async with rig("searchable") as the:
        workspace = the.new_workspace()
        connection = Connection(workspace)
        for number in range(samples + 1):
            word = f"zq{number}x{time.time_ns() % 10**6}"
            words_s, meaning_s = await _until_found(connection, number, word)
            if number:  # the first opens the shard and warms the model
                by_words.append(words_s)
                by_meaning.append(meaning_s)
            await asyncio.sleep(REST_S)
    for name, values, targets in (
        ("found by its words", by_words, ()),
        ("found by its meaning too", by_meaning, (Target("p95_s", 1, at_most=True, unit=" s"),)),
    ):
        p50, p95 = percentile_of(values, 50), percentile_of(values, 95)
        text = f"p50 {p50 * 1000:.0f}, p95 {p95 * 1000:.0f} ms ({samples} memories)"
        figures = {"p50_s": round(p50, 4), "p95_s": round(p95, 4)}
        report.add(Row("searchable", f"201 to searchable, idle: {name}", text, figures, targets))


async def _until_found(connection: Connection, number: int, word: str) -> tuple[float, float]:
    memory = texts.memory(10_000_000 + number)
    body = json.dumps({**memory, "title": f"{memory['title']} {word}"}).encode()
    answer = await connection.exchange(connection.post(STORE, body))
    began, wanted = time.perf_counter(), memory_id_of(answer)
    words_s = 0.0
    while (now := time.perf_counter() - began) < FOUND_WITHIN_S:
        found = next((each for each in await search(connection, word, 3) if each["id"] == wanted), None)
        now = time.perf_counter() - began
        words_s = words_s or (now if found else 0.0)
        if found and found["semantic_score"] > 0:
            return words_s, now
        await asyncio.sleep(0.002)
    return words_s or FOUND_WITHIN_S, FOUND_WITHIN_S


async def indexing(report: Report) -> None:
    """The search process is stopped while the burst is stored; from when it goes on, every memory is embedded."""
    count = 200 if report.quick else 1_000
    async with rig("indexing") as the:
        workspace = the.new_workspace()
        await load(workspace, STORE, texts.bodies(20_000_000, 5), clients=1, seconds=None)
        await wait_all_embedded(workspace)
        with the.paused("search"):
            await load(workspace, STORE, texts.bodies(21_000_000, count), clients=32, seconds=None)
        began = time.perf_counter()
        await the.wait_embedded(5 + count)
        await wait_all_embedded(workspace)
        seconds = time.perf_counter() - began
        rate = count / seconds
    text = f"{rate:.0f} memories/s ({count:,} of about 600 characters, {seconds:.1f} s)"
    figures = {"rate": round(rate, 1), "seconds": round(seconds, 2)}
    targets = (Target("rate", 60, unit="/s"),)
    report.add(Row("indexing", "indexing, from burst to all embedded (model called)", text, figures, targets))
