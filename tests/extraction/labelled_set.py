"""Paragraphs with what they say and speak of (labelled/documents.toml), and how it is counted what of it was found."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.extraction.documents.entities import Gathering, Spoken, mentions_of
from services.extraction.documents.facts import Said, facts_of

FILE = Path(__file__).parent / "labelled" / "documents.toml"
TERMS_MIN = 2 / 3


@dataclass(frozen=True)
class Label:
    kind: str
    terms: tuple[str, ...]


@dataclass(frozen=True)
class Paragraph:
    of: str
    text: str
    facts: tuple[Label, ...]
    entities: tuple[Label, ...]
    held_out: bool


@dataclass(frozen=True)
class Counts:
    """Of what was found, and of what should have been, how much is `right`."""

    right: int
    found: int
    wanted: int

    @property
    def precision(self) -> float:
        return self.right / self.found

    @property
    def recall(self) -> float:
        return self.right / self.wanted


def labelled() -> list[Paragraph]:
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))["paragraph"]
    return [
        Paragraph(
            it["of"],
            it["text"].strip(),
            tuple(Label(one["kind"], tuple(one["terms"])) for one in it["facts"]),
            tuple(Label(one["kind"], (one["name"].lower(),)) for one in it["entities"]),
            it.get("held_out", False),
        )
        for it in read
    ]


def spoken_of(text: str) -> list[Spoken]:
    gathering = Gathering()
    gathering.add(0, mentions_of(text))
    return gathering.spoken()


def is_found(label: Label, said: Said) -> bool:
    text = said.text.lower()
    return said.kind == label.kind and sum(it in text for it in label.terms) >= TERMS_MIN * len(label.terms)


def count_facts(paragraphs: Sequence[Paragraph]) -> Counts:
    """One sentence speaks for one label."""
    right = found = 0
    for paragraph in paragraphs:
        said = facts_of(paragraph.text)
        found += len(said)
        left = list(said)
        for label in paragraph.facts:
            if one := next((it for it in left if is_found(label, it)), None):
                left.remove(one)
                right += 1
    return Counts(right, found, sum(len(it.facts) for it in paragraphs))


def count_entities(paragraphs: Sequence[Paragraph]) -> Counts:
    """Name and kind must be right."""
    right = found = 0
    for paragraph in paragraphs:
        spoken = {(it.kind, it.name.lower()) for it in spoken_of(paragraph.text)}
        found += len(spoken)
        right += sum((it.kind, it.terms[0]) in spoken for it in paragraph.entities)
    return Counts(right, found, sum(len(it.entities) for it in paragraphs))
