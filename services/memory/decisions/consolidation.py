"""Decisions about near duplicates: folding them into one memory, and giving them their place again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from contracts.base import CONSOLIDATED_MAX, Brought, Grants, MemoryType
from contracts.commands import ConsolidateMemories, ReviseMemory, Seen, UndoConsolidation
from contracts.events import AnyEvent, MemoryConsolidated, MemoryFolded, MemoryRevised
from contracts.replies import Refusal
from services.memory.decisions.grants import at_revision
from services.memory.decisions.importance import PINNED
from services.memory.decisions.outcomes import Decision, Happened
from services.memory.decisions.state import MemoryState, WorkspaceState

LEFT_ALONE: tuple[MemoryType, ...] = ("wiki", "sdlc_knowledge")
"""What people write as reference: twice the same is their business."""
LISTS = {"tags": 64, "concepts": 64, "source_files": 256}
"""What a memory gains from those that are folded into it, and how much of it there is room for."""
MADE_OF = ("title", "narrative", "memory_type")
"""What makes a memory a near duplicate of another."""


def decide(state: WorkspaceState, command: ConsolidateMemories | UndoConsolidation) -> Decision | Refusal:
    return fold(state, command) if isinstance(command, ConsolidateMemories) else undo(state, command)


def fold(state: WorkspaceState, command: ConsolidateMemories) -> Decision | Refusal:
    """Who is folded takes along what is folded into it: nothing stands behind what stands behind another."""
    survivor = at_revision(state, command.memory_id, command.grants, command.expected_revision)
    if isinstance(survivor, Refusal):
        return survivor
    others = _others(state, command.others, command.grants)
    if isinstance(others, Refusal):
        return others
    if (why := _why_not(survivor, others)) is not None:
        return Refusal(code="not_to_be_consolidated", detail=why)
    happened: list[Happened] = []
    for other in others:
        moving = [it for it in map(state.alive, other.consolidated_from) if it is not None]
        if other.consolidated_from:
            happened.append(_alone(other))
        happened += [_folded(it, survivor.memory_id) for it in (other, *moving)]
    joined = [it for other in others for it in (other.memory_id, *other.consolidated_from)]
    lists = _Lists.of(survivor)
    for other in others:  # what is folded into it has brought its part along before
        lists = lists.joined_by(other)
    return Decision((*happened, _said(survivor, (*survivor.consolidated_from, *joined), lists)))


def undo(state: WorkspaceState, command: UndoConsolidation) -> Decision | Refusal:
    """They stay apart from now on: what somebody undid, nightly work does not do again."""
    survivor = at_revision(state, command.memory_id, command.grants, None)
    if isinstance(survivor, Refusal):
        return survivor
    if not survivor.consolidated_from:
        detail = f"Nothing is folded into memory '{command.memory_id}'."
        return Refusal(code="not_consolidated", detail=detail)
    members = [it for it in map(state.alive, survivor.consolidated_from) if it is not None]
    return Decision((*(_folded(it, None, apart=True) for it in members), _alone(survivor, apart=True)))


def taken_over(
    survivor: MemoryState, members: Sequence[MemoryState], brought: Mapping[str, tuple[str, ...]]
) -> Decision | Refusal:
    """Folds memories as they were folded elsewhere: that is no change of the one, and nobody judges anew whether they
    are alike. What they are said to have brought counts as far as one of them has it."""
    if any(it.consolidated_into is not None or it.consolidated_from for it in (survivor, *members)):
        return Refusal(
            code="not_to_be_consolidated", detail="One of the memories is part of another consolidation here."
        )
    if {it.namespace for it in members} != {survivor.namespace}:
        return Refusal(code="not_to_be_consolidated", detail="The memories are not of one namespace here.")
    lists = _Lists.of(survivor).with_brought(brought).kept_by(members)
    said = _said(survivor, tuple(it.memory_id for it in members), lists, revision=survivor.revision)
    event = said.event.model_copy(update={"updated_at": survivor.updated_at})
    return Decision((*(_folded(it, survivor.memory_id) for it in members), replace(said, event=event)))


def revised(found: MemoryState, command: ReviseMemory, changed: Mapping[str, object]) -> tuple[Happened, ...]:
    """The revision of a memory into which others are folded. Its lists are said twice: in the revision what of them is
    its author's, after it the whole. So what others brought is in no event that stays when these are deleted.
    """
    lists = _Lists.of(found).rewritten(changed)
    own = {name: value for name, value in lists.own().items() if name in changed}
    event = MemoryRevised.model_validate({"memory_id": found.memory_id, "evidence": command.evidence, **changed, **own})
    after = replace(found, revision=found.revision + 1 if changed else found.revision)
    said = _said(after, found.consolidated_from, lists, revision=after.revision)
    return (Happened(found.memory_id, event), *((said,) if own else ()))


def let_go(state: WorkspaceState, found: MemoryState, changed: Mapping[str, object]) -> tuple[Happened, ...]:
    """A folded memory stands for itself again once it says something else, is of another type, or is pinned."""
    is_other = any(name in changed for name in MADE_OF) or changed.get("importance_score") == PINNED
    if found.consolidated_into is None or not is_other:
        return ()
    return (_folded(found, None), *_without(state, {found.memory_id}))


def deleted_with(state: WorkspaceState, memory_ids: Collection[str]) -> tuple[Happened, ...]:
    """What else happens when these are deleted: what is folded into them stands for itself again, and what they are
    folded into has no more of them.
    """
    going = set(memory_ids)
    survivors = [it for it in map(state.alive, memory_ids) if it is not None and it.consolidated_from]
    released = [state.alive(it) for survivor in survivors for it in survivor.consolidated_from if it not in going]
    return (*(_folded(it, None) for it in released if it is not None), *_without(state, going))


def forgotten(before: MemoryState, event: AnyEvent) -> frozenset[str]:
    """What stood in the memory's lists, and stands there no more."""
    if not isinstance(event, MemoryConsolidated):
        return frozenset()
    return frozenset(it for name in LISTS for it in set(getattr(before, name)) - set(getattr(event, name)))


def _without(state: WorkspaceState, gone: Collection[str]) -> Iterable[Happened]:
    """What is said of the memories that these are folded into, and that stay."""
    found = [it for it in map(state.alive, sorted(gone)) if it is not None and it.consolidated_into not in gone]
    for survivor_id in dict.fromkeys(it.consolidated_into for it in found if it.consolidated_into is not None):
        survivor = state.alive(survivor_id)
        assert survivor is not None  # it would have let go of them when it was deleted
        left = tuple(it for it in survivor.consolidated_from if it not in gone)
        members = [it for it in map(state.alive, left) if it is not None]
        yield _said(survivor, left, _Lists.of(survivor).kept_by(members))


def _others(state: WorkspaceState, seen: Iterable[Seen], grants: Grants) -> list[MemoryState] | Refusal:
    found = []
    for each in seen:
        other = at_revision(state, each.memory_id, grants, each.revision)
        if isinstance(other, Refusal):
            return other
        found.append(other)
    return found


def _why_not(survivor: MemoryState, others: Iterable[MemoryState]) -> str | None:
    """In words for people; None where nothing speaks against it."""
    others = list(others)
    if any(it.consolidated_into is not None for it in (survivor, *others)):
        return "One of the memories is folded into another already."
    if {(it.namespace, it.memory_type) for it in others} != {(survivor.namespace, survivor.memory_type)}:
        return "The memories are not of one namespace and one type."
    if survivor.memory_type in LEFT_ALONE:
        return f"Memories of type {survivor.memory_type} are left alone."
    if any(it.importance_score >= PINNED for it in others):
        return "One of the memories is pinned."
    if any(it.apart for it in (survivor, *others)):
        return "One of the memories was taken out of a consolidation, and stays apart."
    if len(survivor.consolidated_from) + sum(1 + len(it.consolidated_from) for it in others) > CONSOLIDATED_MAX:
        return f"More than {CONSOLIDATED_MAX} memories would be folded into one."
    return None


def _folded(found: MemoryState, into: str | None, *, apart: bool = False) -> Happened:
    return Happened(found.memory_id, MemoryFolded(memory_id=found.memory_id, into=into, apart=apart))


def _alone(survivor: MemoryState, *, apart: bool = False) -> Happened:
    return _said(survivor, (), _Lists.of(survivor).kept_by(()), apart=apart)


def _said(
    survivor: MemoryState,
    consolidated_from: tuple[str, ...],
    lists: "_Lists",
    *,
    apart: bool = False,
    revision: int | None = None,
) -> Happened:
    event = MemoryConsolidated(
        memory_id=survivor.memory_id,
        consolidated_from=consolidated_from,
        **lists.shown,
        brought=Brought(**lists.brought),
        revision=survivor.revision + 1 if revision is None else revision,
        apart=apart,
    )
    return Happened(survivor.memory_id, event)


@dataclass(frozen=True, slots=True)
class _Lists:
    """A memory's lists by name: all that is shown, and the part that others brought."""

    shown: dict[str, tuple[str, ...]]
    brought: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, found: MemoryState) -> "_Lists":
        return cls(
            {name: getattr(found, name) for name in LISTS}, {name: getattr(found.brought, name) for name in LISTS}
        )

    def own(self) -> dict[str, tuple[str, ...]]:
        """What is its author's."""
        return {name: tuple(it for it in self.shown[name] if it not in self.brought[name]) for name in LISTS}

    def joined_by(self, other: MemoryState) -> "_Lists":
        """With what `other` has, as far as there is room."""
        return self.with_brought({name: getattr(other, name) for name in LISTS})

    def with_brought(self, brought: Mapping[str, tuple[str, ...]]) -> "_Lists":
        """With what others brought, as far as there is room."""
        shown, taken = dict(self.shown), dict(self.brought)
        for name, most in LISTS.items():
            new = tuple(it for it in dict.fromkeys(brought[name]) if it not in shown[name])
            new = new[: max(0, most - len(shown[name]))]
            shown[name], taken[name] = (*shown[name], *new), (*taken[name], *new)
        return _Lists(shown, taken)

    def kept_by(self, members: Iterable[MemoryState]) -> "_Lists":
        """Of what others brought, that which one of `members` has."""
        members = list(members)
        brought = {
            name: tuple(it for it in self.brought[name] if any(it in getattr(member, name) for member in members))
            for name in LISTS
        }
        gone = {name: set(self.brought[name]) - set(brought[name]) for name in LISTS}
        return _Lists({name: tuple(it for it in self.shown[name] if it not in gone[name]) for name in LISTS}, brought)

    def rewritten(self, changed: Mapping[str, object]) -> "_Lists":
        """As the author writes them. What others brought, and he leaves standing, stays theirs."""
        shown: dict[str, tuple[str, ...]] = {
            name: changed[name] if name in changed else self.shown[name]  # type: ignore[misc]
            for name in LISTS
        }
        return _Lists(shown, {name: tuple(it for it in self.brought[name] if it in shown[name]) for name in LISTS})
