"""Sessions, and what came of them."""

from typing import Literal

from pydantic import Field

from contracts.base import EndReason, Injected, Metadata, Moment, Observation, Quote, SessionStatus, Word
from contracts.replies.memories import Memory


class Session(Word):
    """A session as its users see it. `injected` are the memories that it was given when it started.

    `last_seen_at` is when something was last heard of it; `ended_by` is null until it ended.
    """

    session_id: str
    workspace_id: str
    namespace: str
    project_path: str
    project_name: str | None = None
    branch_name: str | None = None
    user_id: str | None = None
    metadata: Metadata = Field(default_factory=dict)
    status: SessionStatus
    started_at: Moment
    last_seen_at: Moment
    ended_at: Moment | None = None
    ended_by: EndReason | None = None
    summary: str | None = None
    observation_count: int = 0
    injected: tuple[Injected, ...] = ()
    extraction_job_id: str | None = None
    estimated_memories: int | None = None


class Observed(Observation):
    """An observation with its number in the session, the first being 0."""

    number: int


class Learnt(Word):
    """A memory that came of a session: `stored` by it, or already there and `revised`; and the quotes it rests on.

    A quote without an observation is from the session's summary.
    """

    memory: Memory
    change: Literal["stored", "revised"]
    at: Moment
    extractor: str
    quotes: tuple[Quote, ...] = ()


class Taken(Word):
    """Observations that were taken, by their ids in order, and how many the session has now."""

    session_id: str
    observation_ids: tuple[str, ...]
    observation_count: int


class Ended(Word):
    """A session that ended. How many memories it will make is a guess (SPEC 3.13), between 0 and 20."""

    session_id: str
    status: SessionStatus
    extraction_job_id: str | None
    estimated_memories: int | None
