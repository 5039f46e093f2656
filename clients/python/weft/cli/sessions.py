"""Sessions on the command line."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App

from weft.cli.faults import BadInput
from weft.cli.here import Here, _Here
from weft.cli.options import Files, Flag, Limit, Namespaces, Text, WriteNamespace, dash_is_stdin, said_or_read
from weft.cli.output import Column
from weft.words import ObservationKind, SessionStatus

if TYPE_CHECKING:
    from weft import Observation
    from weft.models import Session

BATCH_SIZE = 100

sessions = App(name="sessions", help="Sessions of a coding agent.")


@sessions.command
def start(
    project: Path = Path(),
    *,
    session_id: str | None = None,
    name: str | None = None,
    branch: str | None = None,
    namespace: WriteNamespace = None,
    here: Here,
) -> None:
    """Start a session; prints its id.

    Parameters
    ----------
    project
        The project's folder.
    session_id
        Made by Weft if not given.
    name
        The project's name; its folder's if not given.
    branch
        Of version control.
    """
    folder = project.absolute()
    made = here.weft.sessions.start(
        str(folder), session_id=session_id, project_name=name or folder.name, branch_name=branch, namespace=namespace
    )
    here.output.warn(made.warnings)
    here.output.done(made, f"Started {made.session_id}. {made.context_summary}", made.session_id)


@sessions.command(name="list")
def list_(
    *,
    status: SessionStatus | None = None,
    project: str | None = None,
    namespace: Namespaces = None,
    limit: Limit = 50,
    here: Here,
) -> None:
    """List sessions, the newest first.

    Parameters
    ----------
    project
        Only of this folder.
    """
    found = here.weft.sessions.list(status=status, project_path=project, namespaces=namespace, limit=limit)
    columns: list[Column[Session]] = [
        Column("id", lambda it: it.session_id, is_long=True),
        Column("status", lambda it: it.status),
        Column("started", lambda it: it.started_at),
        Column("observations", lambda it: it.observation_count),
        Column("job", lambda it: it.extraction_job_id),
        Column("project", lambda it: it.project_path, is_long=True),
    ]
    here.output.rows(found, columns)


@sessions.command
def get(session_id: str, *, here: Here) -> None:
    """Show a session."""
    found = here.weft.sessions.get(session_id)
    fields = [
        ("id", found.session_id),
        ("status", found.status),
        ("project", found.project_path),
        ("branch", found.branch_name),
        ("namespace", found.namespace),
        ("started", found.started_at),
        ("last seen", found.last_seen_at),
        ("ended", found.ended_at),
        ("observations", found.observation_count),
        ("given at start", [it.memory_id for it in found.injected]),
        ("job", found.extraction_job_id),
    ]
    here.output.record(found, fields, found.summary or "")


@sessions.command
def observe(
    session_id: str,
    content: str | None = None,
    *,
    kind: ObservationKind = "note",
    file: Files = None,
    lines: Flag = False,
    here: Here,
) -> None:
    """Record what happens in a session; prints how many observations it has now.

    Parameters
    ----------
    content
        What happened. From standard input if it is not given.
    lines
        The content is JSON, an observation a line: {"kind": ..., "content": ..., "files": [...], "at": ...}
    """
    seen = said_or_read(content)
    observations = _each(seen) if lines else [_one(kind, seen, file)]
    here.output.each(_taken(here, session_id, observations))


def _taken(here: _Here, session_id: str, observations: "Sequence[Observation]") -> Iterator[tuple[Any, ...]]:
    for begin in range(0, len(observations), BATCH_SIZE):
        taken = here.weft.sessions.observe(session_id, observations[begin : begin + BATCH_SIZE])
        here.output.warn(taken.warnings)
        said = f"Recorded {len(taken.observation_ids)}; the session has {taken.observation_count}."
        yield taken, said, taken.observation_count


def _each(lines: str) -> "list[Observation]":
    """Raises BadInput."""
    try:
        return [json.loads(each) for each in lines.splitlines()]
    except ValueError as why:
        raise BadInput(f"A line is no JSON: {why}") from why


def _one(kind: ObservationKind, content: str, files: list[str] | None) -> "Observation":
    return {"kind": kind, "content": content, "files": files or []}


@sessions.command
def end(
    session_id: str,
    *,
    summary: Text = None,
    here: Here,
) -> None:
    """End a session; prints the job that learns from it.

    Parameters
    ----------
    summary
        What was done and learned; it weighs most. `-`: from standard input.
    """
    ended = here.weft.sessions.end(session_id, summary=dash_is_stdin(summary))
    here.output.warn(ended.warnings)
    job_id = ended.extraction_job_id or ""
    here.output.done(ended, f"Ended. What it taught is worked out by {job_id}: weft jobs follow {job_id}", job_id)


def context(
    session_id: str,
    *,
    query: str | None = None,
    file: Files = None,
    max_memories: int | None = None,
    max_tokens: int | None = None,
    namespace: Namespaces = None,
    here: Here,
) -> None:
    """Print what is known of a question and of files, as a text for an agent.

    Parameters
    ----------
    query
        What it is about.
    max_memories
        At most so many.
    max_tokens
        Of the text.
    """
    found = here.weft.sessions.context(
        session_id,
        query=query,
        files=file,
        max_memories=max_memories,
        max_tokens=max_tokens,
        namespaces=namespace,
    )
    here.output.warn(found.warnings)
    here.output.verbatim(found, found.context)
    here.output.note(f"{len(found.memories)} memories, {found.left_out} left out.")
