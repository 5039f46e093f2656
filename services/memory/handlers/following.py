"""Who may know what became of a command: its answer shows what it was about."""

from typing import Any

from contracts.queries import GetCommand
from services.kit.postgres import Connection
from services.memory.store import documents, memories, sessions

_OF_MEMORIES = ("memory_id", "source_memory_id", "target_memory_id")
_OF_MANAGEMENT = ("tenant_id", "is_default")
"""What only answers about workspaces, keys and namespaces have."""


async def may_follow(connection: Connection, asked: GetCommand, body: Any) -> bool:
    """Whether everything that an answer is about may be read by the asker, as far as it is still there."""
    if not isinstance(body, dict):
        return True
    if any(name in body for name in _OF_MANAGEMENT):
        return asked.managing
    if asked.readable is None:
        return True
    return await _namespaces(connection, asked.workspace_id, body) <= set(asked.readable)


async def _namespaces(connection: Connection, workspace_id: str, body: dict[str, Any]) -> set[str]:
    """Those of the memories, the session and the document that are named in an answer."""
    if "namespace" in body:
        return {body["namespace"]}
    named = [body[each] for each in _OF_MEMORIES if each in body]
    found = {each.namespace for each in (await memories.get(connection, workspace_id, named)).values()}
    if "session_id" in body:
        held = await sessions.get(connection, workspace_id, [body["session_id"]])
        found |= {each.namespace for each in held.values()}
    if body.get("document_id") is not None:
        kept = await documents.get(connection, workspace_id, [body["document_id"]])
        found |= {each.namespace for each in kept.values()}
    return found
