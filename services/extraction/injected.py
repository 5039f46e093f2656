"""What Weft itself put into a session, taken out again: a memory must not become evidence for itself. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_MARKED = re.compile(r"\[Weft\s*[—–-].*?(?:\[/Weft\]|\Z)", re.DOTALL)
CHARACTERS_MIN = 24
"""A shorter line may be anybody's."""


def lines_of(memories: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """What of these memories (contracts.replies.Memory, as JSON) is recognised again; the longest first."""
    texts = (text for memory in memories for text in (memory["narrative"], memory["title"]))
    found = {part.strip() for text in texts for part in (text, *text.splitlines())}
    return tuple(sorted((it for it in found if len(it) >= CHARACTERS_MIN), key=lambda it: (-len(it), it)))


def without_injected(text: str, lines: Sequence[str]) -> str:
    """`text` without what stands between Weft's markers, and without verbatim repetitions of `lines`."""
    rest = _MARKED.sub("\n\n", text)
    for line in lines:
        rest = rest.replace(line, "\n\n")
    return rest
