"""What was stored before content was sealed: the part of migration 0011 that SQL alone can't do.

All in the migration's one transaction: interrupted, it has not happened, and is done again from the start.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import dict_row
from pydantic_core import to_json

from services.kit.postgres import load_sql
from services.kit.sealing.keys import Keyring, Keys
from services.kit.sealing.masters import MasterKeySettings, Masters
from services.memory.store.codec import IN_CLEAR, SESSION, key_of

SQL = load_sql("services.memory", "unsealed")

BATCH = 1_000

Row = Mapping[str, Any]


class Made(NamedTuple):
    """What becomes of a row: its content sealed, and what else there is of it."""

    sealed: bytes | None
    also_sealed: bytes | None = None
    mark: str | None = None


def seal_what_is_there(connection: "psycopg.Connection[Any]") -> None:
    """Takes what the migration has put aside and fills its tables again. Raises BadMasterKey, where it is needed."""
    workspaces = [found[0] for found in connection.execute(SQL["workspaces"].encode())]
    if workspaces:
        keyring = Keyring(Masters(MasterKeySettings().read_master_keys))
        sealing = _Sealing(connection, keyring, workspaces)
        for name, make in _TABLES.items():  # events first: whatever is alive has its key from there
            sealing.seal(name, make)
            connection.execute(SQL[f"fill_{name}"].encode())
    connection.execute(SQL["fence"].encode())


class _Sealing:
    def __init__(self, connection: "psycopg.Connection[Any]", keyring: Keyring, workspaces: list[str]):
        self._connection = connection
        wrapped = {workspace_id: keyring.make(workspace_id) for workspace_id in workspaces}
        self._copy("workspace_keys (workspace_id, wrapped)", iter(wrapped.items()))
        self._keys = {workspace_id: Keys(keyring.open(workspace_id, it)) for workspace_id, it in wrapped.items()}

    def seal(self, name: str, make: "Callable[[Keys, Row], Made]") -> None:
        """Notes what becomes of each row of a table, and the keys that were made for it."""
        with self._connection.cursor(f"plain_{name}", row_factory=dict_row) as plain:
            plain.execute(f"SELECT * FROM plain_{name}".encode())
            while found := plain.fetchmany(BATCH):
                made = ((name, each["row"], *make(self._keys[each["workspace_id"]], each)) for each in found)
                self._copy("made", made)
        if name == "events":
            keys = ((workspace, *key) for workspace, it in self._keys.items() for key in it.wrapped.items())
            self._copy("data_keys (workspace_id, key_id, wrapped)", keys)

    def _copy(self, into: str, values: Iterator[tuple[Any, ...]]) -> None:
        with self._connection.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN".encode()) as copy:
            for each in values:
                copy.write_row(each)


def _event(keys: Keys, row: Row) -> Made:
    if row["payload"] is None or row["type"] == IN_CLEAR:
        return Made(row["payload"])
    key_id = key_of(row["stream"], row["type"])
    if key_id is not None and keys.unknown([key_id]):
        keys.make(key_id)
    place = ("event", keys.workspace.workspace_id, row["stream"], str(row["version"]), str(row["event_id"]))
    return Made(keys.of(key_id).seal(row["payload"], *place))


def _command(keys: Keys, row: Row) -> Made:
    place = ("inbox", keys.workspace.workspace_id, str(row["command_id"]))
    entity_id = None if row["entity_id"] is None or keys.unknown([row["entity_id"]]) else row["entity_id"]
    answer, fingerprint = row["answer"], row["fingerprint"]
    return Made(
        None if answer is None else keys.of(entity_id).seal(answer, *place, "answer"),
        None if fingerprint is None else keys.workspace.seal(fingerprint.encode(), *place, "fingerprint"),
    )


def _memory(keys: Keys, row: Row) -> Made:
    lists = ("tags", "concepts", "source_files")
    names = ("title", "narrative", *lists, "brought", "source_session_id", "content_hash")
    place = (row["memory_id"], str(row["version"]))
    mark = keys.workspace.mark(row["content_hash"])
    return Made(_sealed(keys, row["memory_id"], "memories", {it: row[it] for it in names}, *place), mark=mark)


def _derived(keys: Keys, row: Row) -> Made:
    label, text = row["community_label"], row["content_hash"]
    place = ("community label", keys.workspace.workspace_id, row["memory_id"])
    sealed = None if label is None else keys.workspace.seal(label.encode(), *place)
    return Made(sealed, mark=None if text is None else keys.workspace.mark(text))


def _relationship(keys: Keys, row: Row) -> Made:
    key_id = str(row["relationship_id"])
    return Made(_sealed(keys, key_id, "relationships", {"context": row["context"]}, key_id, str(row["version"])))


def _session(keys: Keys, row: Row) -> Made:
    names = ("project_path", "project_name", "branch_name", "user_id", "metadata", "summary")
    sealed = _sealed(keys, SESSION + row["session_id"], "sessions", {it: row[it] for it in names}, row["session_id"])
    return Made(sealed, mark=keys.workspace.mark(row["project_path"]))


def _observation(keys: Keys, row: Row) -> Made:
    content = {it: row[it] for it in ("content", "files", "metadata")}
    place = (row["session_id"], str(row["number"]))
    return Made(_sealed(keys, SESSION + row["session_id"], "observations", content, *place))


def _job(keys: Keys, row: Row) -> Made:
    content = {it: row[it] for it in ("reason", "error")}
    return Made(_sealed(keys, None, "jobs", content, row["job_id"], str(row["version"])))


def _sealed(keys: Keys, key_id: str | None, table: str, content: Row, *place: str) -> bytes:
    return keys.of(key_id).seal(to_json(content), table, keys.workspace.workspace_id, *place)


_TABLES = {
    "events": _event,
    "inbox": _command,
    "memories": _memory,
    "derived": _derived,
    "relationships": _relationship,
    "sessions": _session,
    "observations": _observation,
    "jobs": _job,
}
