"""What the copies of a workspace are made from, asked of the memory service: memories as they are now, and the log."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from contracts import subjects
from contracts.events import CloudEvent
from contracts.queries import EveryWorkspace, GetMemories, ReadLog
from services.kit.bus import Bus

READ_MAX = 100
READ_TIMEOUT_S = 5.0


async def read_memories(bus: Bus, workspace_id: str, memory_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Those that are there: `memory` as its users see it, `version`, `content_hash`. Raises Unavailable."""
    found: list[dict[str, Any]] = []
    for start in range(0, len(memory_ids), READ_MAX):
        asked = GetMemories(workspace_id=workspace_id, memory_ids=tuple(memory_ids[start : start + READ_MAX]))
        found += (await bus.ask(subjects.query(asked), asked, READ_TIMEOUT_S))["body"]
    return found


def is_folded(found: Mapping[str, Any]) -> bool:
    """Whether a memory, as read_memories gives it, is folded into another: it is there, but in no list and no graph."""
    return found["memory"]["consolidated_into"] is not None


async def read_log(bus: Bus, workspace_id: str, after_seq: int, timeout_s: float = READ_TIMEOUT_S) -> list[CloudEvent]:
    """The next events of the workspace, in order; none at the end of the log. Raises Unavailable."""
    asked = ReadLog(workspace_id=workspace_id, after_seq=after_seq)
    answer = await bus.ask(subjects.query(asked), asked, timeout_s)
    return [CloudEvent.model_validate(each) for each in answer["body"]]


async def counts(bus: Bus, timeout_s: float = READ_TIMEOUT_S) -> dict[str, int]:
    """Every workspace, with its count of memories. Raises Unavailable."""
    asked = EveryWorkspace()
    found: dict[str, int] = (await bus.ask(subjects.query(asked), asked, timeout_s))["body"]
    return found


async def ended(bus: Bus, ours: Collection[str], timeout_s: float = READ_TIMEOUT_S) -> list[str]:
    """Those of the workspaces that we know, that the memory service knows no more. It must be asked after `ours` were
    looked up: one that was opened in between is not among them. Raises Unavailable.
    """
    return sorted(set(ours) - (await counts(bus, timeout_s)).keys())
