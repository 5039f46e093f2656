"""Which sessions are in a number of files: read once and quickly, before anything is made of them."""

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from weft.transcripts.lines import LeftOut, Line, Title, read_lines

TITLES_MAX = 10_000
SUMMARIES_OF_OTHERS = "summaries of conversations that are not here"


class NoTranscript(Exception):
    """There is nothing to read; the message is one line for people."""


@dataclass(slots=True)
class Piece:
    """What one file has of a session."""

    path: Path
    first_at: str
    last_at: str
    marks: "array[int]"


@dataclass(slots=True)
class Session:
    """`pieces` in the order in which they were written. `after`: what comes before belongs to another session already,
    from which this one was forked; `lines`: how many it has of its own, `last_mark` the last of them; `titles` by the
    line that they are about.
    """

    session_id: str
    project_path: str = ""
    branch: str = ""
    version: str = ""
    pieces: list[Piece] = field(default_factory=list)
    titles: dict[int, str] = field(default_factory=dict)
    after: int | None = None
    lines: int = 0
    last_mark: int = 0

    @property
    def first_at(self) -> str:
        return self.pieces[0].first_at

    @property
    def last_at(self) -> str:
        return max(piece.last_at for piece in self.pieces)

    @property
    def project_name(self) -> str:
        return PurePosixPath(self.project_path.replace("\\", "/")).name


@dataclass(slots=True)
class Found:
    """Sessions, those that ended first come first; and the files that could not be read, each with the reason."""

    sessions: list[Session]
    problems: list[str]
    left_out: LeftOut


def transcripts(path: Path) -> list[Path]:
    """The file, or all `*.jsonl` below the folder. Raises NoTranscript."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise NoTranscript(f"{path} is neither a file nor a folder")
    files = sorted(each for each in path.rglob("*.jsonl") if each.is_file())
    if not files:
        raise NoTranscript(f"there is no *.jsonl in {path}")
    return files


def scan(files: Iterable[Path], advance: Callable[[], None] = lambda: None) -> Found:
    """Some 100 bytes are kept of each line. A file that nobody speaks in is no problem, if it is whole."""
    sessions: dict[str, Session] = {}
    titles: dict[int, str] = {}
    problems: list[str] = []
    left_out = LeftOut()
    for file in files:
        reason = _scan_file(file, sessions, titles, left_out)
        if reason:
            problems.append(f"{file}: {reason}")
        advance()
    ordered = _in_order(sessions.values())
    _leave_out_copies(ordered)
    _give_titles(ordered, titles, left_out)
    return Found(ordered, problems, left_out)


def _scan_file(file: Path, sessions: dict[str, Session], titles: dict[int, str], left_out: LeftOut) -> str:
    """What is wrong with the file as a whole, if anything."""
    pieces: dict[str, Piece] = {}
    own_titles: list[str] = []
    damaged_before = left_out.damaged
    last = ""
    try:
        for line in read_lines(file, left_out):
            if isinstance(line, Title):
                _note_title(line, titles, own_titles)
                continue
            _note_line(line, sessions, pieces, file)
            last = line.session_id
    except OSError as why:
        return why.strerror or type(why).__name__
    for session_id, piece in pieces.items():
        sessions[session_id].pieces.append(piece)
    if own_titles and last:
        titles[pieces[last].marks[-1]] = own_titles[-1]
    if pieces or not (damaged := left_out.damaged - damaged_before):
        return ""
    return f"no session in it; lines: {', '.join(f'{count:,} {reason}' for reason, count in damaged.items())}"


def _note_title(title: Title, titles: dict[int, str], own: list[str]) -> None:
    if title.of is None:
        own[:] = [title.text]
    elif len(titles) < TITLES_MAX:
        titles[title.of] = title.text


def _note_line(line: Line, sessions: dict[str, Session], pieces: dict[str, Piece], file: Path) -> None:
    session = sessions.setdefault(line.session_id, Session(line.session_id))
    session.project_path = session.project_path or line.cwd
    session.branch = session.branch or line.branch
    session.version = line.version or session.version
    piece = pieces.setdefault(line.session_id, Piece(file, line.at, line.at, array("Q")))
    piece.first_at = piece.first_at or line.at
    piece.last_at = max(piece.last_at, line.at)
    piece.marks.append(line.mark)


def _in_order(sessions: Iterable[Session]) -> list[Session]:
    found = [session for session in sessions if session.pieces]  # of a file that can't be read to its end, nothing
    for session in found:
        session.pieces.sort(key=lambda piece: (piece.first_at, piece.last_at, piece.path))
    return sorted(found, key=lambda session: (session.last_at, session.session_id))


def _leave_out_copies(sessions: list[Session]) -> None:
    """A session that goes on from another may begin with that one's lines: they are the other's."""
    seen: set[int] = set()
    for session in sessions:
        own = dict.fromkeys(mark for piece in session.pieces for mark in piece.marks)
        session.lines, session.last_mark = len(own), next(reversed(own))
        for mark in own:
            if mark not in seen:
                break
            session.after, session.lines = mark, session.lines - 1
        seen.update(own)


def _give_titles(sessions: list[Session], titles: dict[int, str], left_out: LeftOut) -> None:
    """The line that a title is about may be in several sessions: the first has it, as it has the line."""
    for session in sessions:
        for piece in session.pieces:
            for mark in piece.marks:
                if mark in titles:
                    session.titles[mark] = titles.pop(mark)
    for _ in titles:
        left_out.add(SUMMARIES_OF_OTHERS)
