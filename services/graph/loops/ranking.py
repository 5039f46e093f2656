"""Ranks and communities, some time after edges have changed: what was found is said on DERIVED, and kept."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from contracts.replies import Rank, Ranks
from services.graph.analysis import Analyst, Result, Work
from services.graph.store import derived, ranks, sweeps
from services.graph.store.ranks import Loaded, Member
from services.kit import telemetry
from services.kit.bus import Bus
from services.kit.errors import Transient
from services.kit.postgres import Database
from services.kit.process import Wakeable

logger = structlog.get_logger()

LOOK_EVERY_S = 0.25
LOOK_AGAIN_S = 5.0
REST = 10
"""An analysis that took a second is not repeated before ten have passed: a tenth of a processor at most."""
REST_AFTER_FAULT_S = 30.0
KEEP_IDLE_S = 300.0
"""The process that analyses takes 235 MB and a second to start: it is kept for so long after it was needed last."""
TOLERANCE = 0.01
"""Where ranks fill more than one message, a part is said again if a score in it has moved by more than this."""


NOTHING = Loaded([], ranks.no_edges(), 0, 0, [])


class Ranking:
    """Analyses a workspace once nothing has changed there for `quiet_s`, at the latest after `wait_max_s`: a burst of
    stores is one run, or two. `changed` wakes it.
    """

    def __init__(
        self,
        bus: Bus,
        database: Database,
        loops: Database,
        analyst: Analyst,
        *,
        changed: Wakeable,
        quiet_s: float,
        wait_max_s: float,
    ):
        self._bus = bus
        self._database = database
        self._loops = loops
        self._analyst = analyst
        self._changed = changed
        self._quiet_s = quiet_s
        self._wait_max_s = wait_max_s
        self._paces: dict[str, Pace] = {}
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        idle_since = time.monotonic()
        while True:
            waiting = await self._loops.read(None, sweeps.to_analyse)
            for workspace_id, changed in waiting.items():
                await self._analyse_if_due(workspace_id, changed)
            if waiting:
                idle_since = time.monotonic()
                await asyncio.sleep(LOOK_EVERY_S)
            else:
                if time.monotonic() - idle_since > KEEP_IDLE_S:
                    await self._analyst.close()
                await self._changed.pause(LOOK_AGAIN_S)

    async def _analyse_if_due(self, workspace_id: str, changed: int) -> None:
        now = time.monotonic()
        pace = self._paces.setdefault(workspace_id, Pace(changed, since=now, quiet_since=now))
        if not pace.is_due(now, changed, self._quiet_s, self._wait_max_s):
            return
        try:
            await self.analyse(workspace_id)
        except Transient as fault:  # the others need not wait for what fails over this one
            logger.warning("analysis waits", workspace_id=workspace_id, fault=str(fault))
            pace.rest_until = time.monotonic() + REST_AFTER_FAULT_S

    async def analyse(self, workspace_id: str, *, say_all: bool = False) -> None:
        """Analyses a workspace as it is now. With `say_all` every part is said, whether it has changed or not."""
        async with self._turn:
            await self._analyst.analyse(
                _work(NOTHING)
            )  # a process that has to start first is no work of this workspace
            began = time.monotonic()
            loaded = await ranks.load(self._database, workspace_id)
            with telemetry.stage("analyse"):
                result = await self._analyst.analyse(_work(loaded))
            await self._say(workspace_id, loaded, result, say_all)
            self._paces[workspace_id] = Pace(
                loaded.changed, at_rest=True, rest_until=began + REST * (time.monotonic() - began)
            )
            logger.info(
                "analysed",
                workspace_id=workspace_id,
                memories=len(loaded.members),
                edges=len(loaded.edges.weights),
                seconds=round(time.monotonic() - began, 3),
            )

    async def _say(self, workspace_id: str, loaded: Loaded, result: Result, say_all: bool) -> None:
        """Says first and keeps then: after a crash in between it is said once more."""
        parts = ranks.parts_for(len(loaded.members))
        scored = list(zip(loaded.members, result.pagerank.tolist(), result.labels, strict=True))
        changed = set(range(parts)) if say_all or parts != loaded.parts else stale(scored, parts)
        forgetting = {ranks.part_of(memory_id, parts) for memory_id in loaded.deleted}
        said = [one for one in scored if ranks.part_of(one[0].memory_id, parts) in changed | forgetting]
        for part in sorted(changed | forgetting):
            named = tuple(
                Rank(memory_id=member.memory_id, pagerank_score=score, community_label=label)
                for member, score, label in said
                if ranks.part_of(member.memory_id, parts) == part
            )
            message = Ranks(workspace_id=workspace_id, part=part, parts=parts, ranks=named)
            await derived.publish_ranks(self._bus, message)
        for part in range(parts, loaded.parts):
            await derived.erase_ranks(self._bus, workspace_id, part)
        for memory_id in loaded.deleted:
            await derived.erase_judgements(self._bus, workspace_id, memory_id)
        async with self._database.transaction(workspace_id) as connection:
            await ranks.put(connection, workspace_id, said)
            await ranks.analysed(connection, workspace_id, loaded.changed, parts, loaded.deleted)


@dataclass(slots=True)
class Pace:
    """Since when a workspace has changes to be analysed, and since when no more came; `at_rest` while it has none."""

    changed: int
    at_rest: bool = False
    rest_until: float = 0.0
    since: float = 0.0
    quiet_since: float = 0.0

    def is_due(self, now: float, changed: int, quiet_s: float, wait_max_s: float) -> bool:
        """Whether to analyse at `now` (seconds), when the workspace's changes count `changed`."""
        if changed != self.changed:
            self.since = now if self.at_rest else self.since
            self.changed, self.at_rest, self.quiet_since = changed, False, now
        if now < self.rest_until:
            return False
        return now - self.quiet_since >= quiet_s or now - self.since >= wait_max_s


def stale(scored: Sequence[tuple[Member, float, str | None]], parts: int) -> set[int]:
    """The parts in which something is other than it was said last."""
    tolerance = TOLERANCE if parts > 1 else 0.0
    return {
        ranks.part_of(member.memory_id, parts)
        for member, score, label in scored
        if member.pagerank is None or abs(score - member.pagerank) > tolerance or label != member.label
    }


def _work(loaded: Loaded) -> Work:
    members, edges = loaded.members, loaded.edges
    return Work(
        memory_ids=[it.memory_id for it in members],
        namespaces=[it.namespace for it in members],
        terms=[it.terms for it in members],
        memory_types=[it.memory_type for it in members],
        titles=[it.title for it in members],
        labels=[it.label for it in members],
        sources=edges.sources,
        targets=edges.targets,
        weights=edges.weights,
        both_ways=edges.both_ways,
    )
