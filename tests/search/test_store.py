"""One suite over both doorways: Qdrant Edge, and a Qdrant server as the client's local mode imitates it."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from services.search.store import (
    AVG_LEN,
    Candidate,
    Embedding,
    Entry,
    Filters,
    Found,
    Index,
    Marks,
    Model,
    Profile,
    Rank,
    Removal,
    Statistics,
    Vectors,
    avg_len_is_off,
)
from services.search.store.engine import Engine
from tests.search.marking import MARKS, label_of

WS = "ws-aaaaaaaaaaaa"
OTHER = "ws-bbbbbbbbbbbb"
MODEL = Model("tiny", 4)
NOW = 1_790_000_000.0


def unit(*values: float) -> Vectors:
    rows = np.array([values], np.float32)
    return np.asarray(rows / np.linalg.norm(rows), np.float32)


NORTH, EAST, UP = unit(1, 0, 0, 0), unit(0, 1, 0, 0), unit(0, 0, 1, 0)


def entry(name: str, text: str = "nothing in particular", version: int = 1, **fields: object) -> Entry:
    base = Entry(
        id=uuid.uuid5(uuid.NAMESPACE_OID, name),
        memory_id=f"mem-{name}",
        version=version,
        namespace="default",
        memory_type="decision",
        tags=(),
        files=(),
        importance=0.5,
        confidence=0.8,
        created_at=NOW,
        content_hash=f"hash of {text}",
        text=text,
    )
    return replace(base, **fields)  # type: ignore[arg-type]


def removal(it: Entry, version: int) -> Removal:
    return Removal(it.id, it.memory_id, version)


def named(found: Found) -> set[str]:
    return {candidate.memory_id.removeprefix("mem-") for candidate in found.candidates}


def the(found: Found, name: str) -> Candidate:
    return next(candidate for candidate in found.candidates if candidate.memory_id == f"mem-{name}")


@pytest.fixture
async def index(engine: Engine) -> Index:
    return Index(engine, MODEL, MARKS)


async def search(
    index: Index,
    text: str = "",
    vector: Vectors | None = None,
    filters: Filters | None = None,
    depth: int = 50,
    workspace: str = WS,
) -> Found:
    return await index.candidates(workspace, None if vector is None else vector[0], text, filters or Filters(), depth)


async def everything(index: Index, filters: Filters | None = None) -> list[str]:
    found = await search(index, filters=filters)
    return [candidate.memory_id.removeprefix("mem-") for candidate in found.candidates]


# ---- writing


async def test_a_memory_is_found_by_word_as_soon_as_it_is_stored(index: Index) -> None:
    a = entry("a", "We pool database connections")
    assert await index.upsert(WS, [a, entry("b", "Tabs against spaces")]) == [a.id, entry("b").id]
    found = await search(index, "pooling a connection")
    assert named(found) == {"a"}
    assert the(found, "a").keyword == found.best_keyword > 0
    assert the(found, "a").semantic is None
    assert await index.count(WS) == 2


async def test_an_entry_heard_twice_or_late_changes_nothing(index: Index) -> None:
    new, old = entry("a", "the new text", version=3), entry("a", "the old text", version=2)
    assert await index.upsert(WS, [old, new]) == [new.id]
    before = await index.digest(WS)
    assert await index.upsert(WS, [old]) == []
    assert await index.upsert(WS, [new]) == []
    assert await index.digest(WS) == before
    assert named(await search(index, "old")) == set()


async def test_a_deletion_leaves_a_tombstone_that_later_events_do_not_raise(index: Index) -> None:
    a = entry("a", "a secret", vectors=NORTH)
    await index.upsert(WS, [a])
    assert await index.remove(WS, [removal(a, 2)]) == [a.id]
    assert await index.upsert(WS, [replace(a, version=2)]) == []
    assert await index.remove(WS, [removal(a, 2)]) == []
    assert await index.set_vectors(WS, [Embedding(a.id, a.content_hash, NORTH)]) == []
    assert await index.mark_failed(WS, [(a.id, a.content_hash)]) == []
    assert named(await search(index, "secret", NORTH)) == set()
    assert await everything(index) == []
    assert (await index.count(WS), await index.count_pending(WS), await index.digest(WS)) == (0, 0, [])


async def test_a_deletion_heard_before_the_memory_wins(index: Index) -> None:
    a = entry("a", "too late")
    assert await index.remove(WS, [removal(a, 5)]) == [a.id]
    assert await index.upsert(WS, [a]) == []
    assert await index.count(WS) == 0


async def test_an_entry_newer_than_the_deletion_is_a_new_memory(index: Index) -> None:
    a = entry("a", "zebra")
    await index.remove(WS, [removal(a, 2)])
    assert await index.upsert(WS, [replace(a, version=3)]) == [a.id]
    assert named(await search(index, "zebra")) == {"a"}


async def test_unchanged_content_keeps_its_vectors_and_changed_content_loses_them(index: Index) -> None:
    a = entry("a", "one", vectors=NORTH)
    await index.upsert(WS, [a])
    await index.upsert(WS, [replace(a, version=2, tags=("new",), vectors=None)])
    assert the(await search(index, "", NORTH, Filters(tags=("new",))), "a").semantic == pytest.approx(1.0)
    assert await index.pending(WS, 10) == []
    await index.upsert(WS, [entry("a", "two", version=3)])
    assert named(await search(index, "", NORTH)) == set()
    assert [it.content_hash for it in await index.pending(WS, 10)] == ["hash of two"]


async def test_vectors_are_taken_only_for_the_content_they_were_made_of(index: Index) -> None:
    a = entry("a", "one")
    await index.upsert(WS, [a])
    assert await index.set_vectors(WS, [Embedding(a.id, "hash of what it was", NORTH)]) == []
    assert await index.count_pending(WS) == 1
    assert await index.set_vectors(WS, [Embedding(a.id, a.content_hash, NORTH)]) == [a.id]
    assert await index.count_pending(WS) == 0
    assert [it.embedded for it in await index.digest(WS)] == [True]
    assert the(await search(index, "", NORTH), "a").semantic == pytest.approx(1.0)


async def test_vectors_for_an_unknown_memory_are_dropped(index: Index) -> None:
    await index.upsert(WS, [entry("a")])
    assert await index.set_vectors(WS, [Embedding(uuid.uuid4(), "hash", NORTH)]) == []


async def test_what_failed_is_not_pending_until_its_content_changes(index: Index) -> None:
    a = entry("a", "one")
    await index.upsert(WS, [a])
    assert await index.mark_failed(WS, [(a.id, "another hash")]) == []
    assert await index.mark_failed(WS, [(a.id, a.content_hash)]) == [a.id]
    await index.upsert(WS, [replace(a, version=2, importance=0.9)])
    assert (await index.statistics(WS)).failed == 1
    assert await index.pending(WS, 10) == []
    await index.upsert(WS, [entry("a", "two", version=3)])
    assert len(await index.pending(WS, 10)) == 1


async def test_pending_memories_come_in_pages(index: Index) -> None:
    await index.upsert(WS, [entry(str(i)) for i in range(25)])
    seen: list[uuid.UUID] = []
    while page := await index.pending(WS, 10, after=seen[-1] if seen else None):
        assert len(page) <= 10
        seen += [it.id for it in page]
    assert len(seen) == len(set(seen)) == 25


async def test_one_writer_at_a_time_keeps_the_newest_version(index: Index) -> None:
    versions = [entry("a", f"text {version}", version=version) for version in range(1, 30)]
    await asyncio.gather(*(index.upsert(WS, [it]) for it in versions[::2] + versions[1::2]))
    assert [it.version for it in await index.digest(WS)] == [29]


# ---- places in the graph


async def places(index: Index) -> dict[str, tuple[float | None, str | None]]:
    found = await index.digest(WS)
    return {it.memory_id.removeprefix("mem-"): (it.pagerank, label_of(MARKS, WS, it.community)) for it in found}


async def place(index: Index, *placed: Rank, part: int = 0, parts: int = 1) -> set[uuid.UUID]:
    return set(await index.set_ranks(WS, placed, part, parts))


async def test_a_rank_is_kept_with_the_memory_and_changes_nothing_else(index: Index) -> None:
    a, b = entry("a", "zebra", vectors=NORTH, tags=("t",)), entry("b", "lion")
    await index.upsert(WS, [a, b])
    before = await search(index, "zebra", NORTH, Filters(tags=("t",)))
    assert await place(index, Rank(a.id, 0.75, "animals"), Rank(b.id, 1.0, None)) == {a.id, b.id}
    assert await places(index) == {"a": (0.75, "animals"), "b": (1.0, None)}
    assert await search(index, "zebra", NORTH, Filters(tags=("t",))) == before
    assert [it.memory_id for it in await index.pending(WS, 10)] == ["mem-b"]


async def test_a_rank_heard_twice_is_written_once_and_a_new_one_replaces_it(index: Index) -> None:
    a, b = entry("a"), entry("b")
    await index.upsert(WS, [a, b])
    first = [Rank(a.id, 0.5, "animals"), Rank(b.id, 0.0, "animals")]
    assert await place(index, *first) == {a.id, b.id}
    assert await place(index, *first) == set()
    assert await place(index, Rank(a.id, 0.5, None), Rank(b.id, 0.0, "animals")) == {a.id}
    assert await places(index) == {"a": (0.5, None), "b": (0.0, "animals")}


async def test_whom_its_part_names_no_longer_has_no_rank(index: Index) -> None:
    a, b, c = entries = [entry(name) for name in "abc"]
    await index.upsert(WS, entries)
    await place(index, Rank(a.id, 0.5, "x"), Rank(b.id, 0.6, "x"), part=0, parts=2)
    await place(index, Rank(c.id, 0.7, "y"), part=1, parts=2)
    assert await place(index, Rank(a.id, 0.5, "x"), part=0, parts=2) == {b.id}
    assert await places(index) == {"a": (0.5, "x"), "b": (None, None), "c": (0.7, "y")}
    assert await place(index, Rank(a.id, 0.5, "x"), Rank(b.id, 0.6, "x"), part=0, parts=1) == {b.id, c.id}
    assert await places(index) == {"a": (0.5, "x"), "b": (0.6, "x"), "c": (None, None)}


async def test_who_goes_over_to_another_part_keeps_the_rank_that_it_has_there(index: Index) -> None:
    a = entry("a")
    await index.upsert(WS, [a])
    await place(index, Rank(a.id, 0.5, "x"), part=0, parts=2)
    assert await place(index, Rank(a.id, 0.6, "y"), part=1, parts=2) == {a.id}
    assert await place(index, part=0, parts=2) == set()
    assert await places(index) == {"a": (0.6, "y")}


async def test_a_rank_makes_no_point_no_workspace_and_raises_no_dead(index: Index) -> None:
    a, gone = entry("a"), entry("gone")
    assert await place(index, Rank(a.id, 0.5, "animals")) == set()
    assert await index.workspaces() == []
    await index.upsert(WS, [a, gone])
    await place(index, Rank(gone.id, 0.9, "animals"))
    await index.remove(WS, [removal(gone, 2)])
    assert await place(index, Rank(gone.id, 1.0, "animals"), Rank(uuid.uuid4(), 0.5, "animals")) == set()
    assert (await index.count(WS), await places(index)) == (1, {"a": (None, None)})
    await index.upsert(WS, [replace(gone, version=3)])
    assert (await places(index))["gone"] == (None, None)


async def test_a_change_keeps_the_rank_that_was_heard(index: Index) -> None:
    """What the read-back memory says may be older, or nothing yet."""
    a, b = entry("a", "zebra"), entry("b", "zebra")
    await index.upsert(WS, [a, b])
    await place(index, Rank(a.id, 0.75, "animals"), Rank(b.id, 0.5, None))
    await index.upsert(WS, [entry("a", "lion", version=2), replace(b, version=2, pagerank=0.1, community="stale")])
    assert await places(index) == {"a": (0.75, "animals"), "b": (0.5, None)}
    assert named(await search(index, "lion")) == {"a"}
    assert await place(index, Rank(b.id, 0.5, None)) == {a.id}, "it is still known which part named it"


async def test_a_memory_brings_its_rank_along_where_none_was_heard(index: Index) -> None:
    a = entry("a")
    await index.upsert(WS, [a])
    await index.upsert(WS, [replace(a, version=2, pagerank=0.25, community="animals"), entry("b", pagerank=0.0)])
    assert await places(index) == {"a": (0.25, "animals"), "b": (0.0, None)}
    await index.upsert(WS, [replace(a, version=3)])
    assert (await places(index))["a"] == (None, None), "by now it has none"


@pytest.mark.slow
async def test_ranks_of_many_memories_come_at_once(index: Index) -> None:
    entries = [entry(str(i)) for i in range(600)]
    await index.upsert(WS, entries)
    ranks = [Rank(it.id, i / 600, f"c{i % 7}") for i, it in enumerate(entries)]
    assert len(await place(index, *ranks)) == 600
    assert await places(index) == {str(i): (round(i / 600, 6), f"c{i % 7}") for i in range(600)}
    assert await place(index, *ranks) == set()


async def test_a_rank_heard_during_a_rebuild_is_in_the_result(index: Index) -> None:
    a, b = entry("a", "zebra"), entry("b", "zebra")
    await index.upsert(WS, [a, b])
    target = await index.start_rebuild(WS)
    await index.upsert(WS, [a], target)
    await place(index, Rank(a.id, 0.75, "animals"), Rank(b.id, 0.5, None))
    await index.upsert(WS, [replace(b, pagerank=0.5)], target)
    await index.switch(WS, target)
    assert await places(index) == {"a": (0.75, "animals"), "b": (0.5, None)}


# ---- searching


async def test_every_candidate_has_both_parts_whichever_list_found_it(index: Index) -> None:
    near = [entry(f"near{i}", "unrelated words", vectors=unit(1, 0.01 * i, 0, 0)) for i in range(5)]
    words = [entry(f"words{i}", "zebra " * (i + 1), vectors=unit(0.3, 1, 0, 0)) for i in range(5)]
    both = entry("both", "a zebra and quite some other animals besides", vectors=unit(1, 1, 0, 0))
    await index.upsert(WS, [*near, *words, both])
    found = await search(index, "zebra", NORTH, depth=3)
    assert len(found.candidates) == 6
    assert all(it.semantic is not None for it in found.candidates)
    assert all((it.keyword is not None) == it.memory_id.startswith("mem-words") for it in found.candidates)
    assert the(found, "words4").semantic == pytest.approx(0.3 / np.hypot(0.3, 1), abs=1e-5)
    deep = await search(index, "zebra", NORTH, depth=50)
    assert {it.memory_id: it for it in deep.candidates} | {it.memory_id: it for it in found.candidates} == {
        it.memory_id: it for it in deep.candidates
    }
    assert deep.best_keyword == found.best_keyword == max(it.keyword or 0 for it in deep.candidates)


async def test_semantic_is_the_best_window(index: Index) -> None:
    await index.upsert(WS, [entry("a", vectors=np.concatenate([EAST, UP, unit(1, 1, 0, 0)]))])
    assert the(await search(index, "", NORTH), "a").semantic == pytest.approx(0.5**0.5, abs=1e-5)
    assert the(await search(index, "", UP), "a").semantic == pytest.approx(1.0, abs=1e-5)


async def test_best_keyword_is_the_best_under_these_filters(index: Index) -> None:
    await index.upsert(
        WS, [entry("a", "pool pool pool"), entry("b", "the pool in a long text about something else", tags=("t",))]
    )
    unfiltered, filtered = await search(index, "pool"), await search(index, "pool", filters=Filters(tags=("t",)))
    assert unfiltered.best_keyword == the(unfiltered, "a").keyword
    assert filtered.best_keyword == the(filtered, "b").keyword
    assert 0 < filtered.best_keyword < unfiltered.best_keyword
    assert the(filtered, "b").keyword == the(unfiltered, "b").keyword


async def test_a_query_of_stop_words_matches_no_word(index: Index) -> None:
    await index.upsert(WS, [entry("a", "the and of it", vectors=NORTH)])
    assert await search(index, "the of") == Found([], 0.0, semantic=False)
    found = await search(index, "the of", NORTH)
    assert (found.best_keyword, the(found, "a").keyword) == (0.0, None)


async def test_words_are_stemmed_and_case_does_not_matter(index: Index) -> None:
    await index.upsert(WS, [entry("a", "Retrying FAILED migrations")])
    assert named(await search(index, "retries failing migration")) == {"a"}


FILTERED = [
    entry("plain"),
    entry("pattern", memory_type="pattern", importance=0.9, confidence=0.3),
    entry("tagged", tags=("db:pool", "fast")),
    entry("dbish", tags=("dbx",)),
    entry("filed", files=("src/app.py", "README.md")),
    entry("private", namespace="private"),
]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), {"plain", "pattern", "tagged", "dbish", "filed", "private"}),
        (Filters(namespaces=("private",)), {"private"}),
        (Filters(namespaces=("private", "default"), memory_types=("pattern", "bug")), {"pattern"}),
        (Filters(tags=("fast", "slow")), {"tagged"}),
        (Filters(files=("README.md",)), {"filed"}),
        (Filters(files=("src",)), set()),
        (Filters(tag_prefixes=("db:",)), {"tagged"}),
        (Filters(tag_prefixes=("db",)), {"tagged", "dbish"}),
        (Filters(tag_prefixes=("zz", "fa")), {"tagged"}),
        (Filters(tag_prefixes=("DB",)), set()),
        (Filters(tags=("dbx",), tag_prefixes=("fast",)), set()),
        (Filters(min_importance=0.9), {"pattern"}),
        (Filters(min_importance=0.91), set()),
        (Filters(min_confidence=0.5), {"plain", "tagged", "dbish", "filed", "private"}),
        (Filters(memory_types=("pattern",), min_confidence=0.5), set()),
        (Filters(namespaces=()), set()),
        (Filters(tag_prefixes=()), set()),
    ],
)
async def test_filters_hold_for_words_for_vectors_and_for_lists(
    index: Index, filters: Filters, expected: set[str]
) -> None:
    await index.upsert(WS, [replace(it, text="zebra", vectors=NORTH) for it in FILTERED])
    assert named(await search(index, "zebra", filters=filters)) == expected
    assert named(await search(index, "", NORTH, filters)) == expected
    assert named(await search(index, "zebra", NORTH, filters)) == expected
    assert set(await everything(index, filters)) == expected


async def test_filters_are_applied_before_the_cut(index: Index) -> None:
    crowd = [entry(f"crowd{i}", "zebra zebra", vectors=NORTH, importance=0.9) for i in range(60)]
    await index.upsert(WS, [*crowd, entry("rare", "one zebra here", tags=("rare",), vectors=unit(1, 1, 0, 0))])
    rare = Filters(tags=("rare",))
    assert named(await search(index, "zebra", NORTH, rare, depth=5)) == {"rare"}
    assert named(await search(index, filters=rare, depth=5)) == {"rare"}


async def test_an_empty_query_lists_by_importance_then_newest_then_memory_id(index: Index) -> None:
    entries = [
        entry("top", importance=1.0),
        *(entry(f"old{i}", created_at=NOW - 100) for i in range(3)),
        entry("new", created_at=NOW + 1),
        *(entry(f"same{i:02}") for i in range(30)),
        entry("low", importance=0.1, created_at=NOW + 99),
    ]
    await index.upsert(WS, entries)
    expected = [it.memory_id for it in sorted(entries, key=lambda it: (-it.importance, -it.created_at, it.memory_id))]
    for depth in (1, 2, 3, 10, 32, 34, len(entries), 100):
        found = await search(index, depth=depth)
        ordered = sorted(found.candidates, key=lambda it: (-it.importance, -it.created_at, it.memory_id))
        assert [it.memory_id for it in ordered] == expected[:depth]
    assert found.best_keyword == 0.0
    assert not found.semantic


async def test_a_workspace_sees_only_itself(index: Index) -> None:
    await index.upsert(WS, [entry("mine", "zebra", vectors=NORTH)])
    await index.upsert(OTHER, [entry("theirs", "zebra", vectors=NORTH)])
    assert named(await search(index, "zebra", NORTH)) == {"mine"}
    assert named(await search(index, "zebra", NORTH, workspace=OTHER)) == {"theirs"}
    assert await index.workspaces() == [WS, OTHER]


async def test_an_unknown_workspace_is_empty_and_reading_does_not_make_it(index: Index) -> None:
    assert await search(index, "zebra", NORTH) == Found([], 0.0, semantic=False)
    assert (await index.count(WS), await index.digest(WS), await index.pending(WS, 5)) == (0, [], [])
    assert await index.profile(WS) is None
    assert await index.workspaces() == []


async def test_words_come_back_after_many_rewrites_with_the_weight_of_a_fresh_index(index: Index) -> None:
    """BM25's idf must count every memory once, however often it was written, and no deleted one."""
    texts = {"a": "zebra", "b": "lion", "c": "a lion and a giraffe", "d": "zebra crossing"}
    for version in range(1, 6):
        await index.upsert(WS, [entry(name, text, version=version) for name, text in texts.items()])
    gone = [entry(f"gone{i}", "zebra lion", vectors=NORTH) for i in range(20)]
    await index.upsert(WS, gone)
    await index.remove(WS, [removal(it, 2) for it in gone])
    await index.upsert(OTHER, [entry(name, text) for name, text in texts.items()])
    rewritten, fresh = await search(index, "zebra lion"), await search(index, "zebra lion", workspace=OTHER)
    assert {it.memory_id: it.keyword for it in rewritten.candidates} == pytest.approx(
        {it.memory_id: it.keyword for it in fresh.candidates}, abs=1e-5
    )


# ---- models


async def test_without_a_model_the_index_is_keyword_only(engine: Engine) -> None:
    index = Index(engine, None, MARKS)
    await index.upsert(WS, [entry("a", "zebra", vectors=NORTH)])
    found = await search(index, "zebra", NORTH)
    assert (named(found), found.semantic) == ({"a"}, False)
    assert await index.pending(WS, 10) == []
    assert await index.set_vectors(WS, [Embedding(entry("a").id, "hash of zebra", NORTH)]) == []
    assert [it.embedded for it in await index.digest(WS)] == [False]
    assert not await index.is_outdated(WS)


async def test_vectors_of_another_model_are_not_compared(engine: Engine) -> None:
    await Index(engine, MODEL, MARKS).upsert(WS, [entry("a", "zebra", vectors=NORTH)])
    index = Index(engine, Model("another", 3), MARKS)
    query = np.array([[1, 0, 0]], np.float32)
    assert await index.is_outdated(WS)
    found = await search(index, "zebra", query)
    assert (named(found), found.semantic, the(found, "a").semantic) == ({"a"}, False, None)
    await index.upsert(WS, [entry("b", "zebra", vectors=query)])
    assert await index.pending(WS, 10) == []
    target = await index.start_rebuild(WS)
    await index.upsert(WS, [entry("a", "zebra", vectors=query), entry("b", "zebra")], target)
    await index.switch(WS, target)
    assert not await index.is_outdated(WS)
    assert (await search(index, "zebra", query)).semantic
    assert [it.memory_id for it in await index.pending(WS, 10)] == ["mem-b"]


async def test_an_index_that_was_made_with_another_key_is_to_be_made_anew(engine: Engine) -> None:
    await Index(engine, MODEL, Marks("another")).upsert(WS, [entry("a", "zebra", tags=("t",))])
    index = Index(engine, MODEL, MARKS)
    assert await index.is_outdated(WS)
    target = await index.start_rebuild(WS)
    await index.upsert(WS, [entry("a", "zebra", tags=("t",))], target)
    await index.switch(WS, target)
    assert not await index.is_outdated(WS)
    assert named(await search(index, "zebra", filters=Filters(tags=("t",)))) == {"a"}


# ---- rebuilding


async def fill(index: Index, entries: Sequence[Entry], target: str | None = None) -> None:
    await index.upsert(WS, entries, target)


async def test_a_rebuild_is_read_only_after_the_switch_and_equals_what_it_replaced(index: Index) -> None:
    entries = [entry(str(i), f"zebra number {i}", vectors=unit(1, i, 0, 0)) for i in range(20)]
    await fill(index, entries)
    gone = entry("gone", "zebra")
    await fill(index, [gone])
    await index.remove(WS, [removal(gone, 2)])
    before, digest = await search(index, "zebra 7", NORTH), await index.digest(WS)
    target = await index.start_rebuild(WS, avg_len=AVG_LEN)
    await fill(index, entries[:5], target)
    assert await search(index, "zebra 7", NORTH) == before
    await fill(index, [*entries, gone], target)
    await index.remove(WS, [removal(gone, 2)], target)
    await index.switch(WS, target)
    after = await search(index, "zebra 7", NORTH)
    assert {it.memory_id: it for it in after.candidates} == {it.memory_id: it for it in before.candidates}
    assert await index.digest(WS) == digest
    assert await index.profile(WS) == Profile(MODEL, AVG_LEN, 2, MARKS.name)


async def test_what_is_written_during_a_rebuild_is_in_the_result(index: Index) -> None:
    old, changed, dead = entry("old", "zebra"), entry("changed", "zebra"), entry("dead", "zebra")
    await fill(index, [old, changed, dead])
    target = await index.start_rebuild(WS)
    await fill(index, [entry("changed", "lion", version=2), entry("born", "zebra")])
    await index.remove(WS, [removal(dead, 2)])
    await index.set_vectors(WS, [Embedding(entry("born").id, "hash of zebra", NORTH)])
    await fill(index, [old, changed, dead], target)
    await index.switch(WS, target)
    assert named(await search(index, "zebra")) == {"old", "born"}
    assert named(await search(index, "lion")) == {"changed"}
    assert named(await search(index, "", NORTH)) == {"born"}


async def test_a_second_rebuild_replaces_an_unfinished_one(index: Index) -> None:
    await fill(index, [entry("a", "zebra")])
    first = await index.start_rebuild(WS)
    second = await index.start_rebuild(WS)
    with pytest.raises(LookupError):
        await fill(index, [entry("a", "zebra")], first)
    with pytest.raises(LookupError):
        await index.switch(WS, first)
    await fill(index, [entry("a", "zebra")], second)
    await index.switch(WS, second)
    assert named(await search(index, "zebra")) == {"a"}


async def test_reads_go_on_through_rebuild_and_switch(index: Index) -> None:
    entries = [entry(str(i), "zebra", vectors=NORTH) for i in range(40)]
    await fill(index, entries)
    done = False

    async def read() -> int:
        reads = 0
        while not done:
            assert len((await search(index, "zebra", NORTH)).candidates) == 40
            reads += 1
            await asyncio.sleep(0)  # the local mode never waits
        return reads

    readers = [asyncio.create_task(read()) for _ in range(3)]
    for _ in range(3):
        target = await index.start_rebuild(WS)
        await fill(index, entries, target)
        await index.switch(WS, target)
        await asyncio.sleep(0.02)
    done = True
    assert all(reads > 0 for reads in await asyncio.gather(*readers))


async def test_a_rebuild_of_nothing_makes_the_workspace(index: Index) -> None:
    target = await index.start_rebuild(WS)
    await fill(index, [entry("a", "zebra")], target)
    assert named(await search(index, "zebra")) == set()
    await index.switch(WS, target)
    assert named(await search(index, "zebra")) == {"a"}


async def test_a_dropped_workspace_is_gone_and_can_come_back(index: Index) -> None:
    await fill(index, [entry("a", "zebra", version=7)])
    await index.start_rebuild(WS)
    await index.drop(WS)
    assert await index.workspaces() == []
    assert named(await search(index, "zebra")) == set()
    await fill(index, [entry("a", "zebra", version=1)])
    assert named(await search(index, "zebra")) == {"a"}
    await index.drop("ws-never-heard-of")


async def test_avg_len_is_recorded_and_derived_from_the_data(index: Index) -> None:
    await fill(index, [entry(str(i), f"alpha beta gamma delta number{i}") for i in range(250)])
    assert await index.profile(WS) == Profile(MODEL, AVG_LEN, 1, MARKS.name)
    statistics = await index.statistics(WS)
    assert statistics == Statistics(memories=250, pending=250, failed=0, mean_length=5.0)
    assert avg_len_is_off(AVG_LEN, statistics)
    await index.switch(WS, await index.start_rebuild(WS))
    assert await index.profile(WS) == Profile(MODEL, 5.0, 2, MARKS.name)


@pytest.mark.parametrize(
    ("recorded", "memories", "mean", "off"),
    [(50, 1_000, 50, False), (50, 1_000, 74, False), (50, 1_000, 76, True), (50, 1_000, 30, True), (50, 10, 5, False)],
)
def test_a_rebuild_is_due_when_the_mean_length_is_far_off(
    recorded: float, memories: int, mean: float, off: bool
) -> None:
    assert avg_len_is_off(recorded, Statistics(memories, 0, 0, mean)) is off
