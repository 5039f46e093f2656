"""Deciding many commands of one workspace, one after the other, each on the state that the one before it left."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic_core import to_json

from contracts.commands import (
    AnyCommand,
    ConsolidateMemories,
    DeleteDocument,
    DeleteMemories,
    DeleteMemory,
    DeleteRelationship,
    DeleteWorkspace,
    DocumentOrder,
    EndSession,
    ImportConsolidation,
    ImportMemory,
    ImportObservations,
    ImportRelationship,
    ImportSession,
    MakeRelationship,
    RateMemory,
    RecalculateImportance,
    RecordJob,
    RecordObservations,
    RetryExtraction,
    StartMaintenance,
    StartSession,
    TenancyOrder,
)
from contracts.events import (
    AnyEvent,
    DocumentDeleted,
    DocumentEvent,
    ExtractionRetried,
    JobChanged,
    MemoryDeleted,
    MemoryImported,
    MemoryRated,
    MemoryRecalculated,
    MemoryStored,
    NamespaceChanged,
    NamespaceCreated,
    ObservationsRecorded,
    PlanSwitched,
    RelationshipDeleted,
    RelationshipMade,
    SessionEnded,
    SessionImported,
    SessionStarted,
    TenancyEvent,
    WorkspaceDeleted,
    WorkspaceOpened,
)
from contracts.replies import Deleted, Recalculated, Refusal, Reply
from services.memory.decisions import answers, auditing, consolidation, documents, sessions, tenancy
from services.memory.decisions.answers import made_by_hand, public
from services.memory.decisions.document_state import DocumentState, evolve_document
from services.memory.decisions.grants import unknown_memory
from services.memory.decisions.memories import decide
from services.memory.decisions.outcomes import Happened
from services.memory.decisions.relationships import unknown_relationship
from services.memory.decisions.session_state import evolve_job, evolve_session
from services.memory.decisions.sessions import unknown_job
from services.memory.decisions.state import Deletion, MemoryState, WorkspaceState, evolve, evolve_relationship
from services.memory.decisions.tenancy_state import SETTINGS, evolve_tenancy

REPLAY_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Known:
    """A command that was decided before. `answer` is a Reply in JSON; None where what it made was deleted since."""

    attempt: UUID
    fingerprint: str | None
    status: Literal["committed", "rejected"]
    answer: bytes | None
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its place in the log. `audit`: what the audit trail says of it, where it says anything."""

    seq: int
    event_id: UUID
    stream: str
    version: int
    revision: int
    time: datetime
    actor: str
    correlation_id: UUID
    causation_id: UUID
    traceparent: str | None
    event: AnyEvent
    audit: auditing.Detail | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """Who made an event happen, and by what."""

    actor: str
    correlation_id: UUID
    causation_id: UUID
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A decided command, as the inbox keeps it.

    `entity_id` names what the answer shows and may be deleted; with its deletion the answer becomes None.
    """

    command: AnyCommand
    status: Literal["committed", "rejected"]
    entity_id: str | None
    answer: bytes | None


@dataclass(slots=True)
class Batch:
    """What a transaction has to write. `answers` has one Reply in JSON for each command, in order.

    `forgotten`: what left a memory's lists when the memory that had brought it was deleted. No stored answer about the
    one may keep it.
    """

    answers: list[bytes] = field(default_factory=list)
    recorded: list[Recorded] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    counted: set[str] = field(default_factory=set)
    forgotten: dict[str, set[str]] = field(default_factory=dict)

    def end(self) -> None:
        """The workspace goes, and with it all that this transaction was about to write."""
        self.recorded, self.settled, self.counted, self.forgotten = [], [], set(), {}


def decide_all(
    state: WorkspaceState,
    commands: Sequence[AnyCommand],
    known: Mapping[UUID, Known],
    now: datetime,
    event_ids: Iterator[UUID],
) -> Batch:
    """Decides `commands` in order and moves `state` on. Each command is settled once, however often it is here."""
    batch, known = Batch(), dict(known)
    for command in commands:
        before = known.get(command.command_id)
        answer = _answered_before(command, before, now) if before is not None else None
        if answer is None:
            status, answer = _settle(state, command, now, event_ids, batch)
            known[command.command_id] = Known(command.attempt, command.fingerprint, status, answer, now)
        batch.answers.append(answer)
    return batch


def _answered_before(command: AnyCommand, before: Known, now: datetime) -> bytes | None:
    """The answer that stands, or None where the command is to be decided (again)."""
    if before.status == "rejected" and before.attempt != command.attempt:
        return None
    if before.attempt != command.attempt:
        if before.fingerprint != command.fingerprint:
            return refused(
                Refusal(code="idempotency_key_reused", detail="This Idempotency-Key came with another request before.")
            )
        if now - before.decided_at > REPLAY_FOR:
            return refused(
                Refusal(code="idempotency_key_expired", detail="This Idempotency-Key was used more than 24 h ago.")
            )
    if before.answer is None:
        return refused(Refusal(code="already_deleted", detail="What this request made has been deleted since."))
    return before.answer


def _settle(
    state: WorkspaceState, command: AnyCommand, now: datetime, event_ids: Iterator[UUID], batch: Batch
) -> tuple[Literal["committed", "rejected"], bytes]:
    decision = decide(state, command, now)
    if isinstance(decision, Refusal):
        answer = refused(decision)
        batch.settled.append(Settled(command, "rejected", None, answer))
        return "rejected", answer
    if any(isinstance(each.event, MemoryDeleted) for each in decision.happened):
        _note_forgotten(batch, state, decision.happened)
    if isinstance(command, DeleteWorkspace):
        batch.end()
    cause = Cause(command.actor, command.command_id, command.attempt, command.traceparent)
    batch.recorded += [record(state, happened, cause, now, next(event_ids)) for happened in decision.happened]
    if decision.counted is not None:
        memory_id, usage = decision.counted
        found = state.alive(memory_id)
        if found is not None:
            state.memories[memory_id] = replace(found, usage=usage)
            batch.counted.add(memory_id)
    _forget_answers(batch, {each.stream for each in decision.happened if isinstance(each.event, DELETIONS)})
    answer = _answer(state, command, [each.event for each in decision.happened], now)
    batch.settled.append(Settled(command, "committed", _shown(command), answer))
    return "committed", answer


def _forget_answers(batch: Batch, deleted: set[str]) -> None:
    """What was deleted may not stay in the answers that are kept; answers to later commands are not touched."""
    if deleted:
        batch.settled = [
            replace(it, answer=None) if it.entity_id in deleted or _shows_forgotten(batch, it) else it
            for it in batch.settled
        ]


def _note_forgotten(batch: Batch, state: WorkspaceState, happened: Iterable[Happened]) -> None:
    for each in happened:
        before = state.alive(each.stream)
        if before is not None and (texts := consolidation.forgotten(before, each.event)):
            batch.forgotten.setdefault(each.stream, set()).update(texts)


def _shows_forgotten(batch: Batch, settled: Settled) -> bool:
    texts = batch.forgotten.get(settled.entity_id or "", ())
    return settled.answer is not None and any(to_json(text) in settled.answer for text in texts)


def _shown(command: AnyCommand) -> str | None:
    """What the answer to a command shows, or has made, and may be deleted. Of a session, an answer has only ids."""
    if command.entity not in (MemoryStored.entity, RelationshipMade.entity, DocumentDeleted.entity):
        return None
    if isinstance(command, WITHOUT_CONTENT):
        return None
    return command.entity_id


def record(state: WorkspaceState, happened: Happened, cause: Cause, now: datetime, event_id: UUID) -> Recorded:
    """Gives an event the next place in the log and moves `state` on by it."""
    version, audit = state.next_version(happened.event.entity, happened.stream), auditing.detail(state, happened)
    state.seq += 1
    if happened.event.entity in SETTINGS:
        state.versions[happened.stream] = version
    apply(state, happened.stream, happened.event, version, now)
    return Recorded(
        seq=state.seq,
        event_id=event_id,
        stream=happened.stream,
        version=version,
        revision=_revision(state, happened),
        time=now,
        actor=cause.actor,
        correlation_id=cause.correlation_id,
        causation_id=cause.causation_id,
        traceparent=cause.traceparent,
        event=happened.event,
        audit=audit,
    )


def _revision(state: WorkspaceState, happened: Happened) -> int:
    """The public one after an event; 0 for what has none."""
    of_entity: dict[str, Mapping[str, object]] = {"memory": state.memories, "document": state.documents}
    found = of_entity.get(happened.event.entity, {}).get(happened.stream)
    return found.revision if isinstance(found, MemoryState | DocumentState) else 0


def apply(state: WorkspaceState, stream: str, event: AnyEvent, version: int, time: datetime) -> None:
    """Moves a workspace's state on by one event: what the event is about, and the count of memories."""
    if isinstance(event, TenancyEvent):
        _apply_to_tenancy(state, event, time)
        return
    if isinstance(event, DocumentEvent):
        _apply_to_document(state, stream, event, version, time)
        return
    match event:
        case RelationshipMade() | RelationshipDeleted():
            related = evolve_relationship(state.relationships.get(stream), event, version, time)
            state.put_relationship(stream, related)
        case SessionStarted() | SessionImported() | ObservationsRecorded() | SessionEnded() | ExtractionRetried():
            session = evolve_session(state.sessions.get(stream), event, version, time)
            if session is not None:
                state.sessions[stream] = session
        case JobChanged():
            state.jobs[stream] = evolve_job(state.jobs.get(stream), event, version, time)
        case _:
            _apply_to_memory(state, stream, event, version, time)


def _apply_to_memory(state: WorkspaceState, stream: str, event: AnyEvent, version: int, time: datetime) -> None:
    before = state.memories.get(stream)
    after = evolve(before, event, version, time)
    if after is not None:
        state.memories[stream] = after
    match event:
        case MemoryStored() | MemoryImported():
            state.memory_count += 1
        case MemoryDeleted() if isinstance(before, MemoryState):
            state.memory_count -= 1
        case _:
            pass


def _apply_to_document(state: WorkspaceState, stream: str, event: DocumentEvent, version: int, time: datetime) -> None:
    before = state.documents.get(stream)
    after = evolve_document(before if isinstance(before, DocumentState) else None, event, version, time)
    state.documents[stream] = Deletion(version) if after is None else after


def _apply_to_tenancy(state: WorkspaceState, event: TenancyEvent, time: datetime) -> None:
    """What every decision needs of it is kept beside it too: the plan, and which namespaces are active."""
    evolve_tenancy(state.tenancy, event, time)
    match event:
        case WorkspaceOpened():
            state.plan = event.plan
            state.namespaces[event.default_namespace] = "active"
        case PlanSwitched():
            state.plan = event.plan
        case WorkspaceDeleted():
            state.plan, state.deleted, state.memory_count = None, True, 0
            state.namespaces.clear()
        case NamespaceCreated():
            state.namespaces[event.namespace] = "active"
        case NamespaceChanged():
            state.namespaces[event.namespace] = event.status
        case _:
            pass


def _answer(  # noqa: PLR0912 - one for each kind of command
    state: WorkspaceState, command: AnyCommand, happened: Sequence[AnyEvent], now: datetime
) -> bytes:
    body: Any
    if isinstance(command, TenancyOrder):
        return _replied(tenancy.answer(state, command, now))
    if isinstance(command, DocumentOrder):
        return _replied(documents.answer(state, command))
    match command:
        case DeleteMemories():
            body = Deleted(deleted_count=sum(isinstance(each, MemoryDeleted) for each in happened))
        case RecalculateImportance():
            body = Recalculated(recalculated_count=sum(isinstance(each, MemoryRecalculated) for each in happened))
        case DeleteMemory() | DeleteRelationship():
            body = None
        case ImportMemory() | ImportConsolidation() | ImportRelationship() | ImportSession() | ImportObservations():
            body = {"id": command.entity_id}
        case MakeRelationship():
            made = state.made(command.entity_id)
            if made is None:
                return refused(unknown_relationship(command.entity_id))
            body = made_by_hand(made)
        case StartSession() | RecordObservations() | EndSession():
            body = sessions.answer(state, command)
        case RetryExtraction() | RecordJob() | StartMaintenance():
            job = state.jobs.get(command.job_id)
            body = unknown_job(command.job_id) if job is None else answers.job(job)
        case ConsolidateMemories():
            survivor = state.alive(command.memory_id)
            body = unknown_memory(command.memory_id) if survivor is None else answers.consolidated(survivor)
        case RateMemory():
            body = next(answers.rated(each) for each in happened if isinstance(each, MemoryRated))
        case _:
            found = state.alive(command.memory_id)
            if found is None:
                return refused(unknown_memory(command.memory_id))
            body = public(state.workspace_id, found)
    if isinstance(body, Refusal):
        return refused(body)
    return _replied(body)


def _replied(body: Any) -> bytes:
    return Reply.model_construct(body=body).model_dump_json(warnings=False, exclude={"refusal"}).encode()


def refused(refusal: Refusal) -> bytes:
    """A Reply that says no, in JSON."""
    return Reply(refusal=refusal).model_dump_json(exclude={"body"}).encode()


WITHOUT_CONTENT = (
    DeleteMemory,
    DeleteMemories,
    DeleteRelationship,
    DeleteDocument,
    RecalculateImportance,
    ImportMemory,
    ImportConsolidation,
    ImportRelationship,
)
"""Commands about memories, relationships or documents whose answers have ids and counts only."""

DELETIONS = (MemoryDeleted, RelationshipDeleted, DocumentDeleted)
"""Events after which no content may be left of what they name."""
