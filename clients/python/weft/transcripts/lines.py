"""The lines of a transcript: one JSON object each, taken one at a time, whatever else the file may hold."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any

from weft.transcripts.words import one_line

LINE_BYTES_MAX = 8 * 2**20
"""The largest picture that Claude Code takes fits in; as Python objects such a line may be twenty times as long."""
REST_BYTES = 2**20
UNKNOWN_TYPES_MAX = 20
TITLE_MAX = 2_000

SUB_AGENTS = "of sub-agents"
NO_SESSION = "without a session id that Weft takes"
MALFORMED = "not as Claude Code writes them"
NO_JSON = "no JSON"
NOT_UTF8 = "not UTF-8"
TOO_LONG = f"longer than {LINE_BYTES_MAX // 2**20} MiB"
TOO_DEEP = "nested too deeply"
CUT_OFF = "cut off at the end of a file"
DAMAGED = frozenset({CUT_OFF, NO_JSON, NOT_UTF8, TOO_LONG, TOO_DEEP, MALFORMED, NO_SESSION})

_WITHOUT_TALK = """
agent-name ai-title attachment custom-title file-history-snapshot last-prompt mode permission-mode pr-link progress
queue-operation system tag worktree-state
"""
WITHOUT_TALK = frozenset(_WITHOUT_TALK.split())
"""Types of lines that are known, and in which nobody says anything."""

_SESSION_ID = re.compile(
    r"[A-Za-z0-9._:-]{1,120}", re.ASCII
)  # a few fewer than Weft takes: parts of a session add theirs


@dataclass(frozen=True, slots=True)
class Line:
    """Something said, asked of a tool, or answered by one. `mark` is the same wherever the line is found again.

    `at` is RFC 3339 in UTC, or empty. `is_meta`: its text is the program's, not its user's.
    """

    mark: int
    uuid: str
    session_id: str
    role: str
    at: str
    blocks: list[Any]
    is_meta: bool
    is_compact_summary: bool
    cwd: str
    branch: str
    version: str


@dataclass(frozen=True, slots=True)
class Title:
    """What Claude Code calls a conversation: the one with the line `of`, which may be in another file; None: this."""

    text: str
    of: int | None


class LeftOut:
    """Counts what is not taken, by reason, in the order in which the reasons first came up."""

    def __init__(self) -> None:
        self.lines: Counter[str] = Counter()
        self.types: Counter[str] = Counter()
        self.unknown_types: Counter[str] = Counter()

    def add(self, reason: str) -> None:
        self.lines[reason] += 1

    def add_type(self, name: object) -> None:
        if isinstance(name, str) and name in WITHOUT_TALK:
            self.types[name] += 1
            return
        shown = one_line(name)[:40] if isinstance(name, str) and name else "none"
        known = shown in self.unknown_types or len(self.unknown_types) < UNKNOWN_TYPES_MAX
        self.unknown_types[shown if known else "others"] += 1

    @property
    def damaged(self) -> Counter[str]:
        """What could have been a line of a session, and is none."""
        return Counter({reason: count for reason, count in self.lines.items() if reason in DAMAGED})


def mark_of(uuid: bytes) -> int:
    """64 bits that stand for a line: a set of them stays small."""
    return int.from_bytes(blake2b(uuid, digest_size=8).digest())


def read_lines(path: Path, left_out: LeftOut) -> Iterator[Line | Title]:
    """In the order of the file. What is something else is counted. Raises OSError."""
    with path.open("rb") as file:
        for raw in _raw_lines(file):
            value = TOO_LONG if raw is None else _parsed(raw)
            if isinstance(value, str):
                left_out.add(value)
            elif value is not None and (taken := _taken(value, raw or b"", left_out)) is not None:
                yield taken


def _raw_lines(file: IO[bytes]) -> Iterator[bytes | None]:
    """None for one that is too long."""
    while line := file.readline(LINE_BYTES_MAX + 1):
        if len(line) <= LINE_BYTES_MAX:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(REST_BYTES)
        yield None


def _parsed(raw: bytes) -> dict[str, Any] | str | None:
    """The object, or what is wrong with the line; None for an empty one."""
    if not raw.strip():
        return None
    try:
        value = json.loads(raw.decode("utf-8-sig"))
    except RecursionError:
        return TOO_DEEP
    except ValueError as why:
        if not raw.endswith(b"\n"):
            return CUT_OFF
        return NOT_UTF8 if isinstance(why, UnicodeDecodeError) else NO_JSON
    return value if isinstance(value, dict) else MALFORMED


def _taken(value: dict[str, Any], raw: bytes, left_out: LeftOut) -> Line | Title | None:
    taken: Line | Title | str
    match value.get("type"):
        case "user" | "assistant" as role:
            taken = _line(value, role, raw)
        case "summary":
            taken = _title(value)
        case other:
            left_out.add_type(other)
            return None
    if isinstance(taken, str):
        left_out.add(taken)
        return None
    return taken


def _line(value: dict[str, Any], role: str, raw: bytes) -> Line | str:
    """The line, or why it is left out. One without a uuid is known by all that stands in it."""
    session_id, message = value.get("sessionId"), value.get("message")
    if value.get("isSidechain") is True:
        return SUB_AGENTS
    if not isinstance(session_id, str) or not _SESSION_ID.fullmatch(session_id):
        return NO_SESSION
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    if not isinstance(message, dict) or not isinstance(content, list):
        return MALFORMED
    uuid = _string(value, "uuid")
    return Line(
        mark=mark_of(uuid.encode("utf-8", "replace") or raw.strip()),
        uuid=one_line(uuid)[:64],
        session_id=session_id,
        role=role,
        at=_moment(value.get("timestamp")),
        blocks=content,
        is_meta=any(value.get(name) is True for name in ("isMeta", "isApiErrorMessage"))
        or message.get("model") == "<synthetic>",
        is_compact_summary=value.get("isCompactSummary") is True,
        cwd=_string(value, "cwd"),
        branch=_string(value, "gitBranch"),
        version=_string(value, "version"),
    )


def _title(value: dict[str, Any]) -> Title | str:
    text, of = one_line(_string(value, "summary")), _string(value, "leafUuid")
    return Title(text[:TITLE_MAX], mark_of(of.encode("utf-8", "replace")) if of else None) if text else MALFORMED


def _string(value: dict[str, Any], name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""


def _moment(timestamp: object) -> str:
    """In UTC; what names no zone is UTC. Empty where it is no time."""
    if not isinstance(timestamp, str):
        return ""
    try:
        moment = datetime.fromisoformat(timestamp)
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return aware.isoformat(timespec="milliseconds").replace("+00:00", "Z")
