"""Sessions for tests, in few words."""

from datetime import UTC, datetime, timedelta

from services.extraction.distil import Distilled, Observation, ObservationKind, Session, distil
from services.extraction.distil.statements import Statement, statements

BEGINNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def said(text: str, *files: str, kind: ObservationKind = "message", by: str = "", number: int = 0) -> Observation:
    return Observation(f"obs-{number}", kind, text, files, BEGINNING + timedelta(minutes=number), by)


def session(*observations: Observation | str, summary: str | None = None, project_path: str = "/srv/app") -> Session:
    """Observations are numbered by their place; a text is a message."""
    told = [it if isinstance(it, Observation) else said(it) for it in observations]
    numbered = [
        Observation(f"obs-{number}", it.kind, it.content, it.files, BEGINNING + timedelta(minutes=number), it.author)
        for number, it in enumerate(told)
    ]
    return Session("ses-test", summary, project_path, numbered)


def learnt(*observations: Observation | str, summary: str | None = None) -> list[Distilled]:
    return distil(session(*observations, summary=summary))


def the_one(*observations: Observation | str, summary: str | None = None) -> Distilled:
    [memory] = learnt(*observations, summary=summary)
    return memory


def stated(*observations: Observation | str, summary: str | None = None) -> list[Statement]:
    """What weighs enough to be looked at closely."""
    return [it for it in statements(session(*observations, summary=summary)) if it.worth >= 1]
