"""What is asked about sessions."""

from typing import Annotated

from pydantic import Field

from contracts.base import Moment, SessionStatus, Text
from contracts.queries.base import Offset, Readable, WorkspaceQuestion


class ListSessions(WorkspaceQuestion):
    """A page of sessions (contracts.replies.Session), the newest first."""

    service, name = "memory", "sessions"

    readable: Readable = None
    status: SessionStatus | None = None
    project_path: Text | None = None
    started_before: Moment | None = None
    limit: Annotated[int, Field(ge=1, le=500, strict=True)] = 50
    offset: Offset = 0


class GetSession(WorkspaceQuestion):
    service, name = "memory", "session"

    session_id: Text
    readable: Readable = None


class ReadObservations(WorkspaceQuestion):
    """A session's observations from number `first` (the first is 0) on, in order (contracts.replies.Observed)."""

    service, name = "memory", "observations"

    session_id: Text
    readable: Readable = None
    first: Offset = 0
    limit: Annotated[int, Field(ge=1, le=500, strict=True)] = 100


class ListLearnt(WorkspaceQuestion):
    """The memories that came of a session, each with the quotes it rests on (contracts.replies.Learnt)."""

    service, name = "memory", "learnt"

    session_id: Text
    readable: Readable = None
