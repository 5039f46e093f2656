"""Asking a language model about memories that are much alike. What it says goes to DERIVED first, then into the tables:
after a crash in between it is read there, and nobody is asked again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from contracts.replies import Judgement
from services.graph.judgements import (
    CANDIDATES_PER_MEMORY,
    INSTRUCTIONS,
    RELATIONS,
    Note,
    Pair,
    PairKey,
    Verdict,
    judgement_of,
    material,
    pair_key,
    pairs,
)
from services.graph.store import calls, derived, judged, memories, sweeps
from services.graph.store.judged import Candidate
from services.kit import telemetry
from services.kit.bus import Bus
from services.kit.llm import Llm, LlmFault, LlmMisconfigured, LlmRefused, Usage
from services.kit.postgres import Connection, Database
from services.kit.process import Wakeable

logger = structlog.get_logger()

JUDGED = telemetry.Counter(
    "weft.judgements",
    "Pairs of memories that a model was asked about, by what it saw",
    known=[{"relation": each} for each in (*RELATIONS, "refused")],
)
WAITING = telemetry.Gauge(
    "weft.judging.waits", "1 while the model does not answer, and what is to be judged waits", known=[{}]
)

BATCH_MAX = 50
"""So many memories that wait are looked at together, and the two most alike of them asked about first."""
LOOK_AGAIN_S = 60.0
PAUSE_MIN_S = 1.0
PAUSE_S = 10.0
"""After a fault, where the endpoint does not say; twice as long after the next, and so on."""
PAUSE_MAX_S = 3_600.0

NO_USAGE = Usage(0, 0)
REFUSED = Verdict(reason="", relation="none", direction="B_to_A", confidence=0.0)


@dataclass(frozen=True, slots=True)
class Look:
    """What is to be done next in a workspace: about whom to ask, and what is known without asking."""

    ask: Pair | None
    known: list[Judgement]
    finished: int

    @property
    def is_empty(self) -> bool:
        return not (self.ask or self.known or self.finished)


class Judging:
    """One question at a time, the workspaces in turn, at most `per_day` in each of them on a day (UTC). `news` wakes
    it, and `changed` is woken when there are new edges.
    """

    def __init__(
        self,
        bus: Bus,
        database: Database,
        loops: Database,
        llm: Llm,
        *,
        per_day: int,
        news: Wakeable,
        changed: Wakeable,
    ):
        self._bus = bus
        self._database = database
        self._loops = loops
        self._llm = llm
        self._per_day = per_day
        self._news = news
        self._changed = changed
        self._faults = 0

    async def run(self) -> None:
        while True:
            try:
                worked = await self._round()
            except LlmFault as fault:
                await self._wait(fault)
                continue
            if not worked:
                await self._news.pause(LOOK_AGAIN_S)

    async def _round(self) -> bool:
        """Whether there was anything to do."""
        waiting = await self._loops.read(None, lambda it: sweeps.with_to_judge(it, self._per_day))
        return any([await self.judge_some(workspace_id) for workspace_id in waiting])

    async def _wait(self, fault: LlmFault) -> None:
        self._faults += 1
        pause_s = pause_after(fault, self._faults)
        WAITING.set(1)
        misconfigured = isinstance(fault, LlmMisconfigured)
        logger.warning("the model does not answer", fault=str(fault), misconfigured=misconfigured, pause_s=pause_s)
        await asyncio.sleep(pause_s)

    async def judge_some(self, workspace_id: str) -> bool:
        """Makes the edges that are known without asking, and asks about two memories at most.

        Whether there was anything to do. Raises LlmFault.
        """
        async with self._database.transaction(workspace_id) as connection:
            await memories.lock(connection, workspace_id)
            look = await _look(connection, workspace_id, self._per_day)
        for said in look.known:
            await self._say(said)
            await self._keep(said)
        if look.ask:
            await self._judge(workspace_id, look.ask)
        return not look.is_empty

    async def _judge(self, workspace_id: str, pair: Pair) -> None:
        ids = pair.older_id, pair.newer_id
        notes = await self._database.read(workspace_id, lambda it: judged.notes(it, workspace_id, ids))
        older, newer = notes.get(pair.older_id), notes.get(pair.newer_id)
        if not older or not newer or (older.content_hash, newer.content_hash) != (pair.older_hash, pair.newer_hash):
            return  # changed since they were looked at, and about to be looked at again
        said = await derived.judgement_of(self._bus, workspace_id, *ids)
        if said is None or not _is_about(said, older, newer):
            said = await self._ask(workspace_id, older, newer)
            if said is None:
                return
            await self._say(said)
        await self._keep(said)

    async def _ask(self, workspace_id: str, older: Note, newer: Note) -> Judgement | None:
        """None where the day has had its calls. A refusal is a judgement, too: that nothing is known of the two."""
        async with self._database.transaction(workspace_id) as connection:
            day = await judged.reserve(connection, workspace_id, self._per_day)
        if day is None:
            return None
        try:
            answer = await self._llm.answer(INSTRUCTIONS, material(older, newer), Verdict)
            verdict, usage = answer.value, answer.usage
        except LlmRefused as refused:
            ids = [older.memory_id, newer.memory_id]
            logger.warning("the model refuses", workspace_id=workspace_id, memory_ids=ids, why=str(refused))
            verdict, usage = REFUSED, refused.usage or NO_USAGE
        except LlmFault as fault:
            async with self._database.transaction(workspace_id) as connection:
                await judged.put_back(connection, workspace_id, newer.memory_id)
                if _was_free(fault):
                    await judged.give_back(connection, workspace_id, day)
            raise
        async with self._database.transaction(workspace_id) as connection:
            await calls.count(connection, workspace_id, usage)
        self._faults = 0
        WAITING.set(0)
        JUDGED.add(1, {"relation": "refused" if verdict is REFUSED else verdict.relation})
        return judgement_of(workspace_id, older, newer, verdict, self._llm.name)

    async def _say(self, said: Judgement) -> None:
        """On DERIVED; nothing of memories that were deleted meanwhile."""
        if await self._database.read(said.workspace_id, lambda it: _are_there(it, said)):
            await derived.publish_judgement(self._bus, said)

    async def _keep(self, said: Judgement) -> None:
        async with self._database.transaction(said.workspace_id) as connection:
            await memories.lock(connection, said.workspace_id)
            await judged.keep(connection, said.workspace_id, [said])
            are_there = await _are_there(connection, said)
        if not are_there:  # deleted in the moment in which it was said
            await derived.erase_judgement(self._bus, said.workspace_id, said.source_memory_id, said.target_memory_id)
        if said.relationship_type:
            self._changed.wake()


def pause_after(fault: LlmFault, in_a_row: int) -> float:
    """How many seconds to leave the model alone after so many faults."""
    if fault.retry_after_s is not None:
        return max(PAUSE_MIN_S, fault.retry_after_s)
    return min(PAUSE_MAX_S, PAUSE_S * 2.0 ** min(in_a_row - 1, 20))


def _was_free(fault: LlmFault) -> bool:
    """Whether a call surely cost nothing. One that ran out of time may have cost: it counts, or there were no bound."""
    return isinstance(fault, LlmMisconfigured) or fault.retry_after_s is not None


async def _look(connection: Connection, workspace_id: str, per_day: int) -> Look:
    """Under the workspace's lock. Memories about which nothing is left to be asked or made wait no longer."""
    nodes = await judged.take(connection, workspace_id, BATCH_MAX)
    found = await judged.candidates(connection, workspace_id, list(nodes))
    keys = [_key(it.pair) for it in found]
    said = await judged.said_of(connection, workspace_id, keys)
    budget_left = per_day - await judged.asked_today(connection, workspace_id)
    known, waiting = [], set[int]()
    for node in nodes:
        of_it = [it for it in found if it.node == node]
        made = _unmade(of_it, said)
        known += made
        if made or pairs([it.pair for it in of_it], said.keys(), CANDIDATES_PER_MEMORY):
            waiting.add(node)
    finished = [node for node in nodes if node not in waiting]
    await judged.done(connection, finished)
    return Look(_next(nodes, found, said, budget_left), known, len(finished))


def _next(
    nodes: Mapping[int, int], found: Sequence[Candidate], said: Mapping[PairKey, Judgement], budget_left: int
) -> Pair | None:
    """The two most alike, of the memories (with their faults) about which the model failed to answer least often."""
    for faults in sorted(set(nodes.values())):
        due = pairs([it.pair for it in found if nodes[it.node] == faults], said.keys(), budget_left)
        if due:
            return due[0]
    return None


def _unmade(of_one: Sequence[Candidate], said: Mapping[PairKey, Judgement]) -> list[Judgement]:
    """What was said of the same contents before, as said of these memories, where no edge says so yet."""
    joined = {it.pair for it in of_one if it.joined}
    chosen = pairs([it.pair for it in of_one], set(), CANDIDATES_PER_MEMORY)
    copies = [again(said[_key(it)], it) for it in chosen if _key(it) in said and it not in joined]
    return [it for it in copies if it is not None]


def again(said: Judgement, pair: Pair) -> Judgement | None:
    """What was said of two contents, as said of this pair that has the same two; None where that gives no edge.

    If now the other one is the newer, that it superseded would not be true, and a contradiction leads the other way.
    """
    ids = {pair.newer_hash: pair.newer_id, pair.older_hash: pair.older_id}
    source, target = said.source_hash, said.target_hash
    if source == pair.older_hash and said.relationship_type == "contradicts":
        source, target = target, source
    if said.relationship_type is None or (source == pair.older_hash and said.relationship_type == "supersedes"):
        return None
    return said.model_copy(
        update={
            "source_memory_id": ids[source],
            "target_memory_id": ids[target],
            "source_hash": source,
            "target_hash": target,
        }
    )


def _key(pair: Pair) -> PairKey:
    return pair_key(pair.newer_hash, pair.older_hash)


def _is_about(said: Judgement, *notes: Note) -> bool:
    """Whether it was said of the texts that these have now."""
    hashes = {said.source_memory_id: said.source_hash, said.target_memory_id: said.target_hash}
    return hashes == {note.memory_id: note.content_hash for note in notes}


async def _are_there(connection: Connection, said: Judgement) -> bool:
    ids = {said.source_memory_id, said.target_memory_id}
    return await memories.known_ids(connection, said.workspace_id, ids) == ids
