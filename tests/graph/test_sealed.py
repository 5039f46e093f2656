"""What users wrote is readable in no table of the graph, and goes off the stream with the message that had it."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg

from contracts.replies import Judgement, Rank, Ranks
from services.graph.relations import Method
from services.graph.store import derived, judged, memories, ranks, walking
from services.graph.store.walking import View
from services.kit.bus import Bus
from services.kit.migrations import Migrations
from tests.graph.conftest import Graph, an_entry
from tests.graph.test_discovery import axis, near
from tests.sealing import everything_in, older_database
from tests.stack import Servers, files_with


async def filled(graph: Graph, text: str) -> None:
    """`text` in all that is known of two memories and of what is between them."""
    lists = {"source_files": (text,), "concepts": (text,), "tags": (text,), "session": text}
    await graph.change(*[an_entry(number) for number in range(3, 20)])
    one = an_entry(21, title=f"About {text}", narrative=text, **lists)
    two = an_entry(22, title=text, narrative=f"As it says in: About {text}", **lists)
    await graph.change(one, two)
    await graph.embed((one, axis(0)), (two, near(axis(0), 0.96)))
    await graph.find()
    said = Judgement(
        workspace_id=graph.workspace_id,
        source_memory_id=two.memory_id,
        target_memory_id=one.memory_id,
        source_hash=two.content_hash,
        target_hash=one.content_hash,
        model="m",
        relationship_type="depends_on",
        confidence=0.7,
        context=f"Because of {text}.",
    )
    members = (await ranks.load(graph.database, graph.workspace_id)).members
    async with graph.database.transaction(graph.workspace_id) as connection:
        await memories.lock(connection, graph.workspace_id)
        await judged.keep(connection, graph.workspace_id, [said])
        await ranks.put(connection, graph.workspace_id, [(it, 0.5, text) for it in members])


async def read(graph: Graph, text: str) -> list[str]:
    """What has `text` in it and comes out again: contexts, then narrative, title, label, and terms of the analysis."""
    ids = [an_entry(number).memory_id for number in (21, 22)]
    view = View(graph.workspace_id, ("default",))
    found = await graph.database.read(graph.workspace_id, lambda it: walking.of_memory(it, view, ids[0], 100))
    contexts = {it.context or "" for it in found} | {context for *_, context in await graph.edges()}
    notes = await graph.database.read(graph.workspace_id, lambda it: judged.notes(it, graph.workspace_id, ids))
    last = (await ranks.load(graph.database, graph.workspace_id)).members[-1]
    texts = [notes[ids[0]].narrative, notes[ids[1]].title, last.title, str(last.label), *last.terms]
    return [*sorted(it for it in contexts if text in it), *texts]


async def test_no_table_has_a_word_of_what_was_written_before_or_after_a_deletion(
    graph: Graph, migrated: Servers
) -> None:
    text = f"sentinel{uuid4().hex}"
    await filled(graph, text)
    assert await read(graph, text) == [
        f"Because of {text}.",
        f"Both are about {text}.",
        f"Both are tagged {text}.",
        f"Both concern {text}.",
        *[text] * 6,
    ]
    assert Method.EXPLICIT_MENTION.public in {method for _, _, method, *_ in await graph.edges()}
    [kept] = await graph.rows(f"SELECT wrapped FROM memories WHERE memory_id = '{an_entry(21).memory_id}'")
    assert kept["wrapped"].hex() in everything_in(migrated, "graph")
    assert text not in everything_in(migrated, "graph")

    await graph.change(gone=(an_entry(21).memory_id,))
    left = everything_in(migrated, "graph")
    assert an_entry(22).memory_id in left
    assert text not in left
    assert kept["wrapped"].hex() not in left, "its key is gone with it"
    assert await graph.rows("SELECT 1 FROM edges WHERE said IS NOT NULL UNION SELECT 1 FROM judged") == []
    with psycopg.connect(migrated.postgres_dsn("postgres"), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    assert files_with(migrated.home.postgres_data, text.encode()) == []


async def test_a_memory_that_comes_again_has_another_key_and_one_that_changes_has_the_same(graph: Graph) -> None:
    async def key() -> bytes:
        [found] = await graph.rows("SELECT wrapped FROM memories")
        return bytes(found["wrapped"])

    one = an_entry(1)
    await graph.change(one)
    first = await key()
    await graph.change(replace(one, version=2, narrative="Told anew"))
    assert await key() == first
    await graph.change(folded=(one.memory_id,))
    await graph.change(replace(one, version=3))
    assert await key() != first


async def test_ranks_that_are_said_anew_leave_nothing_of_what_they_said(
    graph: Graph, bus: Bus, migrated: Servers
) -> None:
    def ranked(label: str) -> Ranks:
        rank = Rank(memory_id=an_entry(1).memory_id, pagerank_score=1.0, community_label=label)
        return Ranks(workspace_id=graph.workspace_id, part=0, parts=1, ranks=(rank,))

    first, second = (f"sentinel-{uuid4().hex}" for _ in range(2))
    await derived.publish_ranks(bus, ranked(first))
    assert found_in(migrated.home.nats_data, first)
    await derived.publish_ranks(bus, ranked(second))
    assert not found_in(migrated.home.nats_data, first)
    assert (await derived.ranks_of(bus, graph.workspace_id))[an_entry(1).memory_id].community_label == second


def found_in(folder: Path, text: str) -> bool:
    return bool(files_with(folder, text.encode()))


async def test_what_an_older_version_left_goes_and_is_expected_to_be_made_anew(migrated: Servers) -> None:
    text = f"sentinel{uuid4().hex}"
    with older_database(migrated, "graph", 1) as name:
        with psycopg.connect(migrated.postgres_dsn("postgres", name), autocommit=True) as connection:
            connection.execute("INSERT INTO graph.workspaces (workspace_id, memory_count) VALUES ('ws-a', 1)")
            connection.execute(
                "INSERT INTO graph.memories (workspace_id, memory_id, version, content_hash, namespace, memory_type,"
                " title, narrative, created_at, written_at)"
                " VALUES ('ws-a', 'mem-a', 1, '', 'default', 'general', %s, '', now(), now())",
                (text,),
            )
            assert text in everything_in(migrated, "graph", name)
            Migrations("graph").run(migrated.postgres_dsn("weft_owner", name))
            left = connection.execute("SELECT workspace_id, memory_count, to_rebuild FROM graph.workspaces").fetchall()
            assert left == [("ws-a", 0, True)]
            assert text not in everything_in(migrated, "graph", name)
            connection.execute("CHECKPOINT")
        assert files_with(migrated.home.postgres_data / "base", text.encode()) == []
