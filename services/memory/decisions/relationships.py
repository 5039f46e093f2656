"""Decisions about relationships that are made by hand: one function a command, and what goes with a memory."""

from collections.abc import Iterable

from contracts.commands import DeleteRelationship, MakeRelationship
from contracts.events import RelationshipDeleted, RelationshipMade
from contracts.replies import Refusal
from services.memory.decisions.grants import not_writable, readable, writable
from services.memory.decisions.outcomes import Decision, Happened
from services.memory.decisions.state import WorkspaceState

RELATIONSHIPS_MAX = 500
"""As many may touch one memory, at either end."""


def make(state: WorkspaceState, command: MakeRelationship) -> Decision | Refusal:
    """Said again, it replaces what was said; where that says nothing new, nothing happens."""
    ends = (command.source_memory_id, command.target_memory_id)
    for memory_id in ends:
        if isinstance(found := readable(state, memory_id, command.grants), Refusal):
            return found
    if isinstance(source := writable(state, command.source_memory_id, command.grants), Refusal):
        return source
    before = state.made(command.entity_id)
    if before is None:
        if (full := no_room(state, ends)) is not None:
            return full
    elif (before.confidence, before.context) == (command.confidence, command.context):
        return Decision()
    event = RelationshipMade(
        relationship_id=command.relationship_id,
        source_memory_id=command.source_memory_id,
        target_memory_id=command.target_memory_id,
        relationship_type=command.relationship_type,
        confidence=command.confidence,
        context=command.context,
    )
    return Decision((Happened(command.entity_id, event),))


def no_room(state: WorkspaceState, ends: Iterable[str]) -> Refusal | None:
    """Why one of the memories may not have one relationship more."""
    full = next((each for each in ends if len(state.touching(each)) >= RELATIONSHIPS_MAX), None)
    if full is None:
        return None
    detail = f"Memory '{full}' has {RELATIONSHIPS_MAX} relationships made by hand; there is room for no more."
    return Refusal(code="relationship_limit_reached", detail=detail)


def delete(state: WorkspaceState, command: DeleteRelationship) -> Decision | Refusal:
    found = state.made(command.entity_id)
    if found is None:
        return unknown_relationship(command.entity_id)
    source, target = (readable(state, each, command.grants) for each in (found.source, found.target))
    if isinstance(source, Refusal) or isinstance(target, Refusal):
        return unknown_relationship(command.entity_id)
    if (refusal := not_writable(source.namespace, command.grants)) is not None:
        return refusal
    return Decision((_deleted(found.relationship_id),))


def deleted_with(state: WorkspaceState, memory_ids: Iterable[str]) -> tuple[Happened, ...]:
    """What touches memories that are being deleted goes with them, whatever may be seen of its other end; each once."""
    touching = {relationship_id for memory_id in memory_ids for relationship_id in state.touching(memory_id)}
    return tuple(_deleted(relationship_id) for relationship_id in sorted(touching))


def unknown_relationship(relationship_id: str) -> Refusal:
    """The same for one that never was, was deleted, or touches a memory that may not be seen."""
    return Refusal(code="unknown_relationship", detail=f"Relationship '{relationship_id}' not found.")


def _deleted(relationship_id: str) -> Happened:
    return Happened(relationship_id, RelationshipDeleted.model_validate({"relationship_id": relationship_id}))
