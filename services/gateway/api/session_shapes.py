"""What comes in and goes out over HTTP about sessions, jobs and feedback."""

from typing import Annotated

from pydantic import BaseModel, Field, StrictBool, StringConstraints

from contracts.base import (
    JobStatus,
    MemoryType,
    Metadata,
    Moment,
    Name,
    NamespaceKey,
    Narrative,
    ObservationKind,
    ProjectPath,
    Reason,
    Score,
    SessionId,
    SessionStatus,
    SourceFile,
    SourceFiles,
    StrictWord,
    Text,
)
from contracts.replies import Ended, Learnt, Observed, Rated, Taken
from services.gateway.api.shapes import OFFSET_MAX, ONLY_NAMESPACES, Namespaces, OwnWorkspace


class NewSession(StrictWord):
    """A session that begins."""

    session_id: SessionId | None = Field(None, description="The client's own name for it; one is made if absent.")
    project_path: ProjectPath
    project_name: Name | None = None
    branch_name: Name | None = None
    user_id: Name | None = None
    metadata: Metadata = Field(default_factory=dict, description="Whatever else; at most 16 KiB as JSON, 8 deep.")
    namespace: NamespaceKey | None = Field(None, description="Where its memories go; the key's default if absent.")
    workspace_id: OwnWorkspace | None = None


class NewObservation(StrictWord):
    """One thing that happened."""

    kind: ObservationKind
    content: Annotated[Text, StringConstraints(max_length=65_536)]
    files: SourceFiles = ()
    metadata: Metadata = Field(default_factory=dict)
    at: Moment | None = Field(None, description="When it happened, with a time zone; now if absent.")


class OneObservation(NewObservation):
    """One thing that happened, or `{"observations": [...]}` for several at once."""

    workspace_id: OwnWorkspace | None = None


class Observations(StrictWord):
    """Things that happened, in their order."""

    observations: Annotated[tuple[NewObservation, ...], Field(min_length=1, max_length=500)]
    workspace_id: OwnWorkspace | None = None


class Ending(StrictWord):
    """How a session ended."""

    summary: Narrative | None = Field(None, description="What was done and learned; it weighs most.")
    workspace_id: OwnWorkspace | None = None


class Feedback(StrictWord):
    """Whether a memory was of use."""

    useful: StrictBool
    context: Reason | None = Field(None, description="Where, or why not.")
    workspace_id: OwnWorkspace | None = None


class SessionPage(BaseModel):
    """Which sessions to list."""

    status: SessionStatus | None = Field(None, description="Only these.")
    project_path: str | None = Field(None, description="Only of this project.")
    limit: int = Field(50, ge=1, le=500, description="Sessions per page.")
    offset: int = Field(0, ge=0, le=OFFSET_MAX, description="Sessions to skip.")
    namespace: Annotated[Namespaces, Field(description=ONLY_NAMESPACES)] = ()
    workspace_id: str | None = Field(None, description="The key's own workspace; any other has nothing to list.")


class JobPage(BaseModel):
    """Which jobs to list."""

    status: JobStatus | None = Field(None, description="Only these.")
    limit: int = Field(50, ge=1, le=500, description="Jobs per page.")
    offset: int = Field(0, ge=0, le=OFFSET_MAX, description="Jobs to skip.")
    namespace: Annotated[Namespaces, Field(description=ONLY_NAMESPACES)] = ()
    workspace_id: str | None = Field(None, description="The key's own workspace; any other has nothing to list.")


class ObservationPage(BaseModel):
    """Which observations to list."""

    first: int = Field(0, ge=0, le=OFFSET_MAX, description="The number of the first; that of a session's first is 0.")
    limit: int = Field(100, ge=1, le=500, description="Observations per page.")
    workspace_id: str | None = Field(None, description="The key's own workspace, or nothing.")


class ObservedPage(BaseModel):
    """In the order in which they came."""

    observations: list[Observed]


class LearntMemories(BaseModel):
    """In the order in which they were stored."""

    memories: list[Learnt]


class ContextRequest(BaseModel):
    """What an agent is about to do."""

    query: Annotated[Text, StringConstraints(max_length=2_000)] = Field("", description="What it is about.")
    files: Annotated[tuple[SourceFile, ...], Field(max_length=32)] = Field((), description="Files at hand; repeatable.")
    max_memories: int = Field(10, ge=1, le=50, description="Memories at most, pinned ones included.")
    max_tokens: int = Field(4_000, ge=100, le=100_000, description="Of `context`; 3 bytes of UTF-8 count as one token.")
    namespace: Annotated[Namespaces, Field(description=ONLY_NAMESPACES)] = ()
    workspace_id: str | None = Field(None, description="The key's own workspace, or nothing.")


class Rating(Rated):
    """What a rating did to a memory's importance. `warnings` name the secrets that were redacted from its context."""

    warnings: list[str]


class TakenObservations(Taken):
    """Observations that were taken. `warnings` name the secrets that were redacted, a sentence for a field and kind."""

    warnings: list[str]


class EndedSession(Ended):
    """A session that ended. `warnings` name the secrets that were redacted from its summary."""

    warnings: list[str]


class GivenMemory(BaseModel):
    """A memory that was given to an agent. `score`: how well it fits; what is pinned has 1. `id` is its memory_id."""

    id: str
    memory_id: str
    title: str
    memory_type: MemoryType
    importance_score: Score
    score: Score


class StartedSession(BaseModel):
    """The session, and what it is given: all that is pinned, then what is important, recent and near its project."""

    session_id: str
    injected_memories: list[GivenMemory]
    context_summary: str
    warnings: list[str]


class ContextAnswer(BaseModel):
    """`context` holds the text of `memories`, each between markers; `left_out` counts what else was found."""

    context: str
    memories: list[GivenMemory]
    left_out: int
    warnings: list[str]
