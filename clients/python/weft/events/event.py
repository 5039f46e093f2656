"""The CloudEvents envelope that an event travels in, read into the newest version of what is in it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import InstanceOf, SerializeAsAny
from pydantic_core import from_json

from weft.errors import NewerThanKnown, NotUnderstood
from weft.events.kinds import KINDS, AnyEvent, Data, EventErased
from weft.events.upcasts import UPCASTS
from weft.models import Model


class Unknown(Data):
    """Of an event that this client has not heard of: a newer server says more. Its fields are there as they came."""


if TYPE_CHECKING:
    OneOfThem = AnyEvent | Unknown
else:
    OneOfThem = SerializeAsAny[InstanceOf[Data]]  # `read` chose the class: nobody needs to try all of them

KNOWN = frozenset(kind.rpartition(".")[0] for kind in KINDS)
"""Types of which this client knows a version."""


class Event(Model):
    """An event. `match event.data` by the classes of weft.events.kinds, and Unknown; `type` is that of `data`.

    `seq` counts the workspace's events without a gap. `version` counts the events of one `subject` (a memory, a
    session, ...) and `revision` is its public one, after this event. `id` is unique, and the same however often the
    event is delivered.
    """

    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    workspace: str
    seq: int
    version: int
    revision: int
    actor: str
    correlationid: UUID
    causationid: UUID
    traceparent: str | None = None
    data: OneOfThem

    @property
    def is_erased(self) -> bool:
        """Whether this stands, under the same `seq`, where an event stood whose content has been erased."""
        return isinstance(self.data, EventErased)


def read(told: bytes | str | dict[str, Any]) -> Event:
    """The event in `told`, raised to the newest version step by step where it is older.

    Raises NewerThanKnown for a newer version of a type than is known here, NotUnderstood for what is no event.
    """
    try:
        envelope = told if isinstance(told, dict) else _object(told)
        kind, data = envelope["type"], envelope["data"]
        while kind in UPCASTS:
            kind, data = UPCASTS[kind](data)
        if kind not in KINDS and kind.rpartition(".")[0] in KNOWN:
            raise NewerThanKnown(kind, envelope["seq"])
        of = KINDS.get(kind, Unknown)
        return Event.model_validate({**envelope, "type": kind, "data": of.model_validate(data)})
    except (ValueError, KeyError) as why:
        raise NotUnderstood("What came is no event of Weft's.") from why


def _object(told: bytes | str) -> dict[str, Any]:
    found = from_json(told)
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found
