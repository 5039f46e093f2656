"""What relations are made of: memories, their features and vectors; and the marks of what a change makes due."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from services.graph.relations import (
    Due,
    Kind,
    features,
    title_head,
    title_words,
    words_in,
)
from services.graph.store.marking import Feature, Marks, as_json
from services.graph.store.sealed import Sealed, Told, as_bytea, sealed_in
from services.kit.postgres import Connection, load_sql, row, rows
from services.kit.sealing import tables

SQL = load_sql("services.graph", "memories")

Known = Mapping[str, Mapping[str, Any]]
"""By memory_id what the tables have of memories: node, version, wrapped, content, title."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A memory as relations see it. `written_at` is its last change, or `created_at` if there was none."""

    memory_id: str
    version: int
    content_hash: str
    namespace: str
    memory_type: str
    title: str
    narrative: str
    source_files: tuple[str, ...]
    concepts: tuple[str, ...]
    tags: tuple[str, ...]
    session: str | None
    created_at: datetime
    written_at: datetime

    @property
    def features(self) -> tuple[tuple[Kind, str], ...]:
        return tuple(features(self.source_files, self.concepts, self.tags, self.session))


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vectors of one content: (windows, dimension), float32, each row of length 1."""

    memory_id: str
    content_hash: str
    model: str
    vectors: NDArray[np.float32]


async def lock(connection: Connection, workspace_id: str) -> int:
    """Holds the workspace until the commit, and says how many memories it has. Its key is known from here on."""
    values = {"workspace_id": workspace_id}
    found = await row(connection, SQL["lock_workspace"], values)
    if found is None:
        await connection.execute(SQL["add_workspace"].encode(), values)
        found = await row(connection, SQL["lock_workspace"], values)
        assert found is not None
    await tables.entered(connection, workspace_id, found if found["wrapped"] is not None else None)
    return int(found["memory_count"])


async def change(
    connection: Connection,
    workspace_id: str,
    entries: Sequence[Entry],
    gone: Sequence[str],
    folded: Sequence[str] = (),
    *,
    anew: bool = False,
) -> None:
    """Brings memories in, or to what they are now, and takes out those that were deleted and those that are folded into
    another, which may come back; marks what is due.

    An entry that is no newer than what is known changes nothing, except `anew`.
    """
    count = await lock(connection, workspace_id)
    ids = [entry.memory_id for entry in entries]
    known = await _known(connection, workspace_id, [*ids, *gone, *folded])
    dead = await _deleted(connection, workspace_id, ids) | set(gone)
    fresh = [it for it in _newest(entries) if it.memory_id not in dead and (anew or _is_news(it, known))]
    going = [known[memory_id]["node"] for memory_id in (*gone, *folded) if memory_id in known]
    if gone:
        deleted = {"workspace_id": workspace_id, "memory_ids": list(gone)}
        await connection.execute(SQL["remember_deleted"].encode(), deleted)
    if not fresh and not going:
        return
    after = count + sum(it.memory_id not in known for it in fresh) - len(going)
    sealed = sealed_in(connection, workspace_id)
    marks = Marks(connection, sealed, count, after)
    lost = await _features_of(connection, going)
    await marks.around(going, lost)
    if going:
        await connection.execute(SQL["drop_memories"].encode(), {"nodes": going})
    nodes = await _put(connection, sealed, fresh, known)
    added, removed = await _put_features(connection, sealed, fresh, known, nodes)
    await marks.count(added, [*lost, *removed])
    await _mark_written(marks, fresh, known, nodes, [*added, *removed])
    values = {"workspace_id": workspace_id, "memory_count": after}
    await connection.execute(SQL["set_count"].encode(), values)


async def put_vectors(connection: Connection, workspace_id: str, embedded: Sequence[Embedded]) -> None:
    """Takes vectors of the contents that the memories have now; those of any other are passed over."""
    if not embedded:
        return
    await lock(connection, workspace_id)
    sealed = sealed_in(connection, workspace_id)
    vectors = [
        {
            "memory_id": it.memory_id,
            "content": sealed.keyed.content(it.content_hash),
            "model": it.model,
            "dimension": it.vectors.shape[1],
            "embedding": str(direction(it.vectors).tolist()),
        }
        for it in {(it.memory_id, it.content_hash): it for it in embedded}.values()  # the last said of each
    ]
    values = {"workspace_id": workspace_id, "vectors": to_json(vectors).decode()}
    nodes = [each["node"] for each in await rows(connection, SQL["put_vectors"], values)]
    marks = Marks(connection, sealed, 0, 0)
    await marks.mark(nodes, Due.ALIKE | Due.NEW_VECTOR)
    await marks.pointing(nodes, Due.ALIKE)


def direction(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """One vector for a memory, (dimension,), of length 1: where its windows point together."""
    together = vectors.sum(axis=0)
    length = float(np.linalg.norm(together))
    return np.asarray(together / length if length > 0 else vectors[0], np.float32)


async def expect_rebuild(connection: Connection, workspace_id: str) -> None:
    """Something may be missing there until `is_rebuilt`."""
    await connection.execute(SQL["expect_rebuild"].encode(), {"workspace_id": workspace_id})


async def is_rebuilt(connection: Connection, workspace_id: str) -> None:
    await connection.execute(SQL["is_rebuilt"].encode(), {"workspace_id": workspace_id})


async def recount(connection: Connection, workspace_id: str) -> None:
    """Counts memories and holders one by one."""
    for statement in ("forget_holders", "recount_holders", "recount_memories"):
        await connection.execute(SQL[statement].encode(), {"workspace_id": workspace_id})


async def known_ids(connection: Connection, workspace_id: str, memory_ids: Iterable[str]) -> set[str]:
    values = {"workspace_id": workspace_id, "memory_ids": list(memory_ids)}
    return {each["memory_id"] for each in await rows(connection, SQL["known_ids"], values)}


async def with_texts_of(connection: Connection, workspace_id: str, embedded: Iterable[Embedded]) -> set[str]:
    """The memories that have, in the tables, the content that was embedded."""
    hashes = {it.memory_id: it.content_hash for it in embedded}
    values = {"workspace_id": workspace_id, "memory_ids": list(hashes)}
    found = await tables.sealed_rows(connection, workspace_id, SQL["contents"], values)
    if not found:
        return set()
    keyed = sealed_in(connection, workspace_id).keyed
    return {each["memory_id"] for each in found if each["content"] == keyed.content(hashes[each["memory_id"]])}


async def all_ids(connection: Connection, workspace_id: str) -> frozenset[str]:
    found = await rows(connection, SQL["all_ids"], {"workspace_id": workspace_id})
    return frozenset(each["memory_id"] for each in found)


async def digest(connection: Connection, workspace_id: str) -> list[dict[str, Any]]:
    """memory_id, version, content_hash, embedded of each memory, in the order of memory_id."""
    found = await tables.sealed_rows(connection, workspace_id, SQL["digest"], {"workspace_id": workspace_id})
    if not found:
        return []
    sealed = sealed_in(connection, workspace_id)
    return [
        {
            "memory_id": each["memory_id"],
            "version": each["version"],
            "content_hash": sealed.told(each).content_hash,
            "embedded": each["embedded"],
        }
        for each in found
    ]


async def _mark_written(
    marks: Marks,
    fresh: Sequence[Entry],
    known: Known,
    nodes: dict[str, int],
    touched: Sequence[Feature],
) -> None:
    written = [nodes[it.memory_id] for it in fresh]
    if not written:
        return
    sealed = marks.sealed
    new = [nodes[it.memory_id] for it in fresh if it.memory_id not in known]
    old = [it for it in fresh if it.memory_id in known]
    rewritten = [it for it in old if known[it.memory_id]["content"] != sealed.keyed.content(it.content_hash)]
    await marks.mark(written, Due.TEXT)
    await marks.pointing([nodes[it.memory_id] for it in old], Due.TEXT)
    await marks.forget_texts([nodes[it.memory_id] for it in rewritten])
    await marks.after_in_time(new)
    await marks.next_holders(touched)
    named = [(it.memory_id, words) for it in fresh for words in _named_by(sealed, it, known)]
    await marks.naming([(nodes[memory_id], sealed.keyed.words(words)) for memory_id, words in named], written)


def _named_by(sealed: Sealed, entry: Entry, known: Known) -> Iterator[Sequence[str]]:
    """The words by which others may name it that could not before: of a title that is new, and its id, by which one
    may be named that was not here for a while.
    """
    before = known.get(entry.memory_id)
    if before is None:
        yield [entry.memory_id]
    if (before is None or before["title"] != sealed.keyed.title(entry.title)) and (words := title_words(entry.title)):
        yield words


async def _known(connection: Connection, workspace_id: str, memory_ids: Iterable[str]) -> Known:
    values = {"workspace_id": workspace_id, "memory_ids": list(memory_ids)}
    return {each["memory_id"]: each for each in await rows(connection, SQL["known"], values)}


async def _deleted(connection: Connection, workspace_id: str, memory_ids: Sequence[str]) -> set[str]:
    values = {"workspace_id": workspace_id, "memory_ids": list(memory_ids)}
    return {each["memory_id"] for each in await rows(connection, SQL["deleted"], values)}


def _newest(entries: Sequence[Entry]) -> list[Entry]:
    newest: dict[str, Entry] = {}
    for entry in entries:
        if entry.memory_id not in newest or entry.version > newest[entry.memory_id].version:
            newest[entry.memory_id] = entry
    return list(newest.values())


def _is_news(entry: Entry, known: Known) -> bool:
    return entry.memory_id not in known or entry.version > known[entry.memory_id]["version"]


async def _put(connection: Connection, sealed: Sealed, entries: Sequence[Entry], known: Known) -> dict[str, int]:
    """The nodes of the entries by memory_id."""
    if not entries:
        return {}
    listed = [_row(sealed, it, known) for it in entries]
    values = {"workspace_id": sealed.workspace_id, "memories": to_json(listed).decode()}
    return {each["memory_id"]: each["node"] for each in await rows(connection, SQL["put_memories"], values)}


def _row(sealed: Sealed, entry: Entry, known: Known) -> dict[str, Any]:
    memory_id, version = entry.memory_id, entry.version
    if memory_id in known:
        wrapped = known[memory_id]["wrapped"]
        sealed.learn(memory_id, wrapped)
    else:
        wrapped = sealed.new_key(memory_id)
    told = Told(entry.title, entry.content_hash, entry.features)
    head, words = title_head(entry.title), title_words(entry.title)
    return {
        "memory_id": memory_id,
        "version": version,
        "namespace": entry.namespace,
        "memory_type": entry.memory_type,
        "created_at": entry.created_at,
        "written_at": entry.written_at,
        "wrapped": as_bytea(wrapped),
        "told": as_bytea(sealed.seal_told(memory_id, version, told)),
        "narrative": as_bytea(sealed.seal_narrative(memory_id, version, entry.narrative)),
        "content": sealed.keyed.content(entry.content_hash),
        "title": sealed.keyed.title(entry.title),
        "title_head": None if head is None else sealed.keyed.head(head),
        "title_words": sealed.keyed.words(words) if words else None,
        "words": sealed.keyed.words(words_in(entry.narrative)),
    }


async def _features_of(connection: Connection, nodes: Sequence[int]) -> list[Feature]:
    if not nodes:
        return []
    found = await rows(connection, SQL["features"], {"nodes": list(nodes)})
    return [(each["node"], each["kind"], each["key"]) for each in found]


async def _put_features(
    connection: Connection, sealed: Sealed, entries: Sequence[Entry], known: Known, nodes: dict[str, int]
) -> tuple[list[Feature], list[Feature]]:
    """What each holds now; returns what was added and what was removed."""
    has = set(await _features_of(connection, [nodes[it.memory_id] for it in entries if it.memory_id in known]))
    wanted = {
        (nodes[it.memory_id], int(kind), sealed.keyed.feature(kind, name))
        for it in entries
        for kind, name in it.features
    }
    added, removed = sorted(wanted - has), sorted(has - wanted)
    if removed:
        await connection.execute(SQL["drop_features"].encode(), {"features": as_json(removed)})
    if added:
        values = {"workspace_id": sealed.workspace_id, "features": as_json(added)}
        await connection.execute(SQL["add_features"].encode(), values)
    return added, removed
