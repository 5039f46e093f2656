"""How much of what was found a model is given: within so many tokens, the best first. Pure."""

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic_core import to_json

from weft.mcp.answers import Answer, Detail, Edge, Node

BYTES_A_TOKEN = 3
"""No tokenizer is everybody's; prose and code have four bytes or more to a token, so this is on the safe side."""

A = TypeVar("A", bound=Answer)
T = TypeVar("T")

_TO_SAY_SO = 150
"""Bytes for the sentence about what did not fit."""


def room(max_tokens: int) -> int:
    """In bytes."""
    return max_tokens * BYTES_A_TOKEN


def size(part: Any) -> int:
    """In bytes, as it stands in a list."""
    return len(to_json(part)) + 1


def fit(choices: Sequence[tuple[A, A]], max_tokens: int) -> list[A]:
    """Of each (brief, whole) one, in their order: first as many briefs as there is room for, and at least one; then,
    with the room that is left, the first of them whole."""
    briefs = [brief for brief, _ in choices]
    given = first(briefs, room(max_tokens)) or briefs[:1]
    left = room(max_tokens) - sum(size(brief) for brief in given)
    for place, (brief, whole) in enumerate(choices[: len(given)]):
        more = size(whole) - size(brief)
        if more <= left:
            given[place] = whole
            left -= more
    return given


def fit_graph(nodes: Sequence[Node], edges: Sequence[Edge], max_tokens: int) -> tuple[list[Node], list[Edge]]:
    """The first nodes, at least one if there is one, and all edges among them."""
    kept: list[Node] = []
    joined: list[Edge] = []
    inside: set[str] = set()
    left = room(max_tokens)
    for node in nodes:
        inside.add(node.memory_id)
        new = [
            each
            for each in edges
            if node.memory_id in (each.source, each.target) and {each.source, each.target} <= inside
        ]
        left -= size(node) + sum(size(each) for each in new)
        if kept and left < 0:
            break
        kept.append(node)
        joined += new
    return kept, joined


def fit_detail(whole: Detail, max_tokens: int) -> Detail:
    """The text before its edges, those before what is near; tags, concepts and files get a quarter of the room at most.
    `more` says what did not fit."""
    left = room(max_tokens) - _TO_SAY_SO - size(_bare(whole))
    kept: dict[str, Any] = {}
    for name in ("files", "tags", "concepts"):
        kept[name] = first(getattr(whole, name), left // 4)
        left -= sum(size(each) for each in kept[name])
    kept["content"] = beginning(whole.content, left)
    left -= size(kept["content"])
    for name in ("relationships", "related"):
        kept[name] = first(getattr(whole, name), left)
        left -= sum(size(each) for each in kept[name])
    cut = [name for name, part in kept.items() if len(part) < len(getattr(whole, name))]
    more = f"Not all of this fitted ({', '.join(cut)}): ask with a larger max_tokens." if cut else None
    return whole.model_copy(update={**kept, "more": more})


def _bare(whole: Detail) -> Detail:
    return whole.model_copy(
        update={"content": "", "files": [], "tags": [], "concepts": [], "relationships": [], "related": []}
    )


def first(parts: Sequence[T], left: int) -> list[T]:
    """As many of them, from the first on, as `left` bytes hold."""
    given: list[T] = []
    for part in parts:
        left -= size(part)
        if left < 0:
            break
        given.append(part)
    return given


def beginning(text: str, left: int) -> str:
    """As much of its beginning as `left` bytes of JSON hold: each byte that is cut takes one of them along, or more."""
    over = size(text) - left
    return text.encode()[: max(0, len(text.encode()) - max(0, over))].decode(errors="ignore")
