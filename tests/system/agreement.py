"""When everything that is made from the log says what the log says."""

from deploy.admin import rebuilding
from deploy.admin.bus import OperatorSettings, operator
from services.kit.errors import Unavailable
from tests.stack import Stack, eventually


async def agreement(stack: Stack, workspace_id: str) -> None:
    """Waits until log, tables, index and graph agree; the services may still be starting again."""
    async with operator(OperatorSettings(nats_url=stack.nats_url("admin"), key_pepper="unused")) as asked:

        async def holds() -> bool:
            try:
                return not (await rebuilding.verify(asked, workspace_id))[2]
            except Unavailable:
                return False

        await eventually(holds, "agreement of log, tables, index and graph")
