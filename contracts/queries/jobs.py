"""What is asked about jobs."""

from typing import Annotated

from pydantic import Field

from contracts.base import JobStatus, Text
from contracts.queries.base import Offset, Readable, WorkspaceQuestion


class ListJobs(WorkspaceQuestion):
    """A page of jobs (contracts.replies.Job), the newest first."""

    service, name = "memory", "jobs"

    readable: Readable = None
    status: JobStatus | None = None
    limit: Annotated[int, Field(ge=1, le=500, strict=True)] = 50
    offset: Offset = 0


class GetJob(WorkspaceQuestion):
    service, name = "memory", "job"

    job_id: Text
    readable: Readable = None
