"""A schema's history: numbered SQL files, run once each, in order, by the owner of the schema.

`python -m services.<service>.migrations` brings a schema to its head (WEFT_POSTGRES_OWNER_DSN). The service itself has
no right to change it, and refuses to start on another one.
"""

import os
import sys
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

import psycopg

from services.kit.postgres import Database, rows

_TABLE = """
CREATE SCHEMA IF NOT EXISTS {schema};
CREATE TABLE IF NOT EXISTS {schema}.migrations (
    number integer PRIMARY KEY, file text NOT NULL, at timestamptz NOT NULL);
GRANT USAGE ON SCHEMA {schema} TO weft_{schema}_loops;
GRANT SELECT ON {schema}.migrations TO weft_{schema}_loops;
"""


Step = Callable[["psycopg.Connection[Any]"], None]


class Migrations:
    """Those of one service: its schema has its name, and its files are in its package `migrations`.

    `steps` are what SQL alone can't do: each is run after the file under whose name it stands, in its transaction.
    """

    def __init__(self, service: str, steps: Mapping[str, Step] | None = None):
        self._schema = service
        self._steps = steps or {}
        self._folder = files(f"services.{service}.migrations")
        self._names = sorted(each.name for each in self._folder.iterdir() if each.name.endswith(".sql"))

    @property
    def head(self) -> int:
        return len(self._names)

    def run(self, dsn: str) -> int:
        """Brings the schema to its head, each file in a transaction of its own, one runner at a time.

        Returns how many files that took. Raises SystemExit where the database would keep text as mere bytes.
        """
        with psycopg.connect(dsn, autocommit=True) as connection:
            encoding = connection.info.parameter_status("server_encoding")
            if encoding != "UTF8":
                raise SystemExit(
                    f"Postgres: the database {connection.info.dbname} has the encoding {encoding}, must have UTF8;"
                    " deploy/local/postgres.sql makes one that has"
                )
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", (f"weft migrations {self._schema}",))
            connection.execute(_TABLE.format(schema=self._schema).encode())
            count = f"SELECT coalesce(max(number), 0) FROM {self._schema}.migrations"
            done = connection.execute(count.encode()).fetchone()
            start = done[0] if done is not None else 0
            for number, name in enumerate(self._names[start:], start + 1):
                with connection.transaction():
                    connection.execute((self._folder / name).read_bytes())
                    if name in self._steps:
                        self._steps[name](connection)
                    remember = f"INSERT INTO {self._schema}.migrations VALUES (%s, %s, now())"
                    connection.execute(remember.encode(), (number, name))
            return self.head - start

    async def missing(self, loops: Database) -> list[str]:
        """What the schema lacks to be the one that this code was written for."""
        newest = f"SELECT max(number) AS number FROM {self._schema}.migrations"
        found = await loops.read(None, lambda connection: rows(connection, newest, {}))
        number = found[0]["number"]
        return [] if number == self.head else [f"schema {self._schema} at migration {self.head} (it is at {number})"]

    async def refuse_unless_at_head(self, loops: Database) -> None:
        """Raises SystemExit where it lacks something."""
        for wanted in await self.missing(loops):
            raise SystemExit(f"Postgres: this service needs {wanted}")


def main(service: str, steps: Mapping[str, Step] | None = None) -> None:
    """What `python -m services.<service>.migrations` does."""
    done = Migrations(service, steps).run(os.environ["WEFT_POSTGRES_OWNER_DSN"])
    sys.stdout.write(f"schema {service}: {done} migrations run\n")
