"""What each plan allows (SPEC 3.7), and when a workspace should prune."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.base import Plan
from contracts.replies import Refusal
from services.memory.decisions.state import WorkspaceState


@dataclass(frozen=True, slots=True)
class Limits:
    """None means that there is no limit."""

    memories: int | None
    retention_days: int | None
    keys: int | None


PLANS: dict[str, Limits] = {
    "free": Limits(memories=500, retention_days=30, keys=1),
    "pro": Limits(memories=10_000, retention_days=None, keys=3),
    "team": Limits(memories=None, retention_days=None, keys=None),
}
FIRST_PLAN: Plan = "team"
"""Where a self-hosted install starts."""


def no_room(state: WorkspaceState) -> Refusal | None:
    """Why the workspace may not have one memory more."""
    limit = PLANS[state.plan or FIRST_PLAN].memories
    if limit is None or state.memory_count < limit:
        return None
    return Refusal(code="memory_limit_reached", detail=f"The plan's limit of {limit} memories is reached.")


NEAR_LIMIT = 0.9
"""From this share of the limit on, a workspace is told what it could prune."""

PRUNING_IMPORTANCE_BELOW = 0.3
PRUNING_UNREAD_FOR = timedelta(days=90)


def is_near_limit(plan: str, memory_count: int) -> bool:
    limit = PLANS[plan].memories
    return limit is not None and memory_count >= NEAR_LIMIT * limit


@dataclass(frozen=True, slots=True)
class Pruning:
    """A memory is a candidate if it is less important, older, and was last opened (or made) longer ago than this."""

    importance_below: float
    made_before: datetime
    opened_before: datetime


def pruning(plan: str, now: datetime) -> Pruning:
    """Where the plan keeps memories for ever, age alone rules nothing out: being unread for 90 days decides."""
    days = PLANS[plan].retention_days
    return Pruning(
        importance_below=PRUNING_IMPORTANCE_BELOW,
        made_before=now - timedelta(days=days) if days is not None else now,
        opened_before=now - PRUNING_UNREAD_FOR,
    )
