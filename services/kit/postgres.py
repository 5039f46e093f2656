"""The one door to Postgres: pools, retries, and the settings without which a committed row is not on disk."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any, TypeVar
from weakref import WeakSet

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from services.kit import telemetry
from services.kit.errors import Transient
from services.kit.sealing.keys import Keyring, Keys

Result = TypeVar("Result")

POOL_TIMEOUT_S = 2.0
_SESSION = "-c statement_timeout=5000 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000 -c timezone=UTC"
_MUST_BE_ON = ("fsync", "full_page_writes", "synchronous_commit")

AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)
"""What psycopg raises while the server is away, is starting or is overloaded."""


class DatabaseAway(Transient):
    """Postgres could not be asked."""


class UnsafeDatabase(SystemExit):
    """Postgres is set so that a committed row may be lost; Weft does not start on it."""


class Connection(AsyncConnection[DictRow]):
    """A connection, with the keys of what is sealed: `opened` are those of each workspace that were met in the
    transaction at hand (services.kit.sealing)."""

    keyring: Keyring
    opened: dict[str, Keys]


_DATABASES: WeakSet["Database"] = WeakSet()


def _pools() -> Iterable[tuple[float, dict[str, str]]]:
    for each in tuple(_DATABASES):
        yield from ((value, {"role": each.role, "state": state}) for state, value in each.used().items())


telemetry.Observed("weft.pool.connections", "Connections to Postgres, by role, and who waits for one", _pools)


class Database:
    """A pool of connections of one role. Every transaction names the workspaces whose rows it may see.

    With `plan_each_time` a statement is planned for the rows that it is about, not once for all: worth a fraction of a
    millisecond where tables grow fast, or hold much for one workspace and little for another. `keyring`: where
    something in the schema is sealed.
    """

    def __init__(
        self, dsn: str, schema: str, size_max: int, *, plan_each_time: bool = False, keyring: Keyring | None = None
    ):
        plans = " -c plan_cache_mode=force_custom_plan" if plan_each_time else ""
        self._keyring = keyring
        self.role = str(conninfo_to_dict(dsn).get("user", ""))
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            dsn,
            min_size=1,
            max_size=size_max,
            timeout=POOL_TIMEOUT_S,
            open=False,
            connection_class=Connection,
            kwargs={
                "row_factory": dict_row,
                "options": f"{_SESSION} -c search_path={schema}{plans}",
                "autocommit": True,
            },
        )

        _DATABASES.add(self)

    async def open(self) -> None:
        await self._pool.open()

    def used(self) -> dict[str, int]:
        """How many connections are in use, how many are idle, and how many requests wait for one."""
        found = self._pool.get_stats()
        idle, waiting = found.get("pool_available", 0), found.get("requests_waiting", 0)
        return {"used": found.get("pool_size", 0) - idle, "idle": idle, "waiting": waiting}

    async def close(self) -> None:
        await self._pool.close()

    @asynccontextmanager
    async def transaction(self, workspace_id: str | None, *, snapshot: bool = False) -> AsyncIterator[Connection]:
        """A transaction that sees one workspace's rows, or with None what the role's own policy lets it see.

        With `snapshot`, all its statements see the same moment.
        """
        try:
            # In a pipeline BEGIN and the workspace travel with the first statement, and writes wait for nothing.
            with telemetry.stage("transaction"):
                async with self._pool.connection() as connection, connection.pipeline(), connection.transaction():
                    self._lend_keys(connection)
                    if snapshot:
                        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                    if workspace_id is not None:
                        await connection.execute(ENTER_WORKSPACE.encode(), {"workspace_id": workspace_id})
                    yield connection
        except AWAY as fault:
            await self._pool.check()
            raise DatabaseAway(type(fault).__name__) from fault

    @asynccontextmanager
    async def bulk(self, workspace_id: str) -> AsyncIterator[Connection]:
        """A snapshot of one workspace to copy much out of: COPY does not go through a pipeline."""
        try:
            async with self._pool.connection() as connection, connection.transaction():
                self._lend_keys(connection)
                await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                await connection.execute("SET LOCAL statement_timeout = 60000")
                await connection.execute(ENTER_WORKSPACE.encode(), {"workspace_id": workspace_id})
                yield connection
        except AWAY as fault:
            await self._pool.check()
            raise DatabaseAway(type(fault).__name__) from fault

    def _lend_keys(self, connection: Connection) -> None:
        """Keys that were met belong to one transaction: another one must not use what this one does not commit."""
        if self._keyring is not None:
            connection.keyring = self._keyring
        connection.opened = {}

    async def read(self, workspace_id: str | None, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        """`work` in a transaction, once more where the first connection turned out to be dead."""
        try:
            async with self.transaction(workspace_id) as connection:
                return await work(connection)
        except DatabaseAway:
            async with self.transaction(workspace_id) as connection:
                return await work(connection)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Connection]:
        """A connection of one's own, for session locks; they end with it."""
        try:
            async with self._pool.connection() as connection:
                try:
                    yield connection
                finally:
                    if not connection.closed:
                        await connection.execute("SELECT pg_advisory_unlock_all()")
        except AWAY as fault:
            await self._pool.check()
            raise DatabaseAway(type(fault).__name__) from fault

    async def refuse_if_unsafe(self) -> None:
        """Raises UnsafeDatabase where a commit may be lost in a power cut."""
        async with self.session() as connection:
            for name in _MUST_BE_ON:
                row = await (await connection.execute("SELECT current_setting(%s) AS value", (name,))).fetchone()
                if row is None or row["value"] != "on":
                    raise UnsafeDatabase(f"Postgres: {name} is {row and row['value']}, must be on: a 201 means on disk")


ENTER_WORKSPACE = "SELECT set_config('app.workspace', %(workspace_id)s, true)"
"""From here to the end of the transaction, row-level security shows this workspace's rows alone."""


def load_sql(package: str, name: str) -> dict[str, str]:
    """The statements of `<package>/sql/<name>.sql`, each under the name in the comment `-- name: ...` above it."""
    text = (files(package) / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))


async def rows(connection: Connection, statement: str, values: dict[str, Any]) -> list[DictRow]:
    """All rows of a statement that comes from a .sql file."""
    return await (await connection.execute(statement.encode(), values)).fetchall()


async def row(connection: Connection, statement: str, values: dict[str, Any]) -> DictRow | None:
    """The one row of a statement, or None."""
    return await (await connection.execute(statement.encode(), values)).fetchone()


async def together(connection: Connection, *statements: tuple[str, dict[str, Any]]) -> list[list[DictRow]]:
    """The rows of each statement, run one after the other for one round trip. Each must return rows."""
    async with connection.pipeline():
        cursors = [await connection.execute(statement.encode(), values) for statement, values in statements]
        return [await cursor.fetchall() for cursor in cursors]


FORGOTTEN_TOGETHER = 1_000
"""Rows that one transaction deletes: it must not take long."""

_OF_WORKSPACES = """
SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
GROUP BY c.relname HAVING 'workspace_id' = ANY(array_agg(a.attname::text))
ORDER BY c.relname"""


async def forget_rows(database: Database, workspace_id: str, but: Collection[str] = ()) -> None:
    """Deletes a workspace's rows from every table of the database's own schema that has a column `workspace_id`, save
    those named: also from tables that were added since this was written."""
    for each in await database.read(workspace_id, lambda it: rows(it, _OF_WORKSPACES, {})):
        if each["name"] not in but:
            while await _forget_some(database, workspace_id, sql.Identifier(each["name"])) == FORGOTTEN_TOGETHER:
                pass


async def _forget_some(database: Database, workspace_id: str, table: sql.Identifier) -> int:
    statement = sql.SQL(
        "DELETE FROM {0} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {0} WHERE workspace_id = %s LIMIT %s))"
    )
    async with database.transaction(workspace_id) as connection:
        done = await connection.execute(statement.format(table), (workspace_id, FORGOTTEN_TOGETHER))
        return done.rowcount


async def stored_bytes(connection: Connection, workspace_id: str) -> dict[str, int]:
    """How many bytes the values of a workspace's rows take, as they are stored, in each such table. Reads every row,
    but no value that is kept outside of its row."""
    found = {}
    for each in await rows(connection, _OF_WORKSPACES, {}):
        sizes = [sql.SQL("coalesce(pg_column_size({}), 0)").format(sql.Identifier(it)) for it in each["columns"]]
        statement = sql.SQL("SELECT coalesce(sum({}), 0)::bigint AS bytes FROM {} WHERE workspace_id = %s").format(
            sql.SQL(" + ").join(sizes), sql.Identifier(each["name"])
        )
        counted = await (await connection.execute(statement, (workspace_id,))).fetchone()
        found[each["name"]] = counted["bytes"] if counted is not None else 0
    return found
