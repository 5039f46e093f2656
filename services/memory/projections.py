"""From events to the read model. The write path and the rebuild come through here alike."""

from collections.abc import Sequence
from typing import assert_never
from uuid import UUID

from contracts.events import (
    AnyEvent,
    DocumentDeleted,
    DocumentEvent,
    DocumentIngested,
    DocumentReady,
    ExtractionRetried,
    JobChanged,
    KeyIssued,
    KeyRenamed,
    KeyRevoked,
    KeyRotated,
    KeyScoped,
    MemoryConsolidated,
    MemoryDeleted,
    MemoryFolded,
    MemoryImported,
    MemoryRated,
    MemoryRecalculated,
    MemoryRevised,
    MemoryStored,
    MemoryUsed,
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
    WebhookChanged,
    WebhookCreated,
    WebhookDeleted,
    WebhookRotated,
    WorkspaceAssigned,
    WorkspaceDeleted,
    WorkspaceExported,
    WorkspaceImported,
    WorkspaceOpened,
    WorkspaceRenamed,
)
from services.kit.postgres import Connection
from services.memory.decisions.batch import Recorded
from services.memory.decisions.document_state import DocumentState
from services.memory.decisions.state import MemoryState, WorkspaceState
from services.memory.decisions.tenancy_state import KeyState
from services.memory.store import documents, keys, log, memories, passages, relationships, sessions, tenancy, webhooks


async def project(
    connection: Connection, state: WorkspaceState, generation: int, recorded: Sequence[Recorded], counted: set[str]
) -> None:
    """Brings one generation of the read model to `state`, which already is what `recorded` led to."""
    changed, used, deleted, related = set[str](), set(counted), list[str](), set[str]()
    for each in recorded:
        match each.event:
            case MemoryStored() | MemoryRevised() | MemoryRated() | MemoryRecalculated():
                changed.add(each.stream)
            case MemoryConsolidated() | MemoryFolded():
                changed.add(each.stream)
            case MemoryUsed() | MemoryImported():
                changed.add(each.stream)
                used.add(each.stream)
            case MemoryDeleted():
                deleted.append(each.stream)
            case RelationshipMade() | RelationshipDeleted():
                related.add(each.stream)
            case _:  # of others see below; an erased event leaves nothing to project
                pass
    await memories.put(connection, state.workspace_id, generation, _alive(state, changed).values())
    usage = {memory_id: found.usage for memory_id, found in _alive(state, used).items()}
    await memories.put_usage(connection, state.workspace_id, generation, usage)
    if deleted:
        await memories.drop(connection, state.workspace_id, generation, deleted)
    if related:
        await project_relationships(connection, state, generation, related)
    await project_sessions(connection, state, generation, [(each.stream, each.event) for each in recorded])
    told = [each for each in recorded if isinstance(each.event, DocumentEvent)]
    if told:
        await project_documents(connection, state, generation, told)
    about = [each.event for each in recorded if isinstance(each.event, TenancyEvent)]
    if about:
        await project_tenancy(connection, state, about)


async def project_relationships(
    connection: Connection, state: WorkspaceState, generation: int, relationship_ids: set[str]
) -> None:
    """Each as it is in the end: it may have been made, deleted and made again meanwhile."""
    alive = {each: found for each in sorted(relationship_ids) if (found := state.made(each)) is not None}
    await relationships.put(connection, state.workspace_id, generation, list(alive.values()))
    gone = sorted(relationship_ids - alive.keys())
    await relationships.drop(connection, state.workspace_id, generation, gone)


async def project_sessions(
    connection: Connection, state: WorkspaceState, generation: int, happened: Sequence[tuple[str, AnyEvent]]
) -> None:
    """Sessions and jobs as they are in the end, and the observations that were added."""
    changed, seen, jobs, observed = set[str](), set[str](), set[str](), list[ObservationsRecorded]()
    for stream, event in happened:
        match event:
            case SessionStarted() | SessionImported() | SessionEnded() | ExtractionRetried():
                changed.add(stream)
            case ObservationsRecorded():
                seen.add(stream)
                observed.append(event)
            case JobChanged():
                jobs.add(stream)
            case _:
                pass
    workspace_id = state.workspace_id
    await sessions.put(connection, workspace_id, generation, [state.sessions[each] for each in sorted(changed)])
    touched = [state.sessions[each] for each in sorted(seen - changed)]
    await sessions.touch(connection, workspace_id, generation, touched)
    await sessions.append(connection, workspace_id, generation, observed)
    await sessions.put_jobs(connection, workspace_id, generation, [state.jobs[each] for each in sorted(jobs)])


async def project_documents(
    connection: Connection, state: WorkspaceState, generation: int, recorded: Sequence[Recorded]
) -> None:
    """Documents as they are in the end, the bytes that came in, and what was made of them, as long as it is kept."""
    workspace_id, known = state.workspace_id, state.documents
    touched = sorted({each.stream for each in recorded})
    alive = {each: found for each in touched if isinstance(found := known[each], DocumentState)}
    await documents.put(connection, workspace_id, generation, alive.values())
    await documents.drop(connection, workspace_id, generation, sorted(set(touched) - alive.keys()))
    kept = [each for each in recorded if each.stream in alive]
    await passages.append(connection, workspace_id, generation, ((each.event, each.time) for each in kept))
    for each in kept:
        if isinstance(each.event, DocumentIngested):
            content = state.contents[each.correlation_id]
            await documents.put_content(connection, workspace_id, each.stream, each.event.version, content)
    turned = sorted({each.stream for each in recorded if isinstance(each.event, TURNING)})
    if turned:
        await documents.prune_contents(connection, workspace_id, generation, turned)
        await passages.prune(connection, workspace_id, generation, turned)


TURNING = (DocumentIngested, DocumentReady, DocumentDeleted)
"""After these, another version of a document is the newest or the ready one, or none."""


async def project_tenancy(connection: Connection, state: WorkspaceState, happened: Sequence[TenancyEvent]) -> None:
    """The workspace, its namespaces and keys as they are in the end, and what KEYS is to be told of them."""
    workspace_id, known = state.workspace_id, state.tenancy
    namespaces, issued, due, told = set[str](), set[str](), set[str](), set[UUID]()
    for event in happened:
        match event:
            case WorkspaceOpened():
                await log.add_head(connection, workspace_id)
                namespaces.add(event.default_namespace)
            case NamespaceCreated():
                namespaces.add(event.namespace)
            case NamespaceChanged():
                namespaces.add(event.namespace)
                due |= {keys.TOKENS, *(it.public_id for it in known.keys.values() if _concerns(it, event.namespace))}
            case KeyIssued() | KeyRenamed() | KeyRotated() | KeyScoped() | KeyRevoked():
                issued.add(str(event.key_id))
                if isinstance(event, KeyRotated):
                    due.add(event.previous_public_id)
            case WebhookCreated() | WebhookChanged() | WebhookRotated() | WebhookDeleted():
                told.add(event.webhook_id)
            case WorkspaceAssigned() | WorkspaceRenamed() | PlanSwitched() | WorkspaceExported() | WorkspaceImported():
                pass
            case WorkspaceDeleted():  # ends all of it: store.endings
                pass
            case _:
                assert_never(event)
    assert known.workspace is not None
    changed = [known.keys[each] for each in sorted(issued)]
    await tenancy.put_facts(connection, workspace_id, known.workspace)
    await tenancy.put_namespaces(connection, workspace_id, [known.namespaces[each] for each in sorted(namespaces)])
    await tenancy.put_keys(connection, workspace_id, changed)
    there = [known.webhooks[each] for each in sorted(told & known.webhooks.keys())]
    await webhooks.put(connection, workspace_id, there, state.seq)
    await webhooks.hurry(connection, workspace_id, there)
    await webhooks.drop(connection, workspace_id, sorted(told - known.webhooks.keys()))
    await tenancy.mark_due(connection, workspace_id, state.seq, due | {each.public_id for each in changed})


def _concerns(key: KeyState, namespace: str) -> bool:
    return not key.revoked and namespace in (*key.grants.read, *key.grants.write)


def _alive(state: WorkspaceState, memory_ids: set[str]) -> dict[str, MemoryState]:
    found = {memory_id: state.memories.get(memory_id) for memory_id in sorted(memory_ids)}
    return {memory_id: memory for memory_id, memory in found.items() if isinstance(memory, MemoryState)}
