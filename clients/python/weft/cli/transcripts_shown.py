"""`weft import-transcript` at work: past sessions go in, and what they taught comes out."""

from collections import Counter
from pathlib import Path

from weft.cli.faults import NoSuchFile
from weft.cli.here import _Here
from weft.cli.output import Column
from weft.transcripts.importing import Importer, Outcome, Part
from weft.transcripts.learning import Learnt, wait_for
from weft.transcripts.lines import LeftOut
from weft.transcripts.reading import Reading
from weft.transcripts.sessions import Found, NoTranscript, Session, scan, transcripts

SHOWN_MAX = 20
NEW = (Outcome.IMPORTED, Outcome.CONTINUED)


def run_import(here: _Here, path: Path, *, namespace: str | None, limit: int | None, dry_run: bool, wait: bool) -> int:
    """The exit code: 0, or 1 where a session or a file could not be imported, or its job failed."""
    found = _scan(here, path, limit)
    if dry_run:
        good = _show_counts(here, found.sessions)
    else:
        parts = _import(here, found.sessions, namespace)
        good = _show_learnt(here, parts) if wait else _show_parts(here, parts)
    _show_left_out(here, found.left_out)
    for problem in found.problems[:SHOWN_MAX]:
        here.output.complain(problem)
    if len(found.problems) > SHOWN_MAX:
        here.output.complain(f"and {len(found.problems) - SHOWN_MAX:,} more files")
    return 0 if good and not found.problems else 1


def _scan(here: _Here, path: Path, limit: int | None) -> Found:
    try:
        files = transcripts(path)
    except NoTranscript as why:
        raise NoSuchFile(str(why)) from why
    with here.progress("looking for sessions", len(files)) as advance:
        found = scan(files, lambda: advance(1))
    if not found.sessions:
        raise NoSuchFile("; ".join(found.problems[:SHOWN_MAX]) or f"there is no session in {path}")
    if limit is not None:
        found.sessions = found.sessions[-limit:] if limit > 0 else []
    return found


def _show_counts(here: _Here, sessions: list[Session]) -> bool:
    counted: list[tuple[Session, Counter[str]]] = []
    readable = True
    for session in sessions:
        reading = Reading(session, session.after, session.last_mark)
        try:
            counted.append((session, Counter(observation.kind for observation in reading)))
        except OSError as why:
            readable = False
            here.output.complain(f"{session.session_id}: {why.strerror}")
    columns: list[Column[tuple[Session, Counter[str]]]] = [
        Column("session", lambda it: it[0].session_id, is_long=True),
        Column("project", lambda it: it[0].project_name, is_long=True),
        Column("lines", lambda it: it[0].lines),
        Column("observations", lambda it: it[1].total()),
    ]
    told = [
        {"session_id": it.session_id, "project": it.project_name, "lines": it.lines, "observations": dict(kinds)}
        for it, kinds in counted
    ]
    here.output.rows(counted, columns, whole=told)
    total = sum((kinds for _, kinds in counted), Counter[str]())
    here.output.note(f"{_sessions(len(sessions))}, {total.total():,} observations; nothing was sent.")
    _note_counted(here, "Observations", total)
    return readable


def _import(here: _Here, sessions: list[Session], namespace: str | None) -> list[Part]:
    with here.progress("importing lines", sum(session.lines for session in sessions)) as advance:
        importer = Importer(here.weft, namespace, advance)
        return [importer.bring(session) for session in sessions]


def _show_parts(here: _Here, parts: list[Part]) -> bool:
    """What became of each session, and whether all is well."""
    columns: list[Column[Part]] = [
        Column("session", lambda it: it.session_id, is_long=True),
        Column("outcome", lambda it: it.outcome.value),
        Column("observations", lambda it: it.observations),
        Column("job", lambda it: it.job_id),
        Column("project", lambda it: it.project, is_long=True),
    ]
    here.output.rows(parts, columns)
    _note_outcomes(here, parts)
    if any(part.outcome in NEW for part in parts):
        here.output.note("What they teach is worked out now: `weft jobs list`, or the same command with --wait.")
    return not any(part.outcome is Outcome.REFUSED for part in parts)


def _show_learnt(here: _Here, parts: list[Part]) -> bool:
    """The memories that the sessions left, once they have been learnt from."""
    job_ids = [part.job_id for part in parts if part.job_id]
    with here.progress("learning", len(job_ids)) as advance:
        learnt = wait_for(here.weft, job_ids, advance)
    told = [(part, learnt[part.job_id]) for part in parts if part.job_id in learnt]
    columns: list[Column[tuple[Part, Learnt]]] = [
        Column("session", lambda it: it[0].session_id, is_long=True),
        Column("project", lambda it: it[0].project, is_long=True),
        Column("memories", lambda it: len(it[1].memories)),
        Column("titles", lambda it: _titles(it[1]), is_long=True),
    ]
    whole = [{"session_id": part.session_id, "job": each.job, "memories": each.memories} for part, each in told]
    here.output.rows(told, columns, whole=whole)
    _note_outcomes(here, parts)
    failed = any(each.job.status == "failed" for each in learnt.values())
    return not failed and not any(part.outcome is Outcome.REFUSED for part in parts)


def _titles(learnt: Learnt) -> list[str]:
    """Of the memories, or why there are none."""
    if learnt.memories:
        return [f"{it.memory_type}: {it.title}" for it in learnt.memories]
    why = learnt.job.error or learnt.job.reason or ("" if learnt.has_ended else "not ended yet")
    return [f"{learnt.job.status}: {why}" if why else learnt.job.status]


def _note_outcomes(here: _Here, parts: list[Part]) -> None:
    counts = Counter(part.outcome for part in parts)
    said = [f"{counts[Outcome.IMPORTED]:,} imported", f"{counts[Outcome.KNOWN]:,} there already"]
    others = (Outcome.CONTINUED, Outcome.NOTHING, Outcome.OTHERS, Outcome.REFUSED)
    said += [f"{counts[outcome]:,} {outcome.value}" for outcome in others if counts[outcome]]
    here.output.note(f"{_sessions(len(parts))}: {', '.join(said)}.")
    if redacted := sum(bool(part.warnings) for part in parts):
        here.output.warn([f"secrets were redacted in {redacted:,} of them"])
    for part in [part for part in parts if part.reason][:SHOWN_MAX]:
        said_of_it = f"{part.session_id}: {part.reason}"
        if part.outcome is Outcome.REFUSED:
            here.output.complain(said_of_it)
        else:
            here.output.note(said_of_it)


def _show_left_out(here: _Here, left_out: LeftOut) -> None:
    _note_counted(here, "Lines without talk", left_out.types)
    _note_counted(here, "Lines of unknown types", left_out.unknown_types)
    _note_counted(here, "Lines left out", left_out.lines)


def _note_counted(here: _Here, what: str, counts: Counter[str]) -> None:
    if counts:
        here.output.note(f"{what}: {', '.join(f'{count:,} {reason}' for reason, count in counts.most_common())}.")


def _sessions(count: int) -> str:
    return f"{count:,} session{'' if count == 1 else 's'}"
