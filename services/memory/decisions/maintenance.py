"""Nightly work that is asked for: each task is a job of a namespace and a day."""

from contracts.commands import StartMaintenance
from contracts.events import JobChanged
from contracts.replies import Refusal
from services.memory.decisions.grants import namespace_for
from services.memory.decisions.outcomes import Decision, Happened
from services.memory.decisions.sessions import FINAL
from services.memory.decisions.state import WorkspaceState


def start(state: WorkspaceState, command: StartMaintenance) -> Decision | Refusal:
    """A job that is under way is not begun again; one that has ended is, and finds what is left to do."""
    namespace = namespace_for(state, command.namespace, command.grants)
    if isinstance(namespace, Refusal):
        return namespace
    job = state.jobs.get(command.job_id)
    if job is not None and job.status not in FINAL:
        return Decision()
    event = JobChanged(job_id=command.job_id, kind=command.task, namespace=namespace, day=command.day, status="queued")
    return Decision((Happened(command.job_id, event),))
