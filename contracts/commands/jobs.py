"""What is ordered of jobs."""

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.base import Counts, JobId, JobStatus, MaintenanceTask, MemoryId, NamespaceKey, Reason, maintenance_job_id
from contracts.commands.base import Command


class RecordJob(Command):
    """Where a job is. `reason` says why it is `waiting` or `empty`, `error` is the class of failure."""

    entity = "job"
    verb = "record"

    job_id: JobId
    status: JobStatus
    reason: Reason | None = None
    error: Reason | None = None
    counts: Counts = Field(default_factory=dict)
    memory_ids: Annotated[tuple[MemoryId, ...], Field(max_length=100)] = ()

    @property
    def entity_id(self) -> str:
        return self.job_id


class StartMaintenance(Command):
    """Has one task of nightly work done in one namespace, as the job of that day (UTC)."""

    entity = "job"
    verb = "maintain"

    namespace: NamespaceKey
    task: MaintenanceTask
    day: date

    @property
    def job_id(self) -> str:
        return maintenance_job_id(self.workspace_id, self.namespace, self.task, self.day)

    @property
    def entity_id(self) -> str:
        return self.job_id
