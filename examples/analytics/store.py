"""The DuckDB file: the only place that touches it."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import duckdb

HERE = Path(__file__).parent
TAKE = (HERE / "take.sql").read_text()
PATIENCE_S = 60.0
"""Another process has the file to itself for as long as it works on it."""


class Store:
    """Open while it is used: DuckDB lets one process write, and while it does nobody else reads."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._connection: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.rest()

    def take(self, events: Sequence[str]) -> None:
        """CloudEvents as JSON, in one transaction with the place where to go on. What is there already stays once."""
        database = self._opened()
        database.begin()
        try:
            read, *rest = database.extract_statements(TAKE)
            database.execute(read, {"events": list(events)})
            for statement in rest:
                database.execute(statement)
            database.commit()
        except BaseException:
            database.rollback()
            raise

    def cursors(self) -> dict[str, int]:
        """The `seq` of the last event, by workspace."""
        return dict(self.ask("SELECT workspace, seq FROM cursors"))

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return self._opened().execute(query).fetchall()

    def rest(self) -> None:
        """Lets others read, until there is something to do."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _opened(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            self._connection = connected(self._file, read_only=False)
            self._connection.execute((HERE / "tables.sql").read_text())
        return self._connection


def connected(file: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Waits while another process has the file. Raises duckdb.IOException where that takes too long."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return duckdb.connect(str(file), read_only=read_only)
        except duckdb.IOException as why:
            if "lock" not in str(why) or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
