"""What whoever has the master key can read in memory's tables."""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.rows import dict_row

from services.kit.sealing.keys import Keyring, Keys
from services.kit.sealing.masters import Masters
from services.memory.store import memories, relationships, sessions
from services.memory.store.codec import unseal, unseal_event
from tests.stack import Servers


def unsealed(servers: Servers, workspace_id: str) -> Iterator[tuple[str, str]]:
    """Name of the table and content, for each row of a workspace that has some."""
    with psycopg.connect(servers.postgres_dsn("postgres"), row_factory=dict_row) as connection:

        def rows(table: str) -> list[dict[str, Any]]:
            statement = f"SELECT * FROM memory.{table} WHERE workspace_id = %s"
            return connection.execute(statement.encode(), (workspace_id,)).fetchall()

        (key,) = rows("workspace_keys")
        keys = Keys(Keyring(Masters(servers.home.master_key.read_text)).open(workspace_id, key["wrapped"]))
        wrapped = {each["key_id"]: each["wrapped"] for each in rows("data_keys")}
        for each in rows("events"):
            if each["payload"] is not None:
                event = unseal_event(keys, each | {"wrapped": wrapped.get(each["stream"])})
                yield "events.payload", event.model_dump_json()
        for each in rows("inbox"):
            if each["answer"] is not None:
                if each["entity_id"] is not None:
                    keys.learn(each["entity_id"], wrapped.get(each["entity_id"]))
                place = ("inbox", workspace_id, str(each["command_id"]), "answer")
                yield "inbox.answer", keys.of(each["entity_id"]).unseal(each["answer"], *place).decode()
        for each in rows("memories"):
            yield "memories", str(memories.content(keys, each | {"wrapped": wrapped.get(each["memory_id"])}))
        for each in rows("relationships"):
            relationship_id = str(each["relationship_id"])
            named = {"relationship_id": relationship_id, "wrapped": wrapped.get(relationship_id)}
            yield "relationships", str(relationships.content(keys, each | named))
        for table in ("sessions", "observations"):
            for each in rows(table):
                opened = each | {"wrapped": wrapped.get(f"session:{each['session_id']}")}
                read = sessions.content if table == "sessions" else _observation
                yield table, str(read(keys, opened))
        for each in rows("jobs"):
            place = ("jobs", workspace_id, each["job_id"], str(each["version"]))
            yield "jobs", str(unseal(keys.workspace, each["sealed"], *place))


def _observation(keys: Keys, row: dict[str, Any]) -> dict[str, Any]:
    return sessions.content_of_observation(keys, row["session_id"], row)
