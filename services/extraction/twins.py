"""Which near duplicates are folded into which memory. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from contracts.base import StrictWord
from contracts.commands import Seen
from services.extraction.merging import PINNED

SAME_FROM = 0.95
"""Cosine from which two memories say nearly the same (SPEC 3.12)."""
LEFT_ALONE = ("wiki", "sdlc_knowledge")
"""What people write as reference."""
OTHERS_MAX = 20
"""As many as one command may fold into a memory."""


class Fold(StrictWord):
    """One order: these into that, each as it was looked at."""

    task: Literal["fold"] = "fold"
    survivor: Seen
    others: tuple[Seen, ...]

    @property
    def memory_id(self) -> str:
        return self.survivor.memory_id

    @property
    def memories(self) -> int:
        """How many it changes the place of."""
        return len(self.others)


@dataclass(frozen=True, slots=True)
class Twin:
    """A memory that has a near duplicate."""

    memory_id: str
    revision: int
    namespace: str
    memory_type: str
    importance: float
    created_at: datetime
    by_hand: bool
    is_consolidated: bool

    @property
    def is_pinned(self) -> bool:
        return self.importance >= PINNED

    @property
    def seen(self) -> Seen:
        return Seen(memory_id=self.memory_id, revision=self.revision)


def twin_of(found: Mapping[str, Any]) -> Twin | None:
    """A memory as GetMemories answers it, as JSON; None for one that is folded already, or to be left alone."""
    memory = found["memory"]
    if memory["consolidated_into"] is not None or found["apart"] or memory["memory_type"] in LEFT_ALONE:
        return None
    return Twin(
        memory_id=memory["memory_id"],
        revision=memory["revision"],
        namespace=memory["namespace"],
        memory_type=memory["memory_type"],
        importance=memory["importance_score"],
        created_at=datetime.fromisoformat(memory["created_at"]),
        by_hand=found["by_hand"],
        is_consolidated=memory["is_consolidated"],
    )


def folds(twins: Iterable[Twin], pairs: Iterable[tuple[str, str, float]]) -> list[Fold]:
    """What to order, given (one, other, cosine). Each memory is in one group at most, and near to its survivor itself:
    a chain of near duplicates, whose ends say different things, is not followed.

    The survivor is the one that is pinned, else one by hand, else one that others are folded into already (so that the
    next near duplicate does not take its place), else the most important, the newest, by id.
    """
    known = {it.memory_id: it for it in twins}
    near = _near(known, pairs)
    passed = set[str]()
    orders: list[Fold] = []
    for survivor in sorted(known.values(), key=_rank):
        if survivor.memory_id in passed:
            continue
        others = [it for it in sorted(near[survivor.memory_id], key=_rank) if _may_be_folded(it, passed)]
        passed |= {survivor.memory_id, *(it.memory_id for it in others)}
        orders += _orders(survivor, others)
    return orders


def _near(known: Mapping[str, Twin], pairs: Iterable[tuple[str, str, float]]) -> Mapping[str, set[Twin]]:
    near: dict[str, set[Twin]] = defaultdict(set)
    for one, other, cosine in pairs:
        first, second = known.get(one), known.get(other)
        if cosine >= SAME_FROM and first is not None and second is not None and _are_of_a_kind(first, second):
            near[one].add(second)
            near[other].add(first)
    return near


def _are_of_a_kind(one: Twin, other: Twin) -> bool:
    return (one.namespace, one.memory_type) == (other.namespace, other.memory_type) and one.memory_id != other.memory_id


def _may_be_folded(twin: Twin, passed: set[str]) -> bool:
    """`passed`: those that come before it, and those that are folded elsewhere."""
    return not twin.is_pinned and twin.memory_id not in passed


def _rank(twin: Twin) -> tuple[Any, ...]:
    return (
        not twin.is_pinned,
        not twin.by_hand,
        not twin.is_consolidated,
        -twin.importance,
        -twin.created_at.timestamp(),
        twin.memory_id,
    )


def _orders(survivor: Twin, others: list[Twin]) -> list[Fold]:
    """As many as there must be; each raises the survivor's revision by one."""
    parts = [others[start : start + OTHERS_MAX] for start in range(0, len(others), OTHERS_MAX)]
    return [
        Fold(
            survivor=Seen(memory_id=survivor.memory_id, revision=survivor.revision + number),
            others=tuple(it.seen for it in part),
        )
        for number, part in enumerate(parts)
    ]
