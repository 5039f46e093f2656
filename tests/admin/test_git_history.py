"""A repository's history as drafts, whatever people have written into it."""

import os
from pathlib import Path

import psutil
import pytest

from contracts.commands import MemoryDraft
from deploy.admin.git_history import Commit, NoHistory, draft, memory_type, open_repository
from tests.admin.repositories import GitFolder

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> GitFolder:
    return GitFolder.create(tmp_path / "garden")


def all_of(folder: GitFolder, *, limit: int | None = None, merges: bool = False) -> list[Commit]:
    return list(open_repository(folder.path).commits(limit=limit, merges=merges))


def fits(commit: Commit) -> MemoryDraft:
    """The draft, as the gateway would take it."""
    return MemoryDraft.model_validate(draft(commit, "garden"))


def test_a_commit_is_told_with_its_words_files_and_date(folder: GitFolder) -> None:
    folder.commit("Water the beds\n\nThey were dry.\nTwice a day now.", {"beds/water.py": "1", "README": "2"})
    [commit] = all_of(folder)
    made = fits(commit)
    assert made.title == "Water the beds"
    assert made.narrative.startswith("They were dry.\nTwice a day now.\n\nCommit ")
    assert made.narrative.endswith(" by Ada Lovelace, 2026-03-20: Water the beds")
    assert set(made.source_files) == {"beds/water.py", "README"}
    assert set(made.tags) == {"git", "repo:garden", "2026-03", "beds"}


def test_the_oldest_comes_first_and_a_limit_keeps_the_newest(folder: GitFolder) -> None:
    for name in ("one", "two", "three"):
        folder.commit(name, {name: ""})
    assert [commit.message.strip() for commit in all_of(folder, limit=2)] == ["two", "three"]
    assert open_repository(folder.path).count(limit=2, merges=False) == 2


def test_merge_commits_are_left_out_unless_asked_for(folder: GitFolder) -> None:
    folder.commit("base", {"a": ""})
    folder.git("checkout", "-qb", "side")
    folder.commit("aside", {"b": ""})
    folder.git("checkout", "-q", "-")
    folder.commit("ahead", {"c": ""})
    folder.git("merge", "-q", "--no-ff", "-m", "Merge it", "side")
    assert len(all_of(folder)) == 3
    assert len(all_of(folder, merges=True)) == 4


def test_a_message_that_is_no_utf8_can_be_read(folder: GitFolder) -> None:
    folder.commit(b"Gr\xfc\xdfe \xff\xfe\n\n\x80\x81", {"a": ""})
    folder.commit("Grüße aus dem Beet 🌱".encode(), {"b": ""})
    broken, whole = map(fits, all_of(folder))
    assert broken.title.startswith("Gr")
    assert whole.title == "Grüße aus dem Beet 🌱"


def test_a_message_in_another_encoding_is_converted(folder: GitFolder) -> None:
    folder.git("config", "i18n.commitEncoding", "ISO-8859-1")
    folder.commit("Grüße".encode("latin-1"), {"a": ""})
    assert fits(all_of(folder)[0]).title == "Grüße"


def test_what_follows_a_nul_is_lost_and_nothing_else(folder: GitFolder) -> None:
    folder.commit("before", {"a": ""})
    folder.commit_object("with a \0 inside\n\nand after")
    folder.commit("after", {"b": ""})
    titles = [fits(commit).title for commit in all_of(folder)]
    assert [titles[0], titles[2]] == ["before", "after"]
    assert titles[1].startswith("with a")


@pytest.mark.parametrize("message", ["", "\n\n\n", "\u200b"])
def test_a_commit_without_words_is_called_by_its_number(folder: GitFolder, message: str) -> None:
    folder.commit(message.encode(), {})
    [commit] = all_of(folder)
    assert fits(commit).title == f"Commit {commit.sha[:12]}"


def test_a_giant_message_is_cut(folder: GitFolder) -> None:
    folder.commit("s" * 5_000 + "\n\n" + "🌱 grow " * 400_000, {})
    made = fits(all_of(folder)[0])
    assert len(made.title) == 500
    assert len(made.narrative) == 65_536
    assert made.narrative.endswith(f", 2026-03-20: {made.title}")


def test_files_with_any_name_are_read(folder: GitFolder) -> None:
    names = ["with space", 'quo"te', "tab\tand\nnewline", "ümläut/ñ.py", "-dash", "a" * 200]
    folder.commit("names", dict.fromkeys(names, ""))
    assert set(fits(all_of(folder)[0]).source_files) == set(names)


def test_of_very_many_files_the_first_are_kept(folder: GitFolder) -> None:
    folder.commit("many", {f"src/{number:04}.py": "" for number in range(600)})
    assert len(fits(all_of(folder)[0]).source_files) == 256


def test_signatures_of_reviewers_are_not_part_of_the_story(folder: GitFolder) -> None:
    folder.commit("Prune\n\nThe roses.\n\nSigned-off-by: Ada <a@b>\nReviewed-by: Bob <b@c>", {})
    narrative = fits(all_of(folder)[0]).narrative
    assert "roses" in narrative
    assert "Bob" not in narrative


def test_a_folder_inside_and_a_bare_copy_have_the_same_identity(folder: GitFolder, tmp_path: Path) -> None:
    folder.commit("root", {"deep/down/file": ""})
    folder.git("clone", "-q", "--bare", str(folder.path), str(tmp_path / "copy.git"))
    inside, bare = open_repository(folder.path / "deep" / "down"), open_repository(tmp_path / "copy.git")
    assert inside.identity == bare.identity
    assert (inside.name, bare.name) == ("garden", "copy")


def test_what_points_git_elsewhere_is_not_followed(folder: GitFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.commit("here", {})
    monkeypatch.setitem(os.environ, "GIT_DIR", "/nowhere")
    assert [commit.message.strip() for commit in all_of(folder)] == ["here"]


def test_a_folder_without_a_repository_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoHistory, match="is not a git repository"):
        open_repository(tmp_path)
    with pytest.raises(NoHistory, match="is not a folder"):
        open_repository(tmp_path / "missing")


def test_a_repository_without_commits_is_named(folder: GitFolder) -> None:
    with pytest.raises(NoHistory, match="has no commits yet"):
        open_repository(folder.path)


def test_a_damaged_repository_is_no_empty_one(folder: GitFolder) -> None:
    folder.commit("one", {"a": "1"})
    folder.commit("two", {"a": "2"})
    repository = open_repository(folder.path)
    tree = folder.git("rev-parse", "HEAD^{tree}")
    (folder.path / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(NoHistory):
        list(repository.commits(limit=None, merges=False))


def test_leaving_early_leaves_no_git_behind(folder: GitFolder) -> None:
    for number in range(50):
        folder.commit(f"commit {number} " + "x" * 5_000, {})
    commits = open_repository(folder.path).commits(limit=None, merges=False)
    next(commits)
    commits.close()
    assert not [child for child in psutil.Process().children() if child.name() == "git"]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Fix a leak", "incident"),
        ("fix(beds): leak", "incident"),
        ("Revert the pump", "incident"),
        ("Refactor the shed", "architecture"),
        ("Lint the beds", "convention"),
        ("Switch to drip lines", "decision"),
        ("Prefix names", "general"),
        ("Docs for the pump", "general"),
    ],
)
def test_the_type_is_guessed_from_the_subject(subject: str, expected: str) -> None:
    assert memory_type(subject) == expected
