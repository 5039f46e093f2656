"""Examples that tests share: commands and events with everything filled in, one field at a time to override."""

from typing import Any
from uuid import UUID, uuid4

from contracts.base import Grants, memory_id_from, now, workspace_id_from
from contracts.commands import (
    DeleteMemories,
    DeleteMemory,
    DeleteRelationship,
    KeyDraft,
    MakeRelationship,
    MemoryChanges,
    MemoryDraft,
    OpenWorkspace,
    RecordAccess,
    RecordRetrieval,
    ReviseMemory,
    StoreMemory,
)

OWN = Grants(read=("default",), write=("default",), default="default")
"""What the first key of a workspace may do."""

NARRATIVE = "Every query goes through the pool. A connection per request exhausted the server under load."


def a_workspace_id() -> str:
    return workspace_id_from(uuid4())


def a_memory_id() -> str:
    return memory_id_from(uuid4())


def a_draft(**fields: Any) -> MemoryDraft:
    filled = {
        "title": "Use the connection pool",
        "narrative": NARRATIVE,
        "memory_type": "decision",
        "tags": ("database", "pool"),
        "concepts": ("pooling",),
        "source_files": ("app/db.py",),
        "importance_score": 0.7,
        "confidence_score": 0.8,
    }
    return MemoryDraft.model_validate(filled | fields)


def _order(workspace_id: str, **fields: Any) -> dict[str, Any]:
    sent = {
        "command_id": uuid4(),
        "attempt": uuid4(),
        "workspace_id": workspace_id,
        "actor": "key:test0001",
        "grants": OWN,
        "issued_at": now(),
    }
    return sent | fields


def store(workspace_id: str, draft: MemoryDraft | None = None, **fields: Any) -> StoreMemory:
    return StoreMemory(**_order(workspace_id, **{"memory_id": a_memory_id(), "draft": draft or a_draft()} | fields))


def revise(workspace_id: str, memory_id: str, changes: dict[str, Any], **fields: Any) -> ReviseMemory:
    return ReviseMemory(**_order(workspace_id, memory_id=memory_id, changes=MemoryChanges(**changes), **fields))


def delete(workspace_id: str, memory_id: str, **fields: Any) -> DeleteMemory:
    return DeleteMemory(**_order(workspace_id, memory_id=memory_id, **fields))


def delete_batch(workspace_id: str, *memory_ids: str, **fields: Any) -> DeleteMemories:
    return DeleteMemories(**_order(workspace_id, memory_ids=memory_ids, **fields))


def access(workspace_id: str, memory_id: str, **fields: Any) -> RecordAccess:
    return RecordAccess(**_order(workspace_id, memory_id=memory_id, **fields))


def retrieval(workspace_id: str, memory_id: str, **fields: Any) -> RecordRetrieval:
    return RecordRetrieval(**_order(workspace_id, memory_id=memory_id, **fields))


def make_relationship(workspace_id: str, source: str, target: str, **fields: Any) -> MakeRelationship:
    ends = {"source_memory_id": source, "target_memory_id": target, "relationship_type": "depends_on"}
    return MakeRelationship(**_order(workspace_id, **ends | fields))


def delete_relationship(workspace_id: str, relationship_id: UUID, **fields: Any) -> DeleteRelationship:
    return DeleteRelationship(**_order(workspace_id, relationship_id=relationship_id, **fields))


def open_workspace(workspace_id: str, **fields: Any) -> OpenWorkspace:
    key = KeyDraft(key_id=uuid4(), public_id=uuid4().hex[:8], secret_hash="0" * 64, name="first", grants=OWN)
    return OpenWorkspace(**_order(workspace_id, **{"name": "Project", "key": key} | fields))
