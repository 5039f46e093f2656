"""A model is asked about memories that are much alike: a real HTTP endpoint, the real DERIVED, the real tables."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from prometheus_client import REGISTRY

from contracts import subjects
from contracts.queries import GetMemories, GetRelationships, OfWorkspace
from contracts.replies import Embedding, Judgement
from deploy.admin.bus import Operator
from services.graph.judgements import CANDIDATES_PER_MEMORY
from services.graph.loops import judging
from services.graph.loops.judging import Judging, pause_after
from services.graph.relations import Method, Type
from services.graph.store import derived, judged, memories, sweeps
from services.graph.store.memories import Entry
from services.graph.store.sealed import sealed_in
from services.kit.bus import Bus
from services.kit.llm import Llm, LlmFault, LlmMisconfigured, LlmSettings, make_llm, remote
from services.kit.postgres import Database
from services.kit.process import Wakeable
from services.kit.sealing import tables
from tests import examples
from tests.graph.conftest import Graph, an_entry
from tests.graph.test_discovery import axis, near
from tests.model_server import Endpoint, Reply, completion, no, says
from tests.services import Talk, ready, running
from tests.stack import Servers, eventually

pytestmark = pytest.mark.usefixtures("counted")

EVERY_JUDGEMENT = f"""
SELECT s.memory_id AS source, s.wrapped AS source_key, t.memory_id AS target, t.wrapped AS target_key, e.type,
       e.confidence, e.said
FROM edges e JOIN memories s ON s.node = e.source JOIN memories t ON t.node = e.target
WHERE e.method = {int(Method.LLM_JUDGEMENT)}
"""

OLD, NEW = an_entry(1), an_entry(2)


def verdict(relation: str = "depends_on", direction: str = "B_to_A", confidence: float = 0.7) -> Reply:
    said = {"reason": "B says so.", "relation": relation, "direction": direction, "confidence": confidence}
    return says(completion(json.dumps(said)))


@dataclass
class Asking:
    """A graph, a model, and the loop between them."""

    graph: Graph
    bus: Bus
    llm: Llm
    endpoint: Endpoint
    per_day: int = 200
    news: Wakeable = field(default_factory=Wakeable)

    @property
    def loop(self) -> Judging:
        graph = self.graph
        return Judging(
            self.bus, graph.database, graph.loops, self.llm, per_day=self.per_day, news=self.news, changed=Wakeable()
        )

    async def alike(self, *entries: Entry, cosine: float = 0.9) -> None:
        """Stores them, each as like to the first as that, and finds their edges."""
        await self.graph.change(*entries)
        vectors = [axis(0)] + [near(axis(0), cosine, other) for other in range(1, len(entries))]
        await self.graph.embed(*zip(entries, vectors, strict=True))
        await self.graph.find()

    async def embed_again(self, entry: Entry) -> None:
        """Its vector comes again after its text has changed."""
        await self.graph.embed((entry, axis(0) if entry.memory_id == OLD.memory_id else near(axis(0), 0.9, 1)))
        await self.graph.find()
        await self.judge()

    async def judge(self) -> None:
        """Until there is nothing to do."""
        loop = self.loop
        while await loop.judge_some(self.graph.workspace_id):
            pass

    async def edges(self) -> list[tuple[str, str, str, float, str | None]]:
        """Source, target, type, confidence, context."""
        workspace_id, found = self.graph.workspace_id, []
        async with self.graph.database.transaction(workspace_id) as connection:
            for it in await tables.sealed_rows(connection, workspace_id, EVERY_JUDGEMENT, {}):
                said, confidence = sealed_in(connection, workspace_id).said(it), round(it["confidence"], 4)
                found.append((it["source"], it["target"], Type(it["type"]).public, confidence, said.context))
        return sorted(found)

    async def pairs(self) -> set[tuple[int, int]]:
        return {(int(it[0][4:]), int(it[1][4:])) for it in await self.edges()}

    async def said(self) -> list[Judgement]:
        return await derived.judgements_of(self.bus, self.graph.workspace_id)

    async def spent(self) -> int:
        return await self.graph.database.read(
            self.graph.workspace_id, lambda it: judged.asked_today(it, self.graph.workspace_id)
        )

    async def waiting(self) -> int:
        return len(await self.graph.rows("SELECT node FROM to_judge"))

    async def has_turn(self) -> bool:
        listed = await self.graph.loops.read(None, lambda it: sweeps.with_to_judge(it, self.per_day))
        return self.graph.workspace_id in listed

    async def changed(self) -> int:
        return int((await self.graph.rows("SELECT changed FROM workspaces"))[0]["changed"])

    async def delete(self, entry: Entry) -> None:
        """As the service does it: the tables at once, DERIVED with the next analysis."""
        await self.graph.change(gone=(entry.memory_id,))
        await derived.erase_judgements(self.bus, self.graph.workspace_id, entry.memory_id)


@pytest.fixture
def endpoint(endpoint: Endpoint) -> Endpoint:
    endpoint.replies = [verdict()]
    return endpoint


@pytest.fixture
async def asking(graph: Graph, bus: Bus, endpoint: Endpoint) -> AsyncIterator[Asking]:
    llm = make_llm(LlmSettings(base_url=endpoint.url, api_key="k", model="m", timeout_s=20.0, retries_max=0))
    assert llm
    yield Asking(graph, bus, llm, endpoint)
    await llm.close()


@pytest.fixture
async def nothing_waits(migrated: Servers) -> None:
    """Other tests leave what nobody was asked about; a running loop goes through all workspaces."""
    everything = Database(migrated.postgres_dsn("postgres"), "graph,public", size_max=1)
    await everything.open()
    async with everything.transaction(None) as connection:
        await connection.execute("DELETE FROM to_judge")
    await everything.close()


# ---- asking


async def test_two_memories_that_are_much_alike_are_asked_about_once(asking: Asking) -> None:
    await asking.alike(OLD, NEW)
    before = await asking.changed()
    assert await asking.has_turn()
    await asking.judge()
    await asking.judge()
    assert not await asking.has_turn()
    assert len(asking.endpoint.heard) == 1
    assert await asking.edges() == [(NEW.memory_id, OLD.memory_id, "depends_on", 0.7, "B says so.")]
    assert await asking.changed() > before, "ranks must follow"
    assert (await asking.spent(), await asking.waiting()) == (1, 0)


async def test_the_model_reads_both_and_derived_keeps_what_it_says(asking: Asking) -> None:
    await asking.alike(OLD, NEW)
    await asking.judge()
    [asked] = asking.endpoint.heard
    material = asked["messages"][1]["content"]
    assert material.index(OLD.narrative) < material.index("Note B") < material.index(NEW.narrative)
    [said] = await asking.said()
    assert (said.source_memory_id, said.target_memory_id) == (NEW.memory_id, OLD.memory_id)
    assert (said.source_hash, said.target_hash, said.model) == (NEW.content_hash, OLD.content_hash, "m")


@pytest.mark.parametrize("cosine", [0.78, 0.97])
async def test_what_is_less_alike_or_a_duplicate_is_not_asked_about(asking: Asking, cosine: float) -> None:
    await asking.alike(OLD, NEW, cosine=cosine)
    assert await asking.graph.pairs(Method.EMBEDDING_SIMILARITY) == {(2, 1)}
    await asking.judge()
    assert asking.endpoint.heard == []


async def test_namespaces_are_not_mixed(asking: Asking) -> None:
    await asking.alike(OLD, replace(NEW, namespace="other"))
    assert await asking.graph.pairs(Method.EMBEDDING_SIMILARITY) == {(2, 1)}
    await asking.judge()
    assert asking.endpoint.heard == []
    assert await asking.waiting() == 0


async def test_no_relation_is_kept_too_and_makes_no_edge(asking: Asking) -> None:
    asking.endpoint.replies = [verdict("none")]
    await asking.alike(OLD, NEW)
    await asking.judge()
    await asking.judge()
    assert len(asking.endpoint.heard) == 1
    assert [it.relationship_type for it in await asking.said()] == [None]
    assert await asking.edges() == []


async def test_a_refusal_is_no_relation_and_counts(asking: Asking) -> None:
    asking.endpoint.replies = [says(completion(None, refusal="I can't help with that."))]
    await asking.alike(OLD, NEW)
    await asking.judge()
    await asking.judge()
    assert len(asking.endpoint.heard) == 1
    assert [(it.relationship_type, it.confidence) for it in await asking.said()] == [(None, 0.0)]
    assert await asking.spent() == 1


async def test_a_memory_is_asked_about_with_the_few_that_it_is_most_like(asking: Asking) -> None:
    olds, newest = [an_entry(number) for number in range(1, 7)], an_entry(9)
    await asking.graph.change(*olds, newest)
    vectors = [near(axis(0), 0.81 + number / 100, number) for number in range(1, 7)]
    assert max(float(one @ other) for one, other in pairwise(vectors)) < 0.8, "only the newest is like any of them"
    await asking.graph.embed(*zip(olds, vectors, strict=True), (newest, axis(0)))
    await asking.graph.find()
    await asking.judge()
    assert await asking.pairs() == {(9, 6), (9, 5), (9, 4)}
    assert len(asking.endpoint.heard) == CANDIDATES_PER_MEMORY


# ---- the budget


async def test_the_days_budget_is_never_exceeded_and_comes_back_the_next_day(asking: Asking) -> None:
    asking.per_day = 2
    entries = [an_entry(number) for number in range(1, 5)]
    await asking.alike(*entries)
    await asking.judge()
    assert (len(asking.endpoint.heard), await asking.spent()) == (2, 2)
    assert await asking.waiting() > 0
    assert not await asking.has_turn(), "nobody looks there again today"
    async with asking.graph.database.transaction(asking.graph.workspace_id) as connection:
        await connection.execute("UPDATE workspaces SET asked_on = asked_on - 1")
    assert await asking.has_turn()
    await asking.judge()
    assert (len(asking.endpoint.heard), await asking.spent()) == (4, 2)


async def test_no_budget_no_question(asking: Asking) -> None:
    asking.per_day = 0
    await asking.alike(OLD, NEW)
    await asking.judge()
    assert asking.endpoint.heard == []
    asking.per_day = 1
    await asking.judge()
    assert len(asking.endpoint.heard) == 1


async def test_refused_answers_use_up_the_budget(asking: Asking) -> None:
    asking.per_day = 2
    asking.endpoint.replies = [no(400)]
    await asking.alike(*[an_entry(number) for number in range(1, 5)])
    await asking.judge()
    assert len(asking.endpoint.heard) == 2


# ---- texts that change, memories that go


@pytest.mark.parametrize("changed", [OLD, NEW], ids=["the older", "the newer"])
async def test_a_text_that_changes_loses_its_judged_edges_at_once_and_is_asked_about_anew(
    asking: Asking, changed: Entry
) -> None:
    await asking.alike(OLD, NEW)
    await asking.judge()
    after = replace(changed, version=2, content_hash="f" * 32, narrative="Other words")
    before = await asking.changed()
    await asking.graph.change(after)
    assert await asking.edges() == []
    assert await asking.changed() > before
    await asking.judge()
    assert (await asking.edges(), len(asking.endpoint.heard)) == ([], 1), "not before it has a vector"
    await asking.embed_again(after)
    assert len(asking.endpoint.heard) == 2
    assert "Other words" in str(asking.endpoint.heard[1])
    assert await asking.pairs() == {(2, 1)}
    [said] = await asking.said()
    assert after.content_hash in {said.source_hash, said.target_hash}


async def test_a_text_that_is_what_it_was_gets_back_what_was_said_of_it(asking: Asking) -> None:
    asking.endpoint.replies = [verdict(), verdict("caused_by")]
    await asking.alike(OLD, NEW)
    await asking.judge()
    [first] = await asking.said()
    for entry in (replace(NEW, version=2, content_hash="f" * 32), replace(NEW, version=3)):
        await asking.graph.change(entry)
        await asking.embed_again(entry)
    assert len(asking.endpoint.heard) == 2
    assert [it[2] for it in await asking.edges()] == ["depends_on"]
    assert await asking.said() == [first]


async def test_a_change_that_leaves_the_text_leaves_the_judgement(asking: Asking) -> None:
    await asking.alike(OLD, NEW)
    await asking.judge()
    await asking.graph.change(replace(NEW, version=2, tags=("x",)))
    assert await asking.pairs() == {(2, 1)}
    await asking.graph.find()
    await asking.judge()
    assert await asking.pairs() == {(2, 1)}
    assert len(asking.endpoint.heard) == 1


@pytest.mark.parametrize("gone", [OLD, NEW], ids=["the older", "the newer"])
@pytest.mark.parametrize("direction", ["A_to_B", "B_to_A"])
async def test_a_deleted_memory_leaves_nothing(asking: Asking, gone: Entry, direction: str) -> None:
    asking.endpoint.replies = [verdict(direction=direction)]
    await asking.alike(OLD, NEW)
    await asking.judge()
    assert len(await asking.said()) == 1
    await asking.delete(gone)
    assert await asking.said() == []
    assert await asking.edges() == []
    for table in ("judged", "to_judge"):
        left = await asking.graph.rows(f"SELECT t::text AS said FROM {table} t")
        assert gone.memory_id not in str(left), table
        assert gone.content_hash not in str(left), table


async def test_what_the_model_says_of_a_memory_deleted_meanwhile_is_not_kept(asking: Asking) -> None:
    async def deletes_first(question: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await asking.delete(OLD)
        await verdict()(question, writer)

    asking.endpoint.replies = [deletes_first]
    await asking.alike(OLD, NEW)
    await asking.judge()
    assert len(asking.endpoint.heard) == 1
    assert (await asking.said(), await asking.edges()) == ([], [])


async def test_what_was_said_of_a_memory_deleted_in_that_moment_is_taken_back(asking: Asking) -> None:
    await asking.alike(OLD, NEW)
    await asking.judge()
    [said] = await asking.said()
    await asking.graph.change(gone=(OLD.memory_id,))
    await derived.publish_judgement(asking.bus, said)
    await asking.loop._keep(said)
    assert (await asking.said(), await asking.edges()) == ([], [])


async def test_what_the_model_says_of_a_text_changed_meanwhile_makes_no_edge(asking: Asking) -> None:
    changed = replace(NEW, version=2, content_hash="f" * 32, narrative="Other words")

    async def changes_first(question: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await asking.graph.change(changed)
        await verdict()(question, writer)

    asking.endpoint.replies = [changes_first, verdict("caused_by")]
    await asking.alike(OLD, NEW)
    await asking.judge()
    assert await asking.edges() == []
    await asking.embed_again(changed)
    assert [it[2] for it in await asking.edges()] == ["caused_by"]


# ---- what is known is not asked


async def test_after_a_crash_between_saying_and_keeping_nobody_is_asked_again(asking: Asking) -> None:
    await asking.alike(OLD, NEW)
    loop = asking.loop
    asked = await loop._ask(asking.graph.workspace_id, *await notes(asking, OLD, NEW))
    assert asked
    await loop._say(asked)
    await asking.judge()  # as another process would
    assert len(asking.endpoint.heard) == 1
    assert await asking.pairs() == {(2, 1)}


async def test_a_crash_before_saying_is_counted(asking: Asking) -> None:
    await asking.alike(OLD, NEW)
    await asking.loop._ask(asking.graph.workspace_id, *await notes(asking, OLD, NEW))
    await asking.judge()
    assert (len(asking.endpoint.heard), await asking.spent()) == (2, 2)


async def notes(asking: Asking, *entries: Entry) -> list[Any]:
    workspace_id, ids = asking.graph.workspace_id, [it.memory_id for it in entries]
    found = await asking.graph.database.read(workspace_id, lambda it: judged.notes(it, workspace_id, ids))
    return [found[memory_id] for memory_id in ids]


@pytest.mark.parametrize(
    ("relation", "turned", "edges"),
    [
        ("depends_on", False, {(2, 1, "depends_on"), (4, 3, "depends_on")}),
        ("depends_on", True, {(2, 1, "depends_on"), (3, 4, "depends_on")}),
        ("contradicts", True, {(2, 1, "contradicts"), (4, 3, "contradicts")}),
        ("supersedes", False, {(2, 1, "supersedes"), (4, 3, "supersedes")}),
        ("supersedes", True, {(2, 1, "supersedes")}),
        ("none", False, set()),
    ],
)
async def test_the_same_two_contents_are_asked_about_once_whatever_memories_have_them(
    asking: Asking, relation: str, turned: bool, edges: set[tuple[int, int, str]]
) -> None:
    asking.endpoint.replies = [verdict(relation)]
    await asking.alike(OLD, NEW)
    await asking.judge()
    contents = (NEW, OLD) if turned else (OLD, NEW)
    two = [an_entry(number, content_hash=it.content_hash) for number, it in zip((3, 4), contents, strict=True)]
    await asking.graph.change(*two)
    await asking.graph.embed((two[0], axis(50)), (two[1], near(axis(50), 0.9, 60)))
    await asking.graph.find()
    await asking.judge()
    assert len(asking.endpoint.heard) == 1
    found = {(int(it[0][4:]), int(it[1][4:]), it[2]) for it in await asking.edges()}
    assert found == edges
    assert len(await asking.said()) == max(1, len(edges)), "a rebuild must know of each"


async def test_two_pairs_of_the_same_contents_found_together_both_get_their_edge(asking: Asking) -> None:
    three, four = (an_entry(number, content_hash=it.content_hash) for number, it in ((3, OLD), (4, NEW)))
    await asking.graph.change(OLD, NEW, three, four)
    first, second = near(axis(0), 0.9), near(axis(50), 0.9)
    await asking.graph.embed((OLD, axis(0)), (NEW, first), (three, axis(50)), (four, second))
    await asking.graph.find()
    await asking.judge()
    assert len(asking.endpoint.heard) == 1
    assert await asking.pairs() == {(2, 1), (4, 3)}


async def test_another_workspace_is_asked_about_by_itself(asking: Asking) -> None:
    other = replace(asking, graph=Graph(asking.graph.database, asking.graph.loops))
    await asking.alike(OLD, NEW)
    theirs = [replace(it, narrative=f"Theirs: {it.narrative}") for it in (OLD, NEW)]
    await other.alike(*theirs)
    await asking.judge()
    assert (len(asking.endpoint.heard), await other.edges(), await other.said()) == (1, [], [])
    assert "Theirs" not in str(asking.endpoint.heard)
    await other.judge()
    assert len(asking.endpoint.heard) == 2, "the same contents, and yet not the same"
    assert str(asking.endpoint.heard[1]).count("Theirs") == 2
    assert {it.workspace_id for it in await other.said()} == {other.graph.workspace_id}
    assert (await asking.spent(), await other.spent()) == (1, 1)


async def test_what_waits_is_looked_at_a_few_at_a_time_the_newest_first(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "BATCH_MAX", 2)
    entries = [an_entry(number) for number in range(1, 9)]
    await asking.graph.change(*entries)
    twos = [axis(number // 2 * 10) if number % 2 == 0 else near(axis(number // 2 * 10), 0.9) for number in range(8)]
    await asking.graph.embed(*zip(entries, twos, strict=True))
    await asking.graph.find()
    await asking.loop.judge_some(asking.graph.workspace_id)
    assert await asking.pairs() <= {(8, 7), (6, 5)}
    await asking.judge()
    assert await asking.pairs() == {(2, 1), (4, 3), (6, 5), (8, 7)}
    assert await asking.waiting() == 0


# ---- a model that does not answer


async def test_a_fault_that_cost_nothing_is_not_counted_and_the_pair_waits(asking: Asking) -> None:
    asking.endpoint.replies = [no(429, retry_after="30"), no(401), verdict()]
    await asking.alike(OLD, NEW)
    with pytest.raises(LlmFault) as busy:
        await asking.judge()
    assert busy.value.retry_after_s == 30
    with pytest.raises(LlmMisconfigured):
        await asking.judge()
    assert (await asking.spent(), await asking.said(), await asking.waiting()) == (0, [], 1)
    await asking.judge()
    assert (await asking.spent(), await asking.pairs()) == (1, {(2, 1)})


async def test_a_fault_that_may_have_cost_something_is_counted(asking: Asking) -> None:
    asking.per_day = 2
    asking.endpoint.replies = [no(500)]
    await asking.alike(OLD, NEW)
    for _ in range(2):
        with pytest.raises(LlmFault):
            await asking.judge()
    await asking.judge()
    assert len(asking.endpoint.heard) == 2


async def test_one_pair_that_never_gets_an_answer_does_not_hold_up_the_others(asking: Asking) -> None:
    async def never_about_the_oldest(question: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        told = OLD.narrative + "\n" in question["messages"][1]["content"] + "\n"
        await (no(500) if told else verdict())(question, writer)

    asking.endpoint.replies = [never_about_the_oldest]
    three, four = an_entry(3), an_entry(4)
    await asking.graph.change(OLD, NEW, three, four)
    first, second = near(axis(0), 0.93), near(axis(50), 0.85)
    await asking.graph.embed((OLD, axis(0)), (NEW, first), (three, axis(50)), (four, second))
    await asking.graph.find()
    with pytest.raises(LlmFault):
        await asking.judge()
    with pytest.raises(LlmFault):
        await asking.judge()
    assert await asking.pairs() == {(4, 3)}


@pytest.mark.usefixtures("nothing_waits")
async def test_the_loop_waits_as_long_as_it_is_told_and_shows_it(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "PAUSE_MAX_S", 0.0)
    heard_at: list[float] = []
    now = asyncio.get_running_loop().time

    def at(reply: Reply) -> Reply:
        async def noting(question: dict[str, Any], writer: asyncio.StreamWriter) -> None:
            heard_at.append(now())
            await reply(question, writer)

        return noting

    asking.endpoint.replies = [at(no(429, retry_after="2")), at(verdict())]
    await asking.alike(OLD, NEW)
    running_loop = asyncio.create_task(asking.loop.run())
    try:
        await eventually(lambda: _waits(1.0), "the loop to wait")
        await eventually(lambda: _has_edges(asking), "an edge")
    finally:
        running_loop.cancel()
    assert len(heard_at) == 2
    assert heard_at[1] - heard_at[0] >= 1.9
    assert await _waits(0.0)


@pytest.mark.usefixtures("nothing_waits")
async def test_the_loop_is_quiet_until_it_is_woken(asking: Asking) -> None:
    running_loop = asyncio.create_task(asking.loop.run())
    try:
        await asking.alike(OLD, NEW)

        async def woken() -> bool:
            asking.news.wake()
            return await _has_edges(asking)

        await eventually(woken, "an edge")
    finally:
        running_loop.cancel()
    assert len(asking.endpoint.heard) == 1


def test_the_pause_is_what_the_endpoint_says_or_grows() -> None:
    assert pause_after(LlmFault("x", 42.0), 9) == 42.0
    assert pause_after(LlmFault("x", 0.0), 1) == judging.PAUSE_MIN_S
    assert [pause_after(LlmFault("x"), it) for it in (1, 2, 3)] == [10.0, 20.0, 40.0]
    assert pause_after(LlmFault("x"), 5_000) == judging.PAUSE_MAX_S


async def _waits(value: float) -> bool:
    return REGISTRY.get_sample_value("weft_judging_waits") == value


async def _has_edges(asking: Asking) -> bool:
    return bool(await asking.edges())


# ---- the whole service


@pytest.fixture
def service(memory_service: Servers, endpoint: Endpoint) -> Callable[..., Any]:
    """The graph service as a process that has this model."""

    def start(**settings: str) -> Any:
        model = {"WEFT_LLM_BASE_URL": endpoint.url, "WEFT_LLM_API_KEY": "k", "WEFT_LLM_MODEL": "m"}
        return running(memory_service, "graph", WEFT_ANALYSE_QUIET_S="0.1", **model | settings)

    return start


async def embed(admin: Operator, talk: Talk, memory_id: str, vector: NDArray[np.float32]) -> None:
    """As search does."""
    [found] = await talk.ask(GetMemories(workspace_id=talk.workspace_id, memory_ids=(memory_id,)))
    said = Embedding(
        workspace_id=talk.workspace_id,
        memory_id=memory_id,
        content_hash=found["content_hash"],
        model="model",
        dimension=len(vector),
        status="ready",
        vectors=b64encode(vector.astype("<f4").tobytes()).decode(),
    )
    await admin.bus.publish(subjects.embedding(talk.workspace_id, memory_id), said.model_dump_json().encode())


async def judged_edges(talk: Talk, memory_id: str) -> list[dict[str, Any]]:
    question = GetRelationships(
        workspace_id=talk.workspace_id, memory_id=memory_id, readable=("default",), limit=50, offset=0
    )
    return [it for it in await talk.ask(question) if it["discovery_method"] == "llm_judgement"]


async def two_alike(admin: Operator, talk: Talk) -> tuple[str, str]:
    """Their ids; the title of each names their workspace."""
    orders = [
        examples.store(talk.workspace_id, examples.a_draft(title=f"{what} in {talk.workspace_id}"))
        for what in ("The pool", "No pool any more")
    ]
    for order, vector in zip(orders, (axis(0), near(axis(0), 0.9)), strict=True):
        await talk.order(order)
        await embed(admin, talk, order.memory_id, vector)
    return orders[0].memory_id, orders[1].memory_id


def asked_about(endpoint: Endpoint, talk: Talk) -> int:
    """How often; the service may come upon what other tests have left."""
    return sum(talk.workspace_id in str(question) for question in endpoint.heard)


async def lose_tables(graph: Graph) -> None:
    async with graph.database.transaction(graph.workspace_id) as connection:
        await memories.lock(connection, graph.workspace_id)  # as all who change them: the service is at work
        await connection.execute("DELETE FROM memories")  # and all that hangs on them
        await connection.execute("DELETE FROM workspaces")


async def test_the_service_judges_shows_rebuilds_without_asking_and_forgets(
    admin: Operator, memory: Talk, service: Callable[..., Any], endpoint: Endpoint, graph: Graph, bus: Bus
) -> None:
    graph.workspace_id = memory.workspace_id
    rebuild = OfWorkspace(workspace_id=memory.workspace_id)
    with service():
        await ready(admin, "graph")
        older, newer = await two_alike(admin, memory)

        async def shown() -> bool:
            return bool(await judged_edges(memory, older))

        await eventually(shown, "a judged relationship")
        [edge] = await judged_edges(memory, older)
        assert (edge["source_memory_id"], edge["target_memory_id"]) == (newer, older)
        assert (edge["relationship_type"], edge["confidence"], edge["context"]) == ("depends_on", 0.7, "B says so.")

        await lose_tables(graph)
        await admin.request("graph", "rebuild", rebuild)
        assert await judged_edges(memory, older) == [edge]
        assert len(await graph.rows("SELECT said FROM judged")) == 1
        assert asked_about(endpoint, memory) == 1

        [said] = await derived.judgements_of(bus, memory.workspace_id)
        await derived.publish_judgement(bus, said.model_copy(update={"source_memory_id": examples.a_memory_id()}))
        async with graph.database.transaction(memory.workspace_id) as connection:
            wrong = f"UPDATE edges SET type = 6 WHERE method = {int(Method.LLM_JUDGEMENT)}"
            await connection.execute(wrong.encode())
        await admin.request("graph", "rebuild", rebuild)
        assert await judged_edges(memory, older) == [edge], "DERIVED knows what was said"
        assert await derived.judgements_of(bus, memory.workspace_id) == [said], "and nothing of the unknown"

        await memory.order(examples.delete(memory.workspace_id, older))

        async def forgotten() -> bool:
            return await derived.judgements_of(bus, memory.workspace_id) == []

        await eventually(forgotten, "DERIVED to forget the deleted memory")
        assert await judged_edges(memory, newer) == []
        assert asked_about(endpoint, memory) == 1


async def test_what_was_said_of_a_folded_memory_comes_back_with_it_and_nobody_is_asked(
    admin: Operator, memory: Talk, service: Callable[..., Any], endpoint: Endpoint, graph: Graph, bus: Bus
) -> None:
    graph.workspace_id = memory.workspace_id
    rebuild = OfWorkspace(workspace_id=memory.workspace_id)
    with service():
        await ready(admin, "graph")
        older, newer = await two_alike(admin, memory)

        async def shown() -> bool:
            return bool(await judged_edges(memory, newer))

        async def hidden() -> bool:
            return not await shown()

        await eventually(shown, "a judged relationship")
        [edge] = await judged_edges(memory, newer)
        [said] = await derived.judgements_of(bus, memory.workspace_id)
        survivor = examples.store(memory.workspace_id)
        await memory.order(survivor)
        await memory.order(examples.consolidate(memory.workspace_id, survivor.memory_id, older))
        await eventually(hidden, "the folded memory to leave the graph")
        await admin.request("graph", "rebuild", rebuild)
        assert await derived.judgements_of(bus, memory.workspace_id) == [said]
    async with graph.database.transaction(memory.workspace_id) as connection:  # as if a rebuild had been cut short
        await memories.expect_rebuild(connection, memory.workspace_id)
        await connection.execute("DELETE FROM memories WHERE memory_id = %s", (newer,))
    with service(WEFT_LLM_BASE_URL="", WEFT_LLM_API_KEY="", WEFT_LLM_MODEL=""):
        await ready(admin, "graph")
        assert await judged_edges(memory, newer) == []
        await memory.order(examples.undo_consolidation(memory.workspace_id, survivor.memory_id))
        await admin.request("graph", "rebuild", rebuild)  # it would by itself, after all that other tests have left
        await eventually(shown, "what was said to be back")
        assert await judged_edges(memory, newer) == [edge]

        async def whole() -> bool:
            return await graph.rows("SELECT to_rebuild FROM workspaces") == [{"to_rebuild": False}]

        await eventually(whole, "the end of the rebuild")
    assert asked_about(endpoint, memory) == 1


@pytest.mark.parametrize(
    "off",
    [
        {"WEFT_LLM_JUDGEMENTS_PER_DAY": "0"},
        {"WEFT_LLM_BASE_URL": "", "WEFT_LLM_API_KEY": "", "WEFT_LLM_MODEL": ""},
    ],
    ids=["no budget", "no model"],
)
async def test_switched_off_only_those_types_are_missing(
    admin: Operator, memory: Talk, service: Callable[..., Any], endpoint: Endpoint, graph: Graph, off: dict[str, str]
) -> None:
    graph.workspace_id = memory.workspace_id
    with service(**off):
        await ready(admin, "graph")
        await two_alike(admin, memory)

        async def ranked() -> bool:
            return len(await graph.rows("SELECT 1 FROM ranks")) == 2

        await eventually(ranked, "ranks")

        async def similar() -> bool:
            return bool(await graph.edges(Method.EMBEDDING_SIMILARITY))

        await eventually(similar, "an edge")
    assert endpoint.heard == []
