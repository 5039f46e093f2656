"""What the report shows, asked of the file."""

from datetime import datetime
from pathlib import Path
from typing import Any

from examples.analytics.store import connected

DAILY_UP_TO_DAYS, WEEKLY_UP_TO_DAYS = 45, 540

Rows = list[dict[str, Any]]


def questions() -> dict[str, str]:
    """Each query of questions.sql by its name."""
    _, *named = (Path(__file__).parent / "questions.sql").read_text().split("-- name: ")
    return {each.partition("\n")[0]: each.partition("\n")[2] for each in named}


def answers(file: Path) -> dict[str, Rows]:
    """The rows of each question by its name; `span` has `step` besides: day, week or month."""
    with connected(file, read_only=True) as database:
        asked = questions()

        def ask(query: str, **values: str) -> Rows:
            found = database.execute(query, values)
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

        span = ask(asked.pop("span"))[0]
        step = _step(span["first"], span["last"])
        told = {name: ask(query, **({"step": step} if "$step" in query else {})) for name, query in asked.items()}
        return told | {"span": [span | {"step": step}]}


def _step(first: datetime | None, last: datetime | None) -> str:
    days = (last - first).days if first and last else 0
    return "day" if days <= DAILY_UP_TO_DAYS else "week" if days <= WEEKLY_UP_TO_DAYS else "month"
