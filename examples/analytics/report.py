from pathlib import Path


def report(file: Path, page: Path) -> None:
    raise NotImplementedError
