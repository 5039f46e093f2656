"""Where in a text the secrets are."""

from collections.abc import Iterable
from typing import NamedTuple

LENGTH_MIN = 4
"""Characters of the shortest secret; `***` takes the place of any."""


class Span(NamedTuple):
    """A secret: text[start:end]. `kind` as people call it, such as "GitHub token"."""

    start: int
    end: int
    kind: str


def joined(spans: Iterable[Span]) -> list[Span]:
    """`spans` in the order of the text, those that overlap as one, of the kind that came first in `spans`."""
    ranked = sorted((span.start, span.end, rank, span.kind) for rank, span in enumerate(spans))
    found, ranks = list[Span](), list[int]()
    for start, end, rank, kind in ranked:
        if not found or start >= found[-1].end:
            found.append(Span(start, end, kind))
            ranks.append(rank)
            continue
        last = found[-1]
        first_kind = last.kind if ranks[-1] < rank else kind
        found[-1] = Span(last.start, max(last.end, end), first_kind)
        ranks[-1] = min(ranks[-1], rank)
    return found
