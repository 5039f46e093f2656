"""What a community is called: a readable slug from what its members share, such as `database-patterns`.

A community that goes on keeps its name (`_inherited`); others are named after concepts, tags and words of titles that
many members have and few other memories of the namespace (`_named`). Equal input gives equal labels; ties go by
alphabet.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

LENGTH_MAX = 48
PART_LENGTH_MAX = 32
"""Of one concept, tag or word within a label."""

SHARED = 0.25
"""The part of its members that must have what a community is named after, two of them at least."""
DOMINATING = 2 / 3
"""The part of its members that must be of one type for that type to be the second part of the name."""
MORE_THAN_ELSEWHERE = 0.2
"""By how much that part must exceed the type's part among the other memories."""
TITLE_WORD = 0.5
"""What a word of titles weighs beside a concept or tag."""
WORTH_ADDING = 1 / 3
"""The part of the first word's weight that a second one needs to stand behind it."""
CHOICES = 6
"""How many of the weightiest words are tried before a name that is taken gets a number."""

PLURALS = {
    "decision": "decisions",
    "pattern": "patterns",
    "convention": "conventions",
    "architecture": "architecture",
    "discovery": "discoveries",
    "incident": "incidents",
    "general": "notes",
    "wiki": "wiki",
    "sdlc_knowledge": "sdlc",
}

_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_KEYED = re.compile(r"[^\W\d_][\w-]*[:=](?!//)(?=.)", re.DOTALL)
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")
_NUMBER_OR_DATE = re.compile(r"v?\d+(-[qwv]?\d+)*(-?t\d[\d-]*z?)?|(?=[a-f-]*\d)[0-9a-f-]{7,}")
_WORD_LENGTH_MIN = 3
_STOP_WORDS = """
about above add added adding adds after again all allow allows already also and another any are avoid back based
because been before being below between both but can cannot change changed changes chore com commit could did does
doing don done down due during each either else etc even every few first fix fixed fixes fixing for from get gets
getting give given goes had handle has have having here his how http https instead into its just keep last less let
like made make makes making many may memory merge might more most move moved much must near need needed needs never
new nor not note notes now off old once one only onto org other our out over own per rather really remove removed
removes rename revert run same see set she should show since some still such support take than that the their them
then there these they thing this those three through too toward towards try two under until update updated updates
upon use used uses using very via want was way were what when where which while who whose why will with within without
would www yet you your
"""
_STOPPED = frozenset(_STOP_WORDS.split())


@dataclass(frozen=True, slots=True)
class _Traits:
    """What each memory of one namespace has; `named` are those that are a concept or tag of somebody there."""

    of: list[frozenset[str]]
    types: list[str]
    bearers: Counter[str]
    of_type: Counter[str]
    named: frozenset[str]


def label(
    communities: Sequence[int],
    *,
    namespaces: Sequence[str],
    terms: Sequence[Sequence[str]],
    memory_types: Sequence[str],
    titles: Sequence[str],
    earlier: Sequence[str | None],
) -> list[str | None]:
    """Each memory's label; None where `communities` (numbers of communities, each in one namespace) is negative.

    Labels are [a-z0-9-]+, at most LENGTH_MAX long, and unique in their namespace. `earlier` are the labels of before.
    """
    found: list[str | None] = [None] * len(communities)
    by_namespace: dict[str, list[int]] = defaultdict(list)
    for memory, namespace in enumerate(namespaces):
        by_namespace[namespace].append(memory)
    for memories in by_namespace.values():
        groups: dict[int, list[int]] = defaultdict(list)
        for place, memory in enumerate(memories):
            if communities[memory] >= 0:
                groups[communities[memory]].append(place)
        traits = _traits([terms[it] for it in memories], [titles[it] for it in memories], _of(memory_types, memories))
        before = [earlier[it] for it in memories]
        names = _names(list(groups.values()), traits, before)
        for places, name in zip(groups.values(), names, strict=True):
            for place in places:
                found[memories[place]] = name
    return found


def slug(text: str) -> str:
    """`text` in [a-z0-9-]*: letters without their accents, everything else that is no letter or digit one hyphen."""
    plain = text.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain.translate(_LETTERS))
        plain = "".join(character for character in plain if not unicodedata.combining(character))
    return _NOT_IN_SLUG.sub("-", plain).strip("-")


def _of(values: Sequence[str], places: Iterable[int]) -> list[str]:
    return [values[place] for place in places]


def _traits(terms: Sequence[Sequence[str]], titles: Sequence[str], types: list[str]) -> _Traits:
    """Of one namespace."""
    named = [frozenset(filter(None, map(_term, each))) for each in terms]
    of = [have.union(_words(title)) for have, title in zip(named, titles, strict=True)]
    bearers = Counter(trait for have in of for trait in have)
    return _Traits(of, types, bearers, Counter(types), frozenset().union(*named))


@lru_cache(maxsize=50_000)
def _term(term: str) -> str:
    """A concept or tag as a part of labels, without its key (`repo:weft`); empty if it says nothing."""
    keyed = _KEYED.match(term)
    return _speaking(slug(term[keyed.end() :] if keyed else term))


def _words(title: str) -> list[str]:
    words = slug(title).split("-")
    return [it for word in words if len(word) >= _WORD_LENGTH_MIN and word not in _STOPPED and (it := _speaking(word))]


def _speaking(part: str) -> str:
    """Cut to its length at a hyphen, if it has one; nothing if it is a number, a date, a hash or one letter."""
    if len(part) < 2 or _NUMBER_OR_DATE.fullmatch(part):
        return ""
    return _cut(part, PART_LENGTH_MAX)


def _cut(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    whole, hyphen, _ = text[: length + 1].rpartition("-")
    return whole if hyphen else text[:length]


def _names(groups: Sequence[Sequence[int]], traits: _Traits, before: Sequence[str | None]) -> list[str]:
    """A name for each community of a namespace; the largest new one chooses first."""
    names = _inherited(groups, traits, before)
    taken = set(names.values())
    new = (group for group in range(len(groups)) if group not in names)
    for group in sorted(new, key=lambda it: (-len(groups[it]), min(groups[it]))):
        names[group] = next(name for name in _choices(groups[group], traits) if name not in taken)
        taken.add(names[group])
    return [names[group] for group in range(len(groups))]


def _inherited(groups: Sequence[Sequence[int]], traits: _Traits, before: Sequence[str | None]) -> dict[int, str]:
    """The label of those who had it goes on with at least half of them (two or more), wherever most of these are. A
    community that could have several takes that of most of its members. A label no longer true (`_holds`) is given up.
    """
    had = Counter(before)
    claims = [
        (-count, name, group)
        for group, members in enumerate(groups)
        for name, count in Counter(before[it] for it in members).items()
        if name is not None and count > 1 and 2 * count >= had[name] and _holds(name, members, traits)
    ]
    names: dict[int, str] = {}
    taken: set[str] = set()
    for _, name, group in sorted(claims):
        if group not in names and name not in taken:
            names[group] = name
            taken.add(name)
    return names


def _holds(name: str, members: Sequence[int], traits: _Traits) -> bool:
    """Whether each word of `name` is still some member's, or a deleted memory would live on in it, and one is among
    what the members share. Types count for the latter only where they share nothing else: who was called `notes-3` for
    want of a topic gets a name as soon as there is one.
    """
    words = {word for word in name.split("-") if not word.isdigit()}
    types = Counter(traits.types[it] for it in members)
    kinds = {word for kind in types for word in _plural(kind).split("-")}
    if not all(any(_says(trait, word) for it in members for trait in traits.of[it]) for word in words - kinds):
        return False
    if any(_says(trait, word) for trait in _shared(members, traits) for word in words):
        return True
    common = [_plural(kind) for kind, count in types.items() if count >= SHARED * len(members)]
    return not _weights(members, traits) and any(_says(kind, word) for kind in common for word in words)


def _says(trait: str, word: str) -> bool:
    return word in trait and word in trait.split("-")


def _shared(members: Sequence[int], traits: _Traits) -> dict[str, int]:
    """How many of the members have each trait that enough of them have."""
    counts = Counter(trait for it in members for trait in traits.of[it])
    least = max(2, SHARED * len(members))
    return {trait: count for trait, count in counts.items() if count >= least}


def _choices(members: Sequence[int], traits: _Traits) -> Iterator[str]:
    """Names for a community, best first, without end."""
    weights = _weights(members, traits)
    best = sorted(weights, key=lambda trait: (-weights[trait], trait))[:CHOICES]
    kind = _dominating_type(members, traits)
    seconds = [kind] if kind else []
    names = []
    for first in best:
        others = [it for it in best if it != first and weights[it] >= WORTH_ADDING * weights[first]]
        pairs = [f"{first}-{it}" for it in [*seconds, *others] if not _alike(first, it)]
        names += [it for it in pairs if len(it) <= LENGTH_MAX] + [first]
    commonest = Counter(traits.types[it] for it in members)
    names = names or [_plural(min(commonest, key=lambda it: (-commonest[it], it)))]
    yield from dict.fromkeys(names)
    number = 2
    while True:
        yield f"{_cut(names[0], LENGTH_MAX - len(str(number)) - 1)}-{number}"
        number += 1


def _weights(members: Sequence[int], traits: _Traits) -> Mapping[str, float]:
    """How well each shared trait tells the community from the rest of its namespace; above 0.

    That is how much more frequent it is among the members than among the others, less the more bearers are elsewhere.
    """
    size, others = len(members), len(traits.of) - len(members)
    weights = {}
    for trait, count in _shared(members, traits).items():
        elsewhere = traits.bearers[trait] - count
        more = count / size - (elsewhere / others if others else 0.0)
        weight = more * (count / traits.bearers[trait]) ** 0.5 * (1.0 if trait in traits.named else TITLE_WORD)
        if weight > 0:
            weights[trait] = round(weight, 9)
    return weights


def _dominating_type(members: Sequence[int], traits: _Traits) -> str:
    """The plural of the type that most members have and fewer others; empty if there is none that says something."""
    [(kind, count)] = Counter(traits.types[it] for it in members).most_common(1)
    share, others = count / len(members), len(traits.of) - len(members)
    elsewhere = (traits.of_type[kind] - count) / others if others else 0.0
    if kind == "general" or share < DOMINATING or share - elsewhere < MORE_THAN_ELSEWHERE:
        return ""
    return _plural(kind)


def _plural(memory_type: str) -> str:
    return PLURALS.get(memory_type) or _cut(slug(memory_type), PART_LENGTH_MAX) or "community"


def _alike(first: str, second: str) -> bool:
    """Whether the second adds nothing: a word of one is a word of the other, or its beginning (pattern, patterns)."""
    return any(
        one.startswith(other) or other.startswith(one) for one in first.split("-") for other in second.split("-")
    )
