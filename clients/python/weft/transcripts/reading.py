"""A session's lines as observations: what was said, and each use of a tool together with what came of it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from weft.transcripts.lines import LeftOut, Line, read_lines
from weft.transcripts.sessions import Session
from weft.transcripts.tools import Kind, Told, Use, told
from weft.transcripts.words import clean, compact_summary, cut, is_visible, spoken

if TYPE_CHECKING:
    import weft.sessions

MESSAGE_MAX = 32_000
SUMMARY_MAX = 60_000
OPEN_MAX = 1_000
NAME_MAX = 128

THOUGHTS = "thoughts"
PICTURES = "pictures and documents"
OF_THE_PROGRAM = "messages of Claude Code itself"
OTHER_BLOCKS = "other blocks"
_PICTURES = ("image", "document")


class Rewritten(Exception):
    """The files no longer have the line after which reading was to begin."""


@dataclass(frozen=True, slots=True)
class Observation:
    """As the REST API takes it. `at` is RFC 3339, None where nothing before has a time either."""

    kind: Kind
    content: str
    files: tuple[str, ...]
    metadata: dict[str, Any]
    at: str | None

    def as_json(self) -> "weft.sessions.Observation":
        said: weft.sessions.Observation = {
            "kind": self.kind,
            "content": self.content,
            "files": list(self.files),
            "metadata": self.metadata,
        }
        return {**said, "at": self.at} if self.at else said


@dataclass(slots=True)
class Reading:
    """The observations of a session after the line `after` (None: from its beginning), up to the line `until`.

    Iterated once; `summary`, `left_out` (blocks, by reason) and `without_time` are whole when that is over. The same
    files give the same observations. Raises OSError, Rewritten.
    """

    session: Session
    after: int | None
    until: int
    left_out: Counter[str] = field(default_factory=Counter)
    without_time: int = 0
    _at: str = ""
    _told: str = ""
    _titles: list[str] = field(default_factory=list)
    _open: dict[str, tuple[Line, int, Use]] = field(default_factory=dict)

    @property
    def summary(self) -> str | None:
        """What Claude Code calls the session, and the last of the summaries that it went on with."""
        text = "\n\n".join([*dict.fromkeys(self._titles), *([self._told] if self._told else [])])
        return text if is_visible(text) else None

    def __iter__(self) -> Iterator[Observation]:
        for line in self._lines():
            if line.mark in self.session.titles:
                self._titles.append(self.session.titles[line.mark])
            self._at = line.at or self._at
            self.without_time += not line.at
            yield from self._of_line(line)
        for line, number, use in list(self._open.values()):
            yield self._used(line, number, use)
        self._open.clear()

    def _lines(self) -> Iterator[Line]:
        """Each once, in the order of the files."""
        seen = set[int]()
        begun = self.after is None
        for piece in self.session.pieces:
            for line in read_lines(piece.path, LeftOut()):
                if not isinstance(line, Line) or line.session_id != self.session.session_id or line.mark in seen:
                    continue
                seen.add(line.mark)
                if begun:
                    yield line
                begun = begun or line.mark == self.after
                if line.mark == self.until:
                    break
            if self.until in seen:
                break
        if not begun:
            raise Rewritten

    def _of_line(self, line: Line) -> Iterator[Observation]:
        if line.is_compact_summary:
            text = "\n\n".join(_text_of(block) for block in line.blocks)
            self._told = cut(clean(compact_summary(text)), SUMMARY_MAX)
            return
        for number, block in enumerate(line.blocks):
            match block.get("type") if isinstance(block, dict) else None:
                case "text":
                    yield from self._said(line, number, _text_of(block))
                case "tool_use" | "server_tool_use":
                    yield from self._begun(line, number, block)
                case "tool_result":
                    yield from self._done(line, number, block)
                case "thinking" | "redacted_thinking":
                    self.left_out[THOUGHTS] += 1
                case kind if kind in _PICTURES:
                    self.left_out[PICTURES] += 1
                case _:
                    self.left_out[OTHER_BLOCKS] += 1

    def _said(self, line: Line, number: int, text: str) -> Iterator[Observation]:
        words = clean(spoken(text) if line.role == "user" else text.strip())
        if line.is_meta or not is_visible(words):
            self.left_out[OF_THE_PROGRAM] += 1
            return
        said = Told("message", cut(words, MESSAGE_MAX), role=line.role)
        yield self._observation(line, number, said, {})

    def _begun(self, line: Line, number: int, block: dict[str, Any]) -> Iterator[Observation]:
        name, given, use_id = block.get("name"), block.get("input"), block.get("id")
        use = Use(
            clean(name)[:NAME_MAX] if isinstance(name, str) and is_visible(name) else "unknown",
            given if isinstance(given, dict) else {},
        )
        if not isinstance(use_id, str):
            yield self._used(line, number, use)
            return
        self._open[use_id] = (line, number, use)
        if len(self._open) > OPEN_MAX:
            yield self._used(*self._open.pop(next(iter(self._open))))

    def _done(self, line: Line, number: int, block: dict[str, Any]) -> Iterator[Observation]:
        """Told when it is done, so that what was said meanwhile stands before it."""
        use_id = block.get("tool_use_id")
        known = self._open.pop(use_id, None) if isinstance(use_id, str) else None
        begun, at_number, use = known or (line, number, Use("unknown", {}))
        done = Use(use.name, use.given, self._returned(block.get("content")), block.get("is_error") is True)
        yield self._used(begun, at_number, done)

    def _returned(self, content: object) -> str:
        if isinstance(content, str):
            return content
        blocks = content if isinstance(content, list) else []
        self.left_out.update(PICTURES for it in blocks if isinstance(it, dict) and it.get("type") in _PICTURES)
        return "\n".join(text for it in blocks if (text := _text_of(it)))

    def _used(self, line: Line, number: int, use: Use) -> Observation:
        more = {"tool": use.name, **({"is_error": True} if use.failed else {})}
        return self._observation(line, number, told(use, self.session.project_path), more)

    def _observation(self, line: Line, number: int, said: Told, more: dict[str, Any]) -> Observation:
        origin = {"line": f"{line.uuid}:{number}"} if line.uuid else {}
        return Observation(
            kind=said.kind,
            content=clean(said.content),
            files=tuple(clean(file) for file in said.files),
            metadata={**({"role": said.role} if said.role else {}), **more, **origin},
            at=self._at or None,
        )


def _text_of(block: object) -> str:
    text = block.get("text") if isinstance(block, dict) else block
    return text if isinstance(text, str) else ""
