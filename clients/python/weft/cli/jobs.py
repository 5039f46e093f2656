"""Jobs on the command line."""

from typing import TYPE_CHECKING, Any

from cyclopts import App

from weft.cli.here import Here
from weft.cli.options import Limit, Namespaces
from weft.cli.output import Column
from weft.words import JobStatus

if TYPE_CHECKING:
    from weft.models import Job

jobs = App(name="jobs", help="What Weft works on by itself.")


@jobs.command(name="list")
def list_(*, status: JobStatus | None = None, namespace: Namespaces = None, limit: Limit = 50, here: Here) -> None:
    """List jobs, the newest first."""
    found = here.weft.jobs.list(status=status, namespaces=namespace, limit=limit)
    columns: list[Column[Job]] = [
        Column("id", lambda it: it.job_id),
        Column("kind", lambda it: it.kind),
        Column("status", lambda it: it.status),
        Column("created", lambda it: it.created_at),
        Column("memories", lambda it: len(it.memory_ids)),
        Column("why", lambda it: it.error or it.reason, is_long=True),
    ]
    here.output.rows(found, columns)


@jobs.command
def get(job_id: str, *, here: Here) -> None:
    """Show a job."""
    found = here.weft.jobs.get(job_id)
    fields = [
        ("id", found.job_id),
        ("kind", found.kind),
        ("status", found.status),
        ("why", found.error or found.reason),
        ("session", found.session_id),
        ("namespace", found.namespace),
        ("memories", found.memory_ids),
        ("counts", [f"{count} {name}" for name, count in found.counts.items()]),
        ("attempts", found.attempts),
        ("created", found.created_at),
        ("updated", found.updated_at),
    ]
    here.output.record(found, fields)


@jobs.command
def follow(job_id: str, *, here: Here) -> int:
    """Wait for a job; ends with 1 where it failed."""
    seen: list[Job] = []
    here.output.each(_told(job, seen) for job in here.weft.jobs.follow(job_id))
    return 0 if seen and seen[-1].status != "failed" else 1


def _told(job: "Job", seen: list["Job"]) -> tuple[Any, ...]:
    seen.append(job)
    why = job.error or job.reason
    said = f"{job.job_id} is {job.status}{f': {why}' if why else ''}"
    return job, said, job.job_id, job.status, why


@jobs.command
def retry(job_id: str, *, here: Here) -> None:
    """Try a job once more that failed, came out empty, or waits."""
    job = here.weft.jobs.retry(job_id)
    here.output.done(job, f"{job.job_id} is {job.status}.", job.job_id)
