"""What relations are made of: memories, their features and vectors; and the marks of what a change makes due."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from services.graph.relations import (
    CANDIDATES_MAX,
    CROWD_MAX,
    FOUND_BY,
    METHOD_OF,
    WITHIN,
    Due,
    Kind,
    Method,
    features,
    size_step,
    step,
    title_head,
    title_word,
)
from services.kit.postgres import Connection, load_sql, row, rows

SQL = load_sql("services.graph", "memories")

Feature = tuple[int, int, int]  # node, kind, key


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


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vectors of one content: (windows, dimension), float32, each row of length 1."""

    memory_id: str
    content_hash: str
    model: str
    vectors: NDArray[np.float32]


async def lock(connection: Connection, workspace_id: str) -> int:
    """Holds the workspace until the commit, and says how many memories it has."""
    values = {"workspace_id": workspace_id}
    await connection.execute(SQL["add_workspace"].encode(), values)
    found = await row(connection, SQL["lock_workspace"], values)
    assert found is not None
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
    marks = _Marks(connection, workspace_id, count, after)
    lost = await _features_of(connection, going)
    await marks.around(going, lost)
    await connection.execute(SQL["drop_memories"].encode(), {"nodes": going})
    nodes = await _put(connection, workspace_id, fresh)
    added, removed = await _put_features(connection, workspace_id, fresh, nodes)
    await marks.count(added, [*lost, *removed])
    await _mark_written(marks, fresh, known, nodes, [*added, *removed])
    values = {"workspace_id": workspace_id, "memory_count": after}
    await connection.execute(SQL["set_count"].encode(), values)


async def put_vectors(connection: Connection, workspace_id: str, embedded: Sequence[Embedded]) -> None:
    """Takes vectors of the contents that the memories have now; those of any other are passed over."""
    if not embedded:
        return
    await lock(connection, workspace_id)
    vectors = [
        {
            "memory_id": it.memory_id,
            "content_hash": it.content_hash,
            "model": it.model,
            "dimension": it.vectors.shape[1],
            "embedding": str(direction(it.vectors).tolist()),
        }
        for it in {(it.memory_id, it.content_hash): it for it in embedded}.values()  # the last said of each
    ]
    values = {"workspace_id": workspace_id, "vectors": to_json(vectors).decode()}
    nodes = [each["node"] for each in await rows(connection, SQL["put_vectors"], values)]
    marks = _Marks(connection, workspace_id, 0, 0)
    await marks.mark(nodes, Due.ALIKE | Due.NEW_VECTOR)
    await marks.pointing(nodes, Due.ALIKE)


def direction(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """One vector for a memory, (dimension,), of length 1: where its windows point together."""
    together = vectors.sum(axis=0)
    length = float(np.linalg.norm(together))
    return np.asarray(together / length if length > 0 else vectors[0], np.float32)


async def mark_all(connection: Connection, workspace_id: str, what: Due) -> None:
    values = {"workspace_id": workspace_id, "what": int(what)}
    await connection.execute(SQL["mark_all"].encode(), values)


async def recount(connection: Connection, workspace_id: str) -> None:
    """Counts memories and holders one by one."""
    for statement in ("forget_holders", "recount_holders", "recount_memories"):
        await connection.execute(SQL[statement].encode(), {"workspace_id": workspace_id})


async def mark(connection: Connection, workspace_id: str, nodes: Sequence[int], what: Due) -> None:
    if nodes:
        values = {"workspace_id": workspace_id, "what": int(what), "nodes": list(nodes)}
        await connection.execute(SQL["mark"].encode(), values)


async def known_ids(connection: Connection, workspace_id: str, memory_ids: Iterable[str]) -> set[str]:
    return set(await _known(connection, workspace_id, memory_ids))


async def digest(connection: Connection, workspace_id: str) -> list[dict[str, Any]]:
    """memory_id, version, content_hash, embedded of each memory, in the order of memory_id."""
    return await rows(connection, SQL["digest"], {"workspace_id": workspace_id})


class _Marks:
    """Marks memories whose edges a change may have touched. `before` and `after` are the sizes of the workspace."""

    def __init__(self, connection: Connection, workspace_id: str, before: int, after: int):
        self._connection = connection
        self._workspace_id = workspace_id
        self._before = before
        self._after = after

    async def mark(self, nodes: Sequence[int], what: Due) -> None:
        await mark(self._connection, self._workspace_id, nodes, what)

    async def pointing(self, nodes: Sequence[int], what: Due) -> None:
        """Whose edges lead to these."""
        methods = [int(method) for due, found in FOUND_BY.items() if due in what for method in found]
        if nodes:
            await self._run("mark_pointing", what, nodes=list(nodes), methods=methods)

    async def forget_texts(self, nodes: Sequence[int]) -> None:
        """Vectors of texts that are no more (theirs is about to come), and what a model said of them."""
        if nodes:
            await self._connection.execute(SQL["drop_vectors"].encode(), {"nodes": list(nodes)})
            judged = {"nodes": list(nodes), "judgement": int(Method.LLM_JUDGEMENT)}
            await self._connection.execute(SQL["drop_judged_edges"].encode(), judged)
            await self.mark(nodes, Due.ALIKE)
            await self.pointing(nodes, Due.ALIKE)

    async def around(self, nodes: Sequence[int], held: Sequence[Feature]) -> None:
        """Whoever has an edge to these, or might get one because they come or go."""
        if nodes:
            await self.pointing(nodes, Due.ALL)
            await self.after_in_time(nodes)
            await self.next_holders(held)

    async def after_in_time(self, nodes: Sequence[int]) -> None:
        await self._run("mark_next_in_time", Due.SHARED, nodes=list(nodes), within=WITHIN, limit=CROWD_MAX + 1)

    async def next_holders(self, held: Sequence[Feature]) -> None:
        if held:
            listed = to_json([{"node": node, "kind": kind, "key": key} for node, kind, key in held]).decode()
            await self._run("mark_next_holders", Due.SHARED, features=listed, limit=CANDIDATES_MAX + 1)

    async def naming(self, titles: Sequence[tuple[int, str]], besides: Sequence[int]) -> None:
        """Whose narrative was written since these are there, and may have their title in it."""
        words = [{"node": node, "word": word} for node, title in titles if (word := title_word(title)) is not None]
        if words:
            await self._run("mark_naming", Due.NAMED, titles=to_json(words).decode(), **{"except": list(besides)})

    async def count(self, added: Sequence[Feature], removed: Sequence[Feature]) -> None:
        """Counts holders, and marks all of those whose rarity has changed."""
        changes = Counter((kind, key) for _, kind, key in added)
        changes.subtract((kind, key) for _, kind, key in removed)
        if changes:
            listed = [{"kind": kind, "key": key, "change": change} for (kind, key), change in changes.items()]
            values = {"workspace_id": self._workspace_id, "changes": to_json(listed).decode()}
            counted = await rows(self._connection, SQL["count_holders"], values)
            if removed:
                await self._connection.execute(SQL["forget_unheld"].encode(), values)
            crossed = [it for it in counted if self._crossed(it["kind"], it["count"], changes[it["kind"], it["key"]])]
            if crossed and size_step(self._before) == size_step(self._after):
                listed = [
                    {
                        "kind": it["kind"],
                        "key": it["key"],
                        "method": int(METHOD_OF[Kind(it["kind"])]),
                        "rarer": changes[it["kind"], it["key"]] < 0,
                    }
                    for it in crossed
                ]
                await self._run("mark_holders", Due.SHARED, features=to_json(listed).decode())
        if size_step(self._before) != size_step(self._after):
            await self._run("mark_all", Due.SHARED)

    def _crossed(self, kind: int, count: int, change: int) -> bool:
        return kind != Kind.SESSION and step(count - change, self._before) != step(count, self._after)

    async def _run(self, name: str, what: Due, **values: Any) -> None:
        values = {"workspace_id": self._workspace_id, "what": int(what), **values}
        await self._connection.execute(SQL[name].encode(), values)


async def _mark_written(
    marks: _Marks,
    fresh: Sequence[Entry],
    known: dict[str, dict[str, Any]],
    nodes: dict[str, int],
    touched: Sequence[Feature],
) -> None:
    written = [nodes[it.memory_id] for it in fresh]
    if not written:
        return
    new = [nodes[it.memory_id] for it in fresh if it.memory_id not in known]
    old = [nodes[it.memory_id] for it in fresh if it.memory_id in known]
    titled = [
        (nodes[it.memory_id], it.title)
        for it in fresh
        if it.memory_id not in known or known[it.memory_id]["title"] != it.title
    ]
    rewritten = [
        nodes[it.memory_id]
        for it in fresh
        if it.memory_id in known and known[it.memory_id]["content_hash"] != it.content_hash
    ]
    await marks.mark(written, Due.TEXT)
    await marks.pointing(old, Due.TEXT)
    await marks.forget_texts(rewritten)
    await marks.after_in_time(new)
    await marks.next_holders(touched)
    await marks.naming([*titled, *_by_id(fresh, known, nodes)], written)


def _by_id(fresh: Sequence[Entry], known: dict[str, dict[str, Any]], nodes: dict[str, int]) -> list[tuple[int, str]]:
    """By its id a memory may be named that was not here for a while."""
    return [(nodes[it.memory_id], it.memory_id) for it in fresh if it.memory_id not in known]


async def _known(connection: Connection, workspace_id: str, memory_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
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


def _is_news(entry: Entry, known: dict[str, dict[str, Any]]) -> bool:
    return entry.memory_id not in known or entry.version > known[entry.memory_id]["version"]


async def _put(connection: Connection, workspace_id: str, entries: Sequence[Entry]) -> dict[str, int]:
    """The nodes of the entries by memory_id."""
    if not entries:
        return {}
    listed = [
        {
            "memory_id": it.memory_id,
            "version": it.version,
            "content_hash": it.content_hash,
            "namespace": it.namespace,
            "memory_type": it.memory_type,
            "title": it.title,
            "title_head": title_head(it.title),
            "narrative": it.narrative,
            "created_at": it.created_at,
            "written_at": it.written_at,
        }
        for it in entries
    ]
    values = {"workspace_id": workspace_id, "memories": to_json(listed).decode()}
    return {each["memory_id"]: each["node"] for each in await rows(connection, SQL["put_memories"], values)}


async def _features_of(connection: Connection, nodes: Sequence[int]) -> list[Feature]:
    if not nodes:
        return []
    found = await rows(connection, SQL["features"], {"nodes": list(nodes)})
    return [(each["node"], each["kind"], each["key"]) for each in found]


async def _put_features(
    connection: Connection, workspace_id: str, entries: Sequence[Entry], nodes: dict[str, int]
) -> tuple[list[Feature], list[Feature]]:
    """What each holds now; returns what was added and what was removed."""
    if not entries:
        return [], []
    has = await rows(connection, SQL["features"], {"nodes": list(nodes.values())})
    wanted = {
        (nodes[it.memory_id], int(kind), name)
        for it in entries
        for kind, name in features(it.source_files, it.concepts, it.tags, it.session)
    }
    known = {(each["node"], each["kind"], each["feature"]): each["key"] for each in has}
    removed = [(node, kind, known[node, kind, name]) for node, kind, name in known.keys() - wanted]
    if removed:
        listed = to_json([{"node": node, "kind": kind, "key": key} for node, kind, key in removed]).decode()
        await connection.execute(SQL["drop_features"].encode(), {"features": listed})
    new = [{"node": node, "kind": kind, "feature": name} for node, kind, name in sorted(wanted - known.keys())]
    if not new:
        return [], removed
    values = {"workspace_id": workspace_id, "features": to_json(new).decode()}
    added = await rows(connection, SQL["add_features"], values)
    return [(each["node"], each["kind"], each["key"]) for each in added], removed
