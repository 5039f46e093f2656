"""What comes in and goes out over HTTP about events; an example of one."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from contracts.base import Text
from contracts.events import EventTypes
from services.gateway.api import examples

SEQ_MAX = 2**63 - 1


class EventsWanted(BaseModel):
    """Which events."""

    types: EventTypes = Field(
        (),
        description="Only these: `weft.memory.stored.v1`, or `weft.memory` for all that "
        "happens to memories; repeatable.",
    )
    subject: Annotated[Text, StringConstraints(min_length=1, max_length=128)] | None = Field(
        None, description="Only what happened to the memory, session, document or other thing with this id."
    )
    workspace_id: str | None = Field(None, description="The key's own workspace, or nothing.")


class PageWanted(EventsWanted):
    """Which events, and how many."""

    after: int = Field(0, ge=0, le=SEQ_MAX, description="After this `seq`: `after` of the page before.")
    limit: int = Field(100, ge=1, le=1_000, description="At most; there may be fewer though more come after them.")


class StreamWanted(EventsWanted):
    """Which events, from where on."""

    after: int | None = Field(None, ge=0, le=SEQ_MAX, description="After this `seq`; absent: from now on.")


class Events(BaseModel):
    """Events (CloudEvents 1.0) in the order of their `seq`. `after` is what to ask with next, also where what came up
    to there was not asked for or may not be read; `head` is the last `seq` of all. There is no more for now once they
    are the same."""

    events: list[dict[str, Any]]
    after: int
    head: int


EVENT_EXAMPLE: dict[str, Any] = {
    "specversion": "1.0",
    "id": "0199f3a1-5d2e-7c40-9b1f-3e8a6d0c2b71",
    "source": "/weft/memory",
    "type": "weft.memory.rated.v1",
    "subject": examples.MEMORY_EXAMPLE["memory_id"],
    "time": "2026-03-21T14:00:00.000000Z",
    "datacontenttype": "application/json",
    "workspace": examples.MEMORY_EXAMPLE["workspace_id"],
    "seq": 42,
    "version": 3,
    "revision": 1,
    "actor": "key:4k8z0c1v",
    "correlationid": "0199f3a1-5d2e-7c40-9b1f-3e8a6d0c2b70",
    "causationid": "0199f3a1-5d2e-7c40-9b1f-3e8a6d0c2b70",
    "traceparent": None,
    "data": {
        "memory_id": examples.MEMORY_EXAMPLE["memory_id"],
        "useful": True,
        "context": "It kept a retry storm out of the new client.",
        "previous_importance": 0.8,
        "importance_score": 0.82,
    },
}
EVENTS_EXAMPLE = {"events": [EVENT_EXAMPLE], "after": 42, "head": 57}
