"""The things that OpenAPI shows as examples: one story, of a team that retries webhooks."""

from typing import Any

MEMORY_EXAMPLE: dict[str, Any] = {
    "id": "7f3c2a52-6f0e-5d0c-9f6b-2c1d5e8a4b10",
    "memory_id": "mem-4k8z0c1v7t2q9x5b",
    "workspace_id": "ws-3n6d1f8h0j2m",
    "namespace": "default",
    "title": "Retry webhooks with full jitter",
    "narrative": "Deliveries that failed together were retried together. Full jitter spreads them over the interval.",
    "summary": "Deliveries that failed together were retried together.",
    "memory_type": "decision",
    "tags": ["webhooks", "retry"],
    "concepts": ["backoff"],
    "source_files": ["hooks/delivery.py"],
    "importance_score": 0.8,
    "confidence_score": 0.9,
    "pagerank_score": None,
    "community_label": None,
    "access_count": 0,
    "retrieval_count": 0,
    "last_accessed_at": None,
    "source_session_id": None,
    "is_consolidated": False,
    "consolidated_from": None,
    "consolidated_into": None,
    "feedback_positive_count": 0,
    "feedback_negative_count": 0,
    "embedding_status": "pending",
    "revision": 1,
    "created_at": "2026-03-20T09:00:00.000000Z",
    "updated_at": None,
}
WRITTEN_MEMORY_EXAMPLE = {**MEMORY_EXAMPLE, "warnings": []}
UNCONSOLIDATED_EXAMPLE = {**MEMORY_EXAMPLE, "revision": 3, "updated_at": "2026-03-22T08:00:00.000000Z"}
DRAFT_EXAMPLE = {
    name: MEMORY_EXAMPLE[name]
    for name in (
        "title",
        "narrative",
        "memory_type",
        "tags",
        "concepts",
        "source_files",
        "importance_score",
        "confidence_score",
    )
}
EDGE_EXAMPLE = {
    "source_memory_id": MEMORY_EXAMPLE["memory_id"],
    "target_memory_id": "mem-0a1s2d3f4g5h6j7k",
    "relationship_type": "depends_on",
    "confidence": 0.9,
}
RELATIONSHIP_EXAMPLE = {
    "id": "5b0c6d7e-1f2a-5b3c-8d4e-9f0a1b2c3d4e",
    **EDGE_EXAMPLE,
    "discovery_method": "manual",
    "is_bidirectional": False,
    "context": "Without the jitter the queue can't keep its order.",
    "created_at": "2026-03-20T09:05:00.000000Z",
}
WRITTEN_RELATIONSHIP_EXAMPLE = {**RELATIONSHIP_EXAMPLE, "warnings": []}
NEW_RELATIONSHIP_EXAMPLE = {**EDGE_EXAMPLE, "context": RELATIONSHIP_EXAMPLE["context"]}
DETAIL_EXAMPLE = {
    **MEMORY_EXAMPLE,
    "outgoing_relationships": [RELATIONSHIP_EXAMPLE],
    "incoming_relationships": [],
    "warnings": [],
}
SEARCH_EXAMPLE = {"query": "how do we retry webhooks", "memory_types": ["decision", "pattern"], "limit": 5}
RESULT_EXAMPLE = {
    "memory": MEMORY_EXAMPLE,
    "score": 0.782,
    "keyword_score": 1.0,
    "semantic_score": 0.67,
    "match_type": "combined",
    "id": "mem-4k8z0c1v7t2q9x5b",
    "title": MEMORY_EXAMPLE["title"],
    "memory_type": "decision",
    "summary": MEMORY_EXAMPLE["summary"],
}
FOUND_EXAMPLE = {
    "count": 1,
    "query": "how do we retry webhooks",
    "filters": {
        "workspace_id": "ws-3n6d1f8h0j2m",
        "memory_types": ["decision", "pattern"],
        "tags": None,
        "files": None,
        "min_importance": None,
        "min_confidence": None,
        "tag_prefixes": None,
        "namespaces": None,
    },
    "results": [RESULT_EXAMPLE],
    "warnings": [],
}
RELATED_EXAMPLE = {
    **RESULT_EXAMPLE,
    "score": 0.82,
    "keyword_score": 0.0,
    "semantic_score": 0.82,
    "match_type": "semantic",
}
EXPLORE_EXAMPLE = {
    "query": "how do we retry webhooks",
    "max_nodes": 30,
    "relationship_types": ["depends_on", "references"],
    "min_edge_confidence": 0.5,
    "seed_limit": 5,
}
NODES_EXAMPLE = [
    {
        "memory_id": MEMORY_EXAMPLE["memory_id"],
        "title": MEMORY_EXAMPLE["title"],
        "memory_type": "decision",
        "importance_score": 0.8,
        "pagerank_score": 1.0,
        "community_label": "webhooks-retry",
    },
    {
        "memory_id": EDGE_EXAMPLE["target_memory_id"],
        "title": "Deliver webhooks in the order of their events",
        "memory_type": "architecture",
        "importance_score": 0.5,
        "pagerank_score": None,
        "community_label": None,
    },
]
SUBGRAPH_EXAMPLE = {
    "nodes": NODES_EXAMPLE,
    "edges": [EDGE_EXAMPLE],
    "seed_memories": [MEMORY_EXAMPLE["memory_id"]],
    "warnings": [],
}
DRAWING_EXAMPLE = {"nodes": NODES_EXAMPLE, "edges": [EDGE_EXAMPLE], "total_nodes": 2}
MAP_EXAMPLE = {
    "nodes": {name: [node[name] for node in NODES_EXAMPLE] for name in NODES_EXAMPLE[0]},
    "edges": {"source": [0], "target": [1], "relationship_type": ["depends_on"], "confidence": [0.9]},
    "total_nodes": 2,
}
ENDS_EXAMPLE = {name: EDGE_EXAMPLE[name] for name in ("source_memory_id", "target_memory_id")}
PATH_EXAMPLE = {"path": list(ENDS_EXAMPLE.values()), "edges": [EDGE_EXAMPLE], "depth": 1}
SESSION_ID_EXAMPLE = "ses-7h2k9m4p1q8r5t0v"
JOB_ID_EXAMPLE = "job-3f8d1s6a0k5j2h9g"
NEW_SESSION_EXAMPLE = {
    "project_path": "/home/ada/payments",
    "project_name": "payments",
    "branch_name": "retry-jitter",
    "metadata": {"agent": "coder"},
}
GIVEN_EXAMPLE = {
    "id": MEMORY_EXAMPLE["memory_id"],
    "memory_id": MEMORY_EXAMPLE["memory_id"],
    "title": MEMORY_EXAMPLE["title"],
    "memory_type": "decision",
    "importance_score": 0.8,
    "score": 0.71,
}
STARTED_EXAMPLE = {
    "session_id": SESSION_ID_EXAMPLE,
    "injected_memories": [GIVEN_EXAMPLE],
    "context_summary": "1 memory injected, 0 of them pinned. Last session: 2026-03-19.",
    "warnings": [],
}
OBSERVATION_EXAMPLE = {
    "kind": "command",
    "content": "pytest -q tests/test_delivery.py\n14 passed",
    "files": ["hooks/delivery.py"],
    "metadata": {"exit_code": 0},
    "at": "2026-03-20T09:04:00Z",
}
TAKEN_EXAMPLE = {
    "session_id": SESSION_ID_EXAMPLE,
    "observation_ids": ["obs-1a2s3d4f5g6h7j8k"],
    "observation_count": 17,
    "warnings": [],
}
SESSION_EXAMPLE = {
    "session_id": SESSION_ID_EXAMPLE,
    "workspace_id": "ws-3n6d1f8h0j2m",
    "namespace": "default",
    "project_path": "/home/ada/payments",
    "project_name": "payments",
    "branch_name": "retry-jitter",
    "user_id": None,
    "metadata": {"agent": "coder"},
    "status": "ended",
    "started_at": "2026-03-20T09:00:00.000000Z",
    "last_seen_at": "2026-03-20T11:30:00.000000Z",
    "ended_at": "2026-03-20T11:30:00.000000Z",
    "ended_by": "client",
    "summary": "Deliveries are retried with full jitter now.",
    "observation_count": 17,
    "injected": [{"memory_id": MEMORY_EXAMPLE["memory_id"], "score": 0.71}],
    "extraction_job_id": JOB_ID_EXAMPLE,
    "estimated_memories": 1,
}
OBSERVED_EXAMPLE = {**OBSERVATION_EXAMPLE, "number": 0, "observation_id": "obs-1a2s3d4f5g6h7j8k"}
LEARNT_EXAMPLE = {
    "memory": {**MEMORY_EXAMPLE, "source_session_id": SESSION_ID_EXAMPLE},
    "change": "stored",
    "at": "2026-03-20T11:30:04.000000Z",
    "extractor": "weft-distil 1",
    "quotes": [{"observation_id": OBSERVED_EXAMPLE["observation_id"], "text": "Retry with full jitter from now on."}],
}
ENDING_EXAMPLE = {"summary": SESSION_EXAMPLE["summary"]}
ENDED_EXAMPLE = {
    "session_id": SESSION_ID_EXAMPLE,
    "status": "ended",
    "extraction_job_id": JOB_ID_EXAMPLE,
    "estimated_memories": 1,
    "warnings": [],
}
CONTEXT_EXAMPLE = {
    "context": "[Weft — retrieved for hooks/delivery.py]\nRetry webhooks with full jitter (decision)\n"
    "Deliveries that failed together were retried together. Full jitter spreads them over the interval.\n[/Weft]",
    "memories": [GIVEN_EXAMPLE],
    "left_out": 0,
    "warnings": [],
}
JOB_EXAMPLE = {
    "job_id": JOB_ID_EXAMPLE,
    "kind": "extraction",
    "namespace": "default",
    "session_id": SESSION_ID_EXAMPLE,
    "document_id": None,
    "day": None,
    "status": "completed",
    "reason": None,
    "error": None,
    "counts": {"stored": 1, "updated": 0},
    "memory_ids": [MEMORY_EXAMPLE["memory_id"]],
    "attempts": 1,
    "created_at": "2026-03-20T11:30:00.000000Z",
    "updated_at": "2026-03-20T11:30:02.000000Z",
}
LINES_EXAMPLE: list[dict[str, Any]] = [
    {
        "kind": "export",
        "version": 1,
        "exported_at": "2026-03-21T08:00:00Z",
        "workspace_id": "ws-3n6d1f8h0j2m",
        "namespaces": ["default"],
        "parts": ["memories", "consolidations", "relationships", "sessions", "observations"],
    },
    {
        "kind": "memory",
        "memory_id": MEMORY_EXAMPLE["memory_id"],
        "namespace": "default",
        **DRAFT_EXAMPLE,
        "given_importance": 0.8,
        "source_session_id": None,
        "by_hand": True,
        "revision": 1,
        "created_at": "2026-03-20T09:00:00Z",
        "updated_at": None,
        "access_count": 3,
        "retrieval_count": 12,
        "last_accessed_at": "2026-03-20T18:20:00Z",
        "feedback_positive_count": 0,
        "feedback_negative_count": 0,
        "recalculated_on": None,
        "apart": False,
    },
    {
        "kind": "memory",
        "memory_id": EDGE_EXAMPLE["target_memory_id"],
        "title": "Deliver webhooks in the order of their events",
        "narrative": "A client that hears of a refund before the payment can do nothing with it.",
    },
    {"kind": "relationship", **NEW_RELATIONSHIP_EXAMPLE, "created_at": RELATIONSHIP_EXAMPLE["created_at"]},
    {
        "kind": "session",
        "session_id": SESSION_ID_EXAMPLE,
        "namespace": "default",
        **{name: NEW_SESSION_EXAMPLE[name] for name in ("project_path", "project_name", "branch_name", "metadata")},
        "status": "ended",
        "started_at": "2026-03-20T09:00:00Z",
        "last_seen_at": "2026-03-20T11:30:00Z",
        "ended_at": "2026-03-20T11:30:00Z",
        "ended_by": "client",
        "summary": "Deliveries are retried with full jitter now.",
    },
    {
        "kind": "observations",
        "session_id": SESSION_ID_EXAMPLE,
        "started_at": "2026-03-20T09:00:00Z",
        "first": 0,
        "observations": [{"observation_id": "obs-1a2s3d4f5g6h7j8k", **OBSERVATION_EXAMPLE}],
    },
    {"kind": "end", "lines": 5, "counts": {"memory": 2, "relationship": 1, "session": 1, "observations": 1}},
]
IMPORTED_EXAMPLE = {
    "imported": 4,
    "skipped": 0,
    "errors": [{"line": 4, "detail": "Memory 'mem-0a1s2d3f4g5h6j7k' not found."}],
    "warnings": ["A GitHub token in 'narrative' was redacted before storing."],
}
FEEDBACK_EXAMPLE = {"useful": True, "context": "It kept a retry storm out of the new client."}
RATED_EXAMPLE = {
    "memory_id": MEMORY_EXAMPLE["memory_id"],
    "previous_importance": 0.8,
    "updated_importance": 0.82,
    "rating_recorded": True,
    "warnings": [],
}
ACCEPTED_EXAMPLE = {
    "command_id": "019a5c2e-8d1b-7c3a-9f20-6b1e4d7a9c55",
    "status": "accepted",
    "memory_id": "mem-4k8z0c1v7t2q9x5b",
    "warnings": ["A GitHub token in 'narrative' was redacted before storing."],
}
