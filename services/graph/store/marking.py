"""The marks of what a change makes due. All under the workspace's lock (`memories.lock`)."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

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
    size_step,
    step,
)
from services.graph.store.sealed import Sealed
from services.kit.postgres import Connection, load_sql, rows

SQL = load_sql("services.graph", "memories")

Feature = tuple[int, int, int]
"""Node, kind, key."""


async def mark_all(connection: Connection, workspace_id: str, what: Due) -> None:
    values = {"workspace_id": workspace_id, "what": int(what)}
    await connection.execute(SQL["mark_all"].encode(), values)


async def mark(connection: Connection, workspace_id: str, nodes: Sequence[int], what: Due) -> None:
    if nodes:
        values = {"workspace_id": workspace_id, "what": int(what), "nodes": list(nodes)}
        await connection.execute(SQL["mark"].encode(), values)


class Marks:
    """Marks memories whose edges a change may have touched. `before` and `after` are the sizes of the workspace."""

    def __init__(self, connection: Connection, sealed: Sealed, before: int, after: int):
        self.sealed = sealed
        self._connection = connection
        self._workspace_id = sealed.workspace_id
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
            await self._run("mark_next_holders", Due.SHARED, features=as_json(held), limit=CANDIDATES_MAX + 1)

    async def naming(self, titles: Sequence[tuple[int, str]], besides: Sequence[int]) -> None:
        """Whose narrative was written since these are there, and has all words of their title (marked) in it."""
        if titles:
            listed = to_json([{"node": node, "words": words} for node, words in titles]).decode()
            await self._run("mark_naming", Due.NAMED, titles=listed, **{"except": list(besides)})

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


def as_json(features: Sequence[Feature]) -> str:
    """As the statements take them."""
    return to_json([{"node": node, "kind": kind, "key": key} for node, kind, key in features]).decode()
