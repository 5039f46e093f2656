"""Nightly work on a real bus and a real database."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import psycopg
import pytest
from pydantic import ValidationError
from pydantic_core import to_json

from contracts import subjects
from contracts.base import now
from contracts.commands import StartMaintenance
from contracts.queries import EveryNamespace, GetJob, ListJobs, OfWorkspace
from contracts.replies import Rank, Ranks
from deploy.admin.bus import body
from services.kit.postgres import Database
from services.kit.sealing.masters import as_text
from services.memory.loops.scheduling import Scheduler
from services.memory.settings import MemorySettings
from tests import examples
from tests.services import Talk, sealed
from tests.stack import Servers, eventually

TODAY = now().date()
FINAL = ("completed", "empty", "failed")


async def verified(memory: Talk) -> list[str]:
    found = await memory.operator.request("memory", "verify", OfWorkspace(workspace_id=memory.workspace_id))
    differences: list[str] = found["differences"]
    return differences


async def rebuild(memory: Talk) -> None:
    await memory.operator.request("memory", "rebuild", OfWorkspace(workspace_id=memory.workspace_id))


async def done(memory: Talk, task: str, days: int = 0) -> dict[str, Any]:
    """The job of a day so many days from now, once it has ended."""
    command = examples.start_maintenance(memory.workspace_id, task, day=TODAY + timedelta(days=days))
    assert "refusal" not in await memory.order(command)
    asked = GetJob(workspace_id=memory.workspace_id, job_id=command.job_id)

    async def ended() -> bool:
        return str((await memory.ask(asked))["status"]) in FINAL

    await eventually(ended, f"the end of {task}")
    found: dict[str, Any] = await memory.ask(asked)
    return found


async def stored(memory: Talk, *drafts: dict[str, Any]) -> list[str]:
    commands = [examples.store(memory.workspace_id, examples.a_draft(**each)) for each in drafts]
    await asyncio.gather(*(memory.order(each) for each in commands))
    return [each.memory_id for each in commands]


async def happened(memory: Talk) -> Counter[str]:
    return Counter(each["type"].split(".", 1)[1].removesuffix(".v1") for each in await memory.log())


async def on_plan(memory: Talk, plan: str) -> None:
    await memory.order(examples.change_workspace(memory.workspace_id, plan=plan))


async def test_a_job_of_a_day_is_listed_and_made_anew_like_any_other(memory: Talk) -> None:
    command = examples.start_maintenance(memory.workspace_id, "consolidation")
    answer = (await memory.order(command))["body"]
    assert (answer["kind"], answer["day"], answer["status"]) == ("consolidation", "2026-03-14", "queued")
    assert (await memory.order(examples.start_maintenance(memory.workspace_id, "consolidation")))["body"] == answer

    async def listed() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await memory.ask(ListJobs(workspace_id=memory.workspace_id))
        return found

    before = await listed()
    assert [it["job_id"] for it in before] == [command.job_id]
    await rebuild(memory)
    assert await listed() == before
    assert await memory.ask(GetJob(workspace_id=memory.workspace_id, job_id=command.job_id)) == answer
    assert await verified(memory) == []


async def test_importance_moves_once_a_day_and_a_rebuild_makes_the_same_of_it(memory: Talk) -> None:
    high, pinned, rated = await stored(
        memory, {"importance_score": 0.9}, {"importance_score": 1.0}, {"importance_score": 0.9}
    )
    await memory.order(examples.rate(memory.workspace_id, rated, False))
    for _ in range(3):
        await memory.order(examples.access(memory.workspace_id, rated))
    job = await done(memory, "importance")
    assert (job["status"], job["counts"]) == ("completed", {"moved": 2, "stayed": 0})
    before = await memory.get(high)
    assert 0.85 <= before["importance_score"] < 0.9
    assert (before["revision"], before["updated_at"]) == (1, None)
    assert (await memory.get(pinned))["importance_score"] == 1.0

    again, happened_before = await done(memory, "importance"), await happened(memory)
    assert (again["status"], again["counts"], again["attempts"]) == ("empty", {"moved": 0, "stayed": 0}, 2)
    assert again["reason"]
    assert (await happened(memory))["memory.recalculated"] == 2
    assert happened_before["job.changed"] == 6  # queued, running, ended, twice

    await done(memory, "importance", days=1)
    assert (await memory.get(high))["importance_score"] < before["importance_score"]
    found = [await memory.get(each) for each in (high, pinned, rated)]
    assert await verified(memory) == []
    await rebuild(memory)
    assert [await memory.get(each) for each in (high, pinned, rated)] == found
    assert await verified(memory) == []


async def test_a_quiet_memory_comes_to_rest_and_makes_no_event_a_night(memory: Talk) -> None:
    [memory_id] = await stored(memory, {"importance_score": 0.5, "confidence_score": 0.5})
    for days in range(400, 440):
        job = await done(memory, "importance", days=days)
        if job["status"] == "empty":
            break
    assert job["counts"] == {"moved": 0, "stayed": 1}
    # 0.45 * 0.5 given, no use, 0.15 * 0.5 without a rank, 0.10 * 0.5 confidence, nothing recent
    assert (await memory.get(memory_id))["importance_score"] == pytest.approx(0.35, abs=0.006)


async def test_the_percentile_is_among_those_that_have_a_rank(memory: Talk) -> None:
    ids = await stored(memory, *[{"importance_score": 0.5, "confidence_score": 0.5}] * 4)
    low, even, other, unranked = ids
    ranks = [Rank(memory_id=it, pagerank_score=rank) for it, rank in ((low, 0.1), (even, 0.6), (other, 0.6))]
    said = Ranks(workspace_id=memory.workspace_id, part=0, parts=1, ranks=tuple(ranks))
    await memory.operator.bus.publish(subjects.ranks(memory.workspace_id, 0), said.model_dump_json().encode())

    async def ranked() -> bool:
        return bool((await memory.get(other))["pagerank_score"] == 0.6)

    await eventually(ranked, "a rank")
    await done(memory, "importance", days=400)
    moved = {it: (await memory.get(it))["importance_score"] for it in ids}
    assert moved[low] < moved[unranked] < moved[even] == moved[other]
    # Percentiles 0 and 0.75 (the two best share their places): a fifth of 0.15 * 0.75 lies between them.
    assert moved[even] - moved[low] == pytest.approx(0.2 * 0.15 * 0.75, abs=1e-5)


async def test_retention_deletes_what_the_plan_does_not_keep_and_nothing_that_is_pinned(memory: Talk) -> None:
    ids = await stored(memory, *[{"importance_score": 0.2}] * 150, {"importance_score": 1.0})
    kept_for_ever = await done(memory, "retention", days=40)
    assert (kept_for_ever["status"], kept_for_ever["counts"]) == ("empty", {"deleted": 0, "pruning_candidates": 0})
    assert "for ever" in kept_for_ever["reason"]

    await on_plan(memory, "free")
    young = await done(memory, "retention", days=29)
    assert (young["status"], young["counts"]["deleted"]) == ("empty", 0)
    old = await done(memory, "retention", days=40)
    assert (old["status"], old["attempts"], old["counts"]) == (
        "completed",
        2,
        {"deleted": 150, "pruning_candidates": 0},
    )
    assert (await memory.get(ids[-1]))["importance_score"] == 1.0

    before = await happened(memory)
    again = await done(memory, "retention", days=40)
    assert (again["status"], again["counts"]["deleted"]) == ("empty", 0)
    assert await happened(memory) - before == Counter({"job.changed": 3})
    assert await verified(memory) == []


async def test_retention_says_how_many_could_be_pruned(memory: Talk, memory_service: Servers) -> None:
    ids = await stored(memory, *[{"importance_score": 0.2}] * 3, {"importance_score": 0.9})
    with psycopg.connect(memory_service.postgres_dsn("postgres")) as connection:
        connection.execute(
            "UPDATE memory.memories SET created_at = now() - interval '91 days' WHERE memory_id = ANY(%s)", (ids[1:],)
        )
    assert (await done(memory, "retention"))["counts"] == {"deleted": 0, "pruning_candidates": 2}


class Night:
    """A scheduler on the tables of the running service, which sends through the bus."""

    def __init__(self, memory: Talk, loops: Database):
        self._memory = memory
        self._scheduler = Scheduler(loops, self._carry_out, now().time())

    async def asks_for(self, night: datetime) -> list[tuple[str, str]]:
        """Tasks, and where their jobs then are; the tasks of other tests' workspaces are left alone."""
        self.asked: list[StartMaintenance] = []
        await self._scheduler.ask_for(night)
        mine = [it for it in self.asked if it.workspace_id == self._memory.workspace_id]
        return [(it.task, (await self._memory.order(it))["body"]["status"]) for it in mine]

    async def _carry_out(self, command: StartMaintenance) -> bytes:
        self.asked.append(command)
        return to_json({})


@pytest.fixture
async def night(memory: Talk, memory_service: Servers) -> AsyncIterator[Night]:
    loops = sealed(memory_service, "weft_memory_loops")
    await loops.open()
    yield Night(memory, loops)
    await loops.close()


def tomorrow(days: int = 1) -> datetime:
    return datetime(TODAY.year, TODAY.month, TODAY.day, 3, tzinfo=UTC) + timedelta(days=days)


async def test_an_empty_workspace_is_left_alone(night: Night) -> None:
    assert await night.asks_for(tomorrow()) == []


async def test_each_night_is_asked_for_once_and_what_was_made_since_waits_for_the_next(
    memory: Talk, night: Night
) -> None:
    await stored(memory, {"memory_type": "general"})
    assert await night.asks_for(now() - timedelta(hours=1)) == []
    asked = await night.asks_for(tomorrow())
    assert [task for task, _ in asked] == ["consolidation", "importance", "reclassification"]
    first = night.asked
    assert await night.asks_for(tomorrow()) == []
    before = len(await memory.log())
    for command in first:  # a replica that looked at the same time
        if command.workspace_id == memory.workspace_id:
            await memory.order(command)
    since = (await memory.log())[before:]  # in which importance may be on its way
    assert "queued" not in {it["data"].get("status") for it in since}


async def test_a_task_that_nothing_is_left_of_is_not_asked_for(
    memory: Talk, memory_service: Servers, night: Night
) -> None:
    [memory_id] = await stored(memory, {"importance_score": 1.0, "memory_type": "decision"})
    assert [task for task, _ in await night.asks_for(tomorrow())] == ["consolidation"]
    await on_plan(memory, "free")
    assert await night.asks_for(tomorrow(40)) == []  # pinned; and the consolidation of the first night is not done
    command = examples.start_maintenance(memory.workspace_id, "consolidation", day=tomorrow().date())
    await memory.order(examples.record_job(memory.workspace_id, command.job_id, "completed"))
    await memory.order(examples.revise(memory.workspace_id, memory_id, {"importance_score": 0.5}))
    with psycopg.connect(memory_service.postgres_dsn("postgres")) as connection:
        connection.execute(
            "UPDATE memory.jobs SET created_at = now() + interval '2 hours' WHERE job_id = %s", (command.job_id,)
        )
    assert [task for task, _ in await night.asks_for(tomorrow(40))] == ["importance", "retention"]


async def test_an_operator_learns_of_every_namespace(memory: Talk) -> None:
    asked = EveryNamespace()
    found = body(await memory.operator.bus.ask(subjects.query(EveryNamespace), asked, 10))
    assert found[memory.workspace_id] == ["default"]


@pytest.mark.parametrize(("said", "at"), [("off", None), ("03:00", "03:00:00"), ("23:59", "23:59:00")])
def test_the_hour_of_the_night_is_set_or_off(monkeypatch: pytest.MonkeyPatch, said: str, at: str | None) -> None:
    assert _settings(monkeypatch, said).model_dump(mode="json")["nightly_at"] == at


@pytest.mark.parametrize("said", ["", "3", "24:00", "03:00+02:00", "never"])
def test_any_other_hour_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    with pytest.raises(ValidationError):
        _settings(monkeypatch, said)


def test_without_a_word_it_is_three_o_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _settings(monkeypatch, None).nightly_at == time(3)


def _settings(monkeypatch: pytest.MonkeyPatch, nightly_at: str | None) -> MemorySettings:
    for name, field in MemorySettings.model_fields.items():
        if field.is_required():
            monkeypatch.setenv(f"WEFT_{name.upper()}", "1")
    monkeypatch.delenv("WEFT_NIGHTLY_AT", raising=False)
    monkeypatch.setenv("WEFT_MASTER_KEY", as_text(bytes(32)))
    if nightly_at is not None:
        monkeypatch.setenv("WEFT_NIGHTLY_AT", nightly_at)
    return MemorySettings()
