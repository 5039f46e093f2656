"""An operation is declared once, as a function that makes a Call, and is there twice: blocking on Weft, awaitable on
AsyncWeft, with the types that belong to each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Concatenate,
    Generic,
    Literal,
    ParamSpec,
    Protocol,
    Self,
    TypeVar,
    overload,
)
from urllib.parse import quote

from pydantic import BaseModel

if TYPE_CHECKING:
    from weft.executors import AsyncExecutor, SyncExecutor

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=BaseModel)
E = TypeVar("E", bound="SyncExecutor | AsyncExecutor")
Item_co = TypeVar("Item_co", covariant=True)

Face = Literal["data", "data_b", "portal", "open"]
"""Which credentials a request carries: `Token`, `X-API-Key`, `Bearer` with the tenant, or none."""

PAGE_SIZE = 200


@dataclass(frozen=True, slots=True)
class Upload:
    """A body that is sent as it is: bytes, a file, or pieces, where a `str` is a line without its end.

    Pieces that can be read only once are sent only once.
    """

    content: bytes | Path | Iterable[str | bytes]
    content_type: str

    @property
    def is_repeatable(self) -> bool:
        return isinstance(self.content, bytes | Path) or iter(self.content) is not self.content


@dataclass(frozen=True, slots=True)
class Form:
    """A multipart body: one file and some fields."""

    file_name: str
    content: bytes
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Call(Generic[R]):
    """A request, and how its answer is read.

    `json` and `params` lose what is None. Not `repeatable`: where the answer is lost, it is not sent again.
    """

    method: str
    path: str
    read: Callable[[Any], R]
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    body: Upload | Form | None = None
    if_match: int | None = None
    face: Face = "data"
    tenant: str | None = None
    repeatable: bool = True

    @property
    def is_write(self) -> bool:
        return self.method != "GET"

    def with_params(self, **params: Any) -> Call[R]:
        return replace(self, params={**self.params, **params})


class Paged(Protocol[Item_co]):
    """A list that comes in pages."""

    def first(self) -> Call[Any] | None:
        """The call for the first page; None where nothing is asked for."""

    def items(self, page: Any) -> Iterable[Item_co]: ...

    def next(self, page: Any, seen: int) -> Call[Any] | None:
        """The call for what comes after `page`, which ends the first `seen` items; None where there is nothing more."""


@dataclass(frozen=True, slots=True)
class Pages(Generic[R]):
    """A page begins after so many items; `limit` items from `offset` on, or all."""

    call: Call[list[R]]
    limit: int | None = None
    offset: int = 0

    def first(self) -> Call[list[R]] | None:
        return self._after(0)

    def items(self, page: list[R]) -> list[R]:
        return page

    def next(self, page: list[R], seen: int) -> Call[list[R]] | None:
        return self._after(seen) if len(page) == self._size(seen - len(page)) else None

    def _after(self, seen: int) -> Call[list[R]] | None:
        size = self._size(seen)
        return self.call.with_params(limit=size, offset=self.offset + seen) if size > 0 else None

    def _size(self, seen: int) -> int:
        return PAGE_SIZE if self.limit is None else min(PAGE_SIZE, self.limit - seen)


class Reader(Protocol[Item_co]):
    """Makes items of a stream's lines."""

    def feed(self, line: str) -> Iterable[Item_co]: ...

    def is_complete(self) -> bool: ...

    def resumed(self, call: Call[Any]) -> Call[Any] | None:
        """The call that goes on where `call` broke off; None where that can't be."""


@dataclass(frozen=True, slots=True)
class Stream(Generic[R]):
    """An answer that comes line by line. `is_endless`: once it was open, it is asked for again as long as it takes."""

    call: Call[Any]
    reader: Callable[[], Reader[R]]
    is_endless: bool = False


class Group(Generic[E]):
    """Operations that share an executor."""

    def __init__(self, executor: E) -> None:
        self._executor = executor


class _Declared:
    """Stands in a class where a method would: taken from a group, it is carried out by the group's executor."""

    _way: ClassVar[str]

    def __init__(self, build: Callable[..., Any]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    def _of(self, group: Group[Any] | None) -> Any:
        if group is None:
            return self

        @wraps(self._build)
        def carried_out(*args: Any, **kwargs: Any) -> Any:
            return getattr(group._executor, self._way)(self._build(group, *args, **kwargs))

        return carried_out


class operation(_Declared, Generic[P, R]):
    """One request, one answer."""

    _way = "run"

    if TYPE_CHECKING:

        def __init__(self, build: Callable[Concatenate[Any, P], Call[R]]) -> None: ...

    @overload
    def __get__(self, group: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, group: Group[SyncExecutor], owner: Any) -> Callable[P, R]: ...
    @overload
    def __get__(self, group: Group[AsyncExecutor], owner: Any) -> Callable[P, Coroutine[Any, Any, R]]: ...
    def __get__(self, group: Any, owner: Any) -> Any:
        return self._of(group)


class _Items(_Declared, Generic[P, R]):
    @overload
    def __get__(self, group: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, group: Group[SyncExecutor], owner: Any) -> Callable[P, Iterator[R]]: ...
    @overload
    def __get__(self, group: Group[AsyncExecutor], owner: Any) -> Callable[P, AsyncIterator[R]]: ...
    def __get__(self, group: Any, owner: Any) -> Any:
        return self._of(group)


class listing(_Items[P, R]):
    """Items, page after page, each page asked for when it is needed. What is stored or deleted meanwhile may shift the
    pages: then an item can be missing, or come twice."""

    _way = "pages"

    if TYPE_CHECKING:

        def __init__(self, build: Callable[Concatenate[Any, P], Paged[R]]) -> None: ...


class stream(_Items[P, R]):
    """Items, as they come."""

    _way = "stream"

    if TYPE_CHECKING:

        def __init__(self, build: Callable[Concatenate[Any, P], Stream[R]]) -> None: ...


def at(root: str, *parts: object) -> str:
    """A path below `root`. A part is one segment, whatever is in it: no id leads to another route."""
    return "/".join([root, *(_segment(str(part)) for part in parts)])


def _segment(part: str) -> str:
    return part.replace(".", "%2E") if part in (".", "..") else quote(part, safe=":")


def said(arguments: Mapping[str, Any], *but: str) -> dict[str, Any]:
    """A body of a function's arguments (its `locals()`), without those that stand elsewhere."""
    return {name: value for name, value in arguments.items() if name not in ("self", *but)}


def model(of: type[M]) -> Callable[[Any], M]:
    return of.model_validate


def models(of: type[M], under: str | None = None) -> Callable[[Any], list[M]]:
    """A list of them; `under` is its name where it stands in an object."""

    def read(told: Any) -> list[M]:
        return [of.model_validate(each) for each in (told[under] if under and isinstance(told, dict) else told)]

    return read


def nothing(_: Any) -> None:
    return None
