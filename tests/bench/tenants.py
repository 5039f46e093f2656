"""Many workspaces on one machine: what a request takes among a thousand of them, and in one that is alone."""

import asyncio
import json
import random
import time
from collections.abc import Iterator
from itertools import accumulate
from statistics import median
from typing import Any

import httpx2
import psutil

from contracts.base import derived_id, memory_id_from
from deploy.local.home import read_credentials
from deploy.local.processes import memory_bytes
from services.search.store.edge import OPEN_MAX
from tests.bench import texts
from tests.bench.http import Connection, Measured, percentile_of, run_clients
from tests.bench.reading import model_dir
from tests.bench.report import Report, Row, Target
from tests.bench.rig import MB, PROCESSES, SEARCH, STORE, Rig, hashed, rig
from tests.bench.seeding import notes
from tests.bench.sizes import sizes_row
from tests.bench.vectors import Cache
from tests.bench.writing import latency_figures, shown
from tests.stack import Workspace

EACH = 100
CLIENTS = 4
ROUNDS = 3
COLD = 100
SETTLE_S = 2.0
IMPORTS_AT_ONCE = 4
IMPORT = "/api/v1/import"
KINDS = {"store": STORE, "search": SEARCH}


async def tenants(report: Report) -> None:
    """Zipf: the workspace of rank r is asked in proportion to 1/r. Rounds of both alternate; medians of their p95."""
    count, seconds = (100, 3.0) if report.quick else (1_000, 10.0)
    cache = Cache(model_dir())
    async with rig("tenants") as the:
        with the.paused("graph"):  # which would be at work for a quarter of an hour
            await _measure(report, the, cache, count, seconds)
    await cache.close()
    report.notes.append(
        f"tenants: {count:,} workspaces of {EACH} memories each; {CLIENTS} clients, {ROUNDS} rounds of {seconds:.0f} s "
        "of each kind, in turns: one workspace alone, and all by Zipf's law (1/rank). The searches among them include "
        "those that open a shard first. The graph stood still."
    )


async def _measure(report: Report, the: Rig, cache: Cache, count: int, seconds: float) -> None:
    alone, *many = await _open(the, count + 1)
    await _seed(the, [alone, *many], cache)
    report.add(the.memory_row(f"{count:,} workspaces of {EACH} memories"))
    report.add(await sizes_row(the, (count + 1) * EACH, f"{count:,} workspaces of {EACH}, without the graph"))
    if len(many) >= COLD + OPEN_MAX:
        await _ask_each(many[COLD : COLD + OPEN_MAX])  # so that no others are open
        report.add(await _cold(many[:COLD]))
    for kind, path in KINDS.items():
        found: dict[str, list[Measured]] = {"alone": [], "among": []}
        for number in range(ROUNDS):
            for name, these in (("alone", [alone]), ("among", many)):
                bodies = _bodies(kind, number * 2 + (name == "among"))
                found[name].append(await _ask(these, path, bodies, seconds))
                await asyncio.sleep(SETTLE_S)
        _compare(report, kind, count, found)
    report.add(_all_memory(the, count))


async def _open(the: Rig, count: int) -> list[Workspace]:
    """Made as a portal user makes them: a key without a workspace brings its own."""
    owner = read_credentials(the.stack.home.credentials)
    url = the.stack.url
    async with httpx2.AsyncClient(base_url=url, timeout=60) as portal:
        given = {"email": owner["WEFT_ADMIN_EMAIL"], "password": owner["WEFT_ADMIN_PASSWORD"]}
        token = (await portal.post("/v1/auth/login", json=given)).raise_for_status().json()["access_token"]
        portal.headers["Authorization"] = f"Bearer {token}"
        made = []
        for number in range(count):
            answer = await portal.post("/v1/auth/api-keys", json={"name": f"tenant {number}"})
            key = answer.raise_for_status().json()
            made.append(Workspace(url, key["workspace_id"], key["api_key"]))
    print(f"  {count:,} workspaces are open", flush=True)
    return made


async def _seed(the: Rig, workspaces: list[Workspace], cache: Cache) -> None:
    """Each gets a hundred of the notes whose vectors are made already; search hears of it afterwards."""
    known = notes(50_000)
    shares = [[known[(n * EACH + i) % len(known)] for i in range(EACH)] for n in range(len(workspaces))]
    wanted = {hashed(memory): memory for share in shares for memory in share}
    print(f"  {len(wanted):,} vectors", flush=True)
    made = await cache.vectors([(memory["title"], memory["narrative"]) for memory in wanted.values()])
    vectors = dict(zip(wanted, made, strict=True))
    began, gate = time.perf_counter(), asyncio.Semaphore(IMPORTS_AT_ONCE)

    async def one(workspace: Workspace, share: list[dict[str, Any]]) -> None:
        async with gate:
            ids = await _import(workspace, share)
            rows = [(it, hashed(memory), vectors[hashed(memory)]) for it, memory in zip(ids, share, strict=True)]
            await the.publish_vectors(workspace, rows, cache.model)

    with the.paused("search"):
        await asyncio.gather(*(one(*each) for each in zip(workspaces, shares, strict=True)))
    print(f"  stored after {time.perf_counter() - began:.0f} s", flush=True)
    began = time.perf_counter()
    await the.wait_events_indexed(len(workspaces) * EACH)
    print(f"  events indexed after {time.perf_counter() - began:.0f} s", flush=True)
    await the.wait_idle("search")
    print(f"  vectors indexed after {time.perf_counter() - began:.0f} s", flush=True)


async def _import(workspace: Workspace, share: list[dict[str, Any]]) -> list[str]:
    ids = [memory_id_from(derived_id("bench", workspace.workspace_id, str(number))) for number in range(len(share))]
    lines = [{"kind": "memory", "memory_id": it} | memory for it, memory in zip(ids, share, strict=True)]
    headers = {**workspace.headers, "Content-Type": "application/x-ndjson"}
    async with httpx2.AsyncClient(base_url=workspace.url, timeout=600) as client:
        answer = await client.post(IMPORT, content="".join(f"{json.dumps(it)}\n" for it in lines), headers=headers)
    if answer.status_code != 200 or answer.json()["imported"] != len(share):
        raise RuntimeError(f"seeding failed: {answer.status_code} {answer.text[:300]}")
    return ids


def _bodies(kind: str, number: int) -> Iterator[bytes]:
    return texts.bodies(60_000_000 + number * 100_000) if kind == "store" else texts.questions(number * 100_000)


async def _ask(workspaces: list[Workspace], path: str, bodies: Iterator[bytes], seconds: float) -> Measured:
    """The first is asked most."""
    weights = list(accumulate(1 / rank for rank in range(1, len(workspaces) + 1)))
    chance = random.Random(11)

    def request(connection: Connection) -> tuple[bytes, bytes] | None:
        body = next(bodies, None)
        [workspace] = chance.choices(workspaces, cum_weights=weights)
        return None if body is None else (body, connection.post(path, body, workspace))

    return await run_clients(workspaces[0], request, clients=CLIENTS, seconds=seconds)


async def _ask_each(workspaces: list[Workspace]) -> None:
    questions = texts.questions(4_000_000)
    for workspace in workspaces:
        connection = Connection(workspace)
        await connection.exchange(connection.post(SEARCH, next(questions)))
        connection.close()


async def _cold(workspaces: list[Workspace]) -> Row:
    """The first search of workspaces that nobody asked for a while, and the second."""
    first, second = list[float](), list[float]()
    questions = texts.questions(5_000_000)
    for workspace in workspaces:
        connection = Connection(workspace)
        for times in (first, second):
            request = connection.post(SEARCH, next(questions))
            began = time.perf_counter()
            await connection.exchange(request)
            times.append((time.perf_counter() - began) * 1_000)
        connection.close()
    text = f"p50 {median(first):.1f}, p95 {percentile_of(first, 95):.1f} ms; once open p50 {median(second):.1f} ms"
    return Row(
        "tenants", f"first search of a workspace that was not open ({len(first)})", text, {"p50_ms": median(first)}
    )


def _compare(report: Report, kind: str, count: int, found: dict[str, list[Measured]]) -> None:
    p95 = {name: median(each.ms(95) for each in measured) for name, measured in found.items()}
    for name, text in (("alone", "one workspace"), ("among", f"{count:,} workspaces")):
        middle = min(found[name], key=lambda each: abs(each.ms(95) - p95[name]))
        unit = "stores/s" if kind == "store" else "searches/s"
        report.add(Row("tenants", f"{kind}, {CLIENTS} clients, {text}", shown(middle, unit), latency_figures(middle)))
    times = p95["among"] / p95["alone"]
    text = f"{times:.2f} times (p95 {p95['among']:.1f} ms to {p95['alone']:.1f} ms)"
    targets = (Target("times", 1.5, at_most=True),)
    report.add(
        Row("tenants", f"{kind} among {count:,} workspaces to one alone", text, {"times": round(times, 3)}, targets)
    )


def _all_memory(the: Rig, count: int) -> Row:
    """Every process of the stack together; shared pages count once for each process and its children."""
    total = sum(memory_bytes(psutil.Process(the.stack.pid(name))) for name in (*PROCESSES, "extraction")) / MB
    targets = (Target("all_mb", 2_048, at_most=True, unit=" MB"),)
    return Row(
        "tenants",
        f"memory of all processes, {count:,} workspaces",
        f"{total:.0f} MB",
        {"all_mb": round(total)},
        targets,
    )
