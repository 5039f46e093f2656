"""How work and results go through the pipes between the service and the process that analyses.

A frame is a pickle after its length (8 bytes, big-endian). Pickle is safe here: both ends are this package, the same
version of it, and nobody else holds an end of the pipes. Work goes in pieces, so that packing 100,000 memories does
not keep the service from answering; a result is one frame.
"""

import asyncio
import pickle
import struct
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, BinaryIO

from services.graph.analysis.work import Work

PIECE_MEMORIES = 4_000
"""Packed in about 5 ms."""
_LENGTH = struct.Struct(">Q")
_LISTS = ("memory_ids", "namespaces", "terms", "memory_types", "titles", "labels")
_ARRAYS = tuple(each.name for each in fields(Work) if each.name not in _LISTS)


def pack(value: object) -> bytes:
    packed = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(packed)) + packed


def pieces(work: Work) -> Iterator[bytes]:
    """The frames of `work`: its arrays with the number of frames to follow, then its memories."""
    starts = range(0, len(work.memory_ids), PIECE_MEMORIES)
    yield pack((len(starts), {name: getattr(work, name) for name in _ARRAYS}))
    for start in starts:
        yield pack([getattr(work, name)[start : start + PIECE_MEMORIES] for name in _LISTS])


def read_work(stream: BinaryIO) -> Work | None:
    """None when the stream ends, be it in the middle: who wrote there is gone."""
    first = _read(stream)
    if first is None:
        return None
    count, arrays = first
    work = Work([], [], [], [], [], [], **arrays)
    for _ in range(count):
        lists = _read(stream)
        if lists is None:
            return None
        for name, values in zip(_LISTS, lists, strict=True):
            getattr(work, name).extend(values)
    return work


async def read_result(stream: asyncio.StreamReader) -> Any:
    """Raises IncompleteReadError when the stream ends before the frame does."""
    [length] = _LENGTH.unpack(await stream.readexactly(_LENGTH.size))
    return pickle.loads(await stream.readexactly(length))  # noqa: S301 - from our own child, see above


def _read(stream: BinaryIO) -> Any:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    [length] = _LENGTH.unpack(head)
    packed = stream.read(length)
    return pickle.loads(packed) if len(packed) == length else None  # noqa: S301 - from our own parent, see above
