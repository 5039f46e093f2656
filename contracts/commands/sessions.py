"""What is ordered of sessions."""

from typing import Annotated

from pydantic import Field

from contracts.base import (
    EndReason,
    Injected,
    Metadata,
    Moment,
    Name,
    NamespaceKey,
    Narrative,
    Observation,
    ProjectPath,
    SessionId,
    extraction_job_id,
)
from contracts.commands.base import Command


class SessionCommand(Command):
    """About one session; its jobs are reached through it."""

    entity = "session"

    session_id: SessionId

    @property
    def entity_id(self) -> str:
        return self.session_id

    @property
    def job_id(self) -> str:
        return extraction_job_id(self.workspace_id, self.session_id)


class StartSession(SessionCommand):
    """`injected`: what the agent is given at once, as the gateway chose it."""

    verb = "start"

    project_path: ProjectPath
    project_name: Name | None = None
    branch_name: Name | None = None
    user_id: Name | None = None
    metadata: Metadata = Field(default_factory=dict)
    namespace: NamespaceKey | None = None
    injected: Annotated[tuple[Injected, ...], Field(max_length=1_000)] = ()


class RecordObservations(SessionCommand):
    """What happened, in the order in which it happened."""

    verb = "observe"

    observations: Annotated[tuple[Observation, ...], Field(min_length=1, max_length=500)]


class EndSession(SessionCommand):
    """`silent_since` is the sweeper's: the session ends only if nothing was heard of it since."""

    verb = "end"

    summary: Narrative | None = None
    reason: EndReason = "client"
    silent_since: Moment | None = None


class RetryExtraction(SessionCommand):
    """Has a session's job done once more that had ended without a memory, or waits."""

    verb = "retry"
