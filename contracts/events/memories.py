"""What happens to memories."""

from datetime import date
from typing import Annotated

from pydantic import Field, model_serializer

from contracts.base import (
    Brought,
    Evidence,
    MemoryId,
    MemoryType,
    Moment,
    NamespaceKey,
    Narrative,
    Reason,
    Score,
    SourceFiles,
    Tags,
    Text,
    Title,
)
from contracts.events.base import EventData


class MemoryStored(EventData):
    """A memory came into being, written by hand or extracted from a session."""

    type = "weft.memory.stored.v1"
    verb = "stored"

    memory_id: MemoryId = Field(description="The memory")
    namespace: NamespaceKey = Field(description="The namespace that it is in")
    title: Title = Field(description="What it says, in one line")
    narrative: Narrative = Field(description="What it says, in full")
    memory_type: MemoryType = Field(description="What kind of knowledge it is")
    tags: Tags = Field(description="Words that it is filed under")
    concepts: Tags = Field(description="Ideas that it is about")
    source_files: SourceFiles = Field(description="Files that it is about, as its author named them")
    importance_score: Score = Field(description="How much it matters")
    confidence_score: Score = Field(description="How sure its author is of it")
    source_session_id: Text | None = Field(
        None, description="The session that it was learnt in, where its author named one"
    )
    evidence: Evidence | None = Field(
        None, description="On what it rests, where it was extracted; absent for what was written by hand"
    )

    @model_serializer(mode="wrap")
    def _evidence_where_there_is_some(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if name != "evidence" or value is not None}


class MemoryImported(EventData):
    """A memory was taken over as it was elsewhere, with its age and its counters; `time` is when it was imported."""

    type = "weft.memory.imported.v1"
    verb = "imported"

    memory_id: MemoryId = Field(description="The memory")
    namespace: NamespaceKey = Field(description="The namespace that it is in")
    title: Title = Field(description="What it says, in one line")
    narrative: Narrative = Field(description="What it says, in full")
    memory_type: MemoryType = Field(description="What kind of knowledge it is")
    tags: Tags = Field(description="Words that it is filed under")
    concepts: Tags = Field(description="Ideas that it is about")
    source_files: SourceFiles = Field(description="Files that it is about, as its author named them")
    importance_score: Score = Field(description="How much it matters now")
    given_importance: Score = Field(
        description="What its author said of its importance, from which the present one came"
    )
    confidence_score: Score = Field(description="How sure its author is of it")
    source_session_id: Text | None = Field(
        None, description="The session that it was learnt in, where its author named one"
    )
    by_hand: bool = Field(description="A person or an agent wrote it; otherwise it was extracted")
    revision: Annotated[int, Field(ge=1)] = Field(description="Its revision, as it was elsewhere")
    created_at: Moment = Field(description="When it was first stored, elsewhere")
    updated_at: Moment | None = Field(None, description="When it was last changed, elsewhere")
    access_count: Annotated[int, Field(ge=0)] = Field(0, description="How often it had been opened")
    retrieval_count: Annotated[int, Field(ge=0)] = Field(0, description="How often a search had given it to an agent")
    last_accessed_at: Moment | None = Field(None, description="When it was last opened")
    feedback_positive_count: Annotated[int, Field(ge=0)] = Field(0, description="How often it had been called useful")
    feedback_negative_count: Annotated[int, Field(ge=0)] = Field(0, description="How often it had been called useless")
    recalculated_on: date | None = Field(None, description="The day (UTC) on which its importance last moved by itself")
    apart: bool = Field(False, description="Somebody took it out of a consolidation: nightly work leaves it alone")


class MemoryRevised(EventData):
    """A memory was changed. Carries only the fields that changed; the others are absent, not null.

    `evidence` says on what a change rests that was not made by hand; alone, it changes nothing but what is known.
    """

    type = "weft.memory.revised.v1"
    verb = "revised"

    memory_id: MemoryId = Field(description="The memory")
    title: Title | None = Field(None, description="What it says, in one line")
    narrative: Narrative | None = Field(None, description="What it says, in full")
    memory_type: MemoryType | None = Field(None, description="What kind of knowledge it is")
    tags: Tags | None = Field(None, description="Words that it is filed under")
    concepts: Tags | None = Field(None, description="Ideas that it is about")
    source_files: SourceFiles | None = Field(None, description="Files that it is about, as its author named them")
    importance_score: Score | None = Field(None, description="How much it matters")
    confidence_score: Score | None = Field(None, description="How sure its author is of it")
    evidence: Evidence | None = Field(None, description="On what the change rests, where no person made it")

    def changes(self) -> dict[str, object]:
        """The changed fields by name."""
        fields = ((name, getattr(self, name)) for name in type(self).model_fields if name not in _NO_CHANGE)
        return {name: value for name, value in fields if value is not None}

    @model_serializer(mode="wrap")
    def _only_what_changed(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if value is not None}


_NO_CHANGE = ("memory_id", "evidence")


class MemoryConsolidated(EventData):
    """Memories were folded into this one, or taken out: which are in it now, and its lists as they are with theirs.

    It says all of it anew, so that the one before, which may have tags of what was deleted since, is erased. With an
    empty `consolidated_from` nothing is folded into it any more, and its lists are its author's. `brought` is what of
    them is not; `revision` the public one after this event. `apart`: somebody undid a consolidation, and nightly work
    is to leave the memory as it is. `updated_at` is there where it was imported, and no change of it.
    """

    type = "weft.memory.consolidated.v1"
    verb = "consolidated"

    memory_id: MemoryId = Field(description="The memory")
    consolidated_from: tuple[MemoryId, ...] = Field(description="All memories that are folded into it now")
    tags: Tags = Field(description="Words that it is filed under")
    concepts: Tags = Field(description="Ideas that it is about")
    source_files: SourceFiles = Field(description="Files that it is about, as its author named them")
    brought: Brought = Field(description="What of these lists it has from the others alone")
    revision: Annotated[int, Field(ge=1)] = Field(description="Its revision after this event")
    apart: bool = Field(False, description="Somebody took it out of a consolidation: nightly work leaves it alone")
    updated_at: Moment | None = Field(None, description="When that was, if it was elsewhere")

    @model_serializer(mode="wrap")
    def _updated_at_where_it_was_elsewhere(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if name != "updated_at" or value is not None}


class MemoryFolded(EventData):
    """A memory now stands behind another, `into`, that says nearly the same; null: it stands for itself again.

    It is still there to be read, and nothing of it has changed: no revision. `apart` as in MemoryConsolidated.
    """

    type = "weft.memory.folded.v1"
    verb = "folded"

    memory_id: MemoryId = Field(description="The memory")
    into: MemoryId | None = Field(description="The memory behind which it stands; null: it stands for itself again")
    apart: bool = Field(False, description="Somebody took it out of a consolidation: nightly work leaves it alone")


class MemoryRated(EventData):
    """Somebody said whether a memory was of use, and `importance_score` is what followed. Changes no revision."""

    type = "weft.memory.rated.v1"
    verb = "rated"

    memory_id: MemoryId = Field(description="The memory")
    useful: bool = Field(description="Whether it was")
    context: Reason | None = Field(None, description="Why, in the words of whoever said so")
    previous_importance: Score = Field(description="What its importance was before")
    importance_score: Score = Field(description="What its importance is now")


class MemoryRecalculated(EventData):
    """A memory's importance moved by itself, as it does at most once on a `day` (UTC). Changes no revision."""

    type = "weft.memory.recalculated.v1"
    verb = "recalculated"

    memory_id: MemoryId = Field(description="The memory")
    previous_importance: Score = Field(description="What its importance was before")
    importance_score: Score = Field(description="What its importance is now")
    day: date = Field(description="The day (UTC) that this counts for")


class MemoryUsed(EventData):
    """A memory was opened, or found for an agent: how often, counted together since the last such event.

    Changes no revision.
    """

    type = "weft.memory.used.v1"
    verb = "used"

    memory_id: MemoryId = Field(description="The memory")
    accesses: Annotated[int, Field(ge=0)] = Field(description="How often it was opened since the last such event")
    retrievals: Annotated[int, Field(ge=0)] = Field(
        description="How often a search gave it to an agent since the last such event"
    )
    last_accessed_at: Moment | None = Field(None, description="When it was last opened, if it was")


class MemoryDeleted(EventData):
    """The memory is gone; its earlier events have been erased and say so."""

    type = "weft.memory.deleted.v1"
    verb = "deleted"

    memory_id: MemoryId = Field(description="The memory")
