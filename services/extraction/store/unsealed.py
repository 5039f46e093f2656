"""What was kept before it was sealed: the part of migration 0006 that SQL alone can't do, in its one transaction."""

from typing import Any

import psycopg
from psycopg.rows import dict_row
from pydantic_core import to_json

from services.extraction.store.sealed import JobKey, seal_hash
from services.kit.postgres import load_sql
from services.kit.sealing.keys import Keyring, Keys
from services.kit.sealing.masters import MasterKeySettings, Masters

SQL = load_sql("services.extraction", "unsealed")


def seal_what_is_there(connection: "psycopg.Connection[Any]") -> None:
    """Takes what the migration has put aside and fills its tables again. Raises BadMasterKey, where it is needed."""
    with connection.cursor(row_factory=dict_row) as cursor:
        workspaces = [each["workspace_id"] for each in cursor.execute(SQL["workspaces"].encode())]
        if workspaces:
            keyring = Keyring(Masters(MasterKeySettings().read_master_keys))
            for workspace_id in workspaces:
                wrapped = keyring.make(workspace_id)
                cursor.execute(SQL["add_workspace_key"].encode(), {"workspace_id": workspace_id, "wrapped": wrapped})
                _seal(cursor, Keys(keyring.open(workspace_id, wrapped)))
        cursor.execute(SQL["fence"].encode())


def _seal(cursor: "psycopg.Cursor[dict[str, Any]]", keys: Keys) -> None:
    """All of one workspace."""
    for each in _rows(cursor, "plain_steps", keys):
        learnt = each["learnt"]
        place = ("step", str(each["ordinal"]))
        each["learnt"] = None if learnt is None else _key(keys, each["job_id"]).seal(to_json(learnt), *place)
        cursor.execute(SQL["fill_steps"].encode(), each)
    for each in _rows(cursor, "plain_answers", keys):
        key, learnt = keys.workspace.mark(f"question {each['key']}"), each["learnt"]
        sealed = _key(keys, each["job_id"]).seal(to_json(learnt), "answer", key) if learnt else None
        cursor.execute(SQL["fill_answers"].encode(), each | {"key": key, "learnt": sealed})
    for each in _rows(cursor, "plain_written", keys):
        each["fingerprint"] = seal_hash(keys, each["fingerprint"], "written", each["memory_id"])
        cursor.execute(SQL["fill_written"].encode(), each)
    for key_id, wrapped in keys.wrapped.items():
        values = {"workspace_id": keys.workspace.workspace_id, "key_id": key_id, "wrapped": wrapped}
        cursor.execute(SQL["add_data_key"].encode(), values)


def _rows(cursor: "psycopg.Cursor[dict[str, Any]]", table: str, keys: Keys) -> list[dict[str, Any]]:
    found = cursor.execute(f"SELECT * FROM {table} WHERE workspace_id = %s".encode(), (keys.workspace.workspace_id,))
    return found.fetchall()


def _key(keys: Keys, job_id: str) -> JobKey:
    if keys.unknown([job_id]):
        keys.make(job_id)
    return JobKey(keys, job_id)
