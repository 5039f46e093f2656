"""How memories and relationships look from outside: from their state to the shapes of contracts.replies."""

import re
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from contracts.base import JobStatus, Observation, internal_id
from contracts.documents import DocumentStatus
from contracts.events import CloudEvent, MemoryRated, MemoryRevised, MemoryStored
from contracts.replies import (
    Consolidated,
    Document,
    Ended,
    Job,
    Learnt,
    Memory,
    Rated,
    Relationship,
    Session,
    Taken,
)
from services.memory.decisions.document_state import DocumentState
from services.memory.decisions.session_state import JobState, SessionState
from services.memory.decisions.state import MemoryState, RelationshipState

SUMMARY_LENGTH_MAX = 240

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'(\[]?[A-Z0-9])")


def summary_of(narrative: str) -> str:
    """The first sentence of a text on one line, cut at a word where it is longer than 240 characters."""
    first = _SENTENCE_END.split(" ".join(narrative.split()), maxsplit=1)[0]
    if len(first) <= SUMMARY_LENGTH_MAX:
        return first
    return first[: SUMMARY_LENGTH_MAX - 1].rsplit(" ", 1)[0] + "…"


def learnt(
    workspace_id: str, session_id: str, memories: Mapping[str, MemoryState], said: Iterable[CloudEvent]
) -> list[Learnt]:
    """What a session taught, in the order in which it was stored. `said`: the events in which evidence stands, in
    order; what rests on other sessions is left out."""
    found: dict[str, Learnt] = {}
    for each in said:
        data = each.data
        assert isinstance(data, MemoryStored | MemoryRevised)
        if data.evidence is None or data.evidence.session_id != session_id or data.memory_id not in memories:
            continue
        before = found.get(data.memory_id)
        quotes = dict.fromkeys((*(before.quotes if before else ()), *data.evidence.quotes))
        found[data.memory_id] = Learnt.model_construct(
            memory=public(workspace_id, memories[data.memory_id]),
            change=before.change if before else "stored" if isinstance(data, MemoryStored) else "revised",
            at=before.at if before else each.time,
            extractor=data.evidence.extractor,
            quotes=tuple(quotes),
        )
    return list(found.values())


def public(workspace_id: str, state: MemoryState) -> Memory:
    """The memory as its users see it."""
    return Memory.model_construct(
        id=internal_id(workspace_id, state.memory_id),
        memory_id=state.memory_id,
        workspace_id=workspace_id,
        namespace=state.namespace,
        title=state.title,
        narrative=state.narrative,
        summary=summary_of(state.narrative),
        memory_type=state.memory_type,
        tags=state.tags,
        concepts=state.concepts,
        source_files=state.source_files,
        importance_score=state.importance_score,
        confidence_score=state.confidence_score,
        pagerank_score=state.pagerank_score,
        community_label=state.community_label,
        access_count=state.usage.access_count,
        retrieval_count=state.usage.retrieval_count,
        last_accessed_at=state.usage.last_accessed_at,
        source_session_id=state.source_session_id,
        is_consolidated=bool(state.consolidated_from),
        consolidated_from=state.consolidated_from or None,
        consolidated_into=state.consolidated_into,
        feedback_positive_count=state.feedback_positive_count,
        feedback_negative_count=state.feedback_negative_count,
        embedding_status=state.embedding_status,
        revision=state.revision,
        created_at=state.created_at,
        updated_at=state.updated_at,
    )


def consolidated(state: MemoryState) -> Consolidated:
    return Consolidated(memory_id=state.memory_id, consolidated_from=state.consolidated_from, revision=state.revision)


def rated(event: MemoryRated) -> Rated:
    return Rated(
        memory_id=event.memory_id,
        previous_importance=event.previous_importance,
        updated_importance=event.importance_score,
    )


def made_by_hand(state: RelationshipState) -> Relationship:
    """The relationship as its users see it."""
    return Relationship.model_construct(
        id=UUID(state.relationship_id),
        source_memory_id=state.source,
        target_memory_id=state.target,
        relationship_type=state.type,
        discovery_method="manual",
        confidence=state.confidence,
        is_bidirectional=False,
        context=state.context,
        created_at=state.created_at,
    )


def session(workspace_id: str, state: SessionState) -> Session:
    """The session as its users see it."""
    return Session.model_construct(
        session_id=state.session_id,
        workspace_id=workspace_id,
        namespace=state.namespace,
        project_path=state.project_path,
        project_name=state.project_name,
        branch_name=state.branch_name,
        user_id=state.user_id,
        metadata=state.metadata,
        status=state.status,
        started_at=state.started_at,
        last_seen_at=state.last_seen_at,
        ended_at=state.ended_at,
        ended_by=state.ended_by,
        summary=state.summary,
        observation_count=state.observation_count,
        injected=state.injected,
        extraction_job_id=state.job_id,
        estimated_memories=state.estimated_memories,
    )


def taken(state: SessionState, observations: Sequence[Observation]) -> Taken:
    return Taken(
        session_id=state.session_id,
        observation_ids=tuple(each.observation_id for each in observations),
        observation_count=state.observation_count,
    )


def ended(state: SessionState) -> Ended:
    """How a session ended; still active where it was heard of while it was being swept."""
    return Ended(
        session_id=state.session_id,
        status=state.status,
        extraction_job_id=state.job_id,
        estimated_memories=state.estimated_memories,
    )


def job(state: JobState) -> Job:
    """The job as its users see it."""
    return Job.model_construct(
        job_id=state.job_id,
        kind=state.kind,
        namespace=state.namespace,
        session_id=state.session_id,
        document_id=state.document_id,
        day=state.day,
        status=state.status,
        reason=state.reason,
        error=state.error,
        counts=state.counts,
        memory_ids=state.memory_ids,
        attempts=state.attempts,
        created_at=state.created_at,
        updated_at=state.updated_at,
    )


def document(workspace_id: str, state: DocumentState, job_status: JobStatus | None) -> Document:
    """The document as its users see it; `job_status` is that of its newest version's job."""
    return Document.model_construct(
        document_id=state.document_id,
        workspace_id=workspace_id,
        namespace=state.namespace,
        title=state.title,
        source_id=state.source_id,
        media_type=state.media_type,
        size=state.size,
        sha256=state.sha256,
        metadata=state.metadata,
        version=state.version,
        ready_version=state.ready_version,
        status=document_status(state, job_status),
        chunk_count=state.ready_chunks,
        section_count=state.ready_sections,
        job_id=state.job_id,
        revision=state.revision,
        created_at=state.created_at,
        updated_at=state.updated_at,
    )


def document_status(state: DocumentState, job_status: JobStatus | None) -> DocumentStatus:
    """Where its newest version is."""
    if state.ready_version == state.version:
        return "ready"
    return job_status if job_status in ("empty", "failed") else "processing"
