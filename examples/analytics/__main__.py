"""`python -m examples.analytics follow FILE` keeps a DuckDB file; `... report FILE PAGE` writes what it shows."""

import argparse
import logging
import sys
from pathlib import Path

import weft

from examples.analytics.following import follow
from examples.analytics.report import report


def main() -> int:
    """0; 1 where the subscription ended, 130 where somebody ended it."""
    arguments = _parser().parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # a line for each request
    try:
        if arguments.command == "follow":
            follow(arguments.file, at_once_max=arguments.at_once, until_now=arguments.until_now)
        else:
            report(arguments.file, arguments.page)
            print(arguments.page)
    except weft.WeftError as why:
        print(f"analytics: {why}\n  hint: {why.hint}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m examples.analytics", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    following = commands.add_parser("follow", help="keep the file up to date, until interrupted")
    following.add_argument("file", type=Path)
    following.add_argument("--until-now", action="store_true", help="end when there is nothing more for now")
    following.add_argument("--at-once", type=int, default=5_000, metavar="N", help="events of one transaction")
    reporting = commands.add_parser("report", help="write one HTML page with plots")
    reporting.add_argument("file", type=Path)
    reporting.add_argument("page", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main())
