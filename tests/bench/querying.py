"""Queries over memories and documents, in a workspace with many chunks."""

import asyncio
import json
import random
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from uuid import uuid4

import numpy as np

from contracts import subjects
from contracts.commands import Command
from contracts.documents import Blob
from contracts.replies import ChunkEmbedding, ChunkEmbeddings
from deploy.admin import rebuilding
from services.kit.embedding import Vectors
from services.search.store.derived import PART_CHUNKS
from tests import examples
from tests.bench import texts
from tests.bench.http import Connection, load
from tests.bench.reading import WARM_UP_S, model_dir
from tests.bench.report import Report, Row, Target
from tests.bench.rig import NOT_ANSWERED_S, SEARCH, Rig, TooSlow, rig
from tests.bench.seeding import notes, seed
from tests.bench.vectors import Cache
from tests.bench.writing import latency_figures, shown
from tests.stack import Workspace

QUERY = "/v1/query"
MEMORIES = 1_000
CHUNKS_A_DOCUMENT = 8_000
"""Of 1,200 characters: about what a file of 10 MB makes."""
CHUNKS_A_COMMAND = 300
SAMPLES = 50
SAMPLE_CHARACTERS = 200
POLL_S = 0.5
FAST_TARGETS = (Target("p95_ms", 60, at_most=True, unit=" ms"),)


async def querying(report: Report) -> None:
    """Each question is asked once only, so none is answered from a cache of query vectors."""
    chunks, seconds = (5_000, 3.0) if report.quick else (50_000, 10.0)
    cache = Cache(model_dir())
    async with rig("query") as the:
        workspace = the.new_workspace()
        await seed(the, workspace, notes(MEMORIES), MEMORIES, cache)
        await _seed_chunks(the, workspace, chunks, cache)
        numbers = count()
        beside = f"{chunks:,} chunks, {MEMORIES:,} memories"
        fast_targets = FAST_TARGETS if chunks == 50_000 else ()
        for name, path, more, targets in (
            ("fast", QUERY, {"mode": "fast"}, fast_targets),
            ("rich", QUERY, {"mode": "rich"}, ()),
            ("memories alone", SEARCH, {}, ()),
            ("fast once rebuilt", QUERY, {"mode": "fast"}, fast_targets),
        ):
            if name == "fast once rebuilt":
                await rebuilding.rebuild(the.operator, "search", workspace.workspace_id)
            await load(workspace, path, _questions(numbers, more), clients=1, seconds=WARM_UP_S)
            for clients in (1, 8):
                before = the.cpu_s()
                measured = await load(workspace, path, _questions(numbers, more), clients=clients, seconds=seconds)
                named = f"query, {name}, {beside}, {clients} client{'s' if clients > 1 else ''}"
                figures, wanted = latency_figures(measured), targets if clients == 1 else ()
                report.add(Row("query", named, shown(measured, "queries/s"), figures, wanted))
                if clients == 1:
                    report.add(the.cpu_row("query", f"query, {name}, {beside}", before, len(measured.latencies_s)))
        report.add(the.memory_row(beside))
    await cache.close()
    report.notes.append(
        "query: ten results; each question is asked once, its embedding included in the time. A chunk is the text of "
        "two notes, about 1,200 characters, and its two windows have the vectors that the model made of those."
    )


def _questions(numbers: Iterator[int], more: dict[str, str]) -> Iterator[bytes]:
    return (json.dumps({"query": texts.question(number), **more}).encode() for number in numbers)


async def _seed_chunks(the: Rig, workspace: Workspace, total: int, cache: Cache) -> None:
    """Returns when the search service has all of them, with vectors. What reads documents stands still meanwhile."""
    print(f"  {total:,} chunks: vectors", flush=True)
    known = notes(50_000)[: total + 1]
    made = await cache.vectors([(memory["title"], memory["narrative"]) for memory in known])
    written = [f"{one['title']}\n\n{one['narrative']}\n\n{other['narrative']}" for one, other in pairwise(known)]
    vectors = [np.concatenate(pair) for pair in pairwise(made)]
    print(f"  {total:,} chunks: recording", flush=True)
    sampled: list[tuple[str, str]] = []
    with the.paused("extraction"):
        for first in range(0, total, CHUNKS_A_DOCUMENT):
            some = slice(first, min(first + CHUNKS_A_DOCUMENT, total))
            sampled += await _record(the, workspace, written[some], vectors[some], cache)
    began = time.perf_counter()
    await _wait_found(workspace, random.sample(sampled, SAMPLES))
    await the.wait_idle("search")  # the rest of them
    print(f"  {total:,} chunks: indexed after {time.perf_counter() - began:.1f} s", flush=True)


async def _record(
    the: Rig, workspace: Workspace, written: Sequence[str], vectors: Sequence[Vectors], cache: Cache
) -> list[tuple[str, str]]:
    """Makes one ready document of these chunks, by the commands that extraction gives; (chunk id, text) of each."""
    workspace_id, bus = workspace.workspace_id, the.operator.bus
    content, name = b"The text of a document.", str(uuid4())
    nuid = await bus.put_object(subjects.BLOBS_BUCKET, name, content)
    taken = examples.ingest(workspace_id, content, blob=Blob(name=name, nuid=nuid))
    await _order(the, taken)
    ids: list[str] = []
    for first in range(0, len(written), CHUNKS_A_COMMAND):
        recorded = examples.record_chunks(
            workspace_id, taken.document_id, *written[first : first + CHUNKS_A_COMMAND], first=first
        )
        await _order(the, recorded)
        ids += [chunk.chunk_id for chunk in recorded.chunks]
    parts = range(0, len(ids), PART_CHUNKS)
    await asyncio.gather(
        *(
            bus.publish(
                subjects.chunk_embeddings(workspace_id, taken.document_id, number),
                _part(workspace_id, taken.document_id, number, ids[first:], vectors[first:], cache).encode(),
                timeout_s=60,
            )
            for number, first in enumerate(parts)
        )
    )
    await _order(the, examples.finish_document(workspace_id, taken.document_id, len(written)))
    return list(zip(ids, written, strict=True))


def _part(
    workspace_id: str, document_id: str, number: int, ids: Sequence[str], vectors: Sequence[Vectors], cache: Cache
) -> str:
    return ChunkEmbeddings(
        workspace_id=workspace_id,
        document_id=document_id,
        version=1,
        part=number,
        model=cache.model,
        dimension=cache.dimension,
        chunks=tuple(
            ChunkEmbedding(chunk_id=it, status="ready", vectors=b64encode(found.astype("<f4").tobytes()).decode())
            for it, found in list(zip(ids, vectors, strict=True))[:PART_CHUNKS]
        ),
    ).model_dump_json()


async def _order(the: Rig, command: Command) -> None:
    answer = await the.operator.bus.order(subjects.command(command), command, NOT_ANSWERED_S)
    if answer is None or answer.get("refusal"):
        raise RuntimeError(f"recording failed: {answer}")


async def _wait_found(workspace: Workspace, waiting: list[tuple[str, str]]) -> None:
    """Until each is found by the meaning of its beginning. Raises TooSlow."""
    connection = Connection(workspace)
    deadline = time.monotonic() + NOT_ANSWERED_S
    while waiting:
        chunk_id, text = waiting[-1]
        asked = json.dumps({"query": text[:SAMPLE_CHARACTERS], "max_results": 50}).encode()
        answer = await connection.exchange(connection.post(QUERY, asked))
        if answer.status != 200:
            raise RuntimeError(f"a query was answered {answer.status}: {answer.body[:200]!r}")
        found = {each["id"]: each["semantic_score"] for each in json.loads(answer.body)["results"]}
        if found.get(chunk_id, 0.0) > 0:
            waiting.pop()
            continue
        if time.monotonic() > deadline:
            raise TooSlow("chunks")
        await asyncio.sleep(POLL_S)
    connection.close()
