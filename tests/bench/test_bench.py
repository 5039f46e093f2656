"""The benchmark's own sums, and the HTTP client on which all its figures rest."""

import asyncio
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from deploy.admin.git_history import Commit, open_repository
from services.graph.relations import EDGES_MAX, Method
from tests.bench import analysis, changelog, links, texts
from tests.bench.discovery import Source, nearest, truth
from tests.bench.graph import connected
from tests.bench.http import Answer, Broken, Connection, load, percentile_of
from tests.bench.reading import measures
from tests.bench.report import BEGIN, END, Report, Row, Target
from tests.stack import Workspace

pytestmark = pytest.mark.slow


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert [percentile_of(values, each) for each in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert percentile_of([7.0], 50) == percentile_of([7.0], 99) == 7.0
    assert math.isnan(percentile_of([], 50))


def test_retrieval_is_measured_as_it_is_defined() -> None:
    assert set(measures(["a"], {"a"}).values()) == {1.0}
    assert set(measures(["b"], {"a"}).values()) == {0.0}
    sixth = measures(["b"] * 5 + ["a"], {"a"})
    assert (sixth["recall_at_5"], sixth["recall_at_10"]) == (0, 1)
    assert sixth["mrr_at_10"] == pytest.approx(1 / 6)
    assert sixth["ndcg_at_10"] == pytest.approx(1 / math.log2(7))
    two = measures(["a", "x", "b"], {"a", "b", "c"})
    assert two["recall_at_10"] == pytest.approx(2 / 3)
    assert two["ndcg_at_10"] == pytest.approx((1 + 1 / 2) / (1 + 1 / math.log2(3) + 1 / 2))


def test_notes_are_long_enough_unlike_each_other_and_always_the_same() -> None:
    notes = [texts.memory(seed) for seed in range(500)]
    assert notes == [texts.memory(seed) for seed in range(500)]
    assert 550 < sum(len(note["narrative"]) for note in notes) / 500 < 700
    assert len({(note["title"], note["narrative"]) for note in notes}) == 500
    assert len({texts.question(seed) for seed in range(5_000)}) > 4_950


def test_a_table_replaces_the_one_before_it(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"above\n{BEGIN}\nold\n{END}\nbelow\n")
    report = Report(quick=True)
    report.add(Row("a", "speed", "7/s", {"rate": 7.0}, (Target("rate", 8, unit="/s"),)))
    report.write_into(page)
    report.write_into(page)
    written = page.read_text()
    assert written.startswith(f"above\n{BEGIN}\n")
    assert written.endswith(f"{END}\nbelow\n")
    assert "old" not in written
    assert written.count("| speed | 7/s | rate ≥ 8/s | NO |") == 1


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing")
    with pytest.raises(ValueError, match="bench:begin"):
        Report(quick=True).write_into(page)
    assert page.read_text() == "nothing"


# ---- links in real texts


CHANGELOG = """\
2026-02-01  Ada  <ada@example.org>

\tPick the beans.
\t* NEWS: More of them.

\tWater the beds.
\t* src/can.c (beds, rows): New.
\t* src/can.h: Later.

\tFixes: #12

2026-01-01  Ben  <ben@example.org>

\tCleo  <cleo@example.org>

\tSow early.
"""


def commit(sha: str, message: str, *files: str) -> Commit:
    return Commit(sha * 40, None, "ada", message, files)


def test_peps_are_linked_by_their_numbers_but_not_by_years_and_versions() -> None:
    texts_of = {
        "pep-0342": "Coroutines via Enhanced Generators",
        "pep-0380": "In contrast to 342, this has a version 3.342, `342` calls and PEP 13. Written in 2026.",
        "pep-0013": "Language Governance, for Python 3000 and IEEE 754.",
        "pep-0754": "Based on PEPs 342, 380 and on PEP 754 itself.",
        "pep-2026": "Calendar versioning",
        "pep-3000": "Python 3000",
    }
    memories = [{"id": one, "title": "Title", "narrative": text} for one, text in texts_of.items()]
    numbers = [(342, 380), (13, 380), (342, 754), (380, 754)]
    assert links.between_peps(memories) == {tuple(sorted(f"pep-{each:04d}" for each in two)) for two in numbers}


def test_commits_are_linked_by_sha_subject_issue_and_rare_file() -> None:
    history = [
        commit("a", "Add a cache to the reader", "cache.py", "all.py"),
        commit("b", f"Revert that\n\nThis reverts commit {'a' * 40}.", "all.py"),
        commit("c", 'Revert "Add a cache to the reader."\n\nSee #4711', "all.py"),
        commit("d", f"Later\n\nFixes: {'c' * 12}, see issue 4711", "cache.py", "all.py"),
        *(commit(each, "Also", "all.py") for each in "ef"),
    ]
    assert links.named(history) == {("a" * 40, "b" * 40), ("c" * 40, "d" * 40)}
    assert links.quoted(history) == {("a" * 40, "c" * 40)}
    assert links.of_one_issue(history) == {("c" * 40, "d" * 40)}
    assert links.of_rare_files(history) == {("a" * 40, "d" * 40)}


def test_a_changelog_is_a_history_again(tmp_path: Path) -> None:
    changelog.write(changelog.entries(CHANGELOG), tmp_path / "garden")
    history = list(open_repository(tmp_path / "garden").commits(limit=None, merges=False))
    assert [(each.message.strip(), each.files) for each in history] == [
        ("Sow early.", ()),
        ("Water the beds.\n\n(beds, rows): New.\nLater.\n\nFixes: #12", ("src/can.c", "src/can.h")),
        ("Pick the beans.\n\nMore of them.", ("NEWS",)),
    ]
    assert [each.author for each in history] == ["Ben", "Ada", "Ada"]


def test_agreement_is_measured_as_it_is_defined() -> None:
    found, true = {("a", "b"), ("a", "c"), ("a", "d"), ("c", "d")}, {("a", "b"), ("b", "c")}
    judged = links.agreement(found, true, 5)
    assert (judged.precision, judged.recall) == (1 / 4, 1 / 2)
    assert judged.lift == pytest.approx((1 / 4) / (2 / 10))
    assert math.isnan(links.agreement(set(), true, 5).precision)
    assert math.isnan(links.agreement(found, set(), 5).recall)


def test_a_method_is_not_judged_by_what_it_looks_for() -> None:
    source = Source("git", {}, {"sha": {("a", "b")}, "subject": {("a", "c")}, "file": {("b", "c")}}, {})
    assert truth(source, Method.FILE_OVERLAP) == {("a", "b"), ("a", "c")}
    assert truth(source, Method.EXPLICIT_MENTION) == {("a", "b"), ("b", "c")}
    assert truth(source, Method.TAG_OVERLAP) == {("a", "b"), ("a", "c"), ("b", "c")}


def test_a_threshold_is_tried_as_bounded_as_discovery_is() -> None:
    count = EDGES_MAX[Method.EMBEDDING_SIMILARITY] + 3
    ids = [f"{number:02d}" for number in range(count)]
    cosines = np.full((count, count), 0.8, np.float32)
    assert nearest(ids, cosines, 0.81) == set()
    assert sum(ids[-1] in two for two in nearest(ids, cosines, 0.79)) == EDGES_MAX[Method.EMBEDDING_SIMILARITY]


def test_a_large_graph_is_always_the_same_and_has_topics() -> None:
    work, again = (analysis.graph(2_000, 16_000) for _ in range(2))
    assert np.array_equal(work.targets, again.targets)
    assert len(work.memory_ids) == 2_000
    assert len(work.sources) == len(work.targets) == 16_000
    assert max(work.targets.max(), work.sources.max()) < 2_000
    within = [work.terms[one][0] == work.terms[other][0] for one, other in zip(work.sources, work.targets, strict=True)]
    assert sum(within) / len(within) > 0.8


def test_connected_notes_keep_their_text_and_share_what_is_rare() -> None:
    notes = [connected(texts.memory(number), number, 1_000) for number in range(1_000)]
    assert all(note["narrative"] == texts.memory(number)["narrative"] for number, note in enumerate(notes))
    holders = Counter(file for note in notes for file in note["source_files"])
    assert min(holders.values()) <= 5
    assert max(holders.values()) > 100


# ---- the HTTP client


async def answered(*pieces: bytes) -> Answer:
    """What the client makes of an answer that arrives in these pieces."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        connection = Connection(Workspace(f"http://127.0.0.1:{port}", "ws", "key"))
        return await connection.exchange(connection.get("/"))


async def test_an_answer_in_pieces_is_one_answer() -> None:
    whole = b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX: content-length: 9\r\n\r\nhello"
    assert await answered(*(whole[each : each + 1] for each in range(len(whole)))) == Answer(201, b"hello")


async def test_an_answer_without_a_body_has_none() -> None:
    assert await answered(b"HTTP/1.1 204 No Content\r\n\r\n") == Answer(204, b"")


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\n\r\n", b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 200 OK\r\nConte"]
)
async def test_what_is_not_understood_is_a_fault(answer: bytes) -> None:
    with pytest.raises(Broken):
        await answered(answer)


async def test_only_what_succeeded_has_a_latency() -> None:
    statuses = [201, 503, 201, 429]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while statuses:
            await reader.readuntil(b"\r\n\r\n{}")
            writer.write(f"HTTP/1.1 {statuses.pop(0)} x\r\ncontent-length: 0\r\n\r\n".encode())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        workspace = Workspace(f"http://127.0.0.1:{port}", "ws", "key")
        measured = await load(workspace, "/", iter([b"{}"] * 4), clients=1, seconds=None)
    assert len(measured.latencies_s) == 2
    assert measured.failures == {"503": 1, "429": 1}
