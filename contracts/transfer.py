"""The lines of an export, which an import takes: all that was decided of a thing, and nothing that is derived from it.

One JSON object a line (NDJSON); `kind` says which. The first line is an ExportLine, the last an EndLine.
"""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool, model_validator

from contracts.base import (
    CONSOLIDATED_MAX,
    EndReason,
    Injected,
    MemoryId,
    MemoryType,
    Metadata,
    Moment,
    Name,
    NamespaceKey,
    Narrative,
    Observation,
    ProjectPath,
    Reason,
    RelationshipType,
    Score,
    SessionId,
    SessionStatus,
    SourceFiles,
    StrictWord,
    Tags,
    Title,
    Word,
    WorkspaceId,
)

FORMAT_VERSION = 1
LINE_BYTES_MAX = 1_048_576

Count = Annotated[int, Field(ge=0, le=1_000_000_000, strict=True)]
Revision = Annotated[int, Field(ge=1, le=1_000_000_000, strict=True)]
ExportPart = Literal["memories", "consolidations", "relationships", "sessions", "observations", "events"]


class ExportLine(Word):
    """What follows: where it is from, when the export began, which namespaces and parts are in it."""

    kind: Literal["export"] = "export"
    version: int
    exported_at: Moment | None = None
    workspace_id: WorkspaceId | None = None
    namespaces: tuple[NamespaceKey, ...] = ()
    parts: tuple[ExportPart, ...] = ()


class MemoryLine(StrictWord):
    """A memory. What is absent is as for a new one: `created_at` the import, `given_importance` the importance."""

    kind: Literal["memory"] = "memory"
    memory_id: MemoryId
    namespace: NamespaceKey | None = None
    title: Title
    narrative: Narrative
    memory_type: MemoryType = "general"
    tags: Tags = ()
    concepts: Tags = ()
    source_files: SourceFiles = ()
    importance_score: Score = 0.5
    given_importance: Score | None = Field(None, description="As its author and its readers think; importance moves.")
    confidence_score: Score = 0.5
    source_session_id: SessionId | None = None
    by_hand: StrictBool = Field(True, description="Somebody wrote or changed it, and not only extraction.")
    revision: Revision = 1
    created_at: Moment | None = None
    updated_at: Moment | None = None
    access_count: Count = 0
    retrieval_count: Count = 0
    last_accessed_at: Moment | None = None
    feedback_positive_count: Count = 0
    feedback_negative_count: Count = 0
    recalculated_on: date | None = Field(None, description="The day (UTC) on which importance last moved by itself.")
    apart: StrictBool = Field(False, description="A consolidation of it was undone: nightly work leaves it as it is.")


class ConsolidationLine(StrictWord):
    """Which memories are folded into one, and what its lists have only from them. All of them come before it."""

    kind: Literal["consolidation"] = "consolidation"
    memory_id: MemoryId
    consolidated_from: Annotated[tuple[MemoryId, ...], Field(min_length=1, max_length=CONSOLIDATED_MAX)]
    tags: Tags = ()
    concepts: Tags = ()
    source_files: SourceFiles = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({self.memory_id, *self.consolidated_from}) <= len(self.consolidated_from):
            raise ValueError("a memory is named twice")
        return self


class RelationshipLine(StrictWord):
    """What was said by hand of two memories, which come before it."""

    kind: Literal["relationship"] = "relationship"
    source_memory_id: MemoryId
    target_memory_id: MemoryId
    relationship_type: RelationshipType
    confidence: Score = 1.0
    context: Reason | None = None
    created_at: Moment | None = None

    @model_validator(mode="after")
    def _between_two(self) -> Self:
        if self.source_memory_id == self.target_memory_id:
            raise ValueError("a memory can't relate to itself")
        return self


class SessionLine(StrictWord):
    """A session without its observations. Nothing is extracted from one that has ended: its memories come along."""

    kind: Literal["session"] = "session"
    session_id: SessionId
    namespace: NamespaceKey | None = None
    project_path: ProjectPath
    project_name: Name | None = None
    branch_name: Name | None = None
    user_id: Name | None = None
    metadata: Metadata = Field(default_factory=dict)
    injected: Annotated[tuple[Injected, ...], Field(max_length=1_000)] = ()
    status: SessionStatus
    started_at: Moment
    last_seen_at: Moment
    ended_at: Moment | None = None
    ended_by: EndReason | None = None
    summary: Narrative | None = None
    estimated_memories: Annotated[int, Field(ge=0, le=20, strict=True)] | None = None

    @model_validator(mode="after")
    def _ended_at_some_time(self) -> Self:
        if (self.status == "ended") != (self.ended_at is not None):
            raise ValueError("a session has `ended_at` if it has ended, and only then")
        return self


class ObservationsLine(StrictWord):
    """What was observed in a session, in order; `first` counts its observations before these.

    `started_at` is the session's: a session of the same id that began at another time is another one.
    """

    kind: Literal["observations"] = "observations"
    session_id: SessionId
    started_at: Moment
    first: Count
    observations: Annotated[tuple[Observation, ...], Field(min_length=1, max_length=500)]


class EventLine(Word):
    """An event of the log, to be read. An import passes over it: the other lines have all that it needs."""

    kind: Literal["event"] = "event"
    event: dict[str, Any]


class EndLine(Word):
    """The export is whole: so many lines stand between its first and this one."""

    kind: Literal["end"] = "end"
    lines: Annotated[int, Field(ge=0, strict=True)]
    counts: dict[str, int] = Field(default_factory=dict, description="Lines by kind.")


AnyLine = (
    ExportLine
    | MemoryLine
    | ConsolidationLine
    | RelationshipLine
    | SessionLine
    | ObservationsLine
    | EventLine
    | EndLine
)

LINES: dict[str, type[AnyLine]] = {
    "export": ExportLine,
    "memory": MemoryLine,
    "consolidation": ConsolidationLine,
    "relationship": RelationshipLine,
    "session": SessionLine,
    "observations": ObservationsLine,
    "event": EventLine,
    "end": EndLine,
}
"""Every line by its `kind`."""
