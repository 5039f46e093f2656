"""What goes in and what comes out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

ObservationKind = Literal["tool_use", "file_read", "file_edit", "command", "message", "note"]
LearntType = Literal["decision", "pattern", "convention", "architecture", "discovery", "incident", "general"]
"""The types that extraction may assign (SPEC 3.14): never `wiki`, never `sdlc_knowledge`."""

Nearness: TypeAlias = Callable[[Sequence[str]], NDArray[np.floating[Any]]]
"""Texts to vectors, (n, dimension), each of length 1; a vector depends on its text alone. May be slow, not fail."""


@dataclass(frozen=True, slots=True)
class Observation:
    """`author` is "user" where a person said it, else empty; texts that begin with `User:` say it themselves."""

    id: str
    kind: ObservationKind
    content: str
    files: tuple[str, ...]
    at: datetime
    author: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """Observations in the order in which they were made."""

    session_id: str
    summary: str | None
    project_path: str
    observations: Sequence[Observation]


@dataclass(frozen=True, slots=True)
class Distilled:
    """A memory to be, within the limits of contracts.commands.MemoryDraft.

    `importance` is at most 0.9: what is pinned, a person pins. `observation_ids` are those it rests on, in their order,
    none if it rests on the summary alone. `quotes` are verbatim pieces of these and of the summary.
    """

    title: str
    narrative: str
    memory_type: LearntType
    tags: tuple[str, ...]
    concepts: tuple[str, ...]
    source_files: tuple[str, ...]
    importance: float
    confidence: float
    observation_ids: tuple[str, ...]
    quotes: tuple[str, ...]
