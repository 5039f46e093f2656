"""A session in parts that a model can read at once: quoted data, bounded in number and in length."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.extraction.asking.prompts import PROMPT_VERSION
from services.extraction.distil import Observation, Session
from services.extraction.distil.paths import relative
from services.extraction.distil.speech import SUMMARY, texts_of
from services.kit.quoting import one_line, quoted

WINDOW_CHARS_MAX = 24_000
"""About 6,000 tokens; a heading of some hundred characters comes on top."""
WINDOWS_MAX = 8
"""And no more calls for a session than these, times as often as one window is tried."""
PIECE_CHARS_MAX = 4_000
"""A longer text is read in several pieces."""
TOOL_HEAD_CHARS_MAX, TOOL_TAIL_CHARS_MAX = 400, 200
"""What is shown of tool output and of files: they help to understand, and nothing may rest on them."""
FILES_MAX, FILE_CHARS_MAX = 6, 120
"""What is shown of an observation's files."""
_BETWEEN = "\n\n"


@dataclass(frozen=True, slots=True)
class Said:
    """Words of a person or of the agent, verbatim: what memories may rest on. The summary's have no observation."""

    observation_id: str | None
    text: str
    by_user: bool
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """`material` is what the model reads, `said` what of it may be quoted."""

    material: str
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class _Passage:
    """A piece of one observation, or of the summary (`place` is SUMMARY), as it is shown; `urgency`: 0 comes first."""

    place: int
    shown: str
    said: tuple[Said, ...]
    urgency: int

    @property
    def size(self) -> int:
        return len(self.shown) + len(_BETWEEN)


def windows_of(session: Session) -> list[Window]:
    """In the session's order, at most WINDOWS_MAX. None where nothing was said: no answer could rest on anything.

    Of a longer session what was said is kept before what tools returned, the user's words before the agent's, and in
    each the later before the earlier. The same session gives the same windows.
    """
    passages = _passages(session)
    kept = _fitting(passages)
    project = f"The project:\n{quoted(_name_of(session.project_path))}"
    left_out = f"Left out of this transcript, for its length: {len(passages) - len(kept)} pieces."
    head = f"{project}\n{left_out}" if len(kept) < len(passages) else project
    return [
        Window(_BETWEEN.join([head, *(it.shown for it in part)]), tuple(it for each in part for it in each.said))
        for part in _packed(kept)
        if any(it.said for it in part)
    ]


def key_of(model: str, window: Window) -> str:
    """64 hex digits that name a question: another prompt, model or transcript is another one."""
    named = "\0".join([PROMPT_VERSION, model, window.material])
    return hashlib.sha256(named.encode()).hexdigest()


def _passages(session: Session) -> list[_Passage]:
    """In order, the summary last."""
    said: dict[int, list[Said]] = defaultdict(list)
    for text in texts_of(session):
        observation_id = None if text.place == SUMMARY else session.observations[text.place].id
        said[text.place].append(Said(observation_id, text.content, text.by_user, text.files))
    found = list[_Passage]()
    for place, observation in enumerate(session.observations):
        found += _of(place, observation, said[place], session.project_path)
    for one in said[SUMMARY]:
        found += _spoken(SUMMARY, "The summary that was written at the end", one, ())
    return found


def _of(place: int, observation: Observation, said: Sequence[Said], project: str) -> Iterable[_Passage]:
    files = [relative(it, project) for it in observation.files[:FILES_MAX]]
    if observation.kind in ("message", "note"):
        who = " of the user" if observation.author == "user" else ""
        return _spoken(place, f"{place + 1}. A {observation.kind}{who}", said[0], files)
    text = _ends(observation.content)
    if not text.strip() and not said:
        return []
    name = {"file_edit": "An edit", "file_read": "A file that was read", "command": "A command"}
    headed = f"{place + 1}. {name.get(observation.kind, 'A tool')}:"
    lines = [headed, *_files(files), quoted(text)]
    # A commit's message may stand where the text is cut; it is short, and told apart from what surrounds it.
    lines += [f"What was said with it:\n{quoted(it.text)}" for it in said if it.text not in text]
    return [_Passage(place, "\n".join(lines), tuple(said), 2 if said else 3)]


def _spoken(place: int, heading: str, said: Said, files: Sequence[str]) -> Iterable[_Passage]:
    for number, piece in enumerate(_pieces(said.text)):
        headed = f"{heading}{', continued' if number else ''}:"
        lines = [headed, *(() if number else _files(files)), quoted(piece)]
        part = Said(said.observation_id, piece, said.by_user, said.files)
        yield _Passage(place, "\n".join(lines), (part,), 0 if place == SUMMARY else 1 if said.by_user else 2)


def _files(files: Sequence[str]) -> Iterable[str]:
    if files:
        yield quoted("(files: " + ", ".join(one_line(it)[:FILE_CHARS_MAX] for it in files) + ")")


def _name_of(project_path: str) -> str:
    """Its last part: where it lies on somebody's disk is nobody's business."""
    parts = one_line(project_path).replace("\\", "/").rstrip("/")
    return parts.rpartition("/")[2][:FILE_CHARS_MAX]


def _pieces(text: str) -> Iterable[str]:
    """Of at most PIECE_CHARS_MAX characters, cut between words where there is a space."""
    while text.strip():
        end = len(text)
        if end > PIECE_CHARS_MAX:
            space = max(text.rfind(it, PIECE_CHARS_MAX // 2, PIECE_CHARS_MAX) for it in (" ", "\n"))
            end = space + 1 if space >= 0 else PIECE_CHARS_MAX
        yield text[:end].strip()
        text = text[end:]


def _ends(text: str) -> str:
    if len(text) <= TOOL_HEAD_CHARS_MAX + TOOL_TAIL_CHARS_MAX:
        return text
    return f"{text[:TOOL_HEAD_CHARS_MAX]}\n…\n{text[-TOOL_TAIL_CHARS_MAX:]}"


def _fitting(passages: Sequence[_Passage]) -> list[_Passage]:
    """As many as WINDOWS_MAX windows hold however they fall, the most urgent first; in their order."""
    size_max = max((it.size for it in passages), default=0)
    left = WINDOWS_MAX * (WINDOW_CHARS_MAX - size_max)  # a window is closed when the next passage does not fit
    kept = set[int]()
    for number in sorted(range(len(passages)), key=lambda it: (passages[it].urgency, -it)):
        left -= passages[number].size
        if left < 0:
            break
        kept.add(number)
    return [passages[it] for it in sorted(kept)]


def _packed(passages: Sequence[_Passage]) -> list[list[_Passage]]:
    """As many as fit in each, in order."""
    parts, room = list[list[_Passage]](), 0
    for passage in passages:
        if passage.size > room:
            parts.append([])
            room = WINDOW_CHARS_MAX
        parts[-1].append(passage)
        room -= passage.size
    return parts
