"""`weft-admin demo` and `import-git` as people see them: a repository's history goes in, answers come out."""

import asyncio
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from deploy.admin.gateway import Account, ImportFailed
from deploy.admin.git_history import Commit, NoHistory, Repository, open_repository
from deploy.admin.import_git import REFUSALS_SHOWN_MAX, Outcome, Report, import_history
from deploy.admin.progress import bar
from deploy.local import control
from deploy.local.home import Home

DEFAULT_PORT = 8080
SAMPLE_MAX = 60  # memories by which the embedding's progress is judged
POLL_S = 0.5
ANSWERS_MAX = 3
SUBJECTS_READ_MAX = 2_000
WORD_SHARE_MAX = 0.3  # a word in more subjects than that says nothing about one
WORDS_ASKED = 3
BEGINNING_MAX = 200
CLOSE = 0.25  # cosine: below it, and without a common word, a memory is only the least far away

GENERAL_QUESTIONS = (
    "how is it tested?",
    "a bug, and what caused it",
    "performance: faster, less memory",
)

_WORD = re.compile(r"[A-Za-z][A-Za-z-]{3,}")
_MONTH = re.compile(r"\d{4}-\d{2}")
_COMMON_WORDS = """
about added adding adds after allow also avoid back been before both bump change changed changes code could docs does
each  ensure even every file files fixed fixes first from function have here into instead its just keep kept like made
make makes  merge more most move moved much must need needs never once ones only other over pull release remove
removed rename request  return says should simplify since small some still such support take takes test tested tests
than that their them then there  these they this those through time under unit until update updated updates upon used
uses using version very want wants well  were what when where which while will with without work works would your
"""
_STOP_WORDS = frozenset(_COMMON_WORDS.split())


@dataclass(frozen=True, slots=True)
class Question:
    """`body` is what goes to the search; `asked` what a person would say."""

    asked: str
    body: dict[str, Any]


def run_import(console: Console, folder: Path, *, limit: int | None, merges: bool) -> int:
    """Imports and says what became of it. The exit code: 0, or 1 where something was refused or nothing worked."""
    try:
        _, report = asyncio.run(_import(console, folder, limit=limit, merges=merges))
    except (ImportFailed, NoHistory) as why:
        print(f"weft-admin: {why}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("weft-admin: stopped; what was stored stays, and the same command goes on from there", file=sys.stderr)
        return 130
    return 1 if report.counts[Outcome.REFUSED] else 0


def run_demo(console: Console, folder: Path, *, limit: int | None, wait_s: float) -> int:
    """Starts what does not run, imports, asks, prints. The exit code."""
    try:
        open_repository(folder)  # what can't work is said before anything is started
        _start(console)
        asyncio.run(_demo(console, folder, limit, wait_s))
    except (ImportFailed, NoHistory) as why:
        print(f"weft-admin: {why}", file=sys.stderr)
        return 1
    except control.UpFailed as why:
        print(f"weft-admin: Weft did not start. {why}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _start(console: Console) -> None:
    """`make up`, unless the environment names a gateway that runs elsewhere. Raises UpFailed."""
    home = Home.from_environment()
    if os.environ.get("MEMORIES_API_URL"):
        return
    state = control.running_state(home)
    if state is None or not state.ready:
        console.print("Weft does not run yet; starting it")
        port = int(os.environ.get("WEFT_PORT") or DEFAULT_PORT)
        control.up(home, gateway_port=port or None, progress=lambda stage: console.print(f"  {stage}", style="dim"))


async def _import(console: Console, folder: Path, *, limit: int | None, merges: bool) -> tuple[Repository, Report]:
    account, repository = Account.find(), open_repository(folder)
    total = repository.count(limit=limit, merges=merges)
    if total == 0:
        raise NoHistory(f"{folder} has no commits to import")
    with bar(console, f"importing {repository.name}", total) as progress:
        report = await import_history(account, repository, limit=limit, merges=merges, advance=progress.advance)
    console.print(f"{repository.name}: {report}", highlight=False, soft_wrap=True)
    for refusal in report.refusals[:REFUSALS_SHOWN_MAX]:
        console.print(f"  {refusal}", highlight=False, soft_wrap=True, markup=False)
    return repository, report


async def _demo(console: Console, folder: Path, limit: int | None, wait_s: float) -> None:
    repository, report = await _import(console, folder, limit=limit, merges=False)
    async with Account.find().client() as client:
        await _wait_embedded(console, client, report.memory_ids, wait_s)
        for question in questions(repository, list(_newest(repository, limit))):
            show(console, question, await _ask(client, question))


def _newest(repository: Repository, limit: int | None) -> Iterable[Commit]:
    return repository.commits(limit=min(limit or SUBJECTS_READ_MAX, SUBJECTS_READ_MAX), merges=False)


async def _wait_embedded(console: Console, client: httpx2.AsyncClient, memory_ids: list[str], wait_s: float) -> None:
    """Until an even sample of the memories has its embeddings, or the time is up; says which it was."""
    sample = memory_ids[:: max(1, len(memory_ids) // SAMPLE_MAX)]
    waiting = sample
    deadline = asyncio.get_running_loop().time() + wait_s
    with bar(console, "embedding", len(memory_ids)) as progress:
        while waiting := [memory_id for memory_id in waiting if await _is_pending(client, memory_id)]:
            if asyncio.get_running_loop().time() > deadline:
                break
            progress.reach(round(len(memory_ids) * (1 - len(waiting) / len(sample))))
            await asyncio.sleep(POLL_S)
    if waiting:
        share = 1 - len(waiting) / len(sample)
        console.print(
            f"About {share:.0%} of them have their embeddings after {wait_s:.0f} s; "
            "the others are found by their words for now. Ask again later.",
            highlight=False,
        )


async def _is_pending(client: httpx2.AsyncClient, memory_id: str) -> bool:
    try:
        answer = await client.get(f"/api/v1/memories/{memory_id}")
    except httpx2.TransportError:
        return True
    return answer.status_code != 404 and (
        answer.status_code != 200 or answer.json().get("embedding_status") == "pending"
    )


def questions(repository: Repository, commits: list[Commit]) -> list[Question]:
    """About what this history talks of most, about the file that it changes most, and some that fit any history."""
    of_it = {"tags": [f"repo:{repository.name}"], "limit": ANSWERS_MAX}
    asked = []
    if words := frequent_words([commit.message.strip().partition("\n")[0] for commit in commits]):
        asked.append(f"what do we know about {_listed(words)}?")
    found = [Question(each, {"query": each, **of_it}) for each in (*asked, *GENERAL_QUESTIONS)]
    if files := Counter(file for commit in commits for file in commit.files).most_common(1):
        file = files[0][0]
        body = {"query": "what changed, and why?", "files": [file], "limit": ANSWERS_MAX}
        found.append(Question(f"what changed in {_printable(file)}, and why?", body))
    return found


def frequent_words(subjects: list[str]) -> list[str]:
    """The words of most subjects, without those that every history has."""
    seen = Counter(word for subject in subjects for word in {word.lower() for word in _WORD.findall(subject)})
    most = max(2, round(WORD_SHARE_MAX * len(subjects)))
    telling = [word for word, count in seen.items() if word not in _STOP_WORDS and 2 <= count <= most]
    return sorted(telling, key=lambda word: (-seen[word], word))[:WORDS_ASKED]


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


async def _ask(client: httpx2.AsyncClient, question: Question) -> dict[str, Any]:
    try:
        answer = await client.post("/api/v1/memories/search", json=question.body)
    except httpx2.TransportError as why:
        raise ImportFailed(f"the search did not answer: {str(why) or type(why).__name__}") from None
    if answer.status_code != 200:
        raise ImportFailed(f"the search answered {answer.status_code}")
    found: dict[str, Any] = answer.json()
    return found


def show(console: Console, question: Question, found: dict[str, Any]) -> None:
    """The question and its answers, each with the parts of its score."""
    console.print()
    console.print(Rule(Text(question.asked, style="bold"), align="left", style="dim"))
    for warning in found["warnings"]:
        console.print(Text(_printable(warning), style="yellow"))
    close = [each for each in found["results"] if "files" in question.body or _is_close(each)]
    if not close:
        console.print("  nothing that comes close")
        return
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for result in close:
        table.add_row(Text(f"{result['score']:.2f}", style="bold green"), _answer(result))
    console.print(Padding(table, (0, 0, 0, 1)))


def _is_close(result: dict[str, Any]) -> bool:
    return bool(result["keyword_score"] > 0 or result["semantic_score"] >= CLOSE)


def _answer(result: dict[str, Any]) -> Text:
    """Title, the score's parts, the beginning of the text."""
    memory = result["memory"]
    month = next((tag for tag in memory["tags"] if _MONTH.fullmatch(tag)), "")
    parts = [
        f"words {result['keyword_score']:.2f}",
        f"meaning {result['semantic_score']:.2f}",
        f"importance {memory['importance_score']:.2f}",
        memory["memory_type"],
        *([month] if month else []),
    ]
    lines = [Text(_printable(result["title"]), style="bold"), Text(" · ".join(parts), style="cyan")]
    lines.append(Text(_beginning(memory["narrative"].removesuffix(f": {memory['title']}")), style="dim"))
    return Text("\n").join(lines)


def _beginning(narrative: str) -> str:
    """About two lines of it."""
    words = _printable(narrative)
    return words if len(words) <= BEGINNING_MAX else words[:BEGINNING_MAX].rsplit(" ", 1)[0] + " …"


def _printable(text: str) -> str:
    """On one line, without what would steer a terminal."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())
