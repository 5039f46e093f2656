"""Runs the sections that are asked for, each on a fresh stack, and prints one table."""

import argparse
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop
from rich.console import Console

from deploy.local.home import CHECKOUT
from tests.bench.analytics import analytics
from tests.bench.authentication import authentication
from tests.bench.discovery import discovery
from tests.bench.extraction import extraction
from tests.bench.graph import graph
from tests.bench.querying import querying
from tests.bench.reading import retrieval, searching
from tests.bench.report import Report
from tests.bench.sessions import sessions
from tests.bench.tenants import tenants
from tests.bench.transfer import transfer
from tests.bench.writing import indexing, searchable, store

SECTIONS: dict[str, Callable[[Report], Awaitable[None]]] = {
    "store": store,
    "searchable": searchable,
    "indexing": indexing,
    "search": searching,
    "query": querying,
    "retrieval": retrieval,
    "extraction": extraction,
    "graph": graph,
    "discovery": discovery,
    "sessions": sessions,
    "authentication": authentication,
    "tenants": tenants,
    "transfer": transfer,
    "analytics": analytics,
}
PIPED_WIDTH = 160
PASSED_ON = {"WEFT_EVAL_DATA", "WEFT_EVAL_CACHE", "WEFT_EVAL_REPO", "WEFT_MODEL_DIR", "WEFT_PYTHON"}


def main() -> int:
    """0; 1 where something that was acknowledged is not there. A missed target is no failure, only printed."""
    arguments = _parser().parse_args()
    _forget_own_stack()
    report = Report(quick=arguments.quick)
    uvloop.run(_run(report, arguments.only or list(SECTIONS)))
    report.show(Console(width=None if sys.stdout.isatty() else PIPED_WIDTH))
    report.write_json(arguments.json)
    print(f"written to {arguments.json}")
    if arguments.write:
        report.write_into(arguments.write)
        print(f"written into {arguments.write}")
    return 1 if report.faults else 0


async def _run(report: Report, names: list[str]) -> None:
    for name in names:
        await SECTIONS[name](report)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(SECTIONS), help="only these sections")
    parser.add_argument("--quick", action="store_true", help="shorter, and without the workspace of 50,000")
    parser.add_argument("--json", type=Path, default=_default_json(), metavar="FILE")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="replace the table between the marks in this page")
    return parser


def _default_json() -> Path:
    folder = CHECKOUT / ".weft-bench"
    folder.mkdir(exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    return folder / "latest.json"


def _forget_own_stack() -> None:
    """What a user has set for a stack of their own is not for this one; the model is written once for all."""
    os.environ.setdefault("WEFT_MODEL_DIR", str(CHECKOUT / ".weft" / "model"))
    for name in [name for name in os.environ if name.startswith("WEFT_") and name not in PASSED_ON]:
        del os.environ[name]


if __name__ == "__main__":
    sys.exit(main())
