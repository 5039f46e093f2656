"""What the index asks of an engine. Two keep it: Qdrant Edge in process (`edge`) and a Qdrant server (`server`)."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias
from uuid import UUID

from services.search.store.shapes import Filters, Profile, Vectors

DENSE = "dense"
WORDS = "bm25"

Scalar: TypeAlias = str | int | float | bool
Payload: TypeAlias = dict[str, Scalar | list[str] | None]

# Every field that a filter or an order names is indexed: a filtered scan of 50,000 points takes 28 ms without, 3 with.
KEYWORD_FIELDS = ("namespace", "memory_type", "tags", "tag_starts", "files", "content_hash", "state", "document_id")
FLOAT_FIELDS = ("importance", "confidence", "created_at", "rank_part")

# What `state` says. A word and not three flags: Edge's MatchValue(True) asks for the number 1.
READY = "ready"
PENDING = "pending"
FAILED = "failed"
DELETED = "deleted"
LIVE = (READY, PENDING, FAILED)
# Of the point that stands for a document beside its chunks, and is found by no search: it is to be looked at, or was.
DUE = "due"
SEEN = "seen"


@dataclass(frozen=True, slots=True)
class WordVector:
    """A sparse vector: a BM25 weight for each word's hash."""

    indices: list[int]
    values: list[float]


@dataclass(frozen=True, slots=True)
class Point:
    """`expected`: about how many rows `dense` will have, where it comes later. An engine may keep room for them."""

    id: UUID
    payload: Payload
    words: WordVector | None = None
    dense: Vectors | list[list[float]] | None = None
    expected: int = 0


@dataclass(frozen=True, slots=True)
class Where:
    """Conditions on points; all must hold."""

    filters: Filters = field(default_factory=Filters)
    ids: frozenset[UUID] | None = None
    states: tuple[str, ...] | None = None
    embedded: bool = False  # True: only points that have dense vectors
    importance: float | None = None
    created_at: float | None = None
    rank_part: tuple[float, float | None] | None = None  # from, to


@dataclass(frozen=True, slots=True)
class Ask:
    """The `limit` best points for a dense query (dimension,) or a word query, best first.

    `described`: with the payload of each, as far as a candidate needs it; reading that is a third of a query's cost.
    """

    query: list[float] | WordVector
    where: Where
    limit: int
    described: bool = True


@dataclass(frozen=True, slots=True)
class Hit:
    id: UUID
    score: float
    payload: Payload


def float_of(value: object) -> float:
    """A number out of a payload."""
    if not isinstance(value, int | float):
        raise TypeError(f"the index holds {type(value).__name__} where a number belongs")
    return float(value)


class NotBuilt(LookupError):
    """There is no such target of a rebuild: another took its place, or the workspace was dropped."""


class Collection(Protocol):
    """One collection that is open for as long as its lease lasts."""

    @property
    def profile(self) -> Profile: ...

    async def retrieve(self, ids: Sequence[UUID], *, dense: bool = False) -> dict[UUID, Point]:
        """The points that exist; `words` is never filled in, `dense` only if asked for."""
        ...

    async def put(self, points: Sequence[Point]) -> None:
        """Replaces or adds whole points."""
        ...

    async def set_dense(self, points: Sequence[Point]) -> None:
        """Gives existing points dense vectors and merges their payload in, each only where its `content_hash`
        is still the one in `payload`.
        """
        ...

    async def set_payload(self, ids: Sequence[UUID], payload: Payload) -> None:
        """Merges the same into each of these points, which exist."""
        ...

    async def set_payloads(self, points: Sequence[Point]) -> None:
        """Merges each one's own payload into an existing point that is not deleted; None takes a field away."""
        ...

    async def delete(self, ids: Sequence[UUID]) -> None:
        """Takes points away, and leaves no tombstone."""
        ...

    async def query(self, asks: Sequence[Ask]) -> list[list[Hit]]: ...

    async def ordered(self, where: Where, by: Literal["importance", "created_at"], limit: int) -> list[Point]:
        """The first `limit` points by that field, highest first; points without it are left out."""
        ...

    async def scroll(self, where: Where, limit: int, after: UUID | None = None) -> list[Point]:
        """Points in the order of their ids, beyond `after`."""
        ...

    async def count(self, where: Where) -> int: ...


class Engine(Protocol):
    """Collections of many workspaces. A workspace has one live collection and, during a rebuild, one target."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def workspaces(self) -> list[str]: ...

    def reading(self, workspace: str) -> AbstractAsyncContextManager[Collection | None]:
        """The live collection, None if the workspace has none."""
        ...

    def writing(
        self, workspace: str, target: str | None, first: Profile
    ) -> AbstractAsyncContextManager[list[Collection]]:
        """The collections a write goes to, for one writer at a time: `target`, or without it the live collection
        (made with the profile `first` if there is none) followed by this process's rebuild target, if one is open.
        """
        ...

    async def create(self, workspace: str, profile: Profile) -> str:
        """Makes a rebuild target, drops an unfinished earlier one, and returns its name."""
        ...

    async def switch(self, workspace: str, target: str) -> None:
        """Makes the target live in one step and drops what it replaced as soon as nobody reads it."""
        ...

    async def size(self, workspace: str) -> int | None:
        """Bytes on disk; None where that can't be said."""
        ...

    async def drop(self, workspace: str) -> None: ...
