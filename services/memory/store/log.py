"""The log: what the write path loads under the workspace's lock, and what it appends."""

from base64 import b64encode
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from contracts.events import AnyEvent, CloudEvent, MemoryUsed, SessionStarted
from services.kit.postgres import ENTER_WORKSPACE, Connection, load_sql, row, rows, together
from services.kit.sealing import tables
from services.kit.sealing.keys import Keys, Unreadable
from services.memory.decisions.batch import DELETIONS, Known, Recorded, Settled
from services.memory.decisions.concerned import Concerned
from services.memory.decisions.state import Deletion, WorkspaceState
from services.memory.decisions.tenancy_state import Tenancy
from services.memory.store import auditing, documents, endings, memories, relationships, sessions, tenancy, webhooks
from services.memory.store.codec import SESSION, key_of, seal_event, unseal_event
from services.memory.store.memories import to_state

SQL = load_sql("services.memory", "writes")
READ = load_sql("services.memory", "read_model")

READ_BYTES_MAX = 8_000_000
"""Of events that are read together."""


async def lock(connection: Connection, workspace_id: str) -> tuple[WorkspaceState, int]:
    """The workspace's state, locked until the commit, and the live generation of its read model.

    A workspace that does not exist has a plan of None; nothing is locked then.
    """
    return _state(workspace_id, await row(connection, SQL["lock_head"], {"workspace_id": workspace_id}))


async def peek(connection: Connection, workspace_id: str) -> WorkspaceState:
    """The same without the lock."""
    statement = SQL["lock_head"].removesuffix("FOR UPDATE OF h")
    return _state(workspace_id, await row(connection, statement, {"workspace_id": workspace_id}))[0]


async def enter(
    connection: Connection, workspace_id: str, command_ids: Sequence[UUID], concerned: Concerned
) -> tuple[WorkspaceState, int, dict[UUID, Known]]:
    """Enters the workspace and locks it; in the same round trip, what a decision about `concerned` needs.

    The state, the live generation, and those of the commands that were decided before.
    """
    ids: dict[str, Any] = {
        "workspace_id": workspace_id,
        "memory_ids": list(concerned.memories),
        "entity_ids": [*concerned.memories, *concerned.relationships, *concerned.documents],
    }
    statements = [
        (ENTER_WORKSPACE, ids),
        (SQL["lock_head"], ids),
        (tables.SQL["workspace_key"], ids),
        (SQL["known_commands"], {"workspace_id": workspace_id, "command_ids": list(command_ids)}),
        (SQL["namespaces"], ids),
        (SQL["deletions"], ids),
        (READ["get_memories"], ids),
    ]
    with_related = bool(concerned.relationships or concerned.related)
    if with_related:  # most transactions only store, and need not ask
        touching = relationships.wanted(workspace_id, concerned.relationships, concerned.related)
        statements.append((relationships.SQL["get_relationships"], touching))
    wanted = sessions.wanted(workspace_id, concerned.sessions, concerned.jobs)
    if concerned.sessions:
        statements.append((sessions.SQL["get_sessions"], wanted))
    if concerned.jobs:
        statements.append((sessions.SQL["get_jobs"], wanted))
    if concerned.streams:
        statements.append((SQL["versions"], {"workspace_id": workspace_id, "streams": list(concerned.streams)}))
    if concerned.documents:
        named = documents.wanted(workspace_id, concerned.documents)
        statements += [(documents.SQL["get_documents"], named), (documents.SQL["get_document_jobs"], named)]
    if concerned.tenancy:
        statements += [(statement, ids) for statement in (*tenancy.LOAD, webhooks.SQL["get_webhooks"])]
    _, head, key, known, namespaces, deleted, alive, *others = await together(connection, *statements)
    keys = await tables.entered(connection, workspace_id, key[0] if key else None)
    _learn_absent(keys, concerned)
    state, generation = _state(workspace_id, head[0] if head else None)
    state.deleted = not head and await endings.is_deleted(connection, workspace_id)
    state.namespaces = {each["namespace"]: each["status"] for each in namespaces}
    kept: dict[str, dict[str, Any]] = {
        "memory": state.memories,
        "relationship": state.relationships,
        "document": state.documents,
    }
    for each in deleted:
        kept[each["entity"]][each["entity_id"]] = Deletion(each["version"])
    state.memories |= {each["memory_id"]: to_state(keys, each) for each in alive}
    rest = iter(others)
    for relationship_id, made in relationships.to_states(keys, next(rest) if with_related else ()).items():
        state.put_relationship(relationship_id, made)
    state.sessions = sessions.to_sessions(keys, next(rest) if concerned.sessions else ())
    state.jobs = sessions.to_jobs(keys, next(rest) if concerned.jobs else ())
    state.versions = {each["stream"]: each["version"] for each in (next(rest) if concerned.streams else ())}
    if concerned.documents:
        state.documents |= documents.to_documents(keys, next(rest))
        state.jobs |= sessions.to_jobs(keys, next(rest))
    if concerned.tenancy:
        state.tenancy = _tenancy(keys, rest)
    await _load_ends(connection, state, concerned)
    await _load_bound(connection, state, concerned)
    return state, generation, dict(_decided(keys, state, known))


def _tenancy(keys: Keys, found: Iterator[list[dict[str, Any]]]) -> Tenancy:
    known = tenancy.to_tenancy(next(found), next(found), next(found))
    known.webhooks = webhooks.to_webhooks(keys, next(found))
    return known


def _learn_absent(keys: Keys, concerned: Concerned) -> None:
    """What is there comes with its key; what is not there yet, or no more, has none."""
    sessions_ = (SESSION + each for each in concerned.sessions)
    for key_id in (*concerned.memories, *concerned.relationships, *concerned.documents, *sessions_):
        keys.learn(key_id, None)


async def _load_ends(connection: Connection, state: WorkspaceState, concerned: Concerned) -> None:
    """A relationship is taken back by its id, which does not say what it touches: that costs one more round trip."""
    named = (state.made(relationship_id) for relationship_id in concerned.relationships)
    ends = {memory_id for found in named if found is not None for memory_id in (found.source, found.target)}
    if missing := sorted(ends - state.memories.keys()):
        state.memories |= await memories.get(connection, state.workspace_id, missing)


async def _load_bound(connection: Connection, state: WorkspaceState, concerned: Concerned) -> None:
    """What is folded into what, as far as that leads. Few memories have to do with it, and cost a round trip or two."""
    seen, wanted = set[str](), set(concerned.bound)
    while wanted:
        seen |= wanted
        found = [it for it in map(state.alive, wanted) if it is not None]
        wanted = {other for it in found for other in (*it.consolidated_from, it.consolidated_into) if other} - seen
        if missing := sorted(wanted - state.memories.keys()):
            state.memories |= await memories.get(connection, state.workspace_id, missing)


def _state(workspace_id: str, head: dict[str, Any] | None) -> tuple[WorkspaceState, int]:
    if head is None:
        return WorkspaceState(workspace_id, None), 1
    state = WorkspaceState(workspace_id, head["plan"], seq=head["seq"], memory_count=head["memory_count"])
    return state, head["generation"]


def _decided(keys: Keys, state: WorkspaceState, found: Iterable[dict[str, Any]]) -> Iterator[tuple[UUID, Known]]:
    """What was decided before the end of its workspace is not among them: the key went with it."""
    for each in found:
        try:
            yield each["command_id"], _known(keys, each)
        except Unreadable:
            if not state.deleted:
                raise


def _known(keys: Keys, found: dict[str, Any]) -> Known:
    sealed = found["fingerprint"]
    place = _of_command(keys, found["command_id"], "fingerprint")
    fingerprint = None if sealed is None else keys.workspace.unseal(sealed, *place).decode()
    return Known(found["attempt"], fingerprint, found["status"], _answer(keys, found), found["decided_at"])


def _answer(keys: Keys, found: dict[str, Any]) -> bytes | None:
    """The answer in a row of the inbox; None where it was forgotten. It is sealed as what it shows."""
    if found["answer"] is None:
        return None
    if found["entity_id"] is not None:
        keys.learn(found["entity_id"], found["wrapped"])
    return keys.of(found["entity_id"]).unseal(found["answer"], *_of_command(keys, found["command_id"], "answer"))


def _of_command(keys: Keys, command_id: UUID, what: str) -> tuple[str, ...]:
    return ("inbox", keys.workspace.workspace_id, str(command_id), what)


async def add_head(connection: Connection, workspace_id: str) -> None:
    await connection.execute(SQL["add_head"].encode(), {"workspace_id": workspace_id})


async def append(connection: Connection, state: WorkspaceState, recorded: Sequence[Recorded]) -> None:
    """Appends events whose places were given under the lock, and the audit rows of those that have one.

    What one of the later ones deletes comes in without content.
    """
    deleted = {_stream(each): each.seq for each in recorded if isinstance(each.event, DELETIONS)}
    erased = {each.seq for each in recorded if each.seq < deleted.get(_stream(each), 0)}
    keys = await tables.enter(connection, state.workspace_id)
    owned = (key_of(_stream(each), each.event.type) for each in recorded if each.seq not in erased)
    await tables.ensure(connection, keys, (each for each in owned if each is not None))
    events = [_row(each, None if each.seq in erased else _payload(keys, each)) for each in recorded]
    values = {"workspace_id": state.workspace_id, "events": to_json(events).decode()}
    await connection.execute(SQL["append_events"].encode(), values)
    await auditing.write(connection, state.workspace_id, recorded)


def _stream(each: Recorded) -> str:
    return SESSION + each.stream if each.event.entity == SessionStarted.entity else each.stream


def _payload(keys: Keys, each: Recorded) -> str:
    return b64encode(seal_event(keys, each.event, _stream(each), each.version, each.event_id)).decode()


def _row(each: Recorded, payload: str | None) -> dict[str, Any]:
    return {
        "seq": each.seq,
        "event_id": each.event_id,
        "stream": _stream(each),
        "version": each.version,
        "revision": each.revision,
        "type": each.event.type,
        "time": each.time,
        "actor": each.actor,
        "correlation_id": each.correlation_id,
        "causation_id": each.causation_id,
        "traceparent": each.traceparent,
        "payload": payload,
    }


async def advance(connection: Connection, state: WorkspaceState) -> None:
    values = {"workspace_id": state.workspace_id, "seq": state.seq, "memory_count": state.memory_count}
    await connection.execute(SQL["advance_head"].encode(), values)


async def record_commands(
    connection: Connection, state: WorkspaceState, settled: Sequence[Settled], decided_at: datetime
) -> None:
    """Keeps each command's answer, so that a repeated one is answered and not carried out. Of a workspace that is
    deleted they are about nothing."""
    workspace_id = state.workspace_id
    if state.deleted:
        settled = [replace(each, entity_id=None) for each in settled]
    keys = await tables.enter(connection, workspace_id)
    await tables.load(connection, keys, (each.entity_id for each in settled if each.entity_id is not None))
    commands = [_settled(keys, each) for each in settled]
    values = {"workspace_id": workspace_id, "commands": to_json(commands).decode(), "decided_at": decided_at}
    await connection.execute(SQL["record_commands"].encode(), values)


def _settled(keys: Keys, each: Settled) -> dict[str, Any]:
    """An answer about something that has no key shows nothing of it: it is the workspace's."""
    command, answer, fingerprint = each.command, each.answer, each.command.fingerprint
    entity_id = each.entity_id if each.entity_id is not None and not keys.missing([each.entity_id]) else None
    if answer is not None:
        answer = keys.of(entity_id).seal(answer, *_of_command(keys, command.command_id, "answer"))
    sealed = None
    if fingerprint is not None:
        place = _of_command(keys, command.command_id, "fingerprint")
        sealed = b64encode(keys.workspace.seal(fingerprint.encode(), *place)).decode()
    return {
        "command_id": command.command_id,
        "attempt": command.attempt,
        "fingerprint": sealed,
        "status": each.status,
        "entity_id": entity_id,
        "answer": b64encode(answer).decode() if answer is not None else None,
    }


async def destroy_keys(connection: Connection, workspace_id: str, deleted: Sequence[Recorded]) -> None:
    """The first that is done of a deletion: a relationship that is made again by the same commands gets another key."""
    keys = await tables.enter(connection, workspace_id)
    await tables.destroy(connection, keys, (each.stream for each in deleted))


async def get_command(connection: Connection, workspace_id: str, command_id: UUID) -> dict[str, Any] | None:
    """What became of a command: `status`, and the `answer`, a Reply in JSON (None once it was forgotten). None where
    nothing is known of it, or it was decided before its workspace was deleted."""
    values = {"workspace_id": workspace_id, "command_id": command_id}
    found = await tables.sealed_rows(connection, workspace_id, READ["get_command"], values)
    keys = connection.opened.get(workspace_id)
    if not found or keys is None:
        return None
    try:
        return {"status": found[0]["status"], "answer": _answer(keys, found[0])}
    except Unreadable:
        if not await endings.is_deleted(connection, workspace_id):
            raise
        return None


async def note_deletions(connection: Connection, workspace_id: str, deleted: Sequence[Recorded]) -> None:
    """Into the ledger, with the namespaces that one must be able to read to hear of it: before the read model forgets
    what was deleted."""
    await connection.execute(SQL["ledger_deletions"].encode(), _of_deletions(workspace_id, deleted))


async def erase(connection: Connection, workspace_id: str, deleted: Sequence[Recorded]) -> None:
    """Takes the content of what was deleted out of the log and the stored answers.

    Before the answers of this transaction are stored: some may be about a relationship that was made again since.
    """
    for statement in ("erase_payloads", "erase_answers"):
        await connection.execute(SQL[statement].encode(), _of_deletions(workspace_id, deleted))


def _of_deletions(workspace_id: str, deleted: Sequence[Recorded]) -> dict[str, Any]:
    last = {each.stream: each for each in deleted}.values()
    return {
        "workspace_id": workspace_id,
        "entity": [each.event.entity for each in last],
        "entity_id": [each.stream for each in last],
        "version": [each.version for each in last],
        "seq": [each.seq for each in last],
        "deleted_at": [each.time for each in last],
    }


async def erase_said_before(
    connection: Connection, workspace_id: str, said: Iterable[tuple[Recorded, type[AnyEvent], int]]
) -> None:
    """Takes out of the log what counts no more since an event was recorded, and notes that it is on the streams still:
    the events of a kind, in the same stream, whose version is below a number.
    """
    last = {
        each.stream: {"entity_id": each.stream, "seq": each.seq, "type": kind.type, "before": before}
        for each, kind, before in said
    }
    values = {"workspace_id": workspace_id, "said": to_json(list(last.values())).decode()}
    await connection.execute(SQL["erase_said_before"].encode(), values)


async def erase_answers_with(
    connection: Connection, workspace_id: str, forgotten: Mapping[str, Collection[str]]
) -> None:
    """Forgets the stored answers about memories in which one of these texts stands. Before those of this transaction
    are stored.
    """
    keys = await tables.enter(connection, workspace_id)
    found = await rows(connection, SQL["answers_about"], {"workspace_id": workspace_id, "entity_ids": list(forgotten)})
    shown = [
        each["command_id"]
        for each in found
        if (answer := _answer(keys, each)) and any(to_json(text) in answer for text in forgotten[each["entity_id"]])
    ]
    values = {"workspace_id": workspace_id, "command_ids": shown}
    await connection.execute(SQL["forget_answers"].encode(), values)


async def unlogged_usage(connection: Connection, workspace_id: str, generation: int, limit: int) -> list[MemoryUsed]:
    """What was counted since it last reached the log, one event a memory."""
    values = {"workspace_id": workspace_id, "generation": generation, "limit": limit}
    return [
        MemoryUsed(
            memory_id=each["memory_id"],
            accesses=each["unlogged_accesses"],
            retrievals=each["unlogged_retrievals"],
            last_accessed_at=each["last_accessed_at"],
        )
        for each in await rows(connection, SQL["usage_to_log"], values)
    ]


async def read(connection: Connection, workspace_id: str, after_seq: int, limit: int) -> list[CloudEvent]:
    """The events after `after_seq`, in order; fewer than `limit` where they are long, none where there are no more.

    Erased ones say so, under their own seq; of a deleted workspace all are, but that which says that it is.
    """
    values = {"workspace_id": workspace_id, "after_seq": after_seq, "limit": limit, "bytes_max": READ_BYTES_MAX}
    found = await tables.sealed_rows(connection, workspace_id, READ["read_log"], values)
    return [to_event(connection.opened.get(workspace_id), each) for each in found]


def to_event(keys: Keys | None, found: dict[str, Any]) -> CloudEvent:
    """A row of the log in the form in which it goes out; without keys, one that was erased."""
    data = unseal_event(keys, found)
    return CloudEvent.model_construct(
        id=found["event_id"],
        type=data.type,
        subject=found["stream"].removeprefix(SESSION),
        time=found["time"],
        workspace=found["workspace_id"],
        seq=found["seq"],
        version=found["version"],
        revision=found["revision"],
        actor=found["actor"],
        correlationid=found["correlation_id"],
        causationid=found["causation_id"],
        traceparent=found["traceparent"],
        data=data,
    )
