"""Sentences joined until they can stand alone: a statement needs nothing around it to be understood, or it is none."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from services.extraction.distil import cues
from services.extraction.distil.noise import is_chatter, is_suspect
from services.extraction.distil.sentences import Paragraph, fair_share, paragraphs
from services.extraction.distil.sessions import LearntType, Session
from services.extraction.distil.speech import SUMMARY, Text, texts_of
from services.extraction.distil.terms import terms

SENTENCES_MAX = 4
REACH = 3
"""How many observations back `that's why` may point."""
AFTERTHOUGHT_TERMS_MAX = 4
"""A sentence of the same type with so few terms belongs to the one before."""

_PRONOUN = re.compile(
    r"^(?:(?:and|but|so|also|because|since|however|then|now)\b,?\s+)*(?:it(?!\s(?:turns|turned|"
    r"is (?:important|worth|better)|seems))|this|that(?!\s\w+\sof)|these|those|they|both|he|she|"
    r"the (?:fix|reason|cause|problem|issue|bug|crash|same|former|latter|second|other)\b(?! (?:for|of|"
    r"is that|was that|happens)))\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:that|this|which)(?:'s| is| was) (?:also )?(?:why|the (?:root )?cause|the reason)\b|\bthat explains\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"^(?:so|hence|therefore|thus|otherwise|instead|meanwhile|afterwards|consequently|as a result|"
    r"(?:i|we)(?:'ve| have)? (?:\w+ )?(?:fixed|replaced|removed|moved|changed|added|raised|made|set|"
    r"wrapped|pass(?:ed)?|put|reverted) (?:it|that|this|them|the|a|an|one|both)\b|"
    r"(?:fixed|added|changed|removed|replaced|moved|correcting|adding|removing|raising|solved|resolved)\b)",
    re.IGNORECASE,
)
_GOES_ON_IN_SUMMARY = re.compile(
    r"^(?:fixed|solved|resolved|replaced|removed) (?:it|that|this|by|with)\b", re.IGNORECASE
)
_DEMONSTRATIVE = re.compile(r"\b(?:this|that|these|those|it|them|one)\b", re.IGNORECASE)
THIS_FILE = re.compile(r"\b(?:this|the) (?:file|module|class|script|component)\b", re.IGNORECASE)
_GUESS = re.compile(
    r"\b(?:not (?:yet )?sure|no idea|might be|may be|could be|could (?:also )?(?:well )?have|"
    r"wild guess|suspect(?:ed)?|i wonder|who knows)\b|^(?:maybe|perhaps|possibly|probably)\b",
    re.IGNORECASE,
)
_REFUTED = re.compile(
    r"^(?:no,? )?(?:it|that)(?:'s| is| was)(?:n't| not) (?:the|a|an|our|because|about)\b|^(?:no|"
    r"yes),? \w+(?: \w+){0,3}[.!]?$",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"(?:^(?:(?:and|also|now|then|ok|next|please|yes|no)\b,?\s+)*|\bplease\s+(?:also\s+)?)(?:add|fix|"
    r"update|check|run|make|create|implement|remove|delete|rename|look|find|"
    r"change|clean|bump|investigate|refactor|deploy|show|explain|try|review|test|build|help|leave)\b",
    re.IGNORECASE,
)
_NORM = re.compile(
    r"\b(?:always|never|must|everywhere|every|all|from now on|don't|do not|no longer|has to|have to|"
    r"we (?:use|do|keep|put))\b",
    re.IGNORECASE,
)
_ONLY_POINTS_BACK = re.compile(
    r"^(?:that|this)(?:'s| is| was) (?:why|the (?:root )?cause|the reason)\W*$", re.IGNORECASE
)
_HANGING_OBJECT = re.compile(
    r"\b(?:fixed|fixes|solved|solves|cured|resolved|replaced|removed|caused|causes) (?:it|that|this|them)\b",
    re.IGNORECASE,
)
TERMS_IN_CORE_MIN = 4
LEANING = 0.4
"""What the cue of a sentence counts as a title that says little by itself."""
SAID_BY_USER = 0.6
"""What a norm weighs more where a person set it."""


@dataclass(frozen=True, slots=True)
class Statement:
    """`sentences` are verbatim, `core` the one of them that it is about; `weights` what each type weighs."""

    sentences: tuple[str, ...]
    core: int
    places: tuple[int, ...]
    files: tuple[str, ...]
    by_user: bool
    label: LearntType | None
    weights: dict[LearntType, float] = field(compare=False)

    @property
    def kind(self) -> LearntType:
        return cues.best(self.weights)[0]

    @property
    def worth(self) -> float:
        return cues.best(self.weights)[1]

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


@dataclass(slots=True)
class _Group:
    """A statement in the making."""

    sentences: list[str]
    kind: LearntType
    worth: float
    label: LearntType | None
    heading: LearntType | None
    start: int


def statements(session: Session) -> list[Statement]:
    """What the session says that is worth keeping, each statement once for each time that it was said."""
    found: list[Statement] = []
    before: list[tuple[int, str]] = []
    texts = list(texts_of(session))
    share = fair_share([len(text.content) for text in texts])
    for text in texts:
        read = list(_stories(paragraphs(text.content, share)))
        alone = len(read) == 1
        for paragraph in read:
            if cues.is_unfinished(paragraph.heading):
                continue
            by_user = text.by_user or paragraph.by_user
            told = [it for it in paragraph.sentences if not is_suspect(it)]
            for group in _groups(told, paragraph, by_user, in_summary=text.place == SUMMARY and alone):
                earlier = [(text.place, it) for it in told[: group.start] if not is_chatter(it)]
                statement = _statement(group, text, by_user, [*before[-1:], *earlier])
                if statement:
                    found.append(statement)
            before += [(text.place, it) for it in told if not is_chatter(it)]
    return found


def _stories(read: Iterable[Paragraph]) -> Iterator[Paragraph]:
    """Problem, root cause and fix under headings of their own are one paragraph."""
    story: Paragraph | None = None
    role = ""
    for paragraph in read:
        own = paragraph.sentences[0][: cues.label_of(paragraph.sentences[0])[1]].strip(" *_:") or paragraph.heading
        goes_on = story and cues.is_role(own) and not (cues.begins_story(own) and own != role)
        if story and goes_on:
            story = replace(story, sentences=(*story.sentences, *paragraph.sentences))
        else:
            if story:
                yield story
            story = replace(paragraph, is_item=True) if cues.is_role(own) else None
            if story is None:
                yield paragraph
        role = own
    if story:
        yield story


def _groups(told: Sequence[str], paragraph: Paragraph, by_user: bool, *, in_summary: bool) -> Iterator[_Group]:
    heading = cues.type_of_heading(paragraph.heading) if paragraph.heading else None
    group: _Group | None = None
    for number, sentence in enumerate(told):
        if is_chatter(sentence) or _REFUTED.match(sentence) or (by_user and _is_request(sentence)):
            if group:
                yield group
            group = None
            continue
        label = cues.label_of(sentence)[0]
        kind, worth = cues.best(cues.cue_weights(sentence, label, heading))
        if group and _joins(group, sentence, kind, worth, label, in_summary=in_summary, is_item=paragraph.is_item):
            _extend(group, sentence, kind, worth, label)
            continue
        if group:
            yield group
        group = _Group([sentence], kind, worth, label, heading, number)
    if group:
        yield group


def _is_request(sentence: str) -> bool:
    return bool(_REQUEST.search(sentence)) and not _NORM.search(sentence)


def _joins(
    group: _Group,
    sentence: str,
    kind: LearntType,
    worth: float,
    label: LearntType | None,
    *,
    in_summary: bool,
    is_item: bool,
) -> bool:
    """Whether `sentence` goes on with what the group says."""
    if len(group.sentences) >= SENTENCES_MAX:
        return False
    if is_item or _PRONOUN.match(sentence) or _POINTS_BACK.search(sentence):
        return True
    new = terms(sentence)
    shared = len(terms(" ".join(group.sentences)) & new)
    if label and group.label:
        return label == group.label == "incident"
    if in_summary:
        return bool(_GOES_ON_IN_SUMMARY.match(sentence)) or (shared >= 2 and kind == group.kind == "incident")
    if label and group.worth >= cues.WORTH_MIN:
        return False
    if worth < cues.WORTH_MIN or group.worth < cues.WORTH_MIN or _GOES_ON.match(sentence):
        return True
    if kind == group.kind:
        return shared >= 2 or len(new) <= AFTERTHOUGHT_TERMS_MAX
    return shared >= 2 and bool(_DEMONSTRATIVE.search(sentence))


def _extend(group: _Group, sentence: str, kind: LearntType, worth: float, label: LearntType | None) -> None:
    group.sentences.append(sentence)
    group.label = group.label or label
    if worth > group.worth:
        group.kind, group.worth = kind, worth


def _statement(group: _Group, text: Text, by_user: bool, before: Sequence[tuple[int, str]]) -> Statement | None:
    """None where it is a guess, or speaks of what nobody knows."""
    sentences = [it for it in group.sentences if not _GUESS.search(it)]
    if not sentences or _GUESS.search(group.sentences[0]):
        return None
    weights = cues.cue_weights(" ".join(sentences), group.label, group.heading)
    places: tuple[int, ...] = (text.place,)
    if _needs_more(sentences, text.files):
        if not before or not _is_near(before[-1][0], text.place):
            return None
        place, antecedent = before[-1]
        sentences = [antecedent, *(it for it in sentences if not _ONLY_POINTS_BACK.match(it))][:SENTENCES_MAX]
        places = tuple(dict.fromkeys((place, text.place)))
        weights = cues.cue_weights(" ".join([antecedent, *group.sentences]), group.label, group.heading)
    if by_user and "convention" in weights:
        weights["convention"] += SAID_BY_USER
    return Statement(tuple(sentences), _core(sentences), places, text.files, by_user, group.label, weights)


def _needs_more(sentences: Sequence[str], files: Sequence[str]) -> bool:
    """Whether the first sentence has a pronoun for something before it, or the last one only says `that's why`."""
    first = sentences[0][cues.label_of(sentences[0])[1] :]
    if THIS_FILE.match(first) and len(files) == 1:
        return False
    hanging = _HANGING_OBJECT.search(first) if len(sentences) == 1 else None
    if hanging and not cues.names_failure(first[: hanging.start()]):
        return True
    return bool(_PRONOUN.match(first) or _POINTS_BACK.match(first) or _ONLY_POINTS_BACK.match(sentences[-1]))


def _is_near(place: int, to: int) -> bool:
    return place == to or (to != SUMMARY and 0 <= to - place <= REACH)


def _core(sentences: Sequence[str]) -> int:
    """Which sentence has the clearest cue, the first of several; rather one that is understood without the others."""
    worths = []
    for sentence in sentences:
        label, begin = cues.label_of(sentence)
        leans = _PRONOUN.match(sentence[begin:]) or _POINTS_BACK.search(sentence) or _GOES_ON.match(sentence)
        bare = len(terms(sentence)) < TERMS_IN_CORE_MIN or re.search(r"\b(?:this|these)\b", sentence)
        worths.append(cues.best(cues.cue_weights(sentence, label))[1] * (LEANING if leans or bare else 1.0))
    return worths.index(max(worths))
