"""What the routes that find memories share: where they look, what they ignore, how they show what they found."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

from contracts.queries import ListNamespaces
from services.gateway.api.calls import Call
from services.gateway.api.wire.errors import Problem, not_found, printable

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
    "limit": ("max_nodes", "max_results"),
    "kind": ("kinds",),
    "document_id": ("document_ids",),
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


async def readable(call: Call, named: Sequence[str] | None) -> tuple[str, ...]:
    """The namespaces to look in: those that are named, or (for none, None or "*") all that may be read.

    Raises Problem for any other: 403 for one that is there, 404 for one that is not, or is archived. Which of them it
    is, is asked only then: who names what he may read waits for nothing.
    """
    granted = call.principal.grants.read
    if named is None or "*" in named:
        return granted
    ungranted = next((each for each in named if each not in granted), None)
    if ungranted is None:
        return tuple(named)
    there = await call.ask(ListNamespaces(workspace_id=call.principal.workspace_id))
    if any(each["key"] == ungranted and each["status"] == "active" for each in there):
        raise Problem(403, f"This key has no grant for namespace '{ungranted}'.")
    raise not_found("Namespace", ungranted)


def flat(hit: dict[str, Any]) -> dict[str, Any]:
    """A hit (contracts.replies.Hit) in both documented shapes at once: with its memory, and flat."""
    memory = hit["memory"]
    told = {"title": memory["title"], "memory_type": memory["memory_type"], "summary": memory["summary"]}
    return {**hit, "id": memory["memory_id"], **told}
