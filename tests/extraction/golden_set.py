"""Sessions with known answers, and how an extractor's answers are counted against them.

A memory matches an expected one if at least MATCH of its key terms stand in title and narrative (a term may name
alternatives, `crash|fail`; letter case does not matter) and all files it must have are among its files. Each matches at
most one other, the best overlaps first. The type is not needed for a match; it is counted apart, over all matches.

precision = matched / what came out; recall = matched / what was expected; type accuracy = of the matched, those whose
type is the expected one or, where fair readers could differ, one of `also`. What is marked optional counts for nothing:
neither as missed, nor as found, nor as too much. A second memory on the same statement is one too much.
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from services.extraction.distil import Distilled, Observation, Session
from tests.extraction.fillers import fillers

GITHUB_TOKEN = "gh" + "p_16C7e42F292c6912E7710c838347Ae178B4a"
"""GitHub's own example, in parts: whole it would alarm those who look through repositories for secrets."""

FOLDER = Path(__file__).parent / "golden"
MATCH = 2 / 3
BEGINNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Expected:
    statement: str
    type: str
    terms: tuple[str, ...]
    files: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    optional: bool = False

    def overlap(self, memory: Distilled) -> float:
        """The part of the key terms that the memory has; 0 if a file is missing."""
        text = f"{memory.title}\n{memory.narrative}".lower()
        if not set(self.files) <= set(memory.source_files):
            return 0.0
        return sum(any(word in text for word in term.lower().split("|")) for term in self.terms) / len(self.terms)


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    style: str
    held_out: bool
    session: Session
    expected: tuple[Expected, ...]
    unwanted: tuple[str, ...]


@dataclass(slots=True)
class Score:
    """Of one case or of several together."""

    came_out: int = 0
    wanted: int = 0
    matched: int = 0
    right_type: int = 0
    leaks: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    too_much: list[str] = field(default_factory=list)
    wrong_type: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.matched / self.came_out if self.came_out else 1.0

    @property
    def recall(self) -> float:
        return self.matched / self.wanted if self.wanted else 1.0

    @property
    def type_accuracy(self) -> float:
        return self.right_type / self.matched if self.matched else 1.0

    def add(self, other: "Score") -> None:
        self.came_out += other.came_out
        self.wanted += other.wanted
        self.matched += other.matched
        self.right_type += other.right_type
        for name in ("leaks", "missed", "too_much", "wrong_type"):
            getattr(self, name).extend(getattr(other, name))


def cases() -> list[Case]:
    """All of them; those in `held_out/` were not looked at while the extractor was tuned."""
    return [_case(file) for file in sorted(FOLDER.rglob("*.toml"))]


def score(case: Case, memories: Sequence[Distilled]) -> Score:
    pairs = dict(_pairs(case.expected, memories))
    found, result = set(pairs.values()), Score()
    for number, memory in enumerate(memories):
        result.leaks += [
            f"{case.name}: {it!r} in {memory.title!r}" for it in case.unwanted if it.lower() in _all_text(memory)
        ]
        optional = any(case.expected[it].optional and place == number for it, place in pairs.items())
        result.came_out += not optional
        if number not in found:
            result.too_much.append(f"{case.name}: [{memory.memory_type}] {memory.title} | {memory.narrative}")
    for number, expected in enumerate(case.expected):
        if expected.optional:
            continue
        result.wanted += 1
        if number not in pairs:
            result.missed.append(f"{case.name}: [{expected.type}] {expected.statement}")
            continue
        result.matched += 1
        kind = memories[pairs[number]].memory_type
        result.right_type += kind in (expected.type, *expected.also)
        if kind not in (expected.type, *expected.also):
            result.wrong_type.append(f"{case.name}: {kind}, not {expected.type}: {memories[pairs[number]].narrative}")
    return result


def _pairs(expected: Sequence[Expected], memories: Sequence[Distilled]) -> Iterator[tuple[int, int]]:
    """(expected, memory), one to one, the best overlap first."""
    overlaps = [(one.overlap(two), i, j) for i, one in enumerate(expected) for j, two in enumerate(memories)]
    seen: tuple[set[int], set[int]] = (set(), set())
    for overlap, i, j in sorted(overlaps, key=lambda it: (-it[0], it[1], it[2])):
        if overlap >= MATCH - 1e-9 and i not in seen[0] and j not in seen[1]:
            seen[0].add(i)
            seen[1].add(j)
            yield i, j


def _all_text(memory: Distilled) -> str:
    fields = (memory.title, memory.narrative, *memory.tags, *memory.concepts, *memory.quotes, *memory.source_files)
    return "\n".join(fields).lower()


def _case(file: Path) -> Case:
    content = tomllib.loads(file.read_text(encoding="utf-8").replace("{github token}", GITHUB_TOKEN))
    told = _among(content.get("observation", []), fillers(content.get("fillers", 0)))
    observations = [_observation(number, it) for number, it in enumerate(told)]
    return Case(
        name=file.stem,
        style=content["style"],
        held_out=file.parent.name == "held_out",
        session=Session(f"ses-{file.stem}", content.get("summary"), content["project_path"], observations),
        expected=tuple(_expected(it) for it in content.get("expected", [])),
        unwanted=tuple(content.get("unwanted", {}).get("phrases", ())),
    )


def _observation(number: int, it: dict[str, Any]) -> Observation:
    at = BEGINNING + timedelta(minutes=number)
    files = tuple(it.get("files", ()))
    return Observation(f"obs-{number}", it["kind"], it["text"], files, at, it.get("author", ""))


def _expected(it: dict[str, Any]) -> Expected:
    lists = {name: tuple(it.get(name, ())) for name in ("terms", "files", "also")}
    return Expected(it["statement"], it["type"], **lists, optional=it.get("optional", False))


def _among(told: list[dict[str, Any]], noise: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The told ones in their order, evenly spread among the noise."""
    step = len(noise) // (len(told) + 1)
    result = list[dict[str, Any]]()
    for number, one in enumerate(told):
        result += [*noise[number * step : (number + 1) * step], one]
    return result + noise[len(told) * step :]
