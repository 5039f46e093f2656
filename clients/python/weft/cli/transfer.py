"""Export and import on the command line."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from weft.cli.here import Here
from weft.cli.options import Flag, Namespaces

SHOWN_MAX = 20
PIECE_BYTES = 65_536


def export(
    file: Path | None = None,
    *,
    events: Flag = False,
    namespace: Namespaces = None,
    here: Here,
) -> None:
    """Export everything that the key may read, as NDJSON.

    Parameters
    ----------
    file
        Where to; standard output if not given. It is there only when all of it is.
    events
        With the events of all that is exported.
    """
    lines = here.weft.export(events=events, namespaces=namespace)
    if file is None:
        for each in lines:
            print(each)
        return
    unfinished = file.with_name(f"{file.name}.part")
    with here.progress("exporting", None) as advance, unfinished.open("w") as out:
        for each in lines:
            out.write(f"{each}\n")
            advance(1)
    unfinished.replace(file)
    here.output.done({"file": str(file)}, f"Exported to {file}.", str(file))


def import_(file: Path | None = None, *, namespace: str | None = None, here: Here) -> int:
    """Import NDJSON; what is there already is skipped. Ends with 1 where a line could not be imported.

    Parameters
    ----------
    file
        An export, or lines like it; standard input if not given.
    namespace
        Where all of it goes, whatever the lines say.
    """
    if file is None:
        done = here.weft.import_lines(iter(lambda: sys.stdin.buffer.read(PIECE_BYTES), b""), namespace=namespace)
    else:
        with here.progress("sending", file.stat().st_size) as advance:
            done = here.weft.import_lines(_Pieces(file, advance), namespace=namespace)
    here.output.warn(done.warnings)
    for each in done.errors[:SHOWN_MAX]:
        here.output.complain(f"line {each.line}: {each.detail}")
    if len(done.errors) > SHOWN_MAX:
        here.output.complain(f"and {len(done.errors) - SHOWN_MAX:,} more lines")
    said = f"{done.imported:,} imported, {done.skipped:,} there already, {len(done.errors):,} refused."
    here.output.done(done, said, done.imported, done.skipped, len(done.errors))
    return 1 if done.errors else 0


class _Pieces:
    """A file's bytes; `advance` hears how many went."""

    def __init__(self, file: Path, advance: Callable[[int], None]) -> None:
        self._file = file
        self._advance = advance

    def __iter__(self) -> Iterator[bytes]:
        with self._file.open("rb") as opened:
            while piece := opened.read(PIECE_BYTES):
                yield piece
                self._advance(len(piece))
