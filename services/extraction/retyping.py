"""Of which type a memory is that was stored as `general`, where that is clear enough. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from contracts.base import MemoryType, StrictWord
from contracts.commands import Seen
from services.extraction.distil import LearntType, Nearness
from services.extraction.distil.cues import best, cue_weights
from services.extraction.distil.kinds import examples, near_weights
from services.extraction.merging import PINNED

SENTENCES_READ = 2
"""Beside the title. Further on a long text has cue phrases of everything."""
CLEAR = 1.5
"""What the cues of a type must weigh: more than one clear cue phrase."""
AHEAD = 0.8
"""How much more it must weigh than the next type.

Of the 160 statements and memories of the golden set (tests/extraction/golden) 79 are as clear as that, and 78 of them
of the right type; without embeddings 77 and 76. Of 665 abstracts of Python enhancement proposals, which are of none of
these types in particular, 44 seem so. With CLEAR at 1 it were 98 and 96, and 84 of the abstracts.
"""
CHATTER_MARGIN = 0.08
"""Who is so much nearer to chatter than to any type stays where it is."""

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


class Retype(StrictWord):
    """One order: this memory, as it was looked at, is of that type."""

    task: Literal["retype"] = "retype"
    memory: Seen
    memory_type: MemoryType

    @property
    def memory_id(self) -> str:
        return self.memory.memory_id

    @property
    def memories(self) -> int:
        return 1


def retype(memory: Mapping[str, Any], nearness: Nearness | None) -> Retype | None:
    """`memory` is a contracts.replies.Memory as JSON. None where it is to be left as it is."""
    if memory["importance_score"] >= PINNED:
        return None
    kind = type_of(memory["title"], memory["narrative"], nearness)
    if kind is None:
        return None
    return Retype(memory=Seen(memory_id=memory["memory_id"], revision=memory["revision"]), memory_type=kind)


def type_of(title: str, narrative: str, nearness: Nearness | None) -> LearntType | None:
    """The cue phrases of title and first sentences say so, and nearness to examples does not say otherwise."""
    beginning = [part for part in _SENTENCE_END.split(narrative) if part.strip()][:SENTENCES_READ]
    weights: Mapping[LearntType, float] = cue_weights(". ".join([title.rstrip("."), " ".join(beginning)]))
    kind, weight = best(weights)
    if weight < CLEAR or kind == "general":
        return None
    if nearness is not None:
        near, chatter = near_weights(nearness([f"{title}. {narrative}"])[0], examples(nearness))
        if chatter > CHATTER_MARGIN:
            return None
        weights = {each: weights.get(each, 0.0) + near[each] for each in near}
    ahead = weights[kind] - max((other for each, other in weights.items() if each != kind), default=0.0)
    return kind if ahead >= AHEAD else None
