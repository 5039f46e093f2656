"""Log files of bounded size, and a way to read them."""

import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

BYTES_MAX = 10 * 1024 * 1024
OLD_FILES = 2
FOLLOW_EVERY_S = 0.2
TAIL_BYTES = 256 * 1024


def rotate(folder: Path) -> None:
    """Copies each file that grew too large to .1 (and that to .2) and empties it.

    The processes keep their files open in append mode, so emptying is safe; what is written between the two is lost.
    """
    for log in folder.glob("*.log"):
        if log.stat().st_size <= BYTES_MAX:
            continue
        for number in range(OLD_FILES, 1, -1):
            older = log.with_suffix(f".log.{number - 1}")
            if older.exists():
                older.replace(log.with_suffix(f".log.{number}"))
        shutil.copyfile(log, log.with_suffix(".log.1"))
        with log.open("r+b") as stream:
            stream.truncate(0)


def last_lines(log: Path, count: int) -> list[str]:
    """Of one file; fewer when it is shorter, none when it does not exist."""
    if not log.exists():
        return []
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - TAIL_BYTES))
        return stream.read().decode(errors="replace").splitlines()[-count:]


def show(folder: Path, name: str | None, count: int, *, follow: bool) -> int:
    """Prints the last lines of one log or of all; with `follow` also those that come. The exit code."""
    names = sorted(log.stem for log in folder.glob("*.log"))
    if name is not None and name not in names:
        print(f"no log named {name}; there are: {', '.join(names) or 'none'}", file=sys.stderr)
        return 1
    shown = names if name is None else [name]
    positions = {log: (folder / f"{log}.log").stat().st_size for log in shown}
    for log in shown:
        for line in last_lines(folder / f"{log}.log", count):
            print(_labelled(log, line, shown))
    while follow:
        for log in shown:
            for line in _new_lines(folder / f"{log}.log", log, positions):
                print(_labelled(log, line, shown), flush=True)
        time.sleep(FOLLOW_EVERY_S)
    return 0


def _new_lines(file: Path, log: str, positions: dict[str, int]) -> Iterator[str]:
    """Whole lines only; starts again from the beginning when the file was emptied."""
    size = file.stat().st_size
    if size < positions[log]:
        positions[log] = 0
    with file.open("rb") as stream:
        stream.seek(positions[log])
        for line in stream:
            if not line.endswith(b"\n"):
                break
            positions[log] += len(line)
            yield line.decode(errors="replace").rstrip("\n")


def _labelled(log: str, line: str, shown: list[str]) -> str:
    return line if len(shown) == 1 else f"{log:>{max(map(len, shown))}} | {line}"
