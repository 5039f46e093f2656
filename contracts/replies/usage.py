"""How much a workspace has and uses."""

from datetime import date

from pydantic import Field

from contracts.base import JobKind, JobStatus, MemoryType, Plan, SessionStatus, Word


class Measured(Word):
    """How many there are, and how many of them were added since the period began."""

    count: int
    added: int


class MemoryUsage(Word):
    """What a workspace has in the memory service, by kind. Bytes are those of the values as they are stored, without
    indexes and what rows cost beside them."""

    plan: Plan
    memory_limit: int | None
    contents: dict[str, Measured]
    log_bytes: int
    read_model_bytes: int


class OverviewDay(Word):
    """A day (UTC): what was stored by type, and begun. `observations` are those of the sessions that began then."""

    day: date
    memories: dict[MemoryType, int] = Field(default_factory=dict)
    sessions: int = 0
    observations: int = 0
    documents: int = 0


class LogPosition(Word):
    """The seq of the last event in the log, and of the last that went out to its readers."""

    head: int
    published: int


class Overview(Word):
    """What a workspace has and does, in the namespaces that the asker may read.

    `memories` and `sessions` as they are now, by type and status; `jobs` of the days that were asked for, by kind and
    status. Of the whole workspace: `behind`, by how many events the log is ahead of the first that a service has yet to
    work on (null where that can't be said at present), and `parked`, the messages that a service could not handle.
    """

    workspace_id: str
    memories: dict[MemoryType, int]
    sessions: dict[SessionStatus, int]
    jobs: dict[JobKind, dict[JobStatus, int]]
    days: tuple[OverviewDay, ...]
    log: LogPosition
    behind: dict[str, int | None]
    parked: dict[str, int]


class ModelCalls(Word):
    """Calls of a model that somebody pays for. `cost` is null where there are no prices."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None


class ServiceUsage(Word):
    """What a workspace has in another service. `bytes` is null where that can't be said."""

    bytes: int | None
    this_period: ModelCalls = ModelCalls()
    in_all: ModelCalls = ModelCalls()
