"""True links in real texts, and how far edges agree with them.

A link is a pair of ids, in order. Links are what people wrote down, so there are fewer than there are relations: an
edge without one need not be wrong.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from deploy.admin.git_history import Commit

Pair = tuple[str, str]

RARE = 5
"""A file that more commits touch, or an issue that more of them name, links none of them."""
SUBJECT_WORDS_MIN = 3

# "PEP 13", "PEP440"; and numbers of their own, as the set's texts have lost the role in ":pep:`342`".
_PEP = re.compile(
    r"\bPEPs?[\s-]?(\d{1,4})\b|(?<![\w.,:#/$=<>+*`-])(?<!Python )(?<!IEEE )(\d{3,4})(?![\w%`]|[.,]\d|-\w)"
)
_YEARS = range(1900, 2100)
_SHA = re.compile(r"\b[0-9a-f]{7,40}\b")
_QUOTED = re.compile(r"[\"“]([^\"“”]{8,200})[\"”]")
_ISSUE = re.compile(r"(?:(?<!\w)#|\bissues?[ /#]+|\bbug[- ]?(?:id)?[:# ]+T?|\bT)(\d{2,6})\b", re.I)


def pair(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)


def between_peps(memories: Iterable[Mapping[str, Any]]) -> set[Pair]:
    """The text of one names the other by its number: "PEP 342", "in contrast to 342", "PEPs 484, 526 and 544"."""
    texts = {each["id"]: _plain(f"{each['title']}\n{each['narrative']}") for each in memories}
    found = set()
    for one, text in texts.items():
        for marked, bare in _PEP.findall(text):
            other = f"pep-{int(marked or bare):04d}"
            if other in texts and other != one and not (bare and int(bare) in _YEARS):
                found.add(pair(one, other))
    return found


def named(commits: Sequence[Commit]) -> set[Pair]:
    """One names the other by its sha ("This reverts commit ...", "Fixes: ...")."""
    by_start: dict[str, list[str]] = defaultdict(list)
    for commit in commits:
        by_start[commit.sha[:7]].append(commit.sha)
    found = set()
    for commit in commits:
        for written in _SHA.findall(commit.message):
            meant = [sha for sha in by_start.get(written[:7], ()) if sha.startswith(written)]
            if len(meant) == 1 and meant[0] != commit.sha:
                found.add(pair(commit.sha, meant[0]))
    return found


def quoted(commits: Sequence[Commit]) -> set[Pair]:
    """One has the other's subject in quotes (`Revert "..."`, `Fixes: 1a2b3c4 "..."`). What two have is no subject."""
    by_subject: dict[str, list[str]] = defaultdict(list)
    for commit in commits:
        by_subject[_plain(commit.message.strip().partition("\n")[0])].append(commit.sha)
    found = set()
    for commit in commits:
        for text in map(_plain, _QUOTED.findall(commit.message)):
            meant = by_subject.get(text, ())
            if len(meant) == 1 and meant[0] != commit.sha and len(text.split()) >= SUBJECT_WORDS_MIN:
                found.add(pair(commit.sha, meant[0]))
    return found


def of_one_issue(commits: Sequence[Commit]) -> set[Pair]:
    """Both name an issue that RARE commits or fewer name."""
    return _sharing({commit.sha: set(_ISSUE.findall(commit.message)) for commit in commits})


def of_rare_files(commits: Sequence[Commit]) -> set[Pair]:
    """Both touch a file that RARE commits or fewer touch."""
    return _sharing({commit.sha: set(commit.files) for commit in commits})


def _sharing(held: Mapping[str, set[str]]) -> set[Pair]:
    holders: dict[str, list[str]] = defaultdict(list)
    for one, features in held.items():
        for feature in features:
            holders[feature].append(one)
    return {pair(*two) for those in holders.values() if len(those) <= RARE for two in combinations(those, 2)}


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(".")


@dataclass(frozen=True, slots=True)
class Agreement:
    """`precision`: the share of the pairs found that are true. `recall`: the share of the true that were found.
    `lift`: how many times more often a pair found is true than any pair of the workspace. NaN of nothing.
    """

    found: int
    true: int
    right: int
    members: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else float("nan")

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else float("nan")

    @property
    def lift(self) -> float:
        pairs = self.members * (self.members - 1) / 2
        return self.precision * pairs / self.true if self.true else float("nan")


def agreement(found: set[Pair], true: set[Pair], members: int) -> Agreement:
    return Agreement(len(found), len(true), len(found & true), members)
