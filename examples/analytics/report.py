"""One page, and nothing beside it: what is plotted, what is used most, and what is found in vain."""

from datetime import UTC, datetime
from html import escape
from pathlib import Path
from string import Template

from examples.analytics import plots
from examples.analytics.asking import Rows, answers

PAGE = Template((Path(__file__).parent / "page.html").read_text())
TABLES = {"opened_most": "Opened most", "found_in_vain": "Found often, and hardly opened"}
NOTHING = '<p class="nothing">Nothing has happened yet: no plot is drawn.</p>'


def report(file: Path, page: Path) -> None:
    """Writes `page` as HTML. Raises duckdb.Error where `file` is none of ours."""
    told = answers(file)
    seen = [found for draw in plots.ALL if (found := draw(told)) is not None]
    figures = "".join(map(_figure, seen)) or NOTHING
    tables = "".join(_table(title, told[name]) for name, title in TABLES.items() if told[name])
    span = told["span"][0]
    page.write_text(
        PAGE.substitute(
            period=_period(span["first"], span["last"]),
            tiles="".join(f"<div><b>{value}</b><span>{escape(name)}</span></div>" for name, value in _tiles(told)),
            figures=figures,
            tables=tables,
            counted=_counted(span),
            made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        )
    )


def _tiles(told: dict[str, Rows]) -> list[tuple[str, str]]:
    span = told["span"][0]
    there = sum(row["memories"] for row in told["types"])
    done = sum(row["jobs"] for row in told["extractions"])
    taught = sum(row["jobs"] for row in told["extractions"] if row["status"] == "completed")
    useful = sum(row["useful"] for row in told["feedback"])
    rated = useful + sum(row["useless"] for row in told["feedback"])
    found = sum(row["found"] or 0 for row in told["use"])
    opened = sum(row["opened"] or 0 for row in told["use"])
    return [
        ("events", f"{span['events']:,}"),
        ("memories", f"{there:,}"),
        ("sessions", f"{sum(row['sessions'] for row in told['sessions']):,}"),
        ("of the sessions taught something", _share(taught, done)),
        ("of what is found is opened", _share(opened, found)),
        ("of the ratings say useful", _share(useful, rated)),
    ]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _figure(seen: plots.Seen) -> str:
    title, note = escape(seen.title), escape(seen.note)
    svg = seen.svg.replace("<svg", f'<svg role="img" aria-label="{title}"', 1)
    return f"<figure><figcaption><h2>{title}</h2><p>{note}</p></figcaption>{svg}</figure>\n"


def _table(title: str, rows: Rows) -> str:
    """Titles were written by others: none of them is markup here."""
    lines = "".join(
        f"<tr><td>{escape(row['title'])}<small>{escape(row['type'] or '')}</small></td><td>{row['accesses']:,}</td>"
        f"<td>{row['retrievals']:,}</td><td>{row['found_useful']:,} : {row['found_useless']:,}</td></tr>"
        for row in rows
    )
    head = "<tr><th>memory</th><th>opened</th><th>found</th><th>useful : not</th></tr>"
    return f"<section><h2>{title}</h2><table><thead>{head}</thead><tbody>{lines}</tbody></table></section>"


def _period(first: datetime | None, last: datetime | None) -> str:
    return f"{first:%d %B %Y} to {last:%d %B %Y}" if first and last else "nothing so far"


def _counted(span: dict[str, int]) -> str:
    said = f"{span['events']:,} events of {span['workspaces']:,} workspace{'s' if span['workspaces'] != 1 else ''}"
    said += f", {span['erased']:,} of them erased since" if span["erased"] else ""
    return said + (f"; {span['missing']:,} did not come" if span["missing"] else "; none is missing")
