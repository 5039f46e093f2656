"""A deleted workspace is as unknown as one that never was, and stays so: nothing is left of it, and nothing that is
late brings it back."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from contracts import subjects
from contracts.base import now
from contracts.commands import Command
from contracts.queries import DescribeWorkspace, EveryWorkspace, GetUsage, ListNamespaces, OfWorkspace, ReadLog
from contracts.replies import Embedding
from deploy.admin.bus import Refused
from services.memory.decisions.batch import decide_all
from services.memory.decisions.state import WorkspaceState
from services.memory.store.endings import APPEND_ONLY
from tests import examples
from tests.memory.unsealing import unsealed
from tests.services import TIMEOUT_S, Talk
from tests.stack import Servers, eventually
from tests.traces import files_with, rows_with, streamed

UNKNOWN = "unknown_workspace"


async def erased(memory: Talk, servers: Servers) -> bool:
    with psycopg.connect(servers.postgres_dsn("postgres")) as connection:
        found = connection.execute(
            "SELECT erased_at IS NOT NULL FROM memory.deleted_workspaces WHERE workspace_id = %s",
            (memory.workspace_id,),
        ).fetchone()
    return found == (True,)


async def ended(memory: Talk, servers: Servers) -> None:
    async def done() -> bool:
        return await erased(memory, servers)

    await eventually(done, "the workspace to be erased")


def workspace_key(memory: Talk, servers: Servers) -> object:
    with psycopg.connect(servers.postgres_dsn("postgres")) as connection:
        statement = "SELECT wrapped FROM memory.workspace_keys WHERE workspace_id = %s"
        return connection.execute(statement, (memory.workspace_id,)).fetchone()


async def refusal(memory: Talk, command: Command) -> str:
    return str((await memory.order(command))["refusal"]["code"])


def everything(memory: Talk, canary: str, name: str = "Named") -> Iterator[Command]:
    """The canary wherever somebody's words may stand; names are no content, and can be read at rest."""
    workspace_id = memory.workspace_id
    drafts = [examples.a_draft(title=f"{canary} {it}", narrative=canary, tags=(canary,)) for it in range(2)]
    one, other = [examples.store(workspace_id, draft) for draft in drafts]
    yield from (one, other)
    yield examples.revise(workspace_id, one.memory_id, {"narrative": f"again {canary}"})
    yield examples.make_relationship(workspace_id, one.memory_id, other.memory_id, context=f"Because {canary}.")
    started = examples.start_session(workspace_id, project_path=f"/{canary}")
    yield started
    yield examples.observe(workspace_id, started.session_id, examples.an_observation(content=canary))
    yield examples.create_namespace(workspace_id, name=name)
    yield examples.change_workspace(workspace_id, name=name)


async def test_nothing_of_a_deleted_workspace_is_left_but_that_there_was_one(
    memory: Talk, memory_service: Servers
) -> None:
    canary, name = f"canary-{uuid4().hex}", f"named-{uuid4().hex}"
    for command in everything(memory, canary, name):
        assert (await memory.order(command)).get("refusal") is None
    blobs = await memory.operator.bus.jetstream.object_store("BLOBS")
    await blobs.put(f"{memory.workspace_id}-{uuid4()}", canary.encode() * 10)
    others = await blobs.put(f"{examples.a_workspace_id()}-{uuid4()}", b"of somebody else")
    await memory.operator.bus.publish(subjects.parked("search", memory.workspace_id), canary.encode())
    assert {"memories", "events"} <= {
        it for it, said in unsealed(memory_service, memory.workspace_id) if canary in said
    }
    assert {"memory.namespaces", "memory.workspaces"} <= set(rows_with(memory_service, name))
    key = workspace_key(memory, memory_service)
    assert await memory.order(examples.delete_workspace(memory.workspace_id)) == {"body": None}
    assert workspace_key(memory, memory_service) != key
    with pytest.raises(Refused, match="Workspace not found"):
        await memory.ask(DescribeWorkspace(workspace_id=memory.workspace_id))
    assert await memory.ask(ListNamespaces(workspace_id=memory.workspace_id)) == []
    await ended(memory, memory_service)
    assert rows_with(memory_service, name) == []

    async def gone() -> bool:
        return files_with(memory_service, canary) == streamed(memory_service, name) == []

    await eventually(gone, "the streams to be without it")
    assert [each.name for each in await blobs.list()] == [others.name]
    await blobs.delete(str(others.name))
    assert rows_with(memory_service, memory.workspace_id) == ["memory.deleted_workspaces", "memory.events"]
    (event,) = await memory.log()
    assert (event["type"], event["data"]) == ("weft.workspace.deleted.v1", {})


async def test_what_comes_after_the_end_is_answered_as_if_there_had_been_nothing_and_is_erased(
    memory: Talk, memory_service: Servers
) -> None:
    canary = f"canary-{uuid4().hex}"
    stored, *others = everything(memory, canary)
    await memory.order(stored)
    deleting = examples.delete_workspace(memory.workspace_id)
    await memory.order(deleting)
    await ended(memory, memory_service)
    nowhere = Talk(memory.operator, examples.a_workspace_id())
    for command in (stored, *others, deleting):
        never = command.model_copy(update={"workspace_id": nowhere.workspace_id, "command_id": uuid4()})
        assert await memory.order(command) == await nowhere.order(never)
    opening = examples.open_workspace(memory.workspace_id, name=canary)
    assert await refusal(memory, opening) == "already_deleted"
    late = Embedding(
        workspace_id=memory.workspace_id,
        memory_id=stored.entity_id,
        content_hash="0" * 32,
        model=canary,
        dimension=1,
        status="failed",
    )
    subject = subjects.embedding(memory.workspace_id, stored.entity_id)
    await memory.operator.bus.publish(subject, late.model_dump_json().encode())

    async def gone() -> bool:
        left = [it async for it in memory.operator.bus.stored(subjects.DERIVED_STREAM, f"{subject}")]
        return not left and rows_with(memory_service, canary) == [] and await erased(memory, memory_service)

    await eventually(gone, "what came late to be erased")
    waiting = memory.operator.bus.stored(subjects.COMMANDS_STREAM, subjects.commands_of(memory.workspace_id))
    assert [it async for it in waiting] == []


async def test_neither_a_rebuild_nor_a_look_brings_it_back(memory: Talk, memory_service: Servers) -> None:
    stored = examples.store(memory.workspace_id)
    await memory.order(stored)
    await memory.order(examples.delete_workspace(memory.workspace_id))
    assert await refusal(memory, stored) == UNKNOWN, "the key to what was answered before is gone"
    of_it = OfWorkspace(workspace_id=memory.workspace_id)
    for request in ("rebuild", "verify"):
        with pytest.raises(Refused, match="Workspace not found"):
            await memory.operator.request("memory", request, of_it, TIMEOUT_S)
    with pytest.raises(Refused, match="Workspace not found"):
        await memory.ask(GetUsage(workspace_id=memory.workspace_id, since=now()))
    asked = EveryWorkspace()
    known = (await memory.operator.bus.ask(subjects.query(asked), asked, TIMEOUT_S))["body"]
    assert memory.workspace_id not in known
    assert [it["type"] for it in await memory.ask(ReadLog(workspace_id=memory.workspace_id))][-1:] == [
        "weft.workspace.deleted.v1"
    ]
    await ended(memory, memory_service)


async def test_every_table_of_the_service_can_be_emptied_of_a_workspace(memory_service: Servers) -> None:
    """Whoever adds a table need not think of this, if it has a column `workspace_id` and the usual grants."""
    with psycopg.connect(memory_service.postgres_dsn("postgres")) as connection:
        kept = connection.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relnamespace = 'memory'::regnamespace AND c.relkind = 'r' AND a.attname = 'workspace_id'"
            " AND NOT (has_table_privilege('weft_memory', c.oid, 'SELECT')"
            " AND has_table_privilege('weft_memory', c.oid, 'DELETE'))"
        ).fetchall()
    assert sorted(kept) == [(each,) for each in sorted(("deleted_workspaces", *APPEND_ONLY))]


async def test_the_log_is_append_only_for_as_long_as_its_workspace_is_there(
    memory: Talk, memory_service: Servers
) -> None:
    await memory.order(examples.store(memory.workspace_id))
    with psycopg.connect(memory_service.postgres_dsn("weft_memory_loops")) as connection:
        for table in APPEND_ONLY:
            deleting = sql.SQL("DELETE FROM memory.{} WHERE workspace_id = %s").format(sql.Identifier(table))
            assert connection.execute(deleting, (memory.workspace_id,)).rowcount == 0
    assert {it["type"] for it in await memory.log()} >= {"weft.workspace.opened.v1", "weft.memory.stored.v1"}


def test_what_is_ordered_together_with_the_end_leaves_nothing_either() -> None:
    workspace_id = examples.a_workspace_id()
    state = WorkspaceState(workspace_id, None)
    opening, deleting = examples.open_workspace(workspace_id), examples.delete_workspace(workspace_id)
    before, after = (examples.store(workspace_id) for _ in range(2))
    batch = decide_all(state, [opening, before, deleting, after], {}, now(), iter(uuid4, None))
    assert [it.event.verb for it in batch.recorded] == ["deleted"]
    assert [it.status for it in batch.settled] == ["committed", "rejected"]
    assert UNKNOWN in batch.answers[-1].decode()
    assert state.deleted
