"""The base of every event's data, and what stands where an event was erased."""

from typing import ClassVar

from pydantic import Field

from contracts.base import Text, Word


class EventData(Word):
    """The part of an event that says what happened."""

    type: ClassVar[str]
    verb: ClassVar[str]
    entity: ClassVar[str] = "memory"


class EventErased(EventData):
    """Stands where an event stood whose content has been erased, under the same `seq`."""

    type = "weft.event.erased.v1"
    verb = "erased"

    erased_type: Text = Field(description="The type of the event that stood here")

    @property
    def erased_entity(self) -> str:
        """What it was about: the second word of its type."""
        return self.erased_type.split(".")[1]
