"""The words of the API that have a closed list. Answers are not held to them: a newer server may know more."""

from typing import Literal

MemoryType = Literal[
    "decision",
    "pattern",
    "convention",
    "architecture",
    "discovery",
    "incident",
    "general",
    "wiki",
    "sdlc_knowledge",
]
RelationshipType = Literal[
    "references", "related_to", "similar_to", "supersedes", "caused_by", "contradicts", "depends_on"
]
Ordering = Literal[
    "importance_score",
    "-importance_score",
    "access_count",
    "-access_count",
    "created_at",
    "-created_at",
    "retrieval_count",
    "-retrieval_count",
]
ObservationKind = Literal["tool_use", "file_read", "file_edit", "command", "message", "note"]
SessionStatus = Literal["active", "ended"]
JobStatus = Literal["queued", "running", "waiting", "completed", "empty", "failed"]
NamespaceStatus = Literal["active", "archived"]
Permission = Literal["read", "write"]
Plan = Literal["free", "pro", "team"]
QueryMode = Literal["fast", "rich"]
TextType = Literal["text", "markdown"]
FactKind = Literal["fact", "preference", "episode", "decision"]
EntityKind = Literal["person", "organisation", "place", "technology", "file", "identifier", "concept"]

FINAL: frozenset[str] = frozenset({"completed", "empty", "failed"})
"""The statuses in which a job stays."""
