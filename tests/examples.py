"""Examples that tests share: commands and events with everything filled in, one field at a time to override."""

from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from contracts.base import (
    NO_GRANTS,
    Grants,
    Observation,
    Scope,
    memory_id_from,
    namespace_id,
    now,
    observation_id_from,
    session_id_from,
    workspace_id_from,
)
from contracts.commands import (
    AssignWorkspace,
    ChangeDocument,
    ChangeNamespace,
    ChangeScopes,
    ChangeWebhook,
    ChangeWorkspace,
    ConsolidateMemories,
    CreateNamespace,
    CreateWebhook,
    DeleteDocument,
    DeleteMemories,
    DeleteMemory,
    DeleteRelationship,
    DeleteWebhook,
    DeleteWorkspace,
    DocumentChanges,
    EndSession,
    FinishDocument,
    ImportConsolidation,
    ImportMemory,
    ImportObservations,
    ImportRelationship,
    ImportSession,
    IngestDocument,
    IssueKey,
    KeyDraft,
    MakeRelationship,
    MemoryChanges,
    MemoryDraft,
    OpenWorkspace,
    Ranked,
    RateMemory,
    RecalculateImportance,
    RecordAccess,
    RecordChunks,
    RecordExport,
    RecordFindings,
    RecordImport,
    RecordJob,
    RecordObservations,
    RecordRetrieval,
    RenameKey,
    RetryDocument,
    RetryExtraction,
    ReviseMemory,
    RevokeKey,
    RotateKey,
    RotateWebhook,
    Seen,
    StartMaintenance,
    StartSession,
    StoreMemory,
    UndoConsolidation,
)
from contracts.documents import (
    Blob,
    Chunk,
    Entity,
    Fact,
    Section,
    chunk_id,
    entity_id,
    fact_id,
    section_id,
)
from contracts.transfer import ConsolidationLine, MemoryLine, ObservationsLine, RelationshipLine, SessionLine

OWN = Grants(read=("default",), write=("default",), default="default")
"""What the first key of a workspace may do."""

NARRATIVE = "Every query goes through the pool. A connection per request exhausted the server under load."


def a_workspace_id() -> str:
    return workspace_id_from(uuid4())


def a_memory_id() -> str:
    return memory_id_from(uuid4())


def mistyped(key: str) -> str:
    """`key` with another last digit: its sum is wrong, whatever the key is."""
    return key[:-1] + ("1" if key.endswith("0") else "0")


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


def consolidate(
    workspace_id: str, memory_id: str, *others: str, revision: int = 1, **fields: Any
) -> ConsolidateMemories:
    """All of them at revision 1, if nothing else is said."""
    seen = tuple(Seen(memory_id=it, revision=1) for it in others)
    asked = {"memory_id": memory_id, "expected_revision": revision, "others": seen}
    return ConsolidateMemories(**_order(workspace_id, **asked | fields))


def undo_consolidation(workspace_id: str, memory_id: str, **fields: Any) -> UndoConsolidation:
    return UndoConsolidation(**_order(workspace_id, memory_id=memory_id, **fields))


def delete(workspace_id: str, memory_id: str, **fields: Any) -> DeleteMemory:
    return DeleteMemory(**_order(workspace_id, memory_id=memory_id, **fields))


def delete_batch(workspace_id: str, *memory_ids: str, **fields: Any) -> DeleteMemories:
    return DeleteMemories(**_order(workspace_id, memory_ids=memory_ids, **fields))


def access(workspace_id: str, memory_id: str, **fields: Any) -> RecordAccess:
    return RecordAccess(**_order(workspace_id, memory_id=memory_id, **fields))


def retrieval(workspace_id: str, memory_id: str, **fields: Any) -> RecordRetrieval:
    return RecordRetrieval(**_order(workspace_id, memory_id=memory_id, **fields))


def rate(workspace_id: str, memory_id: str, useful: bool, **fields: Any) -> RateMemory:
    return RateMemory(**_order(workspace_id, memory_id=memory_id, useful=useful, **fields))


def recalculate(workspace_id: str, *memories: Ranked, **fields: Any) -> RecalculateImportance:
    return RecalculateImportance(**_order(workspace_id, **{"day": date(2026, 3, 14), "memories": memories} | fields))


def a_session_id() -> str:
    return session_id_from(uuid4())


def an_observation(**fields: Any) -> Observation:
    filled = {
        "observation_id": observation_id_from(uuid4(), 0),
        "kind": "command",
        "content": "pytest -q: 3 passed",
        "files": ("tests/test_pool.py",),
        "metadata": {"exit_code": 0},
        "at": now(),
    }
    return Observation.model_validate(filled | fields)


def start_session(workspace_id: str, session_id: str | None = None, **fields: Any) -> StartSession:
    named = {"session_id": session_id or a_session_id(), "project_path": "/home/ada/payments"}
    return StartSession(**_order(workspace_id, **named | fields))


def observe(workspace_id: str, session_id: str, *observations: Observation, **fields: Any) -> RecordObservations:
    seen = observations or (an_observation(),)
    return RecordObservations(**_order(workspace_id, session_id=session_id, observations=seen, **fields))


def end_session(workspace_id: str, session_id: str, **fields: Any) -> EndSession:
    return EndSession(**_order(workspace_id, session_id=session_id, **fields))


def retry_extraction(workspace_id: str, session_id: str, **fields: Any) -> RetryExtraction:
    return RetryExtraction(**_order(workspace_id, session_id=session_id, **fields))


def record_job(workspace_id: str, job_id: str, status: str, **fields: Any) -> RecordJob:
    return RecordJob(**_order(workspace_id, job_id=job_id, status=status, **fields))


def start_maintenance(workspace_id: str, task: str = "importance", **fields: Any) -> StartMaintenance:
    asked = {"namespace": "default", "task": task, "day": date(2026, 3, 14)}
    return StartMaintenance(**_order(workspace_id, **asked | fields))


def make_relationship(workspace_id: str, source: str, target: str, **fields: Any) -> MakeRelationship:
    ends = {"source_memory_id": source, "target_memory_id": target, "relationship_type": "depends_on"}
    return MakeRelationship(**_order(workspace_id, **ends | fields))


def delete_relationship(workspace_id: str, relationship_id: UUID, **fields: Any) -> DeleteRelationship:
    return DeleteRelationship(**_order(workspace_id, relationship_id=relationship_id, **fields))


def a_memory_line(**fields: Any) -> MemoryLine:
    """A memory with a history."""
    filled = {
        "memory_id": a_memory_id(),
        **a_draft().model_dump(),
        "given_importance": 0.75,
        "by_hand": False,
        "revision": 4,
        "created_at": "2025-03-01T08:00:00Z",
        "updated_at": "2025-04-02T09:30:00Z",
        "access_count": 3,
        "retrieval_count": 12,
        "last_accessed_at": "2025-05-01T10:00:00Z",
        "feedback_positive_count": 2,
        "feedback_negative_count": 1,
        "recalculated_on": "2025-05-02",
    }
    return MemoryLine.model_validate(filled | fields)


def a_session_line(**fields: Any) -> SessionLine:
    filled = {
        "session_id": a_session_id(),
        "project_path": "/home/ada/payments",
        "status": "ended",
        "started_at": "2025-03-01T08:00:00Z",
        "last_seen_at": "2025-03-01T09:00:00Z",
        "ended_at": "2025-03-01T09:00:00Z",
        "ended_by": "client",
        "summary": "The pool is used everywhere.",
    }
    return SessionLine.model_validate(filled | fields)


def import_memory(workspace_id: str, line: MemoryLine | None = None, **fields: Any) -> ImportMemory:
    return ImportMemory(**_order(workspace_id, line=line or a_memory_line(), **fields))


def import_consolidation(workspace_id: str, memory_id: str, *members: str, **fields: Any) -> ImportConsolidation:
    lists = {name: fields.pop(name) for name in ("tags", "concepts", "source_files") if name in fields}
    line = ConsolidationLine(memory_id=memory_id, consolidated_from=members, **lists)
    return ImportConsolidation(**_order(workspace_id, line=line, **fields))


def import_relationship(workspace_id: str, source: str, target: str, **fields: Any) -> ImportRelationship:
    ends = {"source_memory_id": source, "target_memory_id": target, "relationship_type": "depends_on"}
    line = RelationshipLine.model_validate(ends | {"created_at": "2025-03-01T08:00:00Z"} | fields)
    return ImportRelationship(**_order(workspace_id, line=line))


def import_session(workspace_id: str, line: SessionLine | None = None, **fields: Any) -> ImportSession:
    return ImportSession(**_order(workspace_id, line=line or a_session_line(), **fields))


def import_observations(
    workspace_id: str, session: SessionLine, first: int, *observations: Observation, **fields: Any
) -> ImportObservations:
    line = ObservationsLine(
        session_id=session.session_id, started_at=session.started_at, first=first, observations=observations
    )
    return ImportObservations(**_order(workspace_id, line=line, **fields))


def ingest(workspace_id: str, content: bytes = b"# Runbook\n\nRestart the worker.", **fields: Any) -> IngestDocument:
    """Without `blob`, of an object that is nowhere."""
    filled = {
        "title": "Runbook",
        "media_type": "text/markdown",
        "size": len(content),
        "sha256": sha256(content).hexdigest(),
        "metadata": {"team": "payments"},
        "blob": Blob(name=str(uuid4()), nuid=uuid4().hex),
    }
    return IngestDocument(**_order(workspace_id, **filled | fields))


def change_document(workspace_id: str, document: str, changes: dict[str, Any], **fields: Any) -> ChangeDocument:
    return ChangeDocument(**_order(workspace_id, document_id=document, changes=DocumentChanges(**changes), **fields))


def delete_document(workspace_id: str, document: str, **fields: Any) -> DeleteDocument:
    return DeleteDocument(**_order(workspace_id, document_id=document, **fields))


def retry_document(workspace_id: str, document: str, job_id: str) -> RetryDocument:
    return RetryDocument(**_order(workspace_id, document_id=document, job_id=job_id))


def a_chunk(workspace_id: str, document: str, index: int, text: str, version: int = 1, **fields: Any) -> Chunk:
    """In the first section, if nothing else is said."""
    filled = {
        "chunk_id": chunk_id(workspace_id, document, version, index),
        "index": index,
        "text": text,
        "start": 0,
        "end": len(text),
        "section_id": section_id(workspace_id, document, version, 0),
    }
    return Chunk.model_validate(filled | fields)


def a_section(workspace_id: str, document: str, number: int = 0, version: int = 1, **fields: Any) -> Section:
    filled = {"title": "Runbook", "level": 1, "first_chunk": 0, "last_chunk": 0}
    named = {"section_id": section_id(workspace_id, document, version, number)}
    return Section.model_validate(named | filled | fields)


def a_fact(workspace_id: str, document: str, text: str, version: int = 1, **fields: Any) -> Fact:
    filled = {
        "fact_id": fact_id(workspace_id, document, version, 0),
        "kind": "fact",
        "text": text,
        "confidence": 0.7,
        "chunk_id": chunk_id(workspace_id, document, version, 0),
    }
    return Fact.model_validate(filled | fields)


def an_entity(workspace_id: str, document: str, name: str, version: int = 1, **fields: Any) -> Entity:
    filled = {
        "entity_id": entity_id(workspace_id, "default", "person", name),
        "name": name,
        "kind": "person",
        "mentions": 1,
        "chunk_ids": (chunk_id(workspace_id, document, version, 0),),
    }
    return Entity.model_validate(filled | fields)


def record_chunks(workspace_id: str, document: str, *texts: str, first: int = 0, **fields: Any) -> RecordChunks:
    """Chunks of these texts; with the first of them comes a section."""
    version = fields.get("version", 1)
    chunks = tuple(a_chunk(workspace_id, document, index, text, version) for index, text in enumerate(texts, first))
    sections = (a_section(workspace_id, document, version=version),) if first == 0 else ()
    said = {"document_id": document, "version": version, "first": first, "chunks": chunks}
    counted = {"first_section": min(first, 1), "sections": sections}
    return RecordChunks(**_order(workspace_id, **said | counted | fields))


def record_findings(workspace_id: str, document: str, *found: Fact | Entity, **fields: Any) -> RecordFindings:
    said = {
        "document_id": document,
        "version": 1,
        "part": 0,
        "facts": tuple(each for each in found if isinstance(each, Fact)),
        "entities": tuple(each for each in found if isinstance(each, Entity)),
    }
    return RecordFindings(**_order(workspace_id, **said | fields))


def finish_document(workspace_id: str, document: str, chunks: int, **fields: Any) -> FinishDocument:
    said = {"document_id": document, "version": 1, "chunks": chunks, "sections": 1}
    return FinishDocument(**_order(workspace_id, **said | fields))


def create_namespace(workspace_id: str, namespace: str = "research", **fields: Any) -> CreateNamespace:
    return CreateNamespace(**_managed(workspace_id, namespace=namespace, **{"name": "Research"} | fields))


def change_namespace(workspace_id: str, namespace: str = "research", **fields: Any) -> ChangeNamespace:
    named = namespace_id(workspace_id, namespace)
    return ChangeNamespace(**_managed(workspace_id, namespace_id=named, **fields))


def scopes(workspace_id: str, **permissions: str) -> tuple[Scope, ...]:
    """`research="rw"`: what a key may do in each namespace."""
    words = {"r": "read", "w": "write"}
    return tuple(
        Scope.model_validate(
            {"namespace_id": namespace_id(workspace_id, key), "permissions": frozenset(words[it] for it in letters)}
        )
        for key, letters in permissions.items()
    )


def issue_key(workspace_id: str, **fields: Any) -> IssueKey:
    made = {"key_id": uuid4(), "public_id": uuid4().hex[:8], "secret_hash": "1" * 64, "name": "laptop"}
    return IssueKey(**_managed(workspace_id, **made | fields))


def rename_key(workspace_id: str, key_id: UUID, name: str) -> RenameKey:
    return RenameKey(**_managed(workspace_id, key_id=key_id, name=name))


def rotate_key(workspace_id: str, key_id: UUID, **fields: Any) -> RotateKey:
    made = {"public_id": uuid4().hex[:8], "secret_hash": "2" * 64}
    return RotateKey(**_managed(workspace_id, key_id=key_id, **made | fields))


def revoke_key(workspace_id: str, key_id: UUID) -> RevokeKey:
    return RevokeKey(**_managed(workspace_id, key_id=key_id))


def change_scopes(workspace_id: str, key_id: UUID, **fields: Any) -> ChangeScopes:
    return ChangeScopes(**_managed(workspace_id, key_id=key_id, **fields))


def create_webhook(workspace_id: str, url: str, **fields: Any) -> CreateWebhook:
    return CreateWebhook(**_managed(workspace_id, **{"webhook_id": uuid4(), "url": url} | fields))


def change_webhook(workspace_id: str, webhook_id: UUID, **fields: Any) -> ChangeWebhook:
    return ChangeWebhook(**_managed(workspace_id, webhook_id=webhook_id, **fields))


def rotate_webhook(workspace_id: str, webhook_id: UUID) -> RotateWebhook:
    return RotateWebhook(**_managed(workspace_id, webhook_id=webhook_id))


def delete_webhook(workspace_id: str, webhook_id: UUID) -> DeleteWebhook:
    return DeleteWebhook(**_managed(workspace_id, webhook_id=webhook_id))


def change_workspace(workspace_id: str, **fields: Any) -> ChangeWorkspace:
    return ChangeWorkspace(**_managed(workspace_id, **fields))


def delete_workspace(workspace_id: str, **fields: Any) -> DeleteWorkspace:
    return DeleteWorkspace(**_managed(workspace_id, **fields))


def record_export(workspace_id: str, **fields: Any) -> RecordExport:
    return RecordExport(**_order(workspace_id, **{"namespaces": ("default",), "counts": {"memories": 2}} | fields))


def record_import(workspace_id: str, **fields: Any) -> RecordImport:
    return RecordImport(**_order(workspace_id, **{"counts": {"imported": 2}} | fields))


def _managed(workspace_id: str, **fields: Any) -> dict[str, Any]:
    """Ordered by somebody who manages the workspace, and has no grants."""
    return _order(workspace_id, actor="person:ada", grants=NO_GRANTS, **fields)


def open_workspace(workspace_id: str, **fields: Any) -> OpenWorkspace:
    key = KeyDraft(key_id=uuid4(), public_id=uuid4().hex[:8], secret_hash="0" * 64, name="first", grants=OWN)
    return OpenWorkspace(**_order(workspace_id, **{"name": "Project", "key": key} | fields))


def assign_workspace(workspace_id: str, organisation_id: UUID, **fields: Any) -> AssignWorkspace:
    return AssignWorkspace(**_order(workspace_id, organisation_id=organisation_id, **fields))
