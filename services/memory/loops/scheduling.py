"""Nightly work is asked for once a day, by commands like any other; other services do their share of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time
from typing import get_args

import structlog
from pydantic_core import from_json
from uuid_utils.compat import uuid7

from contracts.base import Grants, MaintenanceTask, derived_id, now
from contracts.commands import StartMaintenance
from services.kit.postgres import Database
from services.memory.decisions.plans import PLANS
from services.memory.loops.maintenance import expired_before
from services.memory.store import maintenance, sweeps

logger = structlog.get_logger()

TASKS: tuple[MaintenanceTask, ...] = get_args(MaintenanceTask)
ACTOR = "scheduler"
CLOCK_S = 30.0
"""How often the clock is looked at: it may be set, and a machine may sleep."""


class Scheduler:
    """Every day at `at` (UTC), or later that day when it starts. Several processes ask for each night once."""

    def __init__(self, loops: Database, carry_out: Callable[[StartMaintenance], Awaitable[bytes]], at: time):
        self._loops = loops
        self._carry_out = carry_out
        self._at = at

    async def run(self) -> None:
        asked_for: date | None = None
        while True:
            moment = now()
            begun = datetime.combine(moment.date(), self._at, UTC)
            if moment >= begun and asked_for != begun.date():
                await self.ask_for(begun)
                asked_for = begun.date()
            await asyncio.sleep(CLOCK_S)

    async def ask_for(self, night: datetime) -> None:
        """Asks for whatever the night that began then has to do, a workspace at a time."""
        for workspace_id in await self._loops.read(None, sweeps.workspaces):
            await self._ask_for(workspace_id, night)

    async def _ask_for(self, workspace_id: str, night: datetime) -> None:
        midnight = datetime.combine(night.date(), time(), UTC)
        retained = {plan: before for plan in PLANS if (before := expired_before(plan, midnight)) is not None}
        due = await self._loops.read(
            None, lambda connection: maintenance.due_tonight(connection, workspace_id, night, TASKS, retained)
        )
        commands = [_start(workspace_id, namespace, task, night.date()) for namespace, task in due]
        answers = await asyncio.gather(*(self._carry_out(each) for each in commands))
        for command, answer in zip(commands, answers, strict=True):
            if (refusal := from_json(answer).get("refusal")) is not None:
                logger.error("nightly work was refused", job_id=command.job_id, code=refusal["code"])


def _start(workspace_id: str, namespace: str, task: MaintenanceTask, day: date) -> StartMaintenance:
    """The same night is the same command, whoever sends it."""
    return StartMaintenance(
        command_id=derived_id("night", workspace_id, namespace, task, day.isoformat()),
        attempt=uuid7(),
        workspace_id=workspace_id,
        actor=ACTOR,
        grants=Grants(read=(namespace,), write=(namespace,), default=namespace),
        issued_at=now(),
        namespace=namespace,
        task=task,
        day=day,
    )
