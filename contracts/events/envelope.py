"""The CloudEvents envelope that carries an event on the wire."""

import json
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from contracts.base import Moment, WorkspaceId
from contracts.events.registry import AnyEvent, read_data

SOURCE = "/weft/memory"


class CloudEvent(BaseModel):
    """An event on the wire: CloudEvents 1.0, structured JSON, with Weft's extensions.

    `seq` counts the workspace's events without a gap. `version` counts the events of one stream (one memory) and guards
    projections. `revision` is the public one, the ETag of the memory after this event.
    """

    specversion: Literal["1.0"] = Field("1.0", description="The version of CloudEvents")
    id: UUID = Field(description="Unique for ever; the message's `Nats-Msg-Id`, too")
    source: str = Field(SOURCE, description="Who says so")
    type: str = Field(description="What happened, and in which version of its shape")
    subject: str = Field(description="The id of that to which it happened")
    time: Moment = Field(description="When it happened, in UTC")
    datacontenttype: Literal["application/json"] = Field("application/json", description="What `data` is")
    workspace: WorkspaceId = Field(description="The workspace in which it happened")
    seq: Annotated[int, Field(ge=1)] = Field(description="Counts the workspace's events, from 1 and without a gap")
    version: Annotated[int, Field(ge=1)] = Field(
        description="Counts the events of one memory, relationship, session, job or document, from 1"
    )
    revision: Annotated[int, Field(ge=0)] = Field(
        description="The public revision (ETag) of the memory or document after it; 0 for all else"
    )
    actor: str = Field(
        description="Who caused it: `key:<public id>`, `account:<id>` of a person, or a part of Weft by its name"
    )
    correlationid: UUID = Field(description="The same in all that followed from one request")
    causationid: UUID = Field(description="The command that it came of")
    traceparent: str | None = Field(None, description="W3C Trace Context of the request, where it had one")
    data: AnyEvent

    @model_validator(mode="wrap")
    @classmethod
    def _by_type(cls, value, build) -> Self:  # type: ignore[no-untyped-def]
        if isinstance(value, dict) and isinstance(value.get("data"), dict):
            data = read_data(str(value.get("type")), value["data"])
            value = {**value, "type": data.type, "data": data}
        return build(value)  # type: ignore[no-any-return]

    @classmethod
    def read(cls, body: bytes) -> Self:
        """The event in `body`. Raises NewerThanKnown, or ValueError for what is no event of ours."""
        return cls.model_validate(json.loads(body))
