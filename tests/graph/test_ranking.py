"""When a workspace is analysed, and what of it is said."""

import asyncio
from uuid import UUID

import numpy as np
import pytest

from contracts.base import memory_id_from
from services.graph.loops.ranking import Pace, stale
from services.graph.relations import Method, Type
from services.graph.store import memories, ranks
from services.graph.store.ranks import Member, part_of, parts_for
from tests.graph.conftest import Graph, an_entry
from tests.graph.test_discovery import axis
from tests.stack import eventually

QUIET_S, WAIT_MAX_S = 1.0, 30.0


def times_analysed(changes: list[float], until: float, takes_s: float = 0.05) -> list[float]:
    """When a workspace is analysed whose edges change at these moments; it is looked at ten times a second."""
    found: list[float] = []
    pace: Pace | None = None
    analysed = 0
    for tick in range(int(until * 10)):
        now = tick / 10
        changed = sum(moment <= now for moment in changes)
        if changed == analysed:
            continue
        pace = pace or Pace(changed, since=now, quiet_since=now)
        if pace.is_due(now, changed, QUIET_S, WAIT_MAX_S):
            found.append(now)
            analysed = changed
            pace = Pace(changed, at_rest=True, rest_until=now + 10 * takes_s)
    return found


def test_a_change_is_analysed_soon_after() -> None:
    assert times_analysed([5.0], 20) == [6.0]
    assert times_analysed([5.0, 100.0], 200) == [6.0, 101.0]


def test_a_burst_is_analysed_once_it_is_over() -> None:
    burst = [2 + number / 100 for number in range(1_000)]
    assert times_analysed(burst, 60) == pytest.approx([13.0], abs=0.1)


def test_an_hour_later_a_burst_is_still_waited_for() -> None:
    burst = [3_600 + number / 10 for number in range(50)]
    assert len(times_analysed([1.0, *burst], 3_700)) == 2


def test_what_never_rests_is_analysed_now_and_then() -> None:
    always = [number / 5 for number in range(600)]
    assert 3 <= len(times_analysed(always, 120)) <= 5


def test_an_analysis_that_takes_long_is_not_repeated_at_once() -> None:
    always = [number / 5 for number in range(3_000)]
    between = np.diff(times_analysed(always, 600, takes_s=8.0))
    assert (between >= 80).all()


def test_parts_are_powers_of_two_and_never_too_large() -> None:
    assert [parts_for(count) for count in (0, 1, 500, 501, 1_000, 1_001, 100_000)] == [1, 1, 1, 2, 2, 4, 256]
    ids = [memory_id_from(UUID(int=number * 7_919)) for number in range(20_000)]
    parts = parts_for(len(ids))
    assert max(np.bincount([part_of(each, parts) for each in ids])) <= 1_000


def a_member(number: int, pagerank: float | None, label: str | None = "pools") -> Member:
    return Member(number, f"mem-{number:016d}", "default", "general", "Title", (), pagerank, label, b"")


def test_in_a_small_workspace_every_move_is_said() -> None:
    assert stale([(a_member(1, 0.5), 0.5, "pools")], 1) == set()
    assert stale([(a_member(1, 0.5), 0.500001, "pools")], 1) == {0}


def test_in_a_large_one_only_moves_that_matter_new_members_and_new_labels_are() -> None:
    parts = 8
    members = [a_member(number, 0.5) for number in range(100)]
    assert stale([(member, 0.505, "pools") for member in members], parts) == set()
    for changed in ((members[3], 0.52, "pools"), (members[3], 0.5, "other"), (a_member(3, None), 0.5, "pools")):
        assert stale([changed, *((member, 0.5, "pools") for member in members[4:])], parts) == {
            part_of(members[3].memory_id, parts)
        }


async def test_the_whole_graph_is_read_as_it_is(graph: Graph) -> None:
    """COPY's binary format, read by its layout: as many edges, between the same two, as a query sees."""
    await graph.change(*[an_entry(number) for number in range(20)])
    one, two, three = an_entry(21, tags=("x",)), an_entry(22, tags=("x",)), an_entry(23)
    await graph.change(one, two, three)
    await graph.embed((one, axis(0)), (two, axis(1)), (three, axis(0)))
    await graph.find()
    loaded = await ranks.load(graph.database, graph.workspace_id)
    names = [member.memory_id for member in loaded.members]
    assert names == sorted(names)
    found = loaded.edges
    seen = {
        (names[source], names[target], round(float(weight), 4), bool(both))
        for source, target, weight, both in zip(
            found.sources, found.targets, found.weights, found.both_ways, strict=True
        )
    }
    a, b, c = (it.memory_id for it in (one, two, three))
    assert seen == {
        (b, a, 0.5, True),  # tag_overlap
        (c, a, 1.0, True),  # embedding_similarity
        (a, c, 1.0, False),  # near_duplicate: the newer supersedes the older, which points to it
    }
    assert len(found.weights) == 3
    assert Type.SUPERSEDES in {Type(row["type"]) for row in await graph.rows("SELECT type FROM edges")}
    assert Method.NEAR_DUPLICATE in {Method(row["method"]) for row in await graph.rows("SELECT method FROM edges")}


async def test_what_is_deleted_while_ranks_are_put_has_none_and_hurts_nobody(graph: Graph) -> None:
    going, staying = an_entry(1), an_entry(2)
    await graph.change(going, staying)
    members = (await ranks.load(graph.database, graph.workspace_id)).members

    async def put() -> None:
        async with graph.database.transaction(graph.workspace_id) as connection:
            await ranks.put(connection, graph.workspace_id, [(it, 0.5, "pooling") for it in members])

    async def waits() -> bool:
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid' AND database IS NULL"
        return bool(await graph.rows(waiting))

    async with graph.database.transaction(graph.workspace_id) as connection:
        await memories.change(connection, graph.workspace_id, [], [going.memory_id], [])
        putting = asyncio.create_task(put())
        await eventually(waits, "the ranks to wait for the deletion")
    await putting
    ranked = await graph.rows("SELECT m.memory_id FROM ranks r JOIN memories m USING (node)")
    assert [it["memory_id"] for it in ranked] == [staying.memory_id]
