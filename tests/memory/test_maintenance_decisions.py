"""Nightly work as decisions: when it is begun, and what may be asked for."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.base import Grants, maintenance_job_id, now
from contracts.commands import AnyCommand, Ranked
from contracts.events import JobChanged
from services.memory.decisions.batch import Batch, decide_all
from services.memory.decisions.state import WorkspaceState
from tests import examples

WS = examples.a_workspace_id()
DAY = date(2026, 3, 14)
JOB = maintenance_job_id(WS, "default", "importance", DAY)


def a_workspace() -> WorkspaceState:
    return WorkspaceState(WS, "team", namespaces={"default": "active", "other": "active", "old": "archived"})


def run(state: WorkspaceState, *commands: AnyCommand) -> Batch:
    return decide_all(state, commands, {}, now(), iter(uuid4, None))


def answer(state: WorkspaceState, command: AnyCommand) -> dict[str, Any]:
    (given,) = run(state, command).answers
    found: dict[str, Any] = json.loads(given)
    return found


def test_a_task_is_a_job_of_its_namespace_and_day() -> None:
    state = a_workspace()
    (recorded,) = run(state, examples.start_maintenance(WS, "importance")).recorded
    assert recorded.event == JobChanged(job_id=JOB, kind="importance", namespace="default", day=DAY, status="queued")
    body = answer(state, examples.record_job(WS, JOB, "running", counts={"moved": 3}))["body"]
    assert (body["kind"], body["day"], body["session_id"], body["counts"]) == (
        "importance",
        "2026-03-14",
        None,
        {"moved": 3},
    )


@pytest.mark.parametrize("status", ["queued", "running", "waiting"])
def test_what_is_under_way_is_not_begun_again(status: str) -> None:
    state = a_workspace()
    run(state, examples.start_maintenance(WS), examples.record_job(WS, JOB, status))
    again = run(state, examples.start_maintenance(WS))
    assert again.recorded == []
    assert json.loads(again.answers[0])["body"]["status"] == status


@pytest.mark.parametrize("status", ["completed", "empty", "failed"])
def test_what_has_ended_is_done_once_more_when_somebody_asks(status: str) -> None:
    state = a_workspace()
    run(state, examples.start_maintenance(WS), examples.record_job(WS, JOB, status, reason="So it was."))
    body = answer(state, examples.start_maintenance(WS))["body"]
    assert (body["status"], body["attempts"], body["reason"], body["day"]) == ("queued", 2, None, "2026-03-14")


@pytest.mark.parametrize(
    ("namespace", "grants", "code"),
    [
        ("unknown", examples.OWN, "unknown_namespace"),
        ("old", examples.OWN, "unknown_namespace"),
        ("other", examples.OWN, "namespace_not_granted"),
        ("default", Grants(read=("default",), write=("other",), default="other"), "namespace_read_only"),
    ],
)
def test_only_who_may_write_there_may_have_it_done(namespace: str, grants: Grants, code: str) -> None:
    asked = examples.start_maintenance(WS, namespace=namespace, grants=grants)
    assert answer(a_workspace(), asked)["refusal"]["code"] == code


def test_each_task_namespace_and_day_is_another_job() -> None:
    asked = [("default", "importance", DAY), ("other", "importance", DAY), ("default", "retention", DAY)]
    ids = {maintenance_job_id(WS, *each) for each in [*asked, ("default", "importance", date(2026, 3, 15))]}  # type: ignore[arg-type]
    assert len(ids) == 4


def with_memories(*drafts: dict[str, Any]) -> tuple[WorkspaceState, list[str]]:
    state = a_workspace()
    stored = [examples.store(WS, examples.a_draft(**each)) for each in drafts]
    run(state, *stored)
    return state, [each.memory_id for each in stored]


def importance(state: WorkspaceState, memory_id: str) -> float:
    found = state.alive(memory_id)
    assert found is not None
    return found.importance_score


def recalculated(state: WorkspaceState, *memory_ids: str, **fields: Any) -> int:
    ranked = [Ranked(memory_id=each) for each in memory_ids]
    fields = {"day": now().date()} | fields
    body = answer(state, examples.recalculate(WS, *ranked, **fields))["body"]
    return int(body["recalculated_count"])


def test_importance_moves_once_a_day_and_neither_revision_nor_time_with_it() -> None:
    state, [memory_id] = with_memories({"importance_score": 0.9, "confidence_score": 0.0})
    today = now().date()
    for days, moves in ((0, 1), (0, 0), (1, 1), (0, 0)):
        assert recalculated(state, memory_id, memory_id, day=today + timedelta(days=days)) == moves
    found = state.alive(memory_id)
    assert found is not None
    assert (found.revision, found.updated_at, found.version) == (1, None, 3)
    assert found.given_importance == 0.9
    assert found.importance_score == pytest.approx(0.9 - 2 * 0.05)


def test_what_is_pinned_deleted_unknown_or_not_ones_own_is_passed_over() -> None:
    state, [pinned, deleted, free] = with_memories({"importance_score": 1.0}, {}, {"importance_score": 0.9})
    run(state, examples.delete(WS, deleted))
    everything = (pinned, deleted, examples.a_memory_id(), free)
    assert recalculated(state, *everything, grants=Grants(read=("other",), write=("other",), default="other")) == 0
    assert recalculated(state, *everything) == 1
    assert importance(state, pinned) == 1.0


def test_a_better_rank_means_more_and_no_rank_means_the_middle() -> None:
    state, ids = with_memories(*[{"importance_score": 0.5, "confidence_score": 0.5}] * 4)
    ranked = [
        Ranked(memory_id=it, pagerank_percentile=rank) for it, rank in zip(ids, (0.0, 0.5, 1.0, None), strict=True)
    ]
    run(state, examples.recalculate(WS, *ranked, day=now().date() + timedelta(days=365)))
    low, middle, high, unranked = (importance(state, each) for each in ids)
    assert low < middle == unranked < high


def test_given_is_what_was_patched_last_and_every_rating_since() -> None:
    state, [memory_id] = with_memories({"importance_score": 0.9})
    run(state, examples.revise(WS, memory_id, {"importance_score": 0.99}))
    recalculated(state, memory_id)
    moved_to = importance(state, memory_id)
    run(state, *(examples.rate(WS, memory_id, useful) for useful in (True, False, True)))
    found = state.alive(memory_id)
    assert found is not None
    assert found.given_importance == pytest.approx(0.97)  # at the end of the scale a step is lost
    assert found.importance_score == pytest.approx(moved_to - 0.01)
    run(state, examples.revise(WS, memory_id, {"title": "Another"}))
    assert state.alive(memory_id).given_importance == found.given_importance  # type: ignore[union-attr]


def test_retention_takes_what_is_neither_pinned_nor_younger_than_it_says() -> None:
    state, [old, pinned, changed] = with_memories({}, {"importance_score": 1.0}, {})
    later = now() + timedelta(days=1)
    (revised,) = decide_all(
        state, [examples.revise(WS, changed, {"title": "Mine"})], {}, later, iter(uuid4, None)
    ).recorded
    assert revised.revision == 2
    before = later - timedelta(hours=1)
    body = answer(state, examples.delete_batch(WS, old, pinned, changed, unchanged_since=before))["body"]
    assert body == {"deleted_count": 1}
    assert [state.alive(each) is None for each in (old, pinned, changed)] == [True, False, False]
    assert answer(state, examples.delete_batch(WS, pinned, changed))["body"] == {"deleted_count": 2}
