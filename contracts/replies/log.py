"""Events, lines of an export, and what log and tables must agree on."""

from typing import Any

from contracts.base import Word


class EventPage(Word):
    """Events as CloudEvents, in the order of their `seq`. `after`: what to ask for next; `head`: the log's last `seq`.
    There is nothing more for now once they are the same; until then a page may be empty."""

    events: tuple[Any, ...]
    after: int
    head: int


class Exported(Word):
    """Some lines (contracts.transfer) of a part of an export; `after` is where the next begin, null at the end."""

    lines: tuple[Any, ...]
    after: str | None


class IndexedMemory(Word):
    """What log and index must agree on for one memory. `version` is that of its last change (not of its last use)."""

    memory_id: str
    version: int
    content_hash: str


class IndexedDocument(Word):
    """What log and index must agree on for one document: its ready version has chunks 0 to `chunks` - 1."""

    document_id: str
    version: int
    chunks: int


class Verified(Word):
    """What comparing a workspace's log with its read tables found; what an index should hold are `memories` and the
    chunks of `documents`."""

    events: int
    differences: tuple[str, ...]
    memories: tuple[IndexedMemory, ...]
    documents: tuple[IndexedDocument, ...] = ()
