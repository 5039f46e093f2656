"""What a model was asked about pairs of memories, and what a workspace's graph takes."""

from datetime import datetime

from contracts.replies import ModelCalls, ServiceUsage
from services.kit.llm import Usage
from services.kit.postgres import Connection, load_sql, row, stored_bytes

SQL = load_sql("services.graph", "calls")


async def count(connection: Connection, workspace_id: str, usage: Usage) -> None:
    """One more call, and what it cost."""
    values = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    await connection.execute(SQL["count_call"].encode(), {"workspace_id": workspace_id, **values})


async def usage(connection: Connection, workspace_id: str, since: datetime) -> ServiceUsage:
    """`since` is the first day of a month: calls are counted by months. What they cost in money is not known here."""
    return ServiceUsage(
        bytes=sum((await stored_bytes(connection, workspace_id)).values()),
        this_period=await _calls(connection, workspace_id, since),
        in_all=await _calls(connection, workspace_id, None),
    )


async def _calls(connection: Connection, workspace_id: str, since: datetime | None) -> ModelCalls:
    found = await row(connection, SQL["usage"], {"workspace_id": workspace_id, "since": since})
    return ModelCalls.model_validate(found)
