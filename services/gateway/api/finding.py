"""What the routes that find memories share: where they look, what they ignore, how they show what they found."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

from services.gateway.api.wire.errors import Problem, printable
from services.gateway.auth import Principal

WARNINGS_MAX = 10

_MEANT = {
    "source_files": ("files",),
    "file": ("files",),
    "memory_type": ("memory_types",),
    "type": ("memory_types", "relationship_types"),
    "types": ("memory_types", "relationship_types"),
    "edge_types": ("relationship_types",),
    "tag": ("tags",),
    "q": ("query",),
    "text": ("query",),
    "topic": ("query",),
    "namespace": ("namespaces",),
    "limit": ("max_nodes",),
    "max_results": ("limit", "max_nodes"),
    "importance_score": ("min_importance",),
    "confidence_score": ("min_confidence", "min_edge_confidence"),
    "min_confidence": ("min_edge_confidence",),
}
"""Fields that other routes and other products have, and what they are called here: the first that the request knows."""


def ignored(body: dict[str, Any], model: type[BaseModel]) -> list[str]:
    """A sentence for each field that `model` does not know, and the field that was probably meant."""
    known = model.model_fields
    return [_sentence(name, known) for name in body if name not in known][:WARNINGS_MAX]


def _sentence(name: str, known: Mapping[str, Any]) -> str:
    likely = [meant for meant in _MEANT.get(name, ()) if meant in known] or get_close_matches(name[:64], known, 1)
    said = f"Unknown field '{printable(name)}' was ignored"
    return f"{said}; did you mean '{likely[0]}'?" if likely else f"{said}."


def readable(named: tuple[str, ...] | None, principal: Principal) -> tuple[str, ...]:
    """The namespaces to look in: those that are named, or all that may be read. Raises Problem (403) for any other."""
    granted = principal.grants.read
    if named is None or "*" in named:
        return granted
    for name in named:
        if name not in granted:
            raise Problem(403, f"This key has no grant for namespace '{name}'.")
    return named


def flat(hit: dict[str, Any]) -> dict[str, Any]:
    """A hit (contracts.replies.Hit) in both documented shapes at once: with its memory, and flat."""
    memory = hit["memory"]
    told = {"title": memory["title"], "memory_type": memory["memory_type"], "summary": memory["summary"]}
    return {**hit, "id": memory["memory_id"], **told}
