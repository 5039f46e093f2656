"""What became of the jobs of imported sessions: waited for, and what they learnt."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from weft.client import Weft
from weft.errors import NotFound
from weft.models import Job, Memory
from weft.words import FINAL

LOOK_EVERY_S = 0.5
STANDSTILL_S = 600.0
"""So long without any job coming to its end, and nobody waits any longer."""


@dataclass(slots=True)
class Learnt:
    """A job as it was last seen, and the memories that it stored or changed."""

    job: Job
    memories: list[Memory] = field(default_factory=list)

    @property
    def has_ended(self) -> bool:
        return self.job.status in FINAL


def wait_for(weft: Weft, job_ids: list[str], advance: Callable[[int], None]) -> dict[str, Learnt]:
    """By job id. Those that have not ended when the others stand still are there as well. Raises WeftError."""
    learnt: dict[str, Learnt] = {}
    waiting = list(dict.fromkeys(job_ids))
    deadline = time.monotonic() + STANDSTILL_S
    while waiting and time.monotonic() < deadline:
        for job_id in waiting:
            learnt[job_id] = _seen(weft, job_id)
            if learnt[job_id].has_ended:
                advance(1)
                deadline = time.monotonic() + STANDSTILL_S
        if waiting := [job_id for job_id in waiting if not learnt[job_id].has_ended]:
            time.sleep(LOOK_EVERY_S)
    return learnt


def _seen(weft: Weft, job_id: str) -> Learnt:
    learnt = Learnt(weft.jobs.get(job_id))
    for memory_id in learnt.job.memory_ids if learnt.has_ended else ():
        try:
            learnt.memories.append(weft.memories.get(memory_id))
        except NotFound:
            continue  # it has been deleted since
    return learnt
