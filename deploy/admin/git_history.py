"""A git repository's history as drafts of memories: each commit's words, files and date."""

import os
import re
import subprocess
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from subprocess import PIPE
from tempfile import TemporaryFile
from typing import IO, Any

# The limits of a memory (SPEC 3.19); what is longer is cut here instead of being refused there.
TITLE_MAX = 500
NARRATIVE_MAX = 65_536
FILES_MAX = 256
FILE_MAX = 1_024
FILES_CHARACTERS_MAX = 262_144  # all paths together: the body as a whole may have 1 MiB
FOLDER_TAGS_MAX = 8
TAG_MAX = 128
READ_BYTES = 65_536

# Each field ends in NUL, which git allows in none of them; an empty one before the first says where a commit begins.
FORMAT = "%x00%H%x00%aI%x00%an%x00%B%x00"

_OF_ANOTHER_REPOSITORY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
_TRAILER = re.compile(
    r"^(signed-off-by|co-authored-by|reviewed-by|acked-by|tested-by|reported-by|change-id|cc):.*$", re.I
)
_TYPES = (
    ("incident", re.compile(r"^fix|\b(fix(es|ed|ing)?|bugs?|hotfix|regressions?|crash(es|ed)?|reverts?)\b", re.I)),
    ("architecture", re.compile(r"^refactor|\b(restructure|re-?organi[sz]e|extract|split|decouple)\w*\b", re.I)),
    ("convention", re.compile(r"^style|\b(lint\w*|formatt\w*|naming|code style|coding style)\b", re.I)),
    (
        "decision",
        re.compile(r"\b(switch|migrate|move) to\b|\binstead of\b|\b(replace|adopt|drop|deprecate)\w*\b", re.I),
    ),
)


class NoHistory(Exception):
    """The repository can't be read, or has no commit; the message is one line for people."""


@dataclass(frozen=True, slots=True)
class Commit:
    """`message` and `files` as git says them, decoded; `authored` is None where git knows no sensible date."""

    sha: str
    authored: datetime | None
    author: str
    message: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Repository:
    """Found by `open_repository`. `identity` is the same for every full clone: its first root commit, 12 digits."""

    path: Path
    name: str
    identity: str

    def count(self, *, limit: int | None, merges: bool) -> int:
        return int(_git(self.path, "rev-list", "--count", *_chosen(limit, merges), "HEAD"))

    def commits(self, *, limit: int | None, merges: bool) -> Generator[Commit, None, None]:
        """The newest `limit` commits, the oldest of them first. Raises NoHistory."""
        options = ["--reverse", "-z", "--name-only", "--no-color", "--no-notes", "--no-ext-diff", "--encoding=UTF-8"]
        command = [*_command(self.path), "log", *options, f"--format={FORMAT}", *_chosen(limit, merges), "HEAD"]
        with TemporaryFile() as complaint:
            git = subprocess.Popen(command, env=_environment(), stdin=subprocess.DEVNULL, stdout=PIPE, stderr=complaint)
            assert git.stdout is not None
            try:
                yield from read_commits(git.stdout)
                code = git.wait()
            finally:
                git.stdout.close()
                git.kill()
                git.wait()
            if code != 0:
                complaint.seek(0)
                raise NoHistory(_first_line(complaint.read()))


def open_repository(path: Path) -> Repository:
    """Raises NoHistory where there is no repository, no commit, or no git."""
    if not path.is_dir():
        raise NoHistory(f"{path} is not a folder")
    try:
        inside = Path(_git(path, "rev-parse", "--absolute-git-dir"))
    except NoHistory as why:
        raise NoHistory(f"{path} is not a git repository" if "not a git repository" in str(why) else str(why)) from None
    try:
        roots = _git(path, "rev-list", "--max-parents=0", "HEAD").split()
    except NoHistory:
        raise NoHistory(f"{path} has no commits yet") from None
    folder = inside.parent if inside.name == ".git" else inside
    return Repository(path, folder.name.removesuffix(".git") or "repository", min(roots)[:12])


def read_commits(stream: IO[bytes]) -> Iterator[Commit]:
    """Commits in the output of `git log -z --name-only` with FORMAT."""
    fields = _fields(stream)
    field = next(fields, None)
    while field is not None:
        sha, authored, author, message, _ = (_text(next(fields, b"")) for _ in range(5))
        files: list[str] = []
        while field := next(fields, None):
            files.append(_text(field.removeprefix(b"\n") if not files else field))
        if sha:
            yield Commit(sha, _moment(authored), author, message, tuple(files))


def _fields(stream: IO[bytes]) -> Iterator[bytes]:
    """What stands between NULs, and after the last one, if there is anything."""
    rest = b""
    while block := stream.read(READ_BYTES):
        *whole, rest = (rest + block).split(b"\0")
        yield from whole
    if rest:
        yield rest


def draft(commit: Commit, repository: str) -> dict[str, Any]:
    """The body of a request to store this commit."""
    subject, _, body = commit.message.strip().partition("\n")
    subject = subject.strip() if _is_visible(subject) else f"Commit {commit.sha[:12]}"
    return {
        "title": subject[:TITLE_MAX],
        "narrative": _narrative(commit, subject, body),
        "memory_type": memory_type(subject),
        "tags": _tags(commit, repository),
        "source_files": _source_files(commit.files),
    }


def memory_type(subject: str) -> str:
    """A guess by the subject's words; `general` where they say nothing."""
    return next((name for name, pattern in _TYPES if pattern.search(subject)), "general")


def _narrative(commit: Commit, subject: str, body: str) -> str:
    """The body first, so that a summary is not the title once more; then who, when, and the subject."""
    on = f", {commit.authored:%Y-%m-%d}" if commit.authored else ""
    origin = f"Commit {commit.sha[:12]} by {commit.author[:TITLE_MAX] or 'unknown'}{on}: {subject[:TITLE_MAX]}"
    said = "\n".join(line for line in body.splitlines() if not _TRAILER.match(line)).strip()
    return f"{said[: NARRATIVE_MAX - len(origin) - 2]}\n\n{origin}" if said else origin


def _tags(commit: Commit, repository: str) -> list[str]:
    """`git`, the repository, the month, and the top-level folders that the commit touched."""
    month = [f"{commit.authored:%Y-%m}"] if commit.authored else []
    folders = dict.fromkeys(file.partition("/")[0] for file in commit.files if "/" in file)
    tags = ["git", f"repo:{repository}", *month, *list(folders)[:FOLDER_TAGS_MAX]]
    return list(dict.fromkeys(tag[:TAG_MAX] for tag in tags))


def _source_files(files: tuple[str, ...]) -> list[str]:
    chosen: list[str] = []
    room = FILES_CHARACTERS_MAX
    for file in files[:FILES_MAX]:
        room -= len(file)
        if len(file) <= FILE_MAX and room >= 0:
            chosen.append(file)
    return chosen


def _is_visible(text: str) -> bool:
    return any(character.isprintable() and not character.isspace() for character in text)


def _text(field: bytes) -> str:
    return field.decode("utf-8", errors="replace")


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _chosen(limit: int | None, merges: bool) -> list[str]:
    return [*([] if merges else ["--no-merges"]), *([f"--max-count={limit}"] if limit is not None else [])]


def _command(path: Path) -> list[str]:
    return ["git", "-C", str(path), "--no-pager", "-c", "log.showSignature=false"]


def _environment() -> dict[str, str]:
    """Ours, without what would point git at another repository than the one that was asked for."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_REPOSITORY}
    return {**kept, "LC_ALL": "C"}


def _git(path: Path, *arguments: str) -> str:
    try:
        done = subprocess.run([*_command(path), *arguments], env=_environment(), capture_output=True, check=False)
    except FileNotFoundError:
        raise NoHistory("git is not installed") from None
    if done.returncode != 0:
        raise NoHistory(_first_line(done.stderr))
    return _text(done.stdout).strip()


def _first_line(complaint: bytes) -> str:
    lines = _text(complaint).strip().splitlines() or ["git failed"]
    return lines[0].removeprefix("fatal: ")
