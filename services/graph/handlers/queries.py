"""Questions about the graph. What is shown of memories is read back from the memory service: a deleted one is never."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from contracts import subjects
from contracts.base import is_memory_id, relationship_id
from contracts.queries import (
    DrawGraph,
    DrawMap,
    Explore,
    FindPath,
    GetGraphUsage,
    GetMadeRelationships,
    GetMemories,
    GetNearDuplicates,
    GetNodes,
    GetRelated,
    GetRelationships,
    Question,
    SearchMemories,
)
from contracts.replies import Edge, MapEdges, MapNodes, NearDuplicates, Refusal, Relationship, Reply
from services.graph.relations import ONE_WAY, Type
from services.graph.store import calls, vectors, walking
from services.graph.store.vectors import Side
from services.graph.store.walking import Discovered, Seen, View
from services.graph.walks import Growth, PathSearch
from services.kit.bus import Bus
from services.kit.postgres import Connection, Database
from services.kit.reading import is_folded

ASK_TIMEOUT_S = 4.0
MADE_MAX = 500
"""Relationships made by hand that one memory can have (memory's own limit)."""
NODES_TOGETHER = 1_000
NO_PATH: dict[str, Any] = {"path": [], "edges": [], "depth": 0}
GROWING_NEIGHBOURS_MAX = 200
"""Of a node with more neighbours, the most confident are looked at."""


class Queries:
    """One method a question; each answers with a Reply."""

    def __init__(self, bus: Bus, database: Database):
        self._bus = bus
        self._database = database

    def register(self) -> None:
        bus = self._bus
        bus.on_query(subjects.query(GetRelationships), GetRelationships)(self.relationships)
        bus.on_query(subjects.query(GetRelated), GetRelated)(self.related)
        bus.on_query(subjects.query(Explore), Explore)(self.explore)
        bus.on_query(subjects.query(FindPath), FindPath)(self.path)
        bus.on_query(subjects.query(DrawGraph), DrawGraph)(self.draw)
        bus.on_query(subjects.query(DrawMap), DrawMap)(self.map)
        bus.on_query(subjects.query(GetNearDuplicates), GetNearDuplicates)(self.near_duplicates)
        bus.on_query(subjects.query(GetGraphUsage), GetGraphUsage)(self.usage)

    async def usage(self, asked: GetGraphUsage) -> Reply:
        async def work(connection: Connection) -> Reply:
            return Reply(body=await calls.usage(connection, asked.workspace_id, asked.since))

        return await self._database.read(asked.workspace_id, work)

    async def relationships(self, asked: GetRelationships) -> Reply:
        """What was discovered, and what was said by hand, which is asked of memory: it must be there at once."""
        view = View(asked.workspace_id, asked.readable)
        end = asked.offset + asked.limit
        question = GetMadeRelationships(workspace_id=asked.workspace_id, memory_id=asked.memory_id)
        discovered, made = await asyncio.gather(
            self._database.read(
                asked.workspace_id, lambda it: walking.of_memory(it, view, asked.memory_id, end + MADE_MAX)
            ),
            self._ask(question),
        )
        said = [Relationship.model_validate(each) for each in made]
        # Which of those said by hand may be seen is known below only: the page may begin so much further on.
        edges = best_of([_public(asked.workspace_id, it) for it in discovered], said)
        there = await self._nodes(
            asked.workspace_id,
            asked.readable,
            {asked.memory_id, *_ends(said), *_ends(edges[asked.offset : end + len(said)])},
        )
        if asked.memory_id not in there:
            return await self._of_none(asked, [asked.memory_id], [])
        hidden = {it.id for it in said if not {it.source_memory_id, it.target_memory_id} <= there.keys()}
        page = [it for it in edges if it.id not in hidden][asked.offset : end]
        return Reply(body=[it for it in page if {it.source_memory_id, it.target_memory_id} <= there.keys()])

    async def related(self, asked: GetRelated) -> Reply:
        if asked.memory_id not in await self._nodes(asked.workspace_id, asked.readable, [asked.memory_id]):
            return await self._of_none(asked, [asked.memory_id], [])
        view = View(asked.workspace_id, asked.readable)

        async def work(connection: Connection) -> list[tuple[str, float]]:
            node = (await walking.nodes_of(connection, view, [asked.memory_id])).get(asked.memory_id)
            if node is None:
                return []
            near = await vectors.nearest(
                connection,
                asked.workspace_id,
                [node],
                Side.OTHERS,
                limit=asked.limit,
                threshold=asked.similarity_threshold,
                readable=asked.readable,
            )
            found = near.get(node, [])
            ids = await walking.memory_ids_of(connection, view, [other for other, _ in found])
            return [(ids[other], min(cosine, 1.0)) for other, cosine in found if other in ids]

        return Reply(body=await self._hits(asked, await self._database.read(asked.workspace_id, work)))

    async def _hits(self, asked: GetRelated, near: Sequence[tuple[str, float]]) -> list[dict[str, Any]]:
        """In the shape of a search's (contracts.replies.Hit): how near is the score."""
        if not near:
            return []
        question = GetMemories(
            workspace_id=asked.workspace_id, memory_ids=tuple(it for it, _ in near), readable=asked.readable
        )
        found = await self._ask(question)
        there = {each["memory"]["memory_id"]: each["memory"] for each in found if not is_folded(each)}
        return [
            {
                "memory": there[memory_id],
                "score": cosine,
                "keyword_score": 0.0,
                "semantic_score": cosine,
                "match_type": "semantic",
            }
            for memory_id, cosine in near
            if memory_id in there
        ]

    async def explore(self, asked: Explore) -> Reply:
        question = SearchMemories(
            workspace_id=asked.workspace_id, readable=asked.readable, query=asked.query, limit=asked.seed_limit
        )
        found = await self._ask(question)
        scores = {hit["memory"]["memory_id"]: float(hit["score"]) for hit in found["results"]}
        view = View(asked.workspace_id, asked.readable, _types(asked.relationship_types), asked.min_edge_confidence)

        async def work(connection: Connection) -> tuple[list[str], list[Seen]]:
            nodes = await walking.nodes_of(connection, view, list(scores))
            seeds = [(node, memory_id, scores[memory_id]) for memory_id, node in nodes.items()]
            growth = Growth(seeds, asked.max_nodes)
            while wanted := growth.wanted():
                growth.learn(await walking.around(connection, view, wanted, GROWING_NEIGHBOURS_MAX), wanted)
            return list(growth.chosen.values()), await walking.among(connection, view, list(growth.chosen))

        reached, edges = await self._database.read(asked.workspace_id, work)
        # A seed that the graph has not heard of yet stands alone.
        unheard = [memory_id for memory_id in scores if memory_id not in reached]
        shown = (reached + unheard)[: asked.max_nodes]
        there = await self._nodes(asked.workspace_id, asked.readable, shown)
        return Reply(
            body={
                "nodes": [there[memory_id] for memory_id in shown if memory_id in there],
                "edges": _between(edges, there),
                "seed_memories": [memory_id for memory_id in scores if memory_id in there and memory_id in shown],
                "warnings": found["warnings"],
            }
        )

    async def path(self, asked: FindPath) -> Reply:
        ends = (asked.source_memory_id, asked.target_memory_id)
        there = await self._nodes(asked.workspace_id, asked.readable, set(ends))
        if not set(ends) <= there.keys():
            return await self._of_none(asked, ends, NO_PATH)
        if ends[0] == ends[1]:
            return Reply(body={"path": [ends[0]], "edges": [], "depth": 0})
        view = View(asked.workspace_id, asked.readable, _types(asked.relationship_types))

        async def work(connection: Connection) -> tuple[list[str], list[Seen]]:
            nodes = await walking.nodes_of(connection, view, ends)
            if len(nodes) < 2:
                return [], []
            search = PathSearch((nodes[ends[0]], ends[0]), (nodes[ends[1]], ends[1]), asked.max_depth)
            while wanted := search.wanted():
                search.learn(await walking.around(connection, view, wanted))
            path = search.path()
            return [memory_id for _, memory_id in path], await walking.among(connection, view, [it for it, _ in path])

        path, edges = await self._database.read(asked.workspace_id, work)
        there = await self._nodes(asked.workspace_id, asked.readable, path)
        if len(there) < len(path):  # a memory on the way was deleted a moment ago, and the graph is about to hear it
            return Reply(body=NO_PATH)
        return Reply(body={"path": path, "edges": _steps(path, edges), "depth": max(0, len(path) - 1)})

    async def draw(self, asked: DrawGraph) -> Reply:
        view = View(asked.workspace_id, asked.readable)

        async def work(connection: Connection) -> tuple[list[str], int, list[Seen]]:
            nodes, total = await walking.highest(connection, view, asked.max_nodes)
            return list(nodes), total, await walking.among(connection, view, list(nodes.values()))

        chosen, total, edges = await self._database.read(asked.workspace_id, work)
        there = await self._nodes(asked.workspace_id, asked.readable, chosen)
        nodes = [there[memory_id] for memory_id in chosen if memory_id in there]
        return Reply(body={"nodes": nodes, "edges": _between(edges, there), "total_nodes": total})

    async def map(self, asked: DrawMap) -> Reply:
        view = View(asked.workspace_id, asked.readable)

        workspace_id, readable = asked.workspace_id, asked.readable
        chosen, total = await self._database.read(workspace_id, lambda it: walking.highest(it, view, asked.max_nodes))
        edges, there = await asyncio.gather(
            self._database.read(
                workspace_id, lambda it: walking.web(it, view, list(chosen.values()), asked.edges_per_node)
            ),
            self._many_nodes(workspace_id, readable, list(chosen)),
        )
        nodes = [there[memory_id] for memory_id in chosen if memory_id in there]
        places = {chosen[node["memory_id"]]: place for place, node in enumerate(nodes)}
        drawn = [
            (places[source], places[target], kind.public, round(confidence, 4))
            for source, target, kind, confidence in edges
            if source in places and target in places
        ]
        return Reply(
            body={
                "nodes": {name: [node[name] for node in nodes] for name in MapNodes.model_fields},
                "edges": {name: [edge[at] for edge in drawn] for at, name in enumerate(MapEdges.model_fields)},
                "total_nodes": total,
            }
        )

    async def _many_nodes(
        self, workspace_id: str, readable: tuple[str, ...], memory_ids: Sequence[str]
    ) -> dict[str, dict[str, Any]]:
        """As `_nodes`, some at a time: memory has others to answer meanwhile."""
        there: dict[str, dict[str, Any]] = {}
        for begin in range(0, len(memory_ids), NODES_TOGETHER):
            there |= await self._nodes(workspace_id, readable, memory_ids[begin : begin + NODES_TOGETHER])
        return there

    async def near_duplicates(self, asked: GetNearDuplicates) -> Reply:
        async def work(connection: Connection) -> NearDuplicates:
            return await vectors.twins(connection, asked)

        return Reply(body=await self._database.read(asked.workspace_id, work))

    async def _of_none(
        self, asked: GetRelationships | GetRelated | FindPath, memory_ids: Sequence[str], nothing: Any
    ) -> Reply:
        """Of memories of which one has no place in the graph: `nothing` if all are there, though folded into others."""
        there = await self._nodes(asked.workspace_id, asked.readable, memory_ids, consolidated=True)
        unknown = next((it for it in memory_ids if it not in there), None)
        return Reply(body=nothing) if unknown is None else Reply(refusal=_unknown(unknown))

    async def _ask(self, question: Question) -> Any:
        """The body of the answer. Raises Unavailable."""
        return (await self._bus.ask(subjects.query(question), question, ASK_TIMEOUT_S))["body"]

    async def _nodes(
        self, workspace_id: str, readable: tuple[str, ...], memory_ids: Iterable[str], *, consolidated: bool = False
    ) -> dict[str, dict[str, Any]]:
        """Those that are there and readable now (contracts.replies.Node), by id. With `consolidated` also those that
        are folded into others.
        """
        wanted = tuple(filter(is_memory_id, memory_ids))
        if not wanted:
            return {}
        question = GetNodes(workspace_id=workspace_id, memory_ids=wanted, readable=readable, consolidated=consolidated)
        return {each["memory_id"]: each for each in await self._ask(question)}


def _ends(edges: Iterable[Relationship]) -> set[str]:
    return {end for it in edges for end in (it.source_memory_id, it.target_memory_id)}


def best_of(discovered: Iterable[Relationship], made: Iterable[Relationship]) -> list[Relationship]:
    """One for each source, target and type, the most confident (by hand, if as confident); the most confident first."""
    best: dict[object, Relationship] = {}
    for each in (*made, *discovered):
        if each.id not in best or each.confidence > best[each.id].confidence:
            best[each.id] = each
    return sorted(
        best.values(),
        key=lambda it: (-it.confidence, it.source_memory_id, it.target_memory_id, it.relationship_type),
    )


def _public(workspace_id: str, found: Discovered) -> Relationship:
    return Relationship(
        id=relationship_id(workspace_id, found.source, found.target, found.type.public),
        source_memory_id=found.source,
        target_memory_id=found.target,
        relationship_type=found.type.public,
        discovery_method=found.method.public,
        confidence=round(found.confidence, 4),
        is_bidirectional=found.method not in ONE_WAY,
        context=found.context,
        created_at=found.found_at,
    )


def _types(named: Sequence[Any] | None) -> tuple[Type, ...]:
    return tuple(Type) if named is None else tuple(Type.of(name) for name in named)


def _edge(seen: Seen) -> Edge:
    return Edge(
        source_memory_id=seen.source,
        target_memory_id=seen.target,
        relationship_type=seen.type.public,
        confidence=round(seen.confidence, 4),
    )


def _between(edges: Iterable[Seen], there: Mapping[str, Any]) -> list[Edge]:
    return [_edge(it) for it in edges if it.source in there and it.target in there]


def _steps(path: Sequence[str], edges: Sequence[Seen]) -> list[Edge]:
    """The most confident edge of each step, whichever way it leads."""
    steps = []
    for step in pairwise(path):
        between = [it for it in edges if (it.source, it.target) in (step, step[::-1])]
        steps.append(_edge(min(between, key=lambda it: (-it.confidence, it.source, it.type))))
    return steps


def _unknown(memory_id: str) -> Refusal:
    """As memory says it."""
    return Refusal(code="unknown_memory", detail=f"Memory '{memory_id}' not found.")
