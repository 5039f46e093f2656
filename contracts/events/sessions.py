"""What happens in sessions."""

from typing import Annotated

from pydantic import Field, model_serializer

from contracts.base import (
    EndReason,
    Injected,
    JobId,
    Metadata,
    Moment,
    Name,
    NamespaceKey,
    Narrative,
    Observation,
    ProjectPath,
    SessionId,
    SessionStatus,
)
from contracts.events.base import EventData


class SessionStarted(EventData):
    """An agent began to work. `injected` are the memories that it was given."""

    type = "weft.session.started.v1"
    verb = "started"
    entity = "session"

    session_id: SessionId = Field(description="The session")
    namespace: NamespaceKey = Field(description="The namespace that it is in")
    project_path: ProjectPath = Field(description="The folder in which the agent works")
    project_name: Name | None = Field(None, description="What the project is called")
    branch_name: Name | None = Field(None, description="The branch of the repository")
    user_id: Name | None = Field(None, description="For whom the agent works, as the client calls them")
    metadata: Metadata = Field(default_factory=dict, description="Whatever the client keeps with it")
    injected: tuple[Injected, ...] = Field(
        (), description="Memories that the agent was given at the start, and how well each fitted"
    )


class SessionImported(EventData):
    """A session was taken over as it was elsewhere. It has no job: what was learnt from it comes along."""

    type = "weft.session.imported.v1"
    verb = "imported"
    entity = "session"

    session_id: SessionId = Field(description="The session")
    namespace: NamespaceKey = Field(description="The namespace that it is in")
    project_path: ProjectPath = Field(description="The folder in which the agent works")
    project_name: Name | None = Field(None, description="What the project is called")
    branch_name: Name | None = Field(None, description="The branch of the repository")
    user_id: Name | None = Field(None, description="For whom the agent works, as the client calls them")
    metadata: Metadata = Field(default_factory=dict, description="Whatever the client keeps with it")
    injected: tuple[Injected, ...] = Field(
        (), description="Memories that the agent was given at the start, and how well each fitted"
    )
    status: SessionStatus = Field(description="Whether it had ended")
    started_at: Moment = Field(description="When it began")
    last_seen_at: Moment = Field(description="When something last happened in it")
    ended_at: Moment | None = Field(None, description="When it ended, if it has")
    ended_by: EndReason | None = Field(None, description="Who ended it")
    summary: Narrative | None = Field(None, description="What the client says of the session as a whole")
    estimated_memories: Annotated[int, Field(ge=0, le=20)] | None = Field(
        None, description="How many memories it may bring, by a rule of thumb"
    )


class ObservationsRecorded(EventData):
    """What happened in a session, in order. `first` counts the session's observations before these.

    `imported`: elsewhere; the session may have ended.
    """

    type = "weft.session.observed.v1"
    verb = "observed"
    entity = "session"

    session_id: SessionId = Field(description="The session")
    first: Annotated[int, Field(ge=0)] = Field(description="How many observations the session had before these")
    observations: tuple[Observation, ...] = Field(description="What happened, in order")
    imported: bool = Field(False, description="It happened elsewhere; absent where it did not")

    @model_serializer(mode="wrap")
    def _imported_where_it_is(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if name != "imported" or value}


class SessionEnded(EventData):
    """A session is over. What it taught is now to be found out, by the job."""

    type = "weft.session.ended.v1"
    verb = "ended"
    entity = "session"

    session_id: SessionId = Field(description="The session")
    reason: EndReason = Field(description="Who ended it: the client, or the sweeper after a long silence")
    summary: Narrative | None = Field(None, description="What the client says of the session as a whole")
    job_id: JobId = Field(description="The job that finds out what it taught")
    estimated_memories: Annotated[int, Field(ge=0, le=20)] = Field(
        description="How many memories it may bring, by a rule of thumb"
    )


class ExtractionRetried(EventData):
    """A session's job is to be done once more."""

    type = "weft.session.retried.v1"
    verb = "retried"
    entity = "session"

    session_id: SessionId = Field(description="The session")
    job_id: JobId = Field(description="The job that does the work")
