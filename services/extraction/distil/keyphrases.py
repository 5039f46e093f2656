"""Concepts and tags: the phrases that a short technical text is about.

Candidates are runs of words between stop words and punctuation (as in RAKE), and names of code. A phrase weighs more if
it is a name (`useCursor`, `ON_COMMIT`, `Redis`), stands early, comes again, or is in the title.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

from services.extraction.distil.terms import STOP_WORDS, stem

CONCEPTS_MAX = 8
TAGS_MAX = 6
PHRASE_WORDS_MAX = 3
LENGTH_MAX = 64

_TOKEN = re.compile(r"[A-Za-z_@][\w@]*(?:[.:/+#-]+\w+)*[+#]*(?:['’]\w+)?|\d[\w.]*|[^\w\s]")
_CODE = re.compile(r"[a-z][A-Z]|\w_\w|::|\w\.\w|^[A-Z]{2,}\d?$|[A-Za-z]-?\d|[+#]$")
_NAME = re.compile(r"^[A-Z][a-z0-9]+")
_TAG = re.compile(r"[^a-z0-9.+#-]+")
_POSSESSIVE = re.compile(r"['’]s$")
_VERBAL = re.compile(r"^[a-z]+(?:ed|ly|ing|ises?|izes?)$")
_DULL_WORDS = """
able actually add added adding agreed allow always applied apply avoid bad better big breaks bring brought cause
caused causes change changed check checked chose chosen clear cleared come comes complete contain correct counts
create created day decided decision different discovered drop early easy enough exactly expect expected fail failed
fails fast file files find fine fix fixed fixing follow full good gotcha great half hand happen heads hour hours idea
important interesting issue job keeping large late learned left less line lines list little live long longer lot low
main mean means minute minutes month months move moved moving name near necessary need nobody node note number open
opted order outcome part pass passed passes path people picked place point possible problem proper question read reads
ready real reason reasonable record related remember remove removed rename replace replaced result results return
returned returns root rule run running runs safe save second seconds send sent separate set settled short show shows
side silently simple single size small stand start started starts state stay stays step stop stopped store stored
supposed switch switched talk talks thing think time times today total true turn turned type understand update updated
value values wait wanted week weeks went whole word worked worker working write writes written wrong year years
"""
_DULL = frozenset(_DULL_WORDS.split())


def concepts(title: str, narrative: str) -> tuple[str, ...]:
    """At most 8 phrases, the weightiest first, spelt as in the text."""
    weights: dict[str, float] = defaultdict(float)
    spelt: dict[str, str] = {}
    in_title = {_key(phrase) for phrase in phrases(title)}
    for position, phrase in enumerate(phrases(f"{title}. {narrative}")):
        key = _key(phrase)
        spelt.setdefault(key, phrase)
        weights[key] += _weight(phrase) * (1.0 if position < 12 else 0.7) * (1.3 if key in in_title else 1.0)
    chosen: list[str] = []
    for key in sorted(weights, key=lambda it: (-round(weights[it], 6), it)):
        if not any(_says_both(key, _key(other)) for other in chosen):
            chosen.append(spelt[key])
    return tuple(chosen[:CONCEPTS_MAX])


def tags(kind: str, found: Sequence[str]) -> tuple[str, ...]:
    """The type, and the concepts of one or two words as [a-z0-9.+#-]."""
    slugs = [_TAG.sub("-", phrase.lower()).strip("-.") for phrase in found if phrase.count(" ") < 2]
    return tuple(dict.fromkeys([kind, *(slug for slug in slugs if 1 < len(slug) <= 40)]))[:TAGS_MAX]


def phrases(text: str) -> list[str]:
    """In their order, as often as they come."""
    found: list[str] = []
    run: list[str] = []
    for token in [*_TOKEN.findall(text), "."]:
        word = token.strip(".:/-")
        if _speaks(word):
            run.append(_POSSESSIVE.sub("", word))
            continue
        found += _pieces(run)
        run = []
    return [phrase for phrase in found if len(phrase) <= LENGTH_MAX]


def _speaks(word: str) -> bool:
    lower = word.lower()
    return (
        len(word) > 1
        and (word[0].isalpha() or word[0] in "_@")
        and lower not in STOP_WORDS
        and lower not in _DULL
        and not lower.endswith(("n't", "n’t", "'ve", "'ll", "'re", "'m", "'d", "i.e", "e.g"))
    )


def _pieces(run: list[str]) -> list[str]:
    """A run as one phrase if it is short, else its names and its last words; without verbs at its ends."""
    while run and _VERBAL.match(run[-1]) and not (len(run) == 1 and run[0].endswith("ing")):
        run = run[:-1]
    while len(run) > 1 and _VERBAL.match(run[0]):
        run = run[1:]
    if len(run) <= PHRASE_WORDS_MAX:
        return [" ".join(run)] if run else []
    names = [word for word in run if _CODE.search(word)]
    return [*names, " ".join(run[-2:])]


def _weight(phrase: str) -> float:
    words = phrase.split()
    named = sum(2.0 if _CODE.search(word) else 1.4 if _NAME.match(word) else 1.0 for word in words)
    alone = 0.6 if len(words) == 1 and words[0].islower() and not _CODE.search(words[0]) else 1.0
    return named / len(words) * (1.0 + 0.25 * (len(words) - 1)) * alone


def _key(phrase: str) -> str:
    return " ".join(stem(word.lower()) for word in phrase.split())


def _says_both(key: str, other: str) -> bool:
    return set(key.split()) <= set(other.split()) or set(other.split()) <= set(key.split())
