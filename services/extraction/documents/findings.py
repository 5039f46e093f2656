"""What was made of a document, as it is recorded: chunks, sections, facts and entities under ids that are derived, so
that making it twice makes the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from contracts import documents
from contracts.documents import Chunk, Entity, Fact, Section
from services.extraction.documents.cutting import Part, Passage
from services.extraction.documents.entities import Gathering, Mention
from services.extraction.documents.facts import Said

FACTS_MAX = 5_000
"""Of a document, the surest."""
SECTIONS_A_MESSAGE, FACTS_A_MESSAGE, ENTITIES_A_MESSAGE = 250, 250, 150
"""However long each of them is, a message stays within contracts.documents.CHUNKS_BYTES_MAX."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A version of a document."""

    workspace_id: str
    namespace: str
    document_id: str
    version: int

    def chunk_id(self, index: int) -> str:
        return documents.chunk_id(self.workspace_id, self.document_id, self.version, index)

    def section_id(self, number: int) -> str:
        return documents.section_id(self.workspace_id, self.document_id, self.version, number)


@dataclass(frozen=True, slots=True)
class Found:
    """What a chunk says and speaks of; `index` is the chunk's."""

    index: int
    facts: Sequence[Said]
    mentions: Sequence[Mention]


class Findings:
    """Of all chunks of a document, which come in order."""

    def __init__(self) -> None:
        self._facts: list[tuple[int, Said]] = []
        self._entities = Gathering()

    def add(self, found: Iterable[Found]) -> None:
        for it in found:
            self._facts += [(it.index, fact) for fact in it.facts]
            self._entities.add(it.index, it.mentions)

    def of(self, of: Identity) -> tuple[list[Fact], list[Entity]]:
        """At most FACTS_MAX facts, in the order of the text; entities, the most mentioned first."""
        return self._facts_of(of), self._entities_of(of)

    def _facts_of(self, of: Identity) -> list[Fact]:
        least = sorted((it.confidence for _, it in self._facts), reverse=True)[:FACTS_MAX]
        kept = [(index, it) for index, it in self._facts if not least or it.confidence >= least[-1]][:FACTS_MAX]
        return [_fact(of, number, index, it) for number, (index, it) in enumerate(kept)]

    def _entities_of(self, of: Identity) -> list[Entity]:
        return [
            Entity(
                entity_id=documents.entity_id(of.workspace_id, of.namespace, it.kind, it.name),
                name=it.name,
                kind=it.kind,
                mentions=it.mentions,
                chunk_ids=tuple(map(of.chunk_id, it.chunks)),
            )
            for it in self._entities.spoken()
        ]


def chunk_of(of: Identity, passage: Passage, text: str) -> Chunk:
    return Chunk(
        chunk_id=of.chunk_id(passage.index),
        index=passage.index,
        text=text,
        start=passage.start,
        end=passage.end,
        section_id=of.section_id(passage.section) if passage.section is not None else None,
        page=passage.page,
    )


def section_of(of: Identity, part: Part) -> Section:
    return Section(
        section_id=of.section_id(part.number),
        parent_id=of.section_id(part.parent) if part.parent is not None else None,
        title=part.title,
        level=part.level,
        first_chunk=part.first,
        last_chunk=part.last,
    )


def messages(facts: Sequence[Fact], entities: Sequence[Entity]) -> Iterator[tuple[Sequence[Fact], Sequence[Entity]]]:
    """In parts that are short enough for a message each."""
    for start in range(0, len(facts), FACTS_A_MESSAGE):
        yield facts[start : start + FACTS_A_MESSAGE], ()
    for start in range(0, len(entities), ENTITIES_A_MESSAGE):
        yield (), entities[start : start + ENTITIES_A_MESSAGE]


def _fact(of: Identity, number: int, index: int, said: Said) -> Fact:
    return Fact(
        fact_id=documents.fact_id(of.workspace_id, of.document_id, of.version, number),
        kind=said.kind,
        text=said.text,
        confidence=said.confidence,
        chunk_id=of.chunk_id(index),
    )
