"""`python -m tests.bench.changelog changelog.gz FOLDER`: a git history again, from a changelog that was made of one.

Debian ships such changelogs (gitlog-to-changelog), as /usr/share/doc/{gnupg,strace}/changelog.gz, for where no clone is
to be had. Each entry becomes a commit that touches the files it names; their names do not stay in the message, as few
others would write them there. Dates are whole days, the order is the history's.
"""

import gzip
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_DAY = re.compile(r"^(\d{4}-\d\d-\d\d) +(.+?) +<(.*)>$")
_SOMEBODY = re.compile(r"^[^\n]+ <[^\n]*@[^\n]*>$")
_SHA_LINE = re.compile(r"^\+ commit [0-9a-f]{40}\n?", re.M)
_FILES = re.compile(r"^\* ([^:(\[]+?)(?=\s*[:(\[])(?:: ?)?", re.M)
_FILE = re.compile(r"[\w+-][\w.+-]*(?:/[\w+-][\w.+-]*)*")
_GOES_ON = ("*", "(", "[", "Fixes", "Reported", "Suggested", "Resolves", "Co-", "References", "Closes", "Acked", "Link")


@dataclass(frozen=True, slots=True)
class Entry:
    day: str
    author: str
    message: str
    files: tuple[str, ...]


def entries(changelog: str) -> list[Entry]:
    """The oldest first."""
    return [_entry(day, author, text) for day, author, text in _texts(changelog)][::-1]


def _texts(changelog: str) -> Iterator[tuple[str, str, str]]:
    """Day, author and text of each entry, the newest first."""
    with_shas = _SHA_LINE.search(changelog.replace("\t", "")) is not None
    for day, author, paragraphs in _days(changelog):
        text: list[str] = []
        for paragraph in paragraphs:
            begins = _SHA_LINE.search(paragraph) if with_shas else _begins(paragraph, text)
            if begins and text:
                yield day, author, "\n\n".join(text)
                text = []
            text.append(paragraph)
        if text:
            yield day, author, "\n\n".join(text)


def _begins(paragraph: str, text: list[str]) -> bool:
    """Whether it is the next entry's, where nothing else says so: after the files comes no more than a few trailers."""
    return not paragraph.startswith(_GOES_ON) and any(_FILES.search(each) for each in text)


def _days(changelog: str) -> Iterator[tuple[str, str, list[str]]]:
    author, lines = ("", ""), list[str]()
    for line in [*changelog.splitlines(), "9999-01-01 nobody <>"]:
        if (found := _DAY.match(line)) is None:
            lines.append(line.removeprefix("\t"))
            continue
        paragraphs = [each.strip("\n") for each in "\n".join(lines).split("\n\n") if each.strip()]
        if author[0]:
            yield *author, [each for each in paragraphs if not _SOMEBODY.match(each)]
        author, lines = (found[1], f"{found[2]} <{found[3]}>"), []


def _entry(day: str, author: str, text: str) -> Entry:
    text = _SHA_LINE.sub("", text)
    named = " ".join(_FILES.findall(text)).replace(",", " ").split()
    files = tuple(dict.fromkeys(each for each in named if _FILE.fullmatch(each) and re.search(r"[./]|^[A-Z]", each)))
    subject, _, rest = _FILES.sub("", text).strip().partition("\n")
    return Entry(day, author, f"{subject.strip()}\n\n{rest.strip()}\n", files)


def write(history: list[Entry], folder: Path) -> None:
    """A new repository. Raises CalledProcessError where the folder can't be one."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(folder)], check=True)
    every = {file for entry in history for file in entry.files}
    folders = {parent.as_posix() for file in every for parent in Path(file).parents}
    stream = b"".join(_commit(number, entry, folders) for number, entry in enumerate(history))
    subprocess.run(["git", "-C", str(folder), "fast-import", "--quiet"], input=stream, check=True)


def _commit(number: int, entry: Entry, folders: set[str]) -> bytes:
    midnight = int(datetime.fromisoformat(entry.day).replace(tzinfo=UTC).timestamp())
    message, content = entry.message.encode(), str(number).encode()
    head = f"commit refs/heads/main\ncommitter {entry.author} {midnight} +0000\ndata {len(message)}\n"
    changes = [
        f"M 100644 inline {file}\ndata {len(content)}\n".encode() + content + b"\n"
        for file in entry.files
        if file not in folders
    ]
    return head.encode() + message + b"\n" + b"".join(changes)


if __name__ == "__main__":
    with gzip.open(sys.argv[1], "rt", encoding="utf-8", errors="replace") as file:
        write(entries(file.read()), Path(sys.argv[2]))
