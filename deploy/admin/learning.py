"""What became of the jobs of imported sessions: waited for, and what they learnt."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from deploy.admin.gateway import Gateway, ImportFailed

FINAL = ("completed", "empty", "failed")
LOOK_EVERY_S = 0.5
STANDSTILL_S = 600.0
"""So long without any job coming to its end, and nobody waits any longer."""


@dataclass(slots=True)
class Learnt:
    """A job as it was last seen, and the memories that it stored or changed: title, type and importance."""

    job: dict[str, Any]
    memories: list[dict[str, Any]] = field(default_factory=list)

    @property
    def has_ended(self) -> bool:
        return self.job["status"] in FINAL


async def wait_for(gateway: Gateway, job_ids: list[str], advance: Callable[[], None]) -> dict[str, Learnt]:
    """By job id. Those that have not ended when the others stand still are there as well. Raises ImportFailed."""
    learnt: dict[str, Learnt] = {}
    waiting = list(dict.fromkeys(job_ids))
    deadline = time.monotonic() + STANDSTILL_S
    while waiting and time.monotonic() < deadline:
        for job_id in waiting:
            learnt[job_id] = await _seen(gateway, job_id)
            if learnt[job_id].has_ended:
                advance()
                deadline = time.monotonic() + STANDSTILL_S
        if waiting := [job_id for job_id in waiting if not learnt[job_id].has_ended]:
            await asyncio.sleep(LOOK_EVERY_S)
    return learnt


async def _seen(gateway: Gateway, job_id: str) -> Learnt:
    answer = await gateway.get(f"/api/v1/jobs/{job_id}")
    if answer.status != 200:
        raise ImportFailed(f"job {job_id}: {answer.reason}")
    learnt = Learnt(answer.said)
    for memory_id in answer.said["memory_ids"] if learnt.has_ended else ():
        memory = await gateway.get(f"/api/v1/memories/{memory_id}")
        if memory.status == 200:  # it may have been deleted since
            learnt.memories.append(memory.said)
    return learnt
