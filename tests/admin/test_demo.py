"""The demo, as somebody sees it who has just cloned Weft."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.admin.demo import GENERAL_QUESTIONS, frequent_words, questions
from deploy.admin.git_history import Commit, Repository
from deploy.local.home import CHECKOUT
from tests.admin.repositories import GitFolder
from tests.stack import Workspace

pytestmark = pytest.mark.slow

SUBJECTS = ["Fix the pump", "Oil the pump", "Prune the roses", "Water the roses", "Update docs", "Update tests", "Pump"]


def test_it_asks_about_what_the_history_talks_of_most() -> None:
    assert frequent_words([*SUBJECTS, "a", "b", "c"]) == ["pump", "roses"]


def test_words_that_every_history_has_are_not_asked_about() -> None:
    assert "update" not in frequent_words(SUBJECTS)


GARDEN = Repository(Path(), "garden", "0" * 12)


@pytest.mark.parametrize("messages", [[], ["x"], ["", "\n"]])
def test_a_history_without_words_is_asked_the_general_questions(messages: list[str]) -> None:
    asked = questions(GARDEN, [Commit("0" * 40, None, "Ada", message, ()) for message in messages])
    assert [question.asked for question in asked] == list(GENERAL_QUESTIONS)
    assert all(question.body["tags"] == ["repo:garden"] for question in asked)


def test_the_file_that_changed_most_is_asked_about() -> None:
    commits = [Commit("0" * 40, None, "Ada", "x", files) for files in (("a", "b"), ("b",), ())]
    assert questions(GARDEN, commits)[-1].body["files"] == ["b"]


def demo(workspace: Workspace, folder: Path, columns: int) -> str:
    account = {"MEMORIES_API_URL": workspace.url, "MEMORIES_API_TOKEN": workspace.token, "COLUMNS": str(columns)}
    done = subprocess.run(
        [sys.executable, "-m", "deploy.admin", "demo", str(folder)],
        cwd=CHECKOUT,
        env={**os.environ, **account},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("columns", [80, 120])
def test_a_history_goes_in_and_answers_come_out(workspace: Workspace, tmp_path: Path, columns: int) -> None:
    folder = GitFolder.create(tmp_path / "garden")
    for subject in SUBJECTS:
        folder.commit(f"{subject}\n\nIt had not been done for weeks, and it showed. {'Much more was said. ' * 20}", {})
    folder.commit("\x1b[31mRed pump\x1b[0m [bold]not markup[/bold]\r\n\nPump \x07 bell", {"a": ""})
    shown = demo(workspace, folder.path, columns)
    assert "garden: 8 commits" in shown
    assert "8 stored, 0 there already" in shown
    assert "what do we know about roses?" in shown
    assert "Prune the roses" in shown
    assert "meaning 0." in shown
    assert "[bold]not markup[/bold]" in shown
    assert not {"\x1b", "\x07", "\r"} & set(shown)
    assert max(map(len, shown.splitlines())) <= columns


def test_what_is_no_repository_starts_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.admin", "demo", str(tmp_path)],
        cwd=CHECKOUT,
        env={**os.environ, "WEFT_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "is not a git repository" in done.stderr
    assert not (tmp_path / "home").exists()
