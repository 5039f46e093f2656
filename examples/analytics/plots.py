"""The plots of the report. Each is a title that says what is seen, and the SVG; None where there is nothing to see."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from matplotlib.axes import Axes

from examples.analytics.asking import Rows
from examples.analytics.drawing import BAD, FOURTH, GOOD, INK, MAIN, QUIET, SECOND, THIRD, plot

Answers = dict[str, Rows]
WIDTH = {"day": timedelta(hours=20), "week": timedelta(days=6), "month": timedelta(days=26)}
SOURCES = {"session": MAIN, "by hand": SECOND, "import": THIRD, "deleted since": FOURTH}
OUTCOMES = {"completed": MAIN, "empty": SECOND, "failed": BAD}


class Seen(NamedTuple):
    """`title` says what is seen, `note` what was counted."""

    title: str
    note: str
    svg: str


def memories(told: Answers) -> Seen | None:
    rows = [row for row in told["memories"] if row["source"] in SOURCES]
    days = sorted({row["day"] for row in rows})
    if len(days) < 2:
        return None
    layers = {source: [row["memories"] for row in rows if row["source"] == source] for source in SOURCES}
    layers = {source: counts for source, counts in layers.items() if any(counts)}
    total = sum(counts[-1] for counts in layers.values())
    lately = total - sum(counts[-min(5, len(days))] for counts in layers.values())
    with plot("memories") as made:
        axes = made.axes[0]
        axes.stackplot(days, *layers.values(), labels=list(layers), colors=[SOURCES[it] for it in layers], linewidth=0)
        axes.margins(x=0)
        axes.yaxis.set_major_formatter("{x:,.0f}")
        _legend(axes)
    step = told["span"][0]["step"]
    title = f"{total:,} memories, {_signed(lately)} in the last {min(5, len(days)) - 1} {step}s"
    return Seen(title, "What there is, by where it came from.", made.svg)


def types(told: Answers) -> Seen | None:
    rows = told["types"]
    if not rows:
        return None
    total = sum(row["memories"] for row in rows)
    names = [row["type"].replace("_", " ") for row in rows]
    with plot("types") as made:
        axes = made.axes[0]
        learnt = [row["learnt"] for row in rows]
        axes.barh(names, learnt, color=MAIN, label="from sessions")
        others = [row["memories"] - row["learnt"] for row in rows]
        axes.barh(names, others, left=learnt, color=SECOND, label="others")
        for name, row in zip(names, rows, strict=True):
            axes.annotate(
                f"{row['memories']:,}", (row["memories"], name), (4, 0), textcoords="offset points", va="center"
            )
        axes.grid(visible=False)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        _legend(axes)
    most = rows[-1]
    title = f"{_of(most['memories'], total)} of all memories are of type {most['type'].replace('_', ' ')}"
    return Seen(title, "Memories that are there now, by type.", made.svg)


def sessions(told: Answers) -> Seen | None:
    rows = told["sessions"]
    if not rows:
        return None
    step, total = told["span"][0]["step"], sum(row["sessions"] for row in rows)
    forgotten = sum(row["forgotten"] for row in rows)
    with plot("sessions") as made:
        ended = [row["sessions"] - row["forgotten"] for row in rows]
        swept = [row["forgotten"] for row in rows]
        _bars(made.axes[0], told, rows, ended, color=MAIN, label="ended by their agent")
        _bars(made.axes[0], told, rows, swept, bottom=ended, color=SECOND, label="ended by the sweeper")
        _legend(made.axes[0])
    title = f"{total / len(rows):,.0f} sessions a {step}; {_of(forgotten, total)} of them nobody ended"
    return Seen(title, "Sessions by when they began.", made.svg)


def extractions(told: Answers) -> Seen | None:
    rows = told["extractions"]
    if not rows:
        return None
    counts = {(row["day"], row["status"]): row["jobs"] for row in rows}
    days = sorted({row["day"] for row in rows})
    totals = [sum(counts.get((day, status), 0) for status in OUTCOMES) for day in days]
    below = [0.0] * len(days)
    with plot("extractions") as made:
        axes = made.axes[0]
        for status, colour in OUTCOMES.items():
            shares = [100 * counts.get((day, status), 0) / all_ for day, all_ in zip(days, totals, strict=True)]
            _bars(axes, told, [{"day": day} for day in days], shares, bottom=below, color=colour, label=status)
            below = [low + share for low, share in zip(below, shares, strict=True)]
        axes.yaxis.set_major_formatter("{x:.0f} %")
        axes.set_ylim(0, 100)
        axes.set_yticks([0, 25, 50, 75, 100])
        _legend(axes)
    completed, failed = (sum(row["jobs"] for row in rows if row["status"] == it) for it in ("completed", "failed"))
    learnt = sum(row["learnt"] or 0 for row in rows)
    each = learnt / max(completed, 1)
    title = f"{_of(completed, sum(totals))} of the sessions taught something: {each:.1f} memories each"
    return Seen(title, f"What became of extractions; {failed:,} failed.", made.svg)


def feedback(told: Answers) -> Seen | None:
    rows = told["feedback"]
    if not rows:
        return None
    useful, useless = (sum(row[name] for row in rows) for name in ("useful", "useless"))
    with plot("feedback") as made:
        axes = made.axes[0]
        _bars(axes, told, rows, [row["useful"] for row in rows], color=GOOD, label="useful")
        _bars(axes, told, rows, [-row["useless"] for row in rows], color=BAD, label="of no use")
        axes.axhline(0, color=QUIET, linewidth=0.8)
        axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):,.0f}")
        _legend(axes)
    return Seen(f"{_of(useful, useful + useless)} of {useful + useless:,} ratings say: useful", "Ratings.", made.svg)


def use(told: Answers) -> Seen | None:
    rows = [row for row in told["use"] if row["found"]]
    if not rows:
        return None
    found, opened = (sum(row[name] for row in rows) for name in ("found", "opened"))
    step = told["span"][0]["step"]
    with plot("use", (3, 2)) as made:
        rate, many = made.axes
        shares = [100 * row["opened"] / row["found"] for row in rows]
        rate.plot([row["day"] for row in rows], shares, color=MAIN, linewidth=2, marker="o", markersize=3.5)
        rate.set_ylim(0, max(10.0, *shares) * 1.2)
        rate.yaxis.set_major_formatter("{x:.0f} %")
        rate.set_title("opened, of what was found", loc="left", color=QUIET)
        _bars(many, told, rows, [row["found"] for row in rows], color=SECOND)
        many.yaxis.set_major_formatter("{x:,.0f}")
        many.set_title(f"found, by {step}", loc="left", color=QUIET)
    title = f"Of what is found {_of(opened, found)} is opened{_trend(shares)}"
    return Seen(title, "How good searching is, by what follows it.", made.svg)


def given(told: Answers) -> Seen | None:
    rows = told["given"]
    if not rows:
        return None
    total, middle = sum(row["memories"] for row in rows), _middle(rows)
    with plot("given") as made:
        axes = made.axes[0]
        scores, counts = [row["score"] for row in rows], [row["memories"] for row in rows]
        axes.bar(scores, counts, 0.046, align="edge", color=MAIN)
        axes.set_ylim(0, 1.15 * max(counts))
        axes.axvline(middle, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.annotate("half are above", (middle, 1.15 * max(counts)), (5, -2), textcoords="offset points", va="top")
        axes.set_xlim(0, 1)
    title = f"Half of what sessions are given fits by {middle:.2f} or better"
    return Seen(title, f"Scores of {total:,} memories that were given to agents at the start.", made.svg)


def trust(told: Answers) -> Seen | None:
    rows = told["trust"]
    if len(rows) < 2:
        return None
    with plot("trust") as made:
        axes = made.axes[0]
        names = [f"{row['importance']:.1f} to {row['importance'] + 0.2:.1f}" for row in rows]
        shares = [100 * row["useful"] / row["rated"] for row in rows]
        axes.bar(names, shares, 0.7, color=MAIN)
        for name, share, row in zip(names, shares, rows, strict=True):
            said = f"{share:.0f} %\nof {row['rated']:,}"
            axes.annotate(
                said, (name, share), (0, 3), textcoords="offset points", ha="center", va="bottom", fontsize=8.5
            )
        axes.set_ylim(0, 125)
        axes.set_yticks([0, 50, 100])
        axes.yaxis.set_major_formatter("{x:.0f} %")
    rises = shares[-1] - shares[0] > 5
    title = "The more important, the more often useful" if rises else "Importance says little about what is useful"
    return Seen(title, "Ratings that say useful, by the importance that the memory has now.", made.svg)


ALL: Sequence[Callable[[Answers], Seen | None]] = (
    memories,
    types,
    sessions,
    extractions,
    use,
    given,
    feedback,
    trust,
)


def _bars(axes: Axes, told: Answers, rows: Rows, heights: Sequence[float], **style: Any) -> None:
    """One for each row's step."""
    axes.bar([row["day"] for row in rows], heights, WIDTH[told["span"][0]["step"]], **style)  # type: ignore[arg-type]


def _legend(axes: Axes) -> None:
    """Above what is drawn."""
    shape = {"ncols": 4, "handlelength": 1, "handleheight": 1, "columnspacing": 1.5, "borderpad": 0}
    axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.0), **shape)


def _of(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.0f} %"


def _signed(count: int) -> str:
    return f"{count:,} more" if count >= 0 else f"{-count:,} fewer"


def _trend(shares: Sequence[float]) -> str:
    """What the second half says of the first, where that is worth a word."""
    half = len(shares) // 2
    if half < 2:
        return ""
    change = sum(shares[-half:]) / half - sum(shares[:half]) / half
    return ", and rising" if change > 2 else ", and falling" if change < -2 else ""


def _middle(rows: Rows) -> float:
    """The score that half of them reach."""
    left = sum(row["memories"] for row in rows) / 2
    for row in rows:
        left -= row["memories"]
        if left <= 0:
            break
    return float(row["score"])
