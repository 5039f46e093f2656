"""Events on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from weft.cli.here import Here
from weft.cli.options import Flag, Limit, given
from weft.cli.output import Column

if TYPE_CHECKING:
    from weft.events.event import Event

Types = Annotated[
    list[str] | None,
    Parameter(negative=(), help="weft.memory.stored.v1, or weft.memory for all of them; may be given several times."),
]
TOLD = ("title", "name", "summary", "status", "useful", "importance_score", "relationship_type", "project_path")
"""Fields that say most of what happened, the first before the others."""

events = App(name="events", help="What happened in the workspace.")


@events.command(name="list")
def list_(*, types: Types = None, subject: str | None = None, after: int = 0, limit: Limit = 50, here: Here) -> None:
    """List events from the log, the oldest first.

    Parameters
    ----------
    subject
        Only what happened to the memory, session, document or other thing with this id.
    after
        Only what came after the event with this number.
    """
    found = here.weft.events.list(after=after, types=given(types), subject=subject, limit=limit)
    columns: list[Column[Event]] = [
        Column("seq", lambda it: it.seq),
        Column("time", lambda it: it.time),
        Column("type", lambda it: it.type),
        Column("subject", lambda it: it.subject),
        Column("actor", lambda it: it.actor),
        Column("what", _what, is_long=True),
    ]
    here.output.rows(found, columns)


@events.command
def tail(*, types: Types = None, after: int | None = None, from_start: Flag = False, here: Here) -> None:
    """Show events as they happen, until it is interrupted.

    Parameters
    ----------
    after
        First what came after the event with this number.
    from_start
        First all that there is.
    """
    for event in here.weft.events.stream(after=0 if from_start else after, types=given(types)):
        what = _what(event)
        kind = ".".join(event.type.split(".")[1:3])
        said = f"{event.time:%H:%M:%S}Z  {event.seq}  {kind}  {event.subject}  {what}"
        here.output.done(event, said, event.seq, event.time, event.type, event.subject, event.actor, what)


def _what(event: Event) -> object:
    if event.is_erased:
        return getattr(event.data, "erased_type", "")
    return next((told for field in TOLD if (told := getattr(event.data, field, None)) is not None), "")
