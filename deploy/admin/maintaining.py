"""Having nightly work done at once: asking for it in each namespace, and waiting until it has ended."""

import asyncio
import time
import uuid
from collections.abc import Sequence
from typing import Any, get_args

from contracts import subjects
from contracts.base import Grants, MaintenanceTask, now
from contracts.commands import StartMaintenance
from contracts.queries import EveryNamespace, GetJob
from deploy.admin.bus import Operator, Refused, body

TASKS: tuple[MaintenanceTask, ...] = get_args(MaintenanceTask)
FINAL = ("completed", "empty", "failed")
ANSWER_TIMEOUT_S = 30.0
LOOK_EVERY_S = 0.5

Job = dict[str, Any]
"""contracts.replies.Job in plain JSON, with its `workspace_id`."""


async def ask_for(operator: Operator, only: str | None, tasks: Sequence[MaintenanceTask]) -> list[Job]:
    """Asks for each task in each namespace, as the job of today (UTC); the jobs as they are. Raises Refused."""
    answer = await operator.bus.ask(subjects.query(EveryNamespace), EveryNamespace(), ANSWER_TIMEOUT_S)
    namespaces: dict[str, list[str]] = body(answer)
    if only is not None and only not in namespaces:
        raise Refused("Workspace not found.")
    places = [(it, namespace) for it in namespaces if only in (None, it) for namespace in namespaces[it]]
    return [await _ask_for(operator, *place, task) for place in places for task in tasks]


async def until_ended(operator: Operator, jobs: Sequence[Job], timeout_s: float) -> list[Job]:
    """The jobs as they are once all have ended, or when the time is over."""
    deadline, found = time.monotonic() + timeout_s, list(jobs)
    while time.monotonic() < deadline and not all(has_ended(each) for each in found):
        await asyncio.sleep(LOOK_EVERY_S)
        found = [each if has_ended(each) else await _now(operator, each) for each in found]
    return found


def has_ended(job: Job) -> bool:
    return job["status"] in FINAL


async def _ask_for(operator: Operator, workspace_id: str, namespace: str, task: MaintenanceTask) -> Job:
    command = StartMaintenance(
        command_id=uuid.uuid4(),
        attempt=uuid.uuid4(),
        workspace_id=workspace_id,
        actor="operator",
        grants=Grants(read=(namespace,), write=(namespace,), default=namespace),
        issued_at=now(),
        namespace=namespace,
        task=task,
        day=now().date(),
    )
    answer = await operator.bus.order(subjects.command(command), command, ANSWER_TIMEOUT_S)
    if answer is None:
        raise Refused("the memory service has not answered; the work may still be done")
    return {**body(answer), "workspace_id": workspace_id}


async def _now(operator: Operator, job: Job) -> Job:
    asked = GetJob(workspace_id=job["workspace_id"], job_id=job["job_id"])
    return {**job, **body(await operator.bus.ask(subjects.query(GetJob), asked, ANSWER_TIMEOUT_S))}
