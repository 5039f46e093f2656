"""The events that say on what memories rest."""

from collections.abc import Sequence

from contracts.events import CloudEvent, MemoryRevised, MemoryStored
from services.kit.postgres import Connection
from services.kit.sealing import tables
from services.memory.store.log import READ, to_event


async def about(connection: Connection, workspace_id: str, memory_ids: Sequence[str]) -> list[CloudEvent]:
    """How these memories were stored and revised, in order; not what was erased since."""
    types = [MemoryStored.type, MemoryRevised.type]
    values = {"workspace_id": workspace_id, "streams": list(memory_ids), "types": types}
    found = await tables.sealed_rows(connection, workspace_id, READ["read_streams"], values)
    return [to_event(connection.opened.get(workspace_id), each) for each in found]
