"""Importing transcripts into the running stack: once and for all, going on where a session or an import went on."""

import json
import os
import re
import shutil
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from weft import Weft
from weft.cli import running
from weft.transcripts import learning
from weft.transcripts.importing import (
    BATCH_BYTES_MAX,
    BATCH_MAX,
    BY,
    Bounds,
    Importer,
    Outcome,
    batches,
    start_of,
)
from weft.transcripts.reading import Reading
from weft.transcripts.sessions import scan

from tests.admin.gateways import Script, scripted
from tests.clients.test_transcripts import BILLING, FOLDER, RESUMED, SHOP, a_line, write
from tests.stack import Workspace

pytestmark = pytest.mark.slow

SESSIONS = "/api/v1/sessions"
WAIT_S = 240.0


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


class Ended(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def run(workspace: Workspace | None, *arguments: Path | str, **environment: str) -> Ended:
    """`weft import-transcript ...` on a terminal, in this process: it is called often."""
    account = {"MEMORIES_API_URL": workspace.url, "MEMORIES_API_TOKEN": workspace.token} if workspace else {}
    out, err = Terminal(), StringIO()
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(out), redirect_stderr(err):
        for name in [name for name in os.environ if name.startswith(("MEMORIES_", "WEFT_"))]:
            patched.delenv(name)
        for name, value in {"COLUMNS": "160", "WEFT_CONFIG": "/nonexistent", **account, **environment}.items():
            patched.setenv(name, value)
        patched.setattr(learning, "STANDSTILL_S", WAIT_S)
        code = running.run(["import-transcript", *map(str, arguments)])
    return Ended(code, out.getvalue(), err.getvalue())


def done(workspace: Workspace, *arguments: Path | str) -> str:
    """What it showed; it went well."""
    ended = run(workspace, *arguments)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def asked(workspace: Workspace, path: str, **parameters: Any) -> Any:
    answer = httpx2.get(f"{workspace.url}{path}", headers=workspace.headers, params=parameters, timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()


def posted(workspace: Workspace, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = httpx2.post(f"{workspace.url}{path}", headers=workspace.headers, json=body, timeout=20)
    assert answer.is_success, answer.text
    said: dict[str, Any] = answer.json()
    return said


def counts(workspace: Workspace) -> dict[str, int]:
    return {each["session_id"]: each["observation_count"] for each in asked(workspace, SESSIONS)}


def test_what_was_decided_in_a_transcript_becomes_a_memory(workspace: Workspace) -> None:
    shown = done(workspace, FOLDER, "--wait")
    assert "3 sessions: 3 imported, 0 there already" in shown
    assert "Lines of unknown types: 1 hologram" in shown
    memories = asked(workspace, "/api/v1/memories", limit=50)
    by_text = {memory["narrative"]: memory for memory in memories}
    (decided,) = [by_text[text] for text in by_text if "transaction.on_commit instead of calling delay" in text]
    assert decided["source_session_id"] == BILLING
    assert decided["title"] in re.sub(r"\s+", " ", shown)
    (told_in_summary,) = [by_text[text] for text in by_text if "trigram index over a search engine" in text]
    assert (told_in_summary["memory_type"], told_in_summary["source_session_id"]) == ("decision", SHOP)


def test_a_session_has_the_transcripts_project_branch_and_summary(workspace: Workspace) -> None:
    done(workspace, FOLDER / "billing.jsonl")
    session = asked(workspace, f"{SESSIONS}/{BILLING}")
    assert session["metadata"]["source"] == "claude-code"
    assert session["metadata"]["version"] == "2.1.12"
    assert (session["project_path"], session["project_name"]) == ("/home/ada/billing", "billing")
    assert (session["branch_name"], session["status"]) == ("fix/invoices", "ended")
    assert (session["summary"], session["observation_count"]) == ("Invoice mails sent twice", 14)


def test_a_second_import_adds_nothing_and_says_so(workspace: Workspace) -> None:
    first = done(workspace, FOLDER)
    there = counts(workspace)
    assert there == {BILLING: 14, SHOP: 5, RESUMED: 2}
    assert set(re.findall(r"job-[a-z0-9]{16}", first)) == {
        asked(workspace, f"{SESSIONS}/{session_id}")["extraction_job_id"] for session_id in there
    }
    assert "3 sessions: 0 imported, 3 there already" in done(workspace, FOLDER)
    assert counts(workspace) == there


def test_of_a_session_that_went_on_only_what_is_new_is_added(workspace: Workspace, tmp_path: Path) -> None:
    file = Path(shutil.copy(FOLDER / "compacted.jsonl", tmp_path))
    done(workspace, file)
    with file.open("a") as opened:
        for number in range(2):
            opened.write(json.dumps(a_line(sessionId=SHOP, uuid=f"n{number}", text=f"More {number}")) + "\n")
    assert "0 imported, 0 there already, 1 continued" in done(workspace, file)
    assert counts(workspace) == {SHOP: 5, f"{SHOP}:2": 2}
    assert "0 imported, 1 there already" in done(workspace, file)
    with file.open("a") as opened:
        opened.write(json.dumps(a_line(sessionId=SHOP, uuid="n2", isMeta=True)) + "\n")
    assert "0 imported, 1 there already" in done(workspace, file)
    assert counts(workspace) == {SHOP: 5, f"{SHOP}:2": 2}


def test_an_import_that_was_interrupted_goes_on_where_it_stopped(workspace: Workspace) -> None:
    (session,) = scan([FOLDER / "billing.jsonl"]).sessions
    posted(workspace, f"{SESSIONS}/start", start_of(session, BILLING, Bounds(None, session.last_mark), None))
    sent = [each.as_json() for each in Reading(session, None, session.last_mark)][:6]
    posted(workspace, f"{SESSIONS}/{BILLING}/observations", {"observations": sent})
    assert "1 imported" in done(workspace, FOLDER / "billing.jsonl")
    assert counts(workspace) == {BILLING: 14}
    assert asked(workspace, f"{SESSIONS}/{BILLING}")["status"] == "ended"


def test_what_the_sweeper_ended_in_the_middle_gets_its_rest_as_another_part() -> None:
    (session,) = scan([FOLDER / "billing.jsonl"]).sessions
    swept = {
        **start_of(session, BILLING, Bounds(None, session.last_mark), None),
        **{"status": "ended", "ended_by": "sweeper", "observation_count": 12, "extraction_job_id": "job-1"},
        **{"workspace_id": "ws-3n6d1f8h0j2m", "namespace": "default"},
        **dict.fromkeys(("started_at", "last_seen_at", "ended_at"), "2026-03-20T09:00:00Z"),
    }
    answers: list[tuple[int, dict[str, str], dict[str, Any]]] = [
        (201, {}, {"session_id": f"{BILLING}:2"}),
        (202, {}, {"session_id": f"{BILLING}:2", "observation_ids": [], "observation_count": 2}),
        (200, {}, {"session_id": f"{BILLING}:2", "status": "ended"}),
    ]
    script = Script(answers=answers, sessions={BILLING: swept})
    with scripted(script) as url, Weft(url, "key") as weft:
        part = Importer(weft, None).bring(session)
    assert (part.session_id, part.outcome, part.observations) == (f"{BILLING}:2", Outcome.CONTINUED, 2)
    (sent,) = [body["observations"] for path, body in script.posted.items() if path.endswith("observations")]
    assert [each["content"].split()[0] for each in sent] == ["Grep", "git"]
    assert script.posted[f"{SESSIONS}/start"]["metadata"]["imported"]["skip"] == 12


@pytest.mark.parametrize("imported", [{"by": BY}, {"by": BY, "after": 1, "until": "x", "skip": 0}, "yes", None])
def test_metadata_that_another_wrote_are_not_taken_for_ours(imported: Any) -> None:
    assert Bounds.of({"imported": imported}) is None


def test_a_session_that_somebody_else_records_is_left_alone(workspace: Workspace) -> None:
    posted(workspace, f"{SESSIONS}/start", {"session_id": BILLING, "project_path": "/home/ada/billing"})
    assert "1 recorded by another client" in done(workspace, FOLDER / "billing.jsonl")
    assert counts(workspace) == {BILLING: 0}


def test_a_file_that_was_rewritten_is_said_to_be(workspace: Workspace, tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", a_line(uuid="u1"), a_line(uuid="u2"))
    done(workspace, file)
    write(file, a_line(uuid="u3"))
    again = run(workspace, file)
    assert again.returncode == 1
    assert "rewritten since the last import" in again.stderr
    assert counts(workspace) == {"s": 2}


def test_a_long_session_and_odd_texts_fit_through_the_door(workspace: Workspace, tmp_path: Path) -> None:
    odd = ["\0", "\ud800", "🌱" * 70_000, "\x1b[31mred", "  ", "[bold]x[/bold]", "x" * 70_000]
    lines = [a_line(uuid=f"u{number}", text=odd[number % len(odd)] + str(number)) for number in range(450)]
    use = {"type": "tool_use", "id": "t", "name": "Read", "input": {"file_path": "/" + "d/" * 2_000}}
    done(workspace, write(tmp_path / "a.jsonl", *lines, a_line(uuid="v", content=[use], cwd="\0" * 2_000)))
    assert counts(workspace) == {"s": 451}


def test_secrets_are_redacted_on_the_way_and_it_is_said(workspace: Workspace, tmp_path: Path) -> None:
    key = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    shown = done(workspace, write(tmp_path / "a.jsonl", a_line(text=f"Use the token {key} for the build.")))
    assert "secrets were redacted in 1 of them" in shown


def test_only_the_newest_are_imported_where_there_is_a_limit(workspace: Workspace) -> None:
    done(workspace, FOLDER, "--limit", "1")
    assert set(counts(workspace)) == {RESUMED}


def test_a_dry_run_counts_and_needs_no_server() -> None:
    counted = run(None, FOLDER, "--dry-run")
    assert counted.returncode == 0, counted.stderr
    assert "3 sessions, 21 observations; nothing was sent" in counted.stderr


def test_a_bad_file_does_not_keep_the_others_out(workspace: Workspace, tmp_path: Path) -> None:
    write(tmp_path / "bad.jsonl", b"\xff\xfe\0x\n")
    shutil.copy(FOLDER / "compacted.jsonl", tmp_path)
    ended = run(workspace, tmp_path)
    assert ended.returncode == 1
    assert "1 imported" in ended.stderr
    assert f"weft: {tmp_path / 'bad.jsonl'}: no session in it; lines: 1 not UTF-8\n" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nowhere",), 1, "nowhere is neither a file nor a folder"),
        (("empty.jsonl",), 1, "there is no session in"),
        ((str(FOLDER), "--namespace", "unheard-of"), 4, "Namespace 'unheard-of' not found."),
    ],
)
def test_what_can_not_work_is_said_in_one_line(
    workspace: Workspace, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    write(tmp_path / "empty.jsonl")
    first, *others = arguments
    ended = run(workspace, tmp_path / first, *others)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert said in ended.stderr.splitlines()[0]
    assert not counts(workspace)


def test_a_batch_fits_into_one_request(tmp_path: Path) -> None:
    texts = ["short"] * 250 + ["🌱" * 30_000] * 20
    file = write(tmp_path / "a.jsonl", *(a_line(uuid=f"u{number}", text=text) for number, text in enumerate(texts)))
    (session,) = scan([file]).sessions
    made = list(batches(iter(Reading(session, None, session.last_mark))))
    assert sum(map(len, made)) == 270
    assert max(map(len, made)) == BATCH_MAX
    assert max(sum(map(len, batch)) for batch in made) <= BATCH_BYTES_MAX
