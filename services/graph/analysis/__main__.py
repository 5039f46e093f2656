"""The process that analyses: reads work from its standard input and writes results to what was its standard output.

It ends as soon as the other end of its input is closed, in the middle of an analysis too: whoever started it may have
been killed, and must leave nothing behind.
"""

import os
import select
import signal
import sys
import threading

from services.graph.analysis import frames
from services.graph.analysis.work import analyse

NICENESS = 15


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which then closes our input
    os.nice(NICENESS)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # nothing that a library prints may get between two frames
        while (work := frames.read_work(sys.stdin.buffer)) is not None:
            result = analyse(work)
            answers.write(frames.pack((result.pagerank, result.labels)))
            answers.flush()


def _end_with_parent() -> None:
    """Waits for nothing but the hang-up, which poll reports unasked."""
    poll = select.poll()
    poll.register(0, 0)
    poll.poll()
    os._exit(0)


if __name__ == "__main__":
    main()
