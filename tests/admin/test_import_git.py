"""Importing a history: once and for all, and patient with a gateway that is busy."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.admin import gateway
from deploy.admin.gateway import Account, ImportFailed
from deploy.admin.git_history import open_repository
from deploy.admin.import_git import Outcome, Report, import_history
from deploy.local.home import CHECKOUT
from tests.admin.gateways import HANG_UP, Script, scripted
from tests.admin.repositories import GitFolder
from tests.examples import mistyped
from tests.stack import Workspace

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> GitFolder:
    made = GitFolder.create(tmp_path / "garden")
    for number in range(3):
        made.commit(f"commit {number}", {f"{number}": ""})
    return made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "PAUSE_MAX_S", 0.01)
    monkeypatch.setattr(gateway, "FOLLOW_EVERY_S", 0.01)
    monkeypatch.setattr(gateway, "FOLLOW_FOR_S", 0.3)


async def imported(folder: GitFolder, script: Script) -> Report:
    with scripted(script) as url:
        return await import_history(Account(url, "key"), open_repository(folder.path))


def counts(report: Report) -> dict[str, int]:
    return {outcome.value: count for outcome, count in report.counts.items() if count}


async def test_each_commit_has_a_key_of_its_own_that_never_changes(folder: GitFolder) -> None:
    first, second = Script(), Script()
    assert counts(await imported(folder, first)) == {"stored": 3}
    await imported(folder, second)
    assert sorted(first.keys) == sorted(second.keys)
    root = folder.git("rev-list", "--max-parents=0", "HEAD")
    assert f"git:{root[:12]}:{root}" in first.keys


@pytest.mark.parametrize(
    ("status", "headers"),
    [(429, {"Retry-After": "1"}), (503, {"Retry-After": "1"}), (409, {}), (500, {}), (HANG_UP, {})],
)
async def test_what_is_busy_is_asked_again(folder: GitFolder, status: int, headers: dict[str, str]) -> None:
    script = Script(answers=[(status, headers, {"detail": "later"})] * 4)
    assert counts(await imported(folder, script)) == {"stored": 3}
    assert len(script.keys) == 7
    assert len(set(script.keys)) == 3


async def test_an_accepted_command_is_followed_to_its_end(folder: GitFolder) -> None:
    accepted: tuple[int, dict[str, str], dict[str, Any]] = (202, {"Location": "/c/1"}, {"memory_id": "mem-1"})
    script = Script(
        answers=[accepted],
        commands=[{"status": "accepted"}, {"status": "committed", "result": {"memory_id": "mem-1"}}],
    )
    report = await imported(folder, script)
    assert counts(report) == {"stored": 3}
    assert "mem-1" in report.memory_ids


async def test_an_accepted_command_that_is_parked_is_said_to_be(folder: GitFolder) -> None:
    script = Script(answers=[(202, {"Location": "/c/1"}, {})], commands=[{"status": "parked"}])
    report = await imported(folder, script)
    assert counts(report) == {"stored": 2, "refused": 1}
    assert "parked" in report.refusals[0]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (409, {"code": "already_exists", "detail": "exists"}),
        (409, {"code": "idempotency_key_expired", "detail": "old"}),
        (422, {"detail": [{"loc": ["header"], "msg": "other body", "type": "idempotency_key_reused"}]}),
        (201, {"memory_id": "mem-1", "created_at": "2020-01-01T00:00:00Z"}),
    ],
)
async def test_what_is_there_already_is_counted_as_such(folder: GitFolder, status: int, body: dict[str, Any]) -> None:
    report = await imported(folder, Script(answers=[(status, {}, body)]))
    assert counts(report) == {"stored": 2, "there already": 1}


async def test_what_was_deleted_stays_deleted(folder: GitFolder) -> None:
    assert counts(await imported(folder, Script(answers=[(410, {}, {"detail": "gone"})]))) == {
        "stored": 2,
        "deleted since": 1,
    }


async def test_one_refusal_does_not_stop_the_others(folder: GitFolder) -> None:
    refusal = {"detail": [{"loc": ["body", "title"], "msg": "too long", "type": "string_too_long"}]}
    report = await imported(folder, Script(answers=[(422, {}, refusal)]))
    assert counts(report) == {"stored": 2, "refused": 1}
    assert "body.title: too long" in report.refusals[0]


@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_that_may_not_write_ends_the_import(folder: GitFolder, status: int) -> None:
    with pytest.raises(ImportFailed, match="the limit"):
        await imported(folder, Script(answers=[(status, {}, {"detail": "the limit"})] * 3))


async def test_a_gateway_that_stays_busy_ends_the_import(folder: GitFolder) -> None:
    with pytest.raises(ImportFailed, match="gave up after 8 tries: 503"):
        await imported(folder, Script(answers=[(503, {}, {"detail": "busy"})] * 100))


async def test_a_wrong_key_is_said_before_anything_is_sent(folder: GitFolder) -> None:
    script = Script(workspace_status=401)
    with pytest.raises(ImportFailed, match="401: Invalid API key"):
        await imported(folder, script)
    assert not script.keys


# ---- the command


def run(workspace: Workspace | None, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`weft-admin import-git ...` as people call it."""
    account = {"MEMORIES_API_URL": workspace.url, "MEMORIES_API_TOKEN": workspace.token} if workspace else {}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MEMORIES_", "WEFT_"))}
    return subprocess.run(
        [sys.executable, "-m", "deploy.admin", "import-git", *arguments],
        cwd=CHECKOUT,
        env={**kept, **account, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_second_run_stores_nothing_and_says_so(folder: GitFolder, workspace: Workspace) -> None:
    first, second = run(workspace, str(folder.path)), run(workspace, str(folder.path))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert "3 stored, 0 there already" in first.stdout
    assert "0 stored, 3 there already" in second.stdout


def test_new_commits_are_added_to_what_is_there(folder: GitFolder, workspace: Workspace) -> None:
    run(workspace, str(folder.path))
    folder.commit("a fourth", {})
    assert "1 stored, 3 there already" in run(workspace, str(folder.path)).stdout


def test_odd_commits_are_stored_too(folder: GitFolder, workspace: Workspace) -> None:
    folder.commit(b"\xff\xfe\x80 bytes", {"ümläut\n": ""})
    folder.commit("", {})
    folder.commit("s" * 900 + "\n\n" + "🌱" * 300_000, {f"d{number}/{'x' * 200}": "" for number in range(400)})
    folder.commit_object("with a \0 inside")
    done = run(workspace, str(folder.path))
    assert "7 stored, 0 there already" in done.stdout, done.stdout + done.stderr


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1
    assert not done.stdout
    [line] = done.stderr.strip().splitlines()
    return line


def test_what_is_no_repository_is_said_in_one_line(tmp_path: Path, workspace: Workspace) -> None:
    assert one_line(run(workspace, str(tmp_path))) == f"weft-admin: {tmp_path} is not a git repository"


def test_an_empty_repository_is_said_in_one_line(tmp_path: Path, workspace: Workspace) -> None:
    empty = GitFolder.create(tmp_path / "empty")
    assert "has no commits yet" in one_line(run(workspace, str(empty.path)))


def test_a_missing_key_is_said_in_one_line(folder: GitFolder, tmp_path: Path) -> None:
    assert "no key found" in one_line(run(None, str(folder.path), WEFT_HOME=str(tmp_path / "none")))


def test_a_wrong_key_is_said_in_one_line(folder: GitFolder, workspace: Workspace) -> None:
    other = Workspace(workspace.url, workspace.workspace_id, mistyped(workspace.token))
    assert "401" in one_line(run(other, str(folder.path)))


def test_a_gateway_that_is_not_there_is_said_in_one_line(folder: GitFolder) -> None:
    nowhere = Workspace("http://127.0.0.1:9", "ws-000000000000", "key")
    assert "no answer from http://127.0.0.1:9" in one_line(run(nowhere, str(folder.path)))


def test_the_report_reads_as_a_sentence() -> None:
    report = Report(seconds=3.14159)
    report.counts |= {Outcome.STORED: 1_234, Outcome.REFUSED: 2}
    assert str(report) == "1,236 commits in 3.1 s: 1,234 stored, 0 there already, 2 refused"
