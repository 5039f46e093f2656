"""What is ordered of relationships."""

from typing import Self
from uuid import UUID

from pydantic import model_validator

from contracts.base import MemoryId, Reason, RelationshipType, Score, relationship_id
from contracts.commands.base import Command


class MakeRelationship(Command):
    """Says by hand how one memory relates to another; said again, it replaces what was said."""

    entity = "relationship"
    verb = "make"

    source_memory_id: MemoryId
    target_memory_id: MemoryId
    relationship_type: RelationshipType
    confidence: Score = 1.0
    context: Reason | None = None

    @property
    def relationship_id(self) -> UUID:
        return relationship_id(self.workspace_id, self.source_memory_id, self.target_memory_id, self.relationship_type)

    @property
    def entity_id(self) -> str:
        return str(self.relationship_id)

    @model_validator(mode="after")
    def _between_two(self) -> Self:
        if self.source_memory_id == self.target_memory_id:
            raise ValueError("a memory can't relate to itself")
        return self


class DeleteRelationship(Command):
    """Takes back what was said by hand."""

    entity = "relationship"
    verb = "delete"

    relationship_id: UUID

    @property
    def entity_id(self) -> str:
        return str(self.relationship_id)
