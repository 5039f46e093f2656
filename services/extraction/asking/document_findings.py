"""What a model is shown of a document, and what of its answer is believed: what stands in the document."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import TypeGuard, get_args

from contracts.documents import EntityKind, FactKind
from services.extraction.asking.document_prompts import (
    DOCUMENT_PROMPT_VERSION,
    ENTITIES_ASKED_FOR,
    FACTS_ASKED_FOR,
    NamedEntity,
    StatedFact,
    Statements,
)
from services.extraction.asking.proposals import SHARED_TERMS_MIN, between, clean, gives_orders, words_of
from services.extraction.distil.terms import terms
from services.extraction.documents.cutting import Piece
from services.extraction.documents.entities import NAME_CHARS_MAX, Mention
from services.extraction.documents.facts import CHARS_MAX, Said
from services.extraction.documents.findings import Found
from services.kit.quoting import one_line, quoted, visible
from services.kit.redaction import redact

READ_MAX = 10
"""So many times more are looked at than are asked for."""
CONFIDENCE_MAX = 0.95
CONFIDENCE_MAX_UNSHARED = 0.4
"""Where fact and quote share hardly a word: the quote is there and says something else, as far as words can tell."""


def material_of(piece: Piece) -> str:
    """The slice as quoted data, without secrets."""
    text = "\n\n".join(quoted(redact(text).text) for _, text in piece.texts)
    return f"Part {piece.part} of {piece.parts} of the document:\n{text}"


def document_key(model: str, material: str) -> str:
    """64 hex digits that name a question: another prompt, model or text is another one."""
    named = "\0".join(["document", DOCUMENT_PROMPT_VERSION, model, material])
    return hashlib.sha256(named.encode()).hexdigest()


def stated(answer: Statements, piece: Piece) -> tuple[Found, ...]:
    """Facts under the chunk that they are quoted from, entities under every chunk that names them, as often as it does.

    A fact without a quote that stands there is dropped, and so is a name that does not; ids and counts are ours.
    """
    shown = [(index, visible(text)) for index, text in piece.texts]
    facts = defaultdict[int, list[Said]](list)
    for claimed in answer.facts[: READ_MAX * FACTS_ASKED_FOR]:
        if found := _fact(claimed, shown):
            facts[found[0]].append(found[1])
    mentions = defaultdict[int, list[Mention]](list)
    for named in dict.fromkeys(answer.entities[: READ_MAX * ENTITIES_ASKED_FOR]):
        for index, found_there in _mentions(named, shown):
            mentions[index] += found_there
    return tuple(Found(index, facts[index], mentions[index]) for index, _ in shown)


def _fact(claimed: StatedFact, shown: Sequence[tuple[int, str]]) -> tuple[int, Said] | None:
    text = clean(one_line(claimed.text), CHARS_MAX)
    if not text or gives_orders(text) or gives_orders(claimed.quote) or not _is_fact_kind(claimed.kind):
        return None
    pattern = words_of(claimed.quote)
    index = next((index for index, it in shown if pattern and pattern.search(it)), None)
    if index is None:
        return None
    shares = len(terms(text) & terms(claimed.quote)) >= SHARED_TERMS_MIN
    return index, Said(
        claimed.kind, text, between(claimed.confidence, CONFIDENCE_MAX if shares else CONFIDENCE_MAX_UNSHARED)
    )


def _mentions(named: NamedEntity, shown: Sequence[tuple[int, str]]) -> list[tuple[int, list[Mention]]]:
    name = one_line(named.name)
    if not 1 < len(name) <= NAME_CHARS_MAX or gives_orders(name) or not _is_entity_kind(named.kind):
        return []
    pattern = re.compile(rf"(?<!\w){' +'.join(map(re.escape, name.split()))}(?!\w)")
    mention = Mention(name, named.kind, 1.0)
    counted = [(index, len(pattern.findall(text))) for index, text in shown]
    return [(index, [mention] * count) for index, count in counted if count]


def _is_fact_kind(kind: str) -> TypeGuard[FactKind]:
    return kind in get_args(FactKind)


def _is_entity_kind(kind: str) -> TypeGuard[EntityKind]:
    return kind in get_args(EntityKind)
