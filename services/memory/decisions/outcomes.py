"""What a decision comes to when it is no refusal."""

from dataclasses import dataclass

from contracts.events import AnyEvent
from services.memory.decisions.state import Usage


@dataclass(frozen=True, slots=True)
class Happened:
    """An event to be appended to `stream`."""

    stream: str
    event: AnyEvent


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from a command: events, or new counters of one memory (which reach the log later, in batches)."""

    happened: tuple[Happened, ...] = ()
    counted: tuple[str, Usage] | None = None
