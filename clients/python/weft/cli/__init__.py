"""The command `weft`. What a command needs is imported when it runs: `weft --help` waits for none of it."""

import sys


def main() -> None:
    """Ends the process; see weft.cli.running for the exit codes."""
    from weft.cli.running import run  # noqa: PLC0415 - completion scripts import this module, too

    sys.exit(run(sys.argv[1:]))
