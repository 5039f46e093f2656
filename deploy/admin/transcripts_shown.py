"""`weft-admin import-transcript` as people see it: sessions go in, and what they taught comes out."""

import asyncio
import sys
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from deploy.admin.gateway import Account, Gateway, ImportFailed
from deploy.admin.import_transcript import Importer, Outcome, Part
from deploy.admin.learning import Learnt, wait_for
from deploy.admin.progress import bar
from deploy.admin.transcripts.lines import LeftOut
from deploy.admin.transcripts.reading import Reading
from deploy.admin.transcripts.sessions import Found, NoTranscript, Session, scan, transcripts
from deploy.admin.transcripts.words import one_line

SHOWN_MAX = 20
NOT_IMPORTED = (Outcome.REFUSED,)


def run_import(
    console: Console, path: Path, *, namespace: str | None, limit: int | None, dry_run: bool, wait: bool
) -> int:
    """The exit code: 0, or 1 where a session or a file could not be imported, or its job failed."""
    try:
        found = _scan(console, path, limit)
        if dry_run:
            good = _show_counts(console, found.sessions)
        else:
            good = asyncio.run(_import(console, found.sessions, namespace, wait))
    except (ImportFailed, NoTranscript) as why:
        print(f"weft-admin: {why}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("weft-admin: stopped; what was imported stays, and the same command goes on from there", file=sys.stderr)
        return 130
    _show_left_out(console, found.left_out)
    for problem in found.problems[:SHOWN_MAX]:
        print(f"weft-admin: {one_line(problem)}", file=sys.stderr)
    if len(found.problems) > SHOWN_MAX:
        print(f"weft-admin: and {len(found.problems) - SHOWN_MAX:,} more files", file=sys.stderr)
    return 0 if good and not found.problems else 1


def _scan(console: Console, path: Path, limit: int | None) -> Found:
    files = transcripts(path)
    with bar(console, "looking for sessions", len(files)) as progress:
        found = scan(files, progress.advance)
    if not found.sessions:
        raise NoTranscript("; ".join(map(one_line, found.problems[:SHOWN_MAX])) or f"there is no session in {path}")
    if limit is not None:
        found.sessions = found.sessions[-limit:] if limit > 0 else []
    return found


def _show_counts(console: Console, sessions: list[Session]) -> bool:
    table = Table("session", "project", "lines", "observations")
    readable, total = True, Counter[str]()
    for session in sessions:
        reading = Reading(session, session.after, session.last_mark)
        try:
            kinds = Counter(observation.kind for observation in reading)
        except OSError as why:
            readable = False
            print(f"weft-admin: {session.session_id}: {why.strerror}", file=sys.stderr)
            continue
        total += kinds
        numbers = f"{session.lines:,}", f"{kinds.total():,}"
        table.add_row(session.session_id, _name(session.project_name), *numbers)
    console.print(table)
    console.print(f"{_sessions(len(sessions))}, {total.total():,} observations; nothing was sent", highlight=False)
    _show_counted(console, "Observations", total)
    return readable


async def _import(console: Console, sessions: list[Session], namespace: str | None, wait: bool) -> bool:
    async with Account.find().client() as client:
        gateway = Gateway(client)
        parts, done = [], 0
        with bar(console, "importing lines", sum(session.lines for session in sessions)) as progress:
            importer = Importer(gateway, namespace, progress.advance)
            for session in sessions:
                parts.append(await importer.bring(session))
                done += session.lines
                progress.reach(done)
        job_ids = [part.job_id for part in parts if part.job_id]
        learnt: dict[str, Learnt] = {}
        if wait:
            with bar(console, "learning", len(job_ids)) as progress:
                learnt = await wait_for(gateway, job_ids, progress.advance)
    (_show_learnt if wait else _show_parts)(console, parts, learnt)
    _show_outcomes(console, parts)
    if not wait and any(part.outcome in (Outcome.IMPORTED, Outcome.CONTINUED) for part in parts):
        console.print(_HOW_TO_FOLLOW, highlight=False, soft_wrap=True)
    failed = any(each.job["status"] == "failed" for each in learnt.values())
    return not failed and not any(part.outcome in NOT_IMPORTED for part in parts)


_HOW_TO_FOLLOW = """What they teach is worked out now. Follow it with the same command and --wait, or ask for a job:
  curl -H "Authorization: Token $MEMORIES_API_TOKEN" $MEMORIES_API_URL/api/v1/jobs/<job>"""


def _show_parts(console: Console, parts: list[Part], _: dict[str, Learnt]) -> None:
    """The sessions that are new."""
    table = Table("session", "observations", "job")
    for part in parts:
        if part.outcome in (Outcome.IMPORTED, Outcome.CONTINUED):
            table.add_row(part.session_id, f"{part.observations:,}", part.job_id or "")
    if table.row_count:
        console.print(table)


def _show_learnt(console: Console, parts: list[Part], learnt: dict[str, Learnt]) -> None:
    table = Table(Column("session", max_width=18, overflow="fold"), "observations", "memories", "titles")
    for part in parts:
        if part.job_id in learnt:
            name = f"{part.session_id}\n{_name(part.project)}".rstrip()
            told = learnt[part.job_id]
            table.add_row(name, f"{part.observations:,}", str(len(told.memories)), _titles(told), end_section=True)
    console.print(table)


def _titles(learnt: Learnt) -> Text:
    """Of the memories, or why there are none."""
    if learnt.memories:
        return Text("\n".join(f"{it['memory_type']}: {one_line(it['title'])}" for it in learnt.memories))
    job = learnt.job
    said = job["error"] or job["reason"] or ("" if learnt.has_ended else "not ended yet")
    return Text(f"{job['status']}: {one_line(said)}" if said else job["status"], style="dim")


def _show_outcomes(console: Console, parts: list[Part]) -> None:
    counts = Counter(part.outcome for part in parts)
    said = [f"{counts[Outcome.IMPORTED]:,} imported", f"{counts[Outcome.KNOWN]:,} there already"]
    others = (Outcome.CONTINUED, Outcome.NOTHING, Outcome.OTHERS, Outcome.REFUSED)
    said += [f"{counts[outcome]:,} {outcome.value}" for outcome in others if counts[outcome]]
    console.print(f"{_sessions(len(parts))}: {', '.join(said)}", highlight=False, soft_wrap=True)
    if redacted := sum(bool(part.warnings) for part in parts):
        console.print(f"Secrets were redacted in {redacted:,} of them.", highlight=False)
    for part in [part for part in parts if part.reason][:SHOWN_MAX]:
        line = f"{part.session_id}: {one_line(part.reason)}"
        if part.outcome in NOT_IMPORTED:
            print(f"weft-admin: {line}", file=sys.stderr)
        else:
            console.print(f"  {line}", highlight=False, soft_wrap=True, markup=False)


def _show_left_out(console: Console, left_out: LeftOut) -> None:
    _show_counted(console, "Lines without talk", left_out.types)
    _show_counted(console, "Lines of unknown types", left_out.unknown_types)
    _show_counted(console, "Lines left out", left_out.lines)


def _show_counted(console: Console, what: str, counts: Counter[str]) -> None:
    if counts:
        said = ", ".join(f"{count:,} {reason}" for reason, count in counts.most_common())
        console.print(f"{what}: {said}", highlight=False, soft_wrap=True, markup=False)


def _sessions(count: int) -> str:
    return f"{count:,} session{'' if count == 1 else 's'}"


def _name(project: str) -> Text:
    return Text(one_line(project))
