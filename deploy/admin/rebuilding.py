"""Rebuilding what is derived from the log, and comparing the log with read tables, index and graph."""

from collections.abc import Mapping
from typing import Any

from contracts import subjects
from contracts.queries import EveryWorkspace, OfWorkspace
from deploy.admin.bus import REBUILD_TIMEOUT_S, Operator, body

LIST_TIMEOUT_S = 10.0

COPIES = {"index": "search", "graph": "graph"}
"""What holds every memory once more, and the service that keeps it."""


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


async def verify(
    operator: Operator, workspace_id: str, copies: Mapping[str, str] = COPIES
) -> tuple[int, int, list[str]]:
    """The number of events and of memories in the log, and every difference from it that was found."""
    asked = OfWorkspace(workspace_id=workspace_id)
    digests = {name: await operator.request(service, "digest", asked) for name, service in copies.items()}
    log = await operator.request("memory", "verify", asked)
    differences = list(log["differences"])
    for name, digest in digests.items():
        differences += _differences(name, digest, log["memories"])
    if "index" in copies:
        chunks = await operator.request(copies["index"], "digest_documents", asked)
        differences += _of_documents(chunks, log["documents"])
    return log["events"], len(log["memories"]), differences


async def rebuild_people(operator: Operator) -> int:
    """How many accounts there are, now that their rows are what their log says."""
    return int((await operator.request("memory", "rebuild_people", EveryWorkspace(), REBUILD_TIMEOUT_S))["accounts"])


async def verify_people(operator: Operator) -> list[str]:
    """Every difference between the rows about people and their log."""
    found: list[str] = await operator.request("memory", "verify_people", EveryWorkspace())
    return found


def _of_documents(digest: list[dict[str, Any]], documents: list[dict[str, Any]]) -> list[str]:
    """What is other than the log's `documents` in what the index says of chunks."""
    found = {(each["document_id"], each["version"]): each["chunks"] for each in digest}
    logged = {(each["document_id"], each["version"]): each["chunks"] for each in documents}
    return [
        f"{document_id}: {found.get(it, 0)} chunks of version {version} in the index, {logged.get(it, 0)} in the log"
        for it in sorted(found.keys() | logged.keys())
        if found.get(it) != logged.get(it)
        for document_id, version in [it]
    ]


def _differences(name: str, digest: list[dict[str, Any]], memories: list[dict[str, Any]]) -> list[str]:
    """What is other than the log's `memories` in what a service says that it has."""
    found = {each["memory_id"]: each for each in digest}
    differences = []
    for memory in memories:
        known = found.pop(memory["memory_id"], None)
        if known is None:
            differences.append(f"{memory['memory_id']}: in the log, not in the {name}")
        elif known["content_hash"] != memory["content_hash"] or known["version"] < memory["version"]:
            differences.append(f"{memory['memory_id']}: the {name} is at an older version")
    return differences + [f"{memory_id}: in the {name}, not in the log" for memory_id in found]
