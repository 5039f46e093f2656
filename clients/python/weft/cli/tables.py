"""Tables and progress bars on a terminal."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text


def show(out: TextIO, columns: Sequence[tuple[str, bool]], rows: Sequence[Sequence[str]]) -> None:
    """`columns`: names, and whether what stands there may be wrapped."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for name, is_long in columns:
        table.add_column(name, no_wrap=not is_long, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    _console(out).print(table)


@contextmanager
def bar(err: TextIO, what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar that is gone when the work is done, and nothing where nobody watches; yields what advances it."""
    console = _console(err)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda count: progress.advance(task, count)


def _console(file: TextIO) -> Console:
    """NO_COLOR (whatever its value) takes all styles away, and not colours alone."""
    return Console(file=file, color_system=None if os.environ.get("NO_COLOR") else "auto")
