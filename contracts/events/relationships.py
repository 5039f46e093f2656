"""What happens to relationships."""

from uuid import UUID

from pydantic import Field, model_serializer

from contracts.base import MemoryId, Moment, Reason, RelationshipType, Score
from contracts.events.base import EventData


class RelationshipMade(EventData):
    """Somebody said how one memory relates to another. A later one with the same id replaces it.

    `made_at` is there where it was imported: it was said then, elsewhere.
    """

    type = "weft.relationship.made.v1"
    verb = "made"
    entity = "relationship"

    relationship_id: UUID = Field(description="The relationship")
    source_memory_id: MemoryId = Field(description="The memory from which it goes")
    target_memory_id: MemoryId = Field(description="The memory to which it goes")
    relationship_type: RelationshipType = Field(description="What the one is to the other")
    confidence: Score = Field(description="How sure its author is")
    context: Reason | None = Field(None, description="Why, in the words of its author")
    made_at: Moment | None = Field(None, description="When it was made, if that was elsewhere")

    @model_serializer(mode="wrap")
    def _made_at_where_it_was_elsewhere(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if name != "made_at" or value is not None}


class RelationshipDeleted(EventData):
    """A relationship was taken back, or one of its memories deleted. Its earlier events have been erased and say so."""

    type = "weft.relationship.deleted.v1"
    verb = "deleted"
    entity = "relationship"

    relationship_id: UUID = Field(description="The relationship")
