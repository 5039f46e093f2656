"""What was said in a session, and by whom: messages, notes, the summary, commit messages, an edit told in words.

What tools returned and what files hold is somebody else's word, and never read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.extraction.distil.sessions import Observation, Session

SUMMARY = -1
"""The place of the summary, which no observation has."""
COMMAND_CHARS_MAX = 8_000
EDIT_LINES_MAX = 3
_COMMIT = re.compile(r"\bgit\s+commit\b[^\n]*?\s-\w*m\s*(?P<quote>[\"'])(?P<text>.+?)(?P=quote)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Text:
    """Something that was said; `place` is its number among the observations."""

    place: int
    content: str
    by_user: bool
    files: tuple[str, ...]


def texts_of(session: Session) -> Iterator[Text]:
    """In the order in which they were said, the summary last."""
    for place, observation in enumerate(session.observations):
        for content in _said(observation):
            yield Text(place, content, observation.author == "user", observation.files)
    if session.summary:
        yield Text(SUMMARY, session.summary, False, ())


def _said(observation: Observation) -> Iterator[str]:
    match observation.kind:
        case "message" | "note":
            yield observation.content
        case "command" | "tool_use":
            yield from (found["text"] for found in _COMMIT.finditer(observation.content[:COMMAND_CHARS_MAX]))
        case "file_edit":
            if observation.content.count("\n") < EDIT_LINES_MAX and re.match(r"[A-Z`]?\w+ \w+", observation.content):
                yield observation.content
        case "file_read":
            return
