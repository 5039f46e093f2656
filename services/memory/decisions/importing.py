"""Decisions about what was elsewhere before: it is taken over as it was, unless it is here already, or has been."""

from datetime import datetime
from typing import assert_never

from contracts.commands import (
    ImportConsolidation,
    ImportMemory,
    ImportObservations,
    ImportRelationship,
    ImportSession,
)
from contracts.events import MemoryImported, ObservationsRecorded, RelationshipMade, SessionImported
from contracts.replies import Refusal
from services.memory.decisions import consolidation, relationships
from services.memory.decisions.grants import namespace_for, not_writable, readable, writable
from services.memory.decisions.outcomes import Decision, Happened
from services.memory.decisions.plans import no_room
from services.memory.decisions.sessions import unknown_session
from services.memory.decisions.state import Deletion, WorkspaceState

Import = ImportMemory | ImportConsolidation | ImportRelationship | ImportSession | ImportObservations

_HERE = "already_exists"
_GONE = "already_deleted"


def decide(state: WorkspaceState, command: Import, now: datetime) -> Decision | Refusal:
    """Refuses with already_exists what is here, with already_deleted what was: to import once more changes nothing."""
    match command:
        case ImportMemory():
            return _memory(state, command, now)
        case ImportConsolidation():
            return _consolidation(state, command)
        case ImportRelationship():
            return _relationship(state, command, now)
        case ImportSession():
            return _session(state, command)
        case ImportObservations():
            return _observations(state, command)
        case _:
            assert_never(command)


def _memory(state: WorkspaceState, command: ImportMemory, now: datetime) -> Decision | Refusal:
    line = command.line
    if (known := state.memories.get(line.memory_id)) is not None:
        return _known(isinstance(known, Deletion), f"Memory '{line.memory_id}'")
    namespace = namespace_for(state, line.namespace, command.grants)
    if isinstance(namespace, Refusal):
        return namespace
    if (full := no_room(state)) is not None:
        return full
    given = line.importance_score if line.given_importance is None else line.given_importance
    found = {"namespace": namespace, "given_importance": given, "created_at": line.created_at or now}
    return Decision((Happened(line.memory_id, MemoryImported(**_said(line) | found)),))


def _consolidation(state: WorkspaceState, command: ImportConsolidation) -> Decision | Refusal:
    line = command.line
    if isinstance(state.memories.get(line.memory_id), Deletion):
        return _known(True, f"Memory '{line.memory_id}'")
    survivor = writable(state, line.memory_id, command.grants)
    if isinstance(survivor, Refusal):
        return survivor
    if set(survivor.consolidated_from) >= set(line.consolidated_from):
        return _known(False, "This consolidation")
    members = []
    for memory_id in line.consolidated_from:
        if isinstance(member := writable(state, memory_id, command.grants), Refusal):
            return member
        members.append(member)
    return consolidation.taken_over(survivor, members, {name: getattr(line, name) for name in consolidation.LISTS})


def _relationship(state: WorkspaceState, command: ImportRelationship, now: datetime) -> Decision | Refusal:
    line = command.line
    if (known := state.relationships.get(command.entity_id)) is not None:
        return _known(isinstance(known, Deletion), "The relationship")
    ends = (line.source_memory_id, line.target_memory_id)
    for memory_id in ends:
        if isinstance(found := readable(state, memory_id, command.grants), Refusal):
            return found
    if isinstance(source := writable(state, line.source_memory_id, command.grants), Refusal):
        return source
    if (full := relationships.no_room(state, ends)) is not None:
        return full
    said = {name: value for name, value in _said(line).items() if name != "created_at"}
    event = RelationshipMade(**said, relationship_id=command.relationship_id, made_at=line.created_at or now)
    return Decision((Happened(command.entity_id, event),))


def _session(state: WorkspaceState, command: ImportSession) -> Decision | Refusal:
    line = command.line
    if line.session_id in state.sessions:
        return _known(False, f"Session '{line.session_id}'")
    namespace = namespace_for(state, line.namespace, command.grants)
    if isinstance(namespace, Refusal):
        return namespace
    return Decision((Happened(line.session_id, SessionImported(**_said(line) | {"namespace": namespace})),))


def _observations(state: WorkspaceState, command: ImportObservations) -> Decision | Refusal:
    """They continue the session where it stands. One that has ended takes them too: there they were seen before."""
    line, session = command.line, state.sessions.get(command.line.session_id)
    if session is None or session.namespace not in command.grants.read:
        return unknown_session(line.session_id)
    if (refusal := not_writable(session.namespace, command.grants)) is not None:
        return refusal
    if session.started_at != line.started_at:
        detail = f"Session '{line.session_id}' is another one here: it began at another time."
        return Refusal(code="session_exists", detail=detail)
    if line.first + len(line.observations) <= session.observation_count:
        return _known(False, "These observations")
    if line.first != session.observation_count:
        detail = f"Session '{line.session_id}' has {session.observation_count} observations, not {line.first}."
        return Refusal(code="session_exists", detail=detail)
    event = ObservationsRecorded(
        session_id=line.session_id, first=line.first, observations=line.observations, imported=True
    )
    return Decision((Happened(line.session_id, event),))


def _said(line: object) -> dict[str, object]:
    return {name: value for name, value in dict(line).items() if name != "kind"}  # type: ignore[call-overload]


def _known(deleted: bool, what: str) -> Refusal:
    if deleted:
        return Refusal(code=_GONE, detail=f"{what} was deleted here.")
    return Refusal(code=_HERE, detail=f"{what} is here already.")
