"""Rebuilding what is derived from the log, and comparing log, read tables and index."""

from contracts import subjects
from contracts.queries import EveryWorkspace, OfWorkspace
from deploy.admin.bus import REBUILD_TIMEOUT_S, Operator, body

LIST_TIMEOUT_S = 10.0


async def workspaces(operator: Operator, only: str | None) -> list[str]:
    """The ids of all workspaces, or the one that is asked for."""
    if only is not None:
        return [only]
    answer = await operator.bus.ask(subjects.query(EveryWorkspace), EveryWorkspace(), LIST_TIMEOUT_S)
    return sorted(body(answer))


async def rebuild(operator: Operator, service: str, workspace_id: str) -> int:
    """How many memories the new copy has; it is in use when this returns."""
    answer = await operator.request(service, "rebuild", OfWorkspace(workspace_id=workspace_id), REBUILD_TIMEOUT_S)
    return int(answer["memories"])


async def verify(operator: Operator, workspace_id: str) -> tuple[int, int, list[str]]:
    """The number of events and of memories in the log, and every difference from it that was found."""
    asked = OfWorkspace(workspace_id=workspace_id)
    index = {each["memory_id"]: each for each in await operator.request("search", "digest", asked)}
    log = await operator.request("memory", "verify", asked)
    differences = list(log["differences"])
    for memory in log["memories"]:
        found = index.pop(memory["memory_id"], None)
        if found is None:
            differences.append(f"{memory['memory_id']}: in the log, not in the index")
        elif found["content_hash"] != memory["content_hash"] or found["version"] < memory["version"]:
            differences.append(f"{memory['memory_id']}: the index is at an older version")
    differences += [f"{memory_id}: in the index, not in the log" for memory_id in index]
    return log["events"], len(log["memories"]), differences
