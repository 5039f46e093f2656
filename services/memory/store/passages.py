"""What is made of documents (chunks, sections, facts, entities), as the read model keeps it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic_core import to_json

from contracts.documents import Chunk, Entity, Fact, Section
from contracts.events import AnyEvent, ChunksRecorded, FindingsRecorded
from contracts.queries import GetChunks, ListEntities, ListFacts
from contracts.replies import FoundChunk, FoundEntity, FoundFact
from services.kit.postgres import Connection, load_sql, rows
from services.kit.sealing.keys import Keys
from services.kit.sealing.tables import ensure, enter, load, opened, sealed_rows
from services.memory.store import documents
from services.memory.store.codec import seal, unseal

SQL = load_sql("services.memory", "passages")

CHUNK_IDS_MAX = 100
"""Of the chunks that speak of an entity, so many are named."""

_SEALED = {"chunks": "text", "sections": "title", "facts": "text", "entities": "name"}
"""By table the one field that holds words; the key is the document's."""
_NUMBERED = {
    "chunks": ("document_id", "version", "index"),
    "sections": ("document_id", "version", "number"),
    "facts": ("document_id", "version", "part", "number"),
    "entities": ("document_id", "version", "part", "number"),
}
"""By which a row is known among those of its table."""

Made = ChunksRecorded | FindingsRecorded
Shape = TypeVar("Shape", bound=BaseModel)


async def append(
    connection: Connection, workspace_id: str, generation: int, happened: Iterable[tuple[AnyEvent, datetime]]
) -> None:
    """What was made of documents, as far as these events (each with its time) say so."""
    listed: dict[str, list[dict[str, Any]]] = {"chunks": [], "sections": [], "facts": [], "entities": []}
    for event, time in happened:
        match event:
            case ChunksRecorded():
                whose = _whose(event)
                listed["chunks"] += (whose | dict(each) for each in event.chunks)
                sections = enumerate(event.sections, event.first_section)
                listed["sections"] += (whose | {"number": number} | dict(each) for number, each in sections)
            case FindingsRecorded():
                whose = _whose(event) | {"part": event.part, "created_at": time}
                for name, found in (("facts", event.facts), ("entities", event.entities)):
                    listed[name] += (whose | {"number": number} | dict(each) for number, each in enumerate(found))
            case _:
                pass
    keys = await enter(connection, workspace_id)
    await ensure(connection, keys, (each["document_id"] for those in listed.values() for each in those))
    for name, those in listed.items():
        if those:
            sealed = [_sealed(keys, name, each) for each in those]
            values = {"workspace_id": workspace_id, "generation": generation, name: to_json(sealed).decode()}
            await connection.execute(SQL[f"put_{name}"].encode(), values)


async def prune(connection: Connection, workspace_id: str, generation: int, document_ids: Sequence[str]) -> None:
    """Drops what was made of versions that are kept no longer; of documents that are gone, all."""
    values = {"workspace_id": workspace_id, "generation": generation, "document_ids": list(document_ids)}
    for name in ("chunks", "sections", "facts", "entities"):
        await connection.execute(SQL[f"prune_{name}"].encode(), values)


async def chunks(connection: Connection, workspace_id: str, document_id: str, limit: int, offset: int) -> list[Chunk]:
    """A page of a document's ready version, in order."""
    values = {"workspace_id": workspace_id, "document_id": document_id, "limit": limit, "offset": offset}
    return [_to_chunk(each) for each in await _rows(connection, "chunks", "list_chunks", values)]


async def sections(connection: Connection, workspace_id: str, document_id: str) -> list[Section]:
    """All of a document's ready version, in order."""
    values = {"workspace_id": workspace_id, "document_id": document_id}
    return [_shape(Section, each) for each in await _rows(connection, "sections", "list_sections", values)]


async def get_chunks(connection: Connection, asked: GetChunks) -> list[FoundChunk]:
    values = {
        "workspace_id": asked.workspace_id,
        "chunk_ids": list(asked.chunk_ids),
        "readable": None if asked.readable is None else list(asked.readable),
    }
    found = await _rows(connection, "chunks", "get_chunks", values)
    return [_to_found(opened(connection, asked.workspace_id), each) for each in found]


async def facts(connection: Connection, asked: ListFacts) -> list[FoundFact]:
    return [_shape(FoundFact, each) for each in await _rows(connection, "facts", "list_facts", _page(asked))]


async def entities(connection: Connection, asked: ListEntities) -> list[FoundEntity]:
    found = await _rows(connection, "entities", "list_entities", _page(asked))
    for each in found:
        each["chunk_ids"] = tuple(dict.fromkeys(each["chunk_ids"].split()))[:CHUNK_IDS_MAX]
    return [_shape(FoundEntity, each) for each in found]


async def recorded(connection: Connection, workspace_id: str, event: Made) -> list[Chunk | Section | Fact | Entity]:
    """What is there of that which an event recorded, in its order. Raises Unreadable."""
    await load(connection, opened(connection, workspace_id), [event.document_id])
    values = {"workspace_id": workspace_id} | _whose(event)
    if isinstance(event, ChunksRecorded):
        of_chunks = values | {"first": event.first, "count": len(event.chunks)}
        of_sections = values | {"first": event.first_section, "count": len(event.sections)}
        return [
            *(_to_chunk(each) for each in await _rows(connection, "chunks", "recorded_chunks", of_chunks)),
            *(_shape(Section, each) for each in await _rows(connection, "sections", "recorded_sections", of_sections)),
        ]
    values |= {"part": event.part}
    found = await _rows(connection, "entities", "recorded_entities", values)
    return [
        *(_shape(Fact, each) for each in await _rows(connection, "facts", "recorded_facts", values)),
        *(_shape(Entity, each | {"chunk_ids": tuple(each["chunk_ids"])}) for each in found),
    ]


def made_by(event: Made) -> list[Chunk | Section | Fact | Entity]:
    """What `recorded` gives where all is as the event says."""
    if isinstance(event, ChunksRecorded):
        return [*event.chunks, *event.sections]
    return [*event.facts, *event.entities]


async def live_findings(connection: Connection, workspace_id: str) -> dict[str, int]:
    """How many facts and entities are there of each document, in all its versions."""
    found = await rows(connection, SQL["all_findings"], {"workspace_id": workspace_id})
    return {each["document_id"]: each["findings"] for each in found}


async def left_over(connection: Connection, workspace_id: str) -> list[str]:
    """The documents that are gone, and of which something is there all the same."""
    return [each["document_id"] for each in await rows(connection, SQL["left_over"], {"workspace_id": workspace_id})]


def _whose(event: Made) -> dict[str, Any]:
    return {"document_id": event.document_id, "version": event.version}


async def _rows(connection: Connection, table: str, statement: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a statement about a table, with what is sealed in them. Raises Unreadable."""
    found = await sealed_rows(connection, values["workspace_id"], SQL[statement], values)
    return [each | content(opened(connection, values["workspace_id"]), table, each) for each in found]


def content(keys: Keys, table: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """What is sealed in a row. `wrapped` is its document's key, where that is not known yet. Raises Unreadable."""
    if "wrapped" in found:
        keys.learn(found["document_id"], found["wrapped"])
    return unseal(keys.of(found["document_id"]), found["sealed"], *_place(keys, table, found))


def _sealed(keys: Keys, table: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """A row to be put: without the field that holds words, which is sealed."""
    field = _SEALED[table]
    sealed = seal(keys.of(said["document_id"]), {field: said[field]}, *_place(keys, table, said))
    return {name: value for name, value in said.items() if name != field} | {"sealed": sealed}


def _place(keys: Keys, table: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    return (table, keys.workspace.workspace_id, *(str(found[it]) for it in _NUMBERED[table]))


def _to_found(keys: Keys, found: dict[str, Any]) -> FoundChunk:
    """A row of get_chunks: with what is sealed of its document, and of the sections that it stands in."""
    above = (
        {**found, "number": it, "sealed": sealed} for it, sealed in zip(found["numbers"], found["titles"], strict=True)
    )
    more = {
        "start": found["begins"],
        "end": found["ends"],
        "section_path": tuple(content(keys, "sections", each)["title"] for each in above),
    }
    of_document = documents.content(keys, {**found, "sealed": found["sealed_document"]})
    return _shape(FoundChunk, of_document | found | more)


def _to_chunk(found: dict[str, Any]) -> Chunk:
    return _shape(Chunk, found | {"start": found["begins"], "end": found["ends"]})


def _shape(kind: type[Shape], found: dict[str, Any]) -> Shape:
    """A row in a public shape: its columns have the names of the fields."""
    return kind.model_construct(**{name: found[name] for name in kind.model_fields})


def _page(asked: ListFacts | ListEntities) -> dict[str, Any]:
    return {
        "workspace_id": asked.workspace_id,
        "readable": None if asked.readable is None else list(asked.readable),
        "document_id": asked.document_id,
        "kind": asked.kind,
        "chunk_ids": None if asked.chunk_ids is None else list(asked.chunk_ids),
        "latest_only": asked.latest_only,
        "limit": asked.limit,
        "offset": asked.offset,
    }
