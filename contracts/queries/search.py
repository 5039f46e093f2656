"""What is asked of search, and of the language model about what was found."""

from typing import Annotated

from pydantic import Field

from contracts.base import MemoryType, NamespaceKey, Query, Score, SourceFile, StrictWord, Tag, Text, Topic
from contracts.documents import DocumentId, FoundKind
from contracts.queries.base import WorkspaceQuestion


class Filters(StrictWord):
    """Which memories may be among the results; None leaves that field open. Lists mean any of them."""

    memory_types: tuple[MemoryType, ...] | None = None
    tags: Annotated[tuple[Tag, ...], Field(max_length=64)] | None = None
    tag_prefixes: Annotated[tuple[Tag, ...], Field(max_length=64)] | None = None
    files: Annotated[tuple[SourceFile, ...], Field(max_length=256)] | None = None
    min_importance: Score | None = None
    min_confidence: Score | None = None


class SearchMemories(WorkspaceQuestion):
    service, name = "search", "run"

    readable: tuple[NamespaceKey, ...]
    query: Query = ""
    filters: Filters = Filters()
    use_semantic: bool = True
    limit: Annotated[int, Field(ge=1, le=200, strict=True)] = 20
    offset: Annotated[int, Field(ge=0, le=10_000, strict=True)] = 0


class KnowledgeFilters(Filters):
    """The same for memories and chunks of documents. A chunk has no type, tags, files and confidence, so a filter on
    those leaves it out; its importance is 0.5. `document_ids` leave out all memories.
    """

    kinds: Annotated[tuple[FoundKind, ...], Field(max_length=2)] | None = None
    document_ids: Annotated[tuple[DocumentId, ...], Field(max_length=64)] | None = None


class SearchKnowledge(WorkspaceQuestion):
    """The best of memories and chunks, in one order (contracts.replies.FoundPassages)."""

    service, name = "search", "knowledge"

    readable: tuple[NamespaceKey, ...]
    query: Topic
    filters: KnowledgeFilters = KnowledgeFilters()
    limit: Annotated[int, Field(ge=1, le=50, strict=True)] = 10


class Passage(StrictWord):
    """What an answer may rest on."""

    title: Text
    text: Text


class Synthesize(WorkspaceQuestion):
    """An answer to a question from passages and nothing else, in the words of the language model, if there is one
    (contracts.replies.Synthesis). The model cites a passage by its number, of which the first is [1].
    """

    service, name = "extraction", "synthesize"

    query: Topic
    passages: Annotated[tuple[Passage, ...], Field(min_length=1, max_length=100)]
