"""Edges on the real Postgres: what is found, what is withdrawn, and that the order of things does not matter."""

import random
from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from services.graph.relations import EDGES_MAX, Method
from services.graph.store import vectors
from services.graph.store.memories import Entry
from tests.graph.conftest import APART, START, Graph, an_entry, named


def near(vector: NDArray[np.float32], cosine: float, other: int = -1) -> NDArray[np.float32]:
    """A vector of that cosine with a unit vector, leaning towards another axis."""
    away = np.zeros_like(vector)
    away[other] = 1.0
    away -= vector * float(away @ vector)
    away /= np.linalg.norm(away)
    return np.asarray(cosine * vector + np.sqrt(1 - cosine**2) * away, np.float32)


def axis(number: int, dimension: int = 384) -> NDArray[np.float32]:
    vector = np.zeros(dimension, np.float32)
    vector[number] = 1.0
    return vector


async def test_a_rare_file_joins_the_newer_to_the_older(graph: Graph) -> None:
    await graph.change(*[an_entry(number) for number in range(20)])
    await graph.change(an_entry(21, source_files=("a.py",)), an_entry(22, source_files=("a.py",)))
    await graph.find()
    assert [edge[2:] for edge in await graph.edges()] == [("file_overlap", 0.7, "Both concern a.py.")]
    assert await graph.pairs() == {(22, 21)}


async def test_what_all_share_joins_nobody(graph: Graph) -> None:
    await graph.change(*[an_entry(number, tags=("common",)) for number in range(40)])
    await graph.find()
    assert await graph.edges() == []


async def test_a_popular_file_makes_no_quadratic_graph(graph: Graph) -> None:
    await graph.change(*[an_entry(number) for number in range(300)])
    await graph.change(*[an_entry(number, source_files=("popular.py",)) for number in range(300, 330)])
    await graph.find()
    assert 0 < len(await graph.edges()) <= 30 * EDGES_MAX[Method.FILE_OVERLAP]


async def test_a_change_withdraws_what_no_longer_holds_and_finds_what_now_does(graph: Graph) -> None:
    await graph.change(*[an_entry(number) for number in range(20)])
    old, new, other = (an_entry(number, tags=(tag,)) for number, tag in ((21, "x"), (22, "x"), (23, "y")))
    await graph.change(old, new, other)
    await graph.find()
    assert await graph.pairs(Method.TAG_OVERLAP) == {(22, 21)}
    await graph.change(replace(old, tags=("y",), version=2))
    await graph.find()
    assert await graph.pairs(Method.TAG_OVERLAP) == {(23, 21)}


async def test_a_deletion_takes_all_edges_and_leaves_no_trace(graph: Graph) -> None:
    await graph.change(*[an_entry(number) for number in range(20)])
    one = an_entry(21, tags=("x",), narrative="What nobody may read again", source_files=("erased.py",))
    two = an_entry(22, tags=("x",), narrative="As Title of number 21 says")
    await graph.change(one, two)
    await graph.embed((one, axis(0)), (two, near(axis(0), 0.96)))
    await graph.find()
    assert {edge[2] for edge in await graph.edges()} == {
        "tag_overlap",
        "explicit_mention",
        "embedding_similarity",
        "near_duplicate",
    }
    await graph.change(gone=(one.memory_id,))
    await graph.find()
    assert await graph.edges() == []
    await graph.change(one)  # read before the deletion, and late
    for table in ("memories", "features", "vectors", "due"):
        left = await graph.rows(f"SELECT t::text AS said FROM {table} t")
        said = "".join(str(row["said"]) for row in left)
        assert not any(trace in said for trace in ("nobody may read", "erased.py", one.memory_id)), table


async def test_mentions_by_title_and_by_id(graph: Graph) -> None:
    named_, by_title = an_entry(1, title="Pool every connection"), an_entry(2, narrative="See Pool every connection.")
    by_id = an_entry(3, narrative=f"As {named_.memory_id} has it.")
    await graph.change(named_, by_title, by_id)
    await graph.find()
    assert await graph.pairs(Method.EXPLICIT_MENTION) == {(2, 1), (3, 1)}


async def test_a_text_that_has_its_own_title_in_it_names_no_other_of_that_title(graph: Graph) -> None:
    again = {"title": "Update the change log", "narrative": "Commit 1a2b3c: Update the change log"}
    await graph.change(an_entry(1, **again), an_entry(2, **again))
    await graph.change(an_entry(3, narrative="Update the change log"))
    await graph.find()
    assert await graph.pairs(Method.EXPLICIT_MENTION) == {(3, 1), (3, 2)}


async def test_a_new_title_is_looked_for_in_what_was_written_since(graph: Graph) -> None:
    first, second = an_entry(1, title="Something else"), an_entry(2, narrative="See Pool every connection.")
    await graph.change(first, second)
    await graph.find()
    assert await graph.pairs(Method.EXPLICIT_MENTION) == set()
    await graph.change(replace(first, title="Pool every connection", version=2, written_at=START + 9 * APART))
    await graph.find()
    assert await graph.pairs(Method.EXPLICIT_MENTION) == {(2, 1)}


async def test_a_text_written_again_may_name_what_came_after_it_was_stored(graph: Graph) -> None:
    first, second = an_entry(1), an_entry(2, title="Pool every connection")
    await graph.change(first, second)
    again = replace(first, narrative="See Pool every connection.", version=2, written_at=START + 9 * APART)
    await graph.change(again)
    await graph.find()
    assert await graph.pairs(Method.EXPLICIT_MENTION) == {(1, 2)}


async def test_one_session_and_close_in_time(graph: Graph) -> None:
    soon = timedelta(minutes=5)
    await graph.change(
        an_entry(1, session="s"),
        an_entry(2, session="s"),
        an_entry(3),
        an_entry(4, created_at=START + 3 * APART + soon, written_at=START + 3 * APART + soon),
    )
    await graph.find()
    assert await graph.pairs(Method.SESSION_COOCCURRENCE) == {(2, 1)}
    assert [edge[2:] for edge in await graph.edges(Method.TEMPORAL_PROXIMITY)] == [
        ("temporal_proximity", 0.15, "Stored within 5 minutes.")
    ]


async def test_vectors_of_another_text_or_model_are_not_compared(graph: Graph) -> None:
    one, two, three = an_entry(1), an_entry(2), an_entry(3)
    await graph.change(one, two, three)
    await graph.embed((one, axis(0)), (replace(two, content_hash="0" * 32), axis(0)), (three, axis(0, 512)))
    await graph.find()
    assert await graph.edges() == []
    assert len(await graph.rows("SELECT node FROM vectors")) == 2


async def test_a_text_that_changes_loses_its_vector_until_the_new_one_comes(graph: Graph) -> None:
    one, two = an_entry(1), an_entry(2)
    await graph.change(one, two)
    await graph.embed((one, axis(0)), (two, near(axis(0), 0.9)))
    await graph.find()
    assert await graph.pairs() == {(2, 1)}
    rewritten = replace(one, version=2, content_hash="f" * 32)
    await graph.change(rewritten)
    await graph.find()
    assert await graph.pairs() == set()
    await graph.embed((rewritten, axis(0)))
    await graph.find()
    assert await graph.pairs() == {(2, 1)}


async def test_the_same_heard_twice_changes_nothing(graph: Graph) -> None:
    entries = [an_entry(number, tags=("x",) if number > 20 else ()) for number in range(24)]
    for _ in range(2):
        await graph.change(*entries)
        await graph.embed(*[(it, near(axis(0), 0.8 + number / 500)) for number, it in enumerate(entries)])
    await graph.find()
    once = await graph.edges()
    (before,) = await graph.rows("SELECT changed, memory_count FROM workspaces")
    await graph.change(*entries)
    await graph.embed(*[(it, near(axis(0), 0.8 + number / 500)) for number, it in enumerate(entries)])
    await graph.find()
    assert await graph.edges() == once
    assert await graph.rows("SELECT changed, memory_count FROM workspaces") == [before]


async def test_all_pairs_of_near_duplicates_are_told_though_edges_are_few(graph: Graph) -> None:
    alike = [an_entry(number) for number in range(EDGES_MAX[Method.NEAR_DUPLICATE] + 5)]
    apart, elsewhere = an_entry(50), an_entry(51, namespace="other")
    await graph.change(*alike, apart, elsewhere)
    near_ones = [(it, near(axis(0), 0.99, number + 1)) for number, it in enumerate(alike)]
    await graph.embed(*near_ones, (apart, near(axis(0), 0.9)), (elsewhere, axis(0)))
    await graph.find()
    every = set(combinations(range(len(alike)), 2))
    assert len(await graph.pairs(Method.NEAR_DUPLICATE)) < len(every)
    for limit in (1, 2, 100):
        assert await graph.twins(limit) == every
    assert await graph.twins(namespace="other") == set()


async def test_who_is_folded_is_gone_and_comes_back(graph: Graph) -> None:
    one, other = an_entry(1, tags=("x",)), an_entry(2, tags=("x",))
    naming = an_entry(3, narrative=f"As {other.memory_id} says.")
    await graph.change(one, other, naming)
    await graph.embed((one, axis(0)), (other, near(axis(0), 0.99)))
    await graph.find()
    before = await graph.edges()
    assert await graph.twins() == {(1, 2)}
    await graph.change(folded=(other.memory_id,))
    await graph.change(folded=(other.memory_id,))
    await graph.find()
    assert (await graph.edges(), await graph.twins()) == ([], set())
    assert await graph.rows("SELECT memory_id FROM deleted") == []
    await graph.change(replace(other, version=3))
    await graph.embed((other, near(axis(0), 0.99)))
    await graph.find()
    assert (await graph.edges(), await graph.twins()) == (before, {(1, 2)})


async def test_another_workspace_is_another_graph(graph: Graph) -> None:
    other = Graph(graph.database, graph.loops)
    await graph.change(an_entry(1, tags=("x",)))
    await other.change(an_entry(2, tags=("x",)))
    await graph.embed((an_entry(1), axis(0)))
    await other.embed((an_entry(2), axis(0)))
    await graph.find()
    await other.find()
    assert await graph.edges() == await other.edges() == []
    assert [row["memory_id"] for row in await other.rows("SELECT memory_id FROM memories")] == [an_entry(2).memory_id]


SCENES = 12
STEPS = 60


@pytest.mark.slow
async def test_edges_depend_on_what_is_there_and_not_on_how_it_came_about(graph: Graph) -> None:
    """Random stores, changes, deletions and embeddings, and memories that go and come back, in any order, found a few
    at a time: the edges are those of a graph that is told of the end alone.
    """
    for seed in range(SCENES):
        chance = random.Random(seed)
        lived = Graph(graph.database, graph.loops)
        alive, embeddings = await _live(lived, chance)
        told = Graph(graph.database, graph.loops)
        await told.change(*alive.values())
        await told.embed(*[(entry, embeddings[entry.content_hash]) for entry in alive.values()])
        await told.find()
        with named(f"seed {seed}"):
            assert await lived.edges() == await told.edges()
            counted = "SELECT kind, count FROM holders ORDER BY kind, count"
            assert await lived.rows(counted) == await told.rows(counted)
            assert len(await lived.edges()) > 20


async def _live(graph: Graph, chance: random.Random) -> tuple[dict[str, Entry], dict[str, NDArray[np.float32]]]:
    """What is alive at the end, and the vectors of all contents."""
    alive: dict[str, Entry] = {}
    embeddings: dict[str, NDArray[np.float32]] = {}
    waiting: list[Entry] = []
    away: list[Entry] = []
    for number in range(STEPS):
        fate = chance.random()
        if fate < 0.7 or len(alive) < 3:
            batch = [_random_entry(chance, 100 * number + place) for place in range(chance.randint(1, 3))]
        elif fate < 0.85:
            batch = [_revised(chance, chance.choice(list(alive.values())), number)]
        else:
            batch = []
            left = alive.pop(chance.choice(list(alive)))
            if chance.random() < 0.5:
                await graph.change(gone=(left.memory_id,))
            else:
                away.append(left)
                await graph.change(folded=(left.memory_id,))
        if away and chance.random() < 0.2:
            back = replace(away.pop(), version=1_000 + number)
            alive[back.memory_id] = back
            await graph.change(back)
            await graph.embed((back, embeddings[back.content_hash]))
        await graph.change(*batch)
        for entry in batch:
            alive[entry.memory_id] = entry
            embeddings.setdefault(entry.content_hash, _random_vector(chance))
            waiting.append(entry)
        chance.shuffle(waiting)
        ready, waiting = waiting[: len(waiting) // 2], waiting[len(waiting) // 2 :]
        await graph.embed(*[(entry, embeddings[entry.content_hash]) for entry in ready])
        if chance.random() < 0.3:
            await graph.find()
    await graph.embed(*[(entry, embeddings[entry.content_hash]) for entry in waiting])
    await graph.find()
    return alive, embeddings


def _some(chance: random.Random, names: str) -> tuple[str, ...]:
    return tuple(chance.sample(names, chance.randint(0, 3)))


def _random_entry(chance: random.Random, number: int) -> Entry:
    at = START + timedelta(minutes=chance.randint(0, 2_000))
    mention = f"See Title of number {chance.randint(0, 60) * 100}." if chance.random() < 0.3 else ""
    return an_entry(
        number,
        source_files=_some(chance, "abcdefghijklmnop"),
        concepts=_some(chance, "abcdefgh"),
        tags=_some(chance, "abcdefghijklmnopqrstuvwxyz"),
        session=chance.choice(["s", "t", None, None]),
        narrative=f"Narrative {number}. {mention}",
        created_at=at,
        written_at=at,
    )


def _revised(chance: random.Random, before: Entry, number: int) -> Entry:
    after = replace(
        before,
        version=before.version + 1,
        tags=_some(chance, "abcdefghijklmnopqrstuvwxyz"),
        written_at=START + timedelta(days=2, minutes=number),
    )
    if chance.random() < 0.5:
        title = f"Title of number {chance.randint(0, 60) * 100}"
        return replace(after, title=title, content_hash=f"{chance.getrandbits(128):032x}")
    return after


def _random_vector(chance: random.Random) -> NDArray[np.float32]:
    return near(axis(chance.randint(0, 4), 16), chance.uniform(0.8, 1.0), chance.randint(6, 15))


@pytest.mark.slow
async def test_a_small_workspace_beside_a_big_one_loses_nobody(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index is full of another workspace's vectors, all nearer than one's own."""
    big = Graph(graph.database, graph.loops)
    chance = np.random.default_rng(1)
    for start in range(0, 3_000, 500):
        crowd = [an_entry(number) for number in range(start, start + 500)]
        await big.change(*crowd)
        noise = [np.asarray(axis(0) + chance.normal(0, 0.002, 384), np.float32) for _ in crowd]
        await big.embed(*[(it, vector / np.linalg.norm(vector)) for it, vector in zip(crowd, noise, strict=True)])
    own = [an_entry(number) for number in range(12)]
    await graph.change(*own)
    cosines = [1.0, *(0.76 + number / 100 for number in range(11))]
    await graph.embed(*[(it, near(axis(0), cosines[number], number + 1)) for number, it in enumerate(own)])
    await graph.find()
    exact = await graph.edges(Method.EMBEDDING_SIMILARITY)
    assert {(number, 0) for number in range(1, 12)} <= await graph.pairs(Method.EMBEDDING_SIMILARITY)

    monkeypatch.setattr(vectors, "EXACT_MAX", 0)  # as if it were too large to be compared one by one
    await graph.rows("DELETE FROM edges WHERE method = 1 RETURNING 1")
    await graph.embed(*[(it, near(axis(0), cosines[number] - 1e-6, number + 1)) for number, it in enumerate(own)])
    await graph.find()
    by_index = await graph.edges(Method.EMBEDDING_SIMILARITY)
    assert [edge[:2] for edge in by_index] == [edge[:2] for edge in exact]
