"""What whoever has the master key can read in memory's tables."""

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from services.kit.sealing.keys import Keyring, Keys
from services.kit.sealing.masters import Masters
from services.memory.store import documents, memories, passages, relationships, sessions
from services.memory.store.codec import SESSION, unseal, unseal_event
from tests.stack import Servers

Row = Mapping[str, Any]

TABLES = ("events", "inbox", "memories", "relationships", "sessions", "observations", "jobs")
OF_DOCUMENTS = ("documents", "document_contents", "chunks", "sections", "facts", "entities")


def unsealed(servers: Servers, workspace_id: str, database: str = "weft") -> Iterator[tuple[str, str]]:
    """The table and the content of each row of a workspace that has some."""
    for table, _, content in opened_rows(servers, workspace_id, database):
        yield table, str(content)


def opened_rows(servers: Servers, workspace_id: str, database: str = "weft") -> Iterator[tuple[str, Row, Row]]:
    """Table, row, and what is sealed in it by the names of its fields."""
    with psycopg.connect(servers.postgres_dsn("postgres", database), row_factory=dict_row) as connection:

        def rows(table: str) -> list[Row]:
            statement = f"SELECT * FROM memory.{table} WHERE workspace_id = %s"
            return list(connection.execute(statement.encode(), (workspace_id,)))

        (key,) = rows("workspace_keys")
        keys = Keys(Keyring(Masters(servers.home.master_key.read_text)).open(workspace_id, key["wrapped"]))
        wrapped = {each["key_id"]: each["wrapped"] for each in rows("data_keys")}
        for table in (*TABLES, *OF_DOCUMENTS):
            for row in rows(table):
                yield table, row, _content(table, keys, row, wrapped)


def _content(table: str, keys: Keys, row: Row, wrapped: Mapping[str, bytes]) -> Row:
    def with_key(key_id: str, **named: str) -> dict[str, Any]:
        return {**row, **named, "wrapped": wrapped.get(key_id)}

    match table:
        case "events":
            event = unseal_event(keys, with_key(row["stream"]))
            return {} if row["payload"] is None else {"payload": event.model_dump_json()}
        case "inbox":
            return dict(_of_command(keys, row, wrapped))
        case "memories":
            return memories.content(keys, with_key(row["memory_id"]))
        case "relationships":
            relationship_id = str(row["relationship_id"])
            return relationships.content(keys, with_key(relationship_id, relationship_id=relationship_id))
        case "sessions":
            return sessions.content(keys, with_key(SESSION + row["session_id"]))
        case "observations":
            return sessions.content_of_observation(keys, row["session_id"], with_key(SESSION + row["session_id"]))
        case "jobs":
            place = ("jobs", keys.workspace.workspace_id, row["job_id"], str(row["version"]))
            return unseal(keys.workspace, row["sealed"], *place)
        case _:
            return _of_document(table, keys, with_key(row["document_id"]))


def _of_document(table: str, keys: Keys, row: Row) -> Row:
    match table:
        case "documents":
            return documents.content(keys, row)
        case "document_contents":
            keys.learn(row["document_id"], row["wrapped"])
            place = (table, keys.workspace.workspace_id, row["document_id"], str(row["version"]), str(row["part"]))
            return {"content": keys.of(row["document_id"]).unseal(row["content"], *place).decode("latin-1")}
        case _:
            return passages.content(keys, table, row)


def _of_command(keys: Keys, row: Row, wrapped: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    place = ("inbox", keys.workspace.workspace_id, str(row["command_id"]))
    if row["answer"] is not None:
        if row["entity_id"] is not None:
            keys.learn(row["entity_id"], wrapped.get(row["entity_id"]))
        yield "answer", keys.of(row["entity_id"]).unseal(row["answer"], *place, "answer").decode()
    if row["fingerprint"] is not None:
        yield "fingerprint", keys.workspace.unseal(row["fingerprint"], *place, "fingerprint").decode()
