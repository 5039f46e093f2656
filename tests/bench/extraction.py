"""What the built-in extractor learns from sessions with known answers, and how long it takes. Needs no stack."""

import asyncio
import time

from services.extraction.distil import Nearness, Observation, Session, distil
from tests.bench.reading import model_dir
from tests.bench.report import Report, Row, Target
from tests.extraction.golden_set import Case, Score, cases, score
from tests.extraction.nearness import LocalNearness

TARGETS = (Target("precision", 0.8), Target("recall", 0.7), Target("type_accuracy", 0.8))
SPEED = (Target("took_s", 5, at_most=True, unit=" s"),)
OBSERVATIONS = 200


async def extraction(report: Report) -> None:
    """In a thread: the embedder wants an event loop of its own there."""
    await asyncio.to_thread(_extraction, report)


def _extraction(report: Report) -> None:
    known, nearness = cases(), LocalNearness(model_dir())
    for name, near in (("with embeddings", nearness), ("by cue phrases alone", None)):
        scores = [(case, score(case, distil(case.session, near))) for case in known]
        for part, chosen in (("all", known), ("held out", [case for case in known if case.held_out])):
            report.add(_row(f"{name}, {part}", chosen, [one for case, one in scores if case in chosen]))
    for name, near in (("with embeddings", nearness), ("by cue phrases alone", None)):
        nearness.forget()
        report.add(_speed(name, near, known))
    nearness.close()
    report.notes.append(
        "extraction: how matches are counted stands in tests/extraction/golden_set.py. One author wrote the sessions "
        "before the extractor; the held-out ones were run when it was done, and one thing was mended since "
        "(services/extraction/README.md)."
    )


def _row(name: str, chosen: list[Case], scores: list[Score]) -> Row:
    together = Score()
    for one in scores:
        together.add(one)
    figures = {
        "precision": round(together.precision, 3),
        "recall": round(together.recall, 3),
        "type_accuracy": round(together.type_accuracy, 3),
    }
    text = ", ".join(f"{figure.replace('_', ' ')} {value:.3f}" for figure, value in figures.items())
    shown = f"{text} ({together.wanted} statements in {len(chosen)} sessions)"
    return Row("extraction", f"extraction {name}", shown, figures, TARGETS)


def _speed(name: str, near: Nearness | None, known: list[Case]) -> Row:
    """The longest messages and notes of the set: a session of 200 without any tool output costs most."""
    told = [it for case in known for it in case.session.observations if it.kind in ("message", "note")]
    longest = sorted(told, key=lambda it: -len(it.content))[:OBSERVATIONS]
    numbered = [Observation(f"obs-{number}", it.kind, it.content, it.files, it.at) for number, it in enumerate(longest)]
    began = time.perf_counter()
    found = distil(Session("ses-bench", None, "/srv/app", numbered), near)
    took_s = time.perf_counter() - began
    shown = f"{took_s:.2f} s, {len(found)} memories"
    return Row("extraction", f"extraction of {OBSERVATIONS} observations, {name}", shown, {"took_s": took_s}, SPEED)
