"""What is ordered of memories."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_serializer, model_validator

from contracts.base import (
    Evidence,
    MemoryId,
    MemoryType,
    Moment,
    NamespaceKey,
    Narrative,
    Reason,
    Score,
    SessionId,
    SourceFiles,
    StrictWord,
    Tags,
    Text,
    Title,
)
from contracts.commands.base import Command


class MemoryDraft(StrictWord):
    """A memory as its author writes it."""

    title: Title
    narrative: Narrative
    memory_type: MemoryType = "general"
    tags: Tags = ()
    concepts: Tags = ()
    source_files: SourceFiles = ()
    importance_score: Score = 0.5
    confidence_score: Score = 0.5


class MemoryChanges(StrictWord):
    """The fields of a memory that its author may change; what is absent stays, and null is not a value."""

    title: Title = None  # type: ignore[assignment]
    narrative: Narrative = None  # type: ignore[assignment]
    memory_type: MemoryType = None  # type: ignore[assignment]
    tags: Tags = None  # type: ignore[assignment]
    concepts: Tags = None  # type: ignore[assignment]
    source_files: SourceFiles = None  # type: ignore[assignment]
    importance_score: Score = None  # type: ignore[assignment]
    confidence_score: Score = None  # type: ignore[assignment]

    def given(self) -> dict[str, object]:
        """Only the fields that were named, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    @model_serializer(mode="wrap")
    def _only_what_was_given(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if value is not None}


class StoreMemory(Command):
    """`source_session_id` and `evidence` are for services alone: no client can fill them."""

    verb = "store"

    memory_id: MemoryId
    namespace: NamespaceKey | None = None
    draft: MemoryDraft
    source_session_id: SessionId | None = None
    evidence: Evidence | None = None

    @property
    def entity_id(self) -> str:
        return self.memory_id


class ReviseMemory(Command):
    """`evidence` is for services alone. A change that rests on none is one by hand."""

    verb = "revise"

    memory_id: MemoryId
    expected_revision: Annotated[int, Field(ge=0)] | None = None
    changes: MemoryChanges
    evidence: Evidence | None = None

    @property
    def entity_id(self) -> str:
        return self.memory_id


class Seen(StrictWord):
    """A memory, and the revision at which it was looked at."""

    memory_id: MemoryId
    revision: Annotated[int, Field(ge=1)]


class ConsolidateMemories(Command):
    """Folds near duplicates into one memory. For services alone: no client can order it."""

    verb = "consolidate"

    memory_id: MemoryId
    expected_revision: Annotated[int, Field(ge=1)]
    others: Annotated[tuple[Seen, ...], Field(min_length=1, max_length=20)]

    @property
    def entity_id(self) -> str:
        return self.memory_id

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({self.memory_id, *(it.memory_id for it in self.others)}) <= len(self.others):
            raise ValueError("a memory is named twice")
        return self


class UndoConsolidation(Command):
    """Gives all memories that are folded into this one their place again."""

    verb = "unconsolidate"

    memory_id: MemoryId

    @property
    def entity_id(self) -> str:
        return self.memory_id


class DeleteMemory(Command):
    verb = "delete"

    memory_id: MemoryId
    expected_revision: Annotated[int, Field(ge=0)] | None = None

    @property
    def entity_id(self) -> str:
        return self.memory_id


class DeleteMemories(Command):
    """Deletes what it finds of at most 100 memories; the count of what it found is the answer.

    `unchanged_since` is for retention alone: what was made or changed since then stays, and so does what is pinned.
    """

    verb = "delete-batch"

    memory_ids: Annotated[tuple[Text, ...], Field(max_length=100)]
    unchanged_since: Moment | None = None

    @property
    def entity_id(self) -> str:
        return "batch"


class RecordAccess(Command):
    verb = "access"

    memory_id: MemoryId

    @property
    def entity_id(self) -> str:
        return self.memory_id


class RecordRetrieval(Command):
    verb = "retrieval"

    memory_id: MemoryId

    @property
    def entity_id(self) -> str:
        return self.memory_id


class RateMemory(Command):
    """Says whether a memory was of use, and where."""

    verb = "rate"

    memory_id: MemoryId
    useful: bool
    context: Reason | None = None

    @property
    def entity_id(self) -> str:
        return self.memory_id


class Ranked(StrictWord):
    """A memory, and the share of the workspace's ranked memories whose PageRank is below its own; None without one."""

    memory_id: MemoryId
    pagerank_percentile: Score | None = None


class RecalculateImportance(Command):
    """Moves the importance of memories as far as it is due on that day (UTC); how many moved is the answer."""

    verb = "recalculate"

    day: date
    memories: Annotated[tuple[Ranked, ...], Field(max_length=100)]

    @property
    def entity_id(self) -> str:
        return "batch"
