"""What an agent is given of its memory, and how: choosing, neutralising, rendering. Pure; no clock, no I/O."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

PINNED = 1.0
"""A memory of this importance is given whatever its age."""

HALF_LIFE_DAYS = 30.0
IMPORTANCE_WEIGHT, RECENCY_WEIGHT = 0.6, 0.4
RELEVANCE_WEIGHT = 0.3
"""Of what a search says, where there was something to search for; the rest is importance and recency."""

BYTES_A_TOKEN = 3
NAMES_MAX = 256
FILE_CHARACTERS_MAX = 1_024

_JOINERS = "\u200c\u200d"
_OUR_NAME = f"[{_JOINERS}]*".join("weft")
_MARKER = re.compile(rf"[\[［](?=[\s{_JOINERS}]*/?[\s{_JOINERS}]*{_OUR_NAME})", re.IGNORECASE)

Memory = dict[str, Any]
"""A memory as users see it (contracts.replies.Memory), as plain JSON."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A memory that is to be given, how well it fits, and what it was retrieved for: a file, or the whole project."""

    memory: Memory
    score: float
    retrieved_for: str


def is_pinned(memory: Memory) -> bool:
    return bool(memory["importance_score"] >= PINNED)


def choose(
    memories: Iterable[Memory], relevance: Mapping[str, float] | None, now: datetime, others_max: int
) -> list[tuple[Memory, float]]:
    """All that are pinned, the newest first, then the best of the others, each with its score.

    A score is importance and recency; where something was searched for (`relevance`: scores by memory_id), also how
    well a memory fits that. What is pinned has a score of 1.
    """
    known = list({memory["memory_id"]: memory for memory in memories}.values())
    pinned = sorted(filter(is_pinned, known), key=lambda it: it["created_at"], reverse=True)
    others = [(memory, _score(memory, relevance, now)) for memory in known if not is_pinned(memory)]
    others.sort(key=lambda it: (-it[1], it[0]["memory_id"]))
    return [*((memory, 1.0) for memory in pinned), *others[:others_max]]


def _score(memory: Memory, relevance: Mapping[str, float] | None, now: datetime) -> float:
    age = now - datetime.fromisoformat(memory["updated_at"] or memory["created_at"])
    recency = 0.5 ** (max(0.0, age.total_seconds()) / 86_400 / HALF_LIFE_DAYS)
    standing: float = IMPORTANCE_WEIGHT * memory["importance_score"] + RECENCY_WEIGHT * recency
    if relevance is None:
        return round(standing, 6)
    fits = relevance.get(memory["memory_id"], 0.0)
    return round((1 - RELEVANCE_WEIGHT) * standing + RELEVANCE_WEIGHT * fits, 6)


@dataclass(frozen=True, slots=True)
class Names:
    """How memories may name a file: as it was given or within its project (`own`), or by a folder (`app/`) it is in."""

    own: tuple[str, ...]
    folders: tuple[str, ...]


def names_of(file: str, project_path: str) -> Names:
    within = file.removeprefix(project_path.rstrip("/") + "/").removeprefix("./") or file
    folders = (f"{folder}/" for folder in PurePosixPath(within).parents if str(folder) not in (".", "/"))
    return Names(tuple(dict.fromkeys((file, within))), tuple(it for it in folders if len(it) <= FILE_CHARACTERS_MAX))


def all_names(named: Mapping[str, Names]) -> tuple[str, ...]:
    """What to look for, at most NAMES_MAX: every file's own names before any folder's."""
    own = [name for names in named.values() for name in names.own]
    return tuple(dict.fromkeys([*own, *(name for names in named.values() for name in names.folders)]))[:NAMES_MAX]


def found_for(memory: Memory, named: Mapping[str, Names]) -> str | None:
    """The first of the files that a memory is about; by its own name before a folder's."""
    said = set(memory["source_files"])
    direct = next((file for file, names in named.items() if said.intersection(names.own)), None)
    return direct or next((file for file, names in named.items() if said.intersection(names.folders)), None)


def tokens(text: str) -> int:
    """An estimate that is rather too high: one for every three bytes of UTF-8. Prose and code have four or more."""
    return -(-len(text.encode()) // BYTES_A_TOKEN)


def neutral(text: str) -> str:
    """`text` as quoted data: without control and invisible formatting characters, and with no marker of ours in it.

    Line ends and tabs stay. The bracket of what looks like a marker becomes a parenthesis.
    """
    visible = "".join(character for character in text.replace("\r\n", "\n").replace("\r", "\n") if _may_stay(character))
    return _MARKER.sub("(", visible)


def neutral_line(text: str) -> str:
    """The same on one line."""
    return " ".join(neutral(text).split())


def _may_stay(character: str) -> bool:
    if character in "\n\t" or character in _JOINERS:
        return True
    return unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp")


def render(chosen: Sequence[Chosen], tokens_max: int) -> tuple[str, list[Chosen]]:
    """The block of text that an agent is given, and those of the memories that are in it, in their order.

    A memory that does not fit whole is shortened to its summary; where that does not fit either it is left out, and
    what comes after it may still fit.
    """
    blocks, shown, room = list[str](), list[Chosen](), tokens_max * BYTES_A_TOKEN
    for each in chosen:
        separator = "\n\n" if blocks else ""
        for body in (each.memory["narrative"], each.memory["summary"]):
            block = separator + _block(each, body)
            if (size := len(block.encode())) <= room:
                blocks.append(block)
                shown.append(each)
                room -= size
                break
    return "".join(blocks), shown


def _block(chosen: Chosen, body: str) -> str:
    memory = chosen.memory
    head = f"{neutral_line(memory['title'])} ({memory['memory_type']})"
    return f"[Weft — retrieved for {neutral_line(chosen.retrieved_for)}]\n{head}\n{neutral(body)}\n[/Weft]"
