"""Nightly work: each task is a job of a namespace and a day, asked for by a command; and what memory's own tasks do."""

from datetime import date, datetime
from typing import assert_never

from contracts.commands import Ranked, RecalculateImportance, StartMaintenance
from contracts.events import JobChanged, MemoryRecalculated
from contracts.replies import Refusal
from services.memory.decisions.grants import namespace_for, writable
from services.memory.decisions.importance import PINNED, UNRANKED, Figures, moved, recency_of, usage_of
from services.memory.decisions.outcomes import Decision, Happened
from services.memory.decisions.sessions import FINAL
from services.memory.decisions.state import MemoryState, WorkspaceState


def decide(state: WorkspaceState, command: StartMaintenance | RecalculateImportance) -> Decision | Refusal:
    match command:
        case StartMaintenance():
            return _start(state, command)
        case RecalculateImportance():
            return _recalculate(state, command)
        case _:
            assert_never(command)


def is_expired(memory: MemoryState, since: datetime) -> bool:
    """Whether retention takes it: it is not pinned, and was neither made nor changed by its author since then."""
    return memory.importance_score < PINNED and (memory.updated_at or memory.created_at) < since


def figures_of(memory: MemoryState, pagerank_percentile: float | None, day: date) -> Figures:
    touched = (memory.created_at, memory.updated_at, memory.usage.last_accessed_at)
    return Figures(
        given=memory.given_importance,
        usage=usage_of(memory.usage.access_count, memory.usage.retrieval_count),
        pagerank_percentile=UNRANKED if pagerank_percentile is None else pagerank_percentile,
        confidence=memory.confidence_score,
        recency=recency_of(max(each for each in touched if each is not None), day),
    )


def _start(state: WorkspaceState, command: StartMaintenance) -> Decision | Refusal:
    """A job that is under way is not begun again; one that has ended is, and finds what is left to do."""
    namespace = namespace_for(state, command.namespace, command.grants)
    if isinstance(namespace, Refusal):
        return namespace
    job = state.jobs.get(command.job_id)
    if job is not None and job.status not in FINAL:
        return Decision()
    event = JobChanged(job_id=command.job_id, kind=command.task, namespace=namespace, day=command.day, status="queued")
    return Decision((Happened(command.job_id, event),))


def _recalculate(state: WorkspaceState, command: RecalculateImportance) -> Decision:
    """Each memory once; what is not there, may not be written, or has moved that day (or later) is passed over."""
    named = {each.memory_id: each for each in command.memories}.values()
    found = (_recalculated(state, command, each) for each in named)
    return Decision(tuple(Happened(each.memory_id, each) for each in found if each is not None))


def _recalculated(state: WorkspaceState, command: RecalculateImportance, ranked: Ranked) -> MemoryRecalculated | None:
    memory = writable(state, ranked.memory_id, command.grants)
    if isinstance(memory, Refusal):
        return None
    if memory.recalculated_on is not None and memory.recalculated_on >= command.day:
        return None
    importance = moved(memory.importance_score, figures_of(memory, ranked.pagerank_percentile, command.day))
    if importance is None:
        return None
    return MemoryRecalculated(
        memory_id=memory.memory_id,
        previous_importance=memory.importance_score,
        importance_score=importance,
        day=command.day,
    )
