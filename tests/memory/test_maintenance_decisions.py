"""Nightly work as decisions: when it is begun, and what may be asked for."""

import json
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from contracts.base import Grants, maintenance_job_id, now
from contracts.commands import AnyCommand
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
