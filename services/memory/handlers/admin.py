"""An operator's requests: list workspaces, verify, rebuild, and handle a parked command once more."""

from base64 import b64decode

from contracts import subjects
from contracts.queries import EveryLibrary, EveryNamespace, EveryWorkspace, OfWorkspace, Replay
from contracts.replies import Refusal, Reply
from services.kit.bus import Bus
from services.kit.postgres import Database
from services.memory.handlers.commands import Commands, read_command
from services.memory.loops.people import rebuild_people, verify_people
from services.memory.loops.rebuild import rebuild
from services.memory.loops.verify import verify
from services.memory.store import endings, maintenance, sweeps

UNKNOWN = Refusal(code="unknown_workspace", detail="Workspace not found.")


class Admin:
    """Only the bus user `admin` may send these (deploy/nats)."""

    def __init__(self, database: Database, loops: Database, people: Database, commands: Commands):
        self._database = database
        self._people = people
        self._loops = loops
        self._commands = commands

    def register(self, bus: Bus) -> None:
        bus.on_query(subjects.query(EveryWorkspace), EveryWorkspace)(self.workspaces)
        bus.on_query(subjects.query(EveryLibrary), EveryLibrary)(self.libraries)
        bus.on_query(subjects.query(EveryNamespace), EveryNamespace)(self.namespaces)
        bus.on_query(subjects.admin("memory", "verify"), OfWorkspace)(self.verify)
        bus.on_query(subjects.admin("memory", "rebuild"), OfWorkspace)(self.rebuild)
        bus.on_query(subjects.admin("memory", "verify_people"), EveryWorkspace)(self.verify_people)
        bus.on_query(subjects.admin("memory", "rebuild_people"), EveryWorkspace)(self.rebuild_people)
        bus.on_query(subjects.admin("memory", "replay"), Replay)(self.replay)

    async def workspaces(self, _: EveryWorkspace) -> Reply:
        return Reply(body=await self._loops.read(None, sweeps.workspaces))

    async def libraries(self, _: EveryLibrary) -> Reply:
        return Reply(body=await self._loops.read(None, sweeps.libraries))

    async def namespaces(self, _: EveryNamespace) -> Reply:
        return Reply(body=await self._loops.read(None, maintenance.every_namespace))

    async def verify(self, asked: OfWorkspace) -> Reply:
        if await self._database.read(asked.workspace_id, lambda it: endings.is_deleted(it, asked.workspace_id)):
            return Reply(refusal=UNKNOWN)
        return Reply(body=await verify(self._database, asked.workspace_id))

    async def rebuild(self, asked: OfWorkspace) -> Reply:
        try:
            return Reply(body={"memories": await rebuild(self._database, asked.workspace_id)})
        except LookupError:
            return Reply(refusal=UNKNOWN)

    async def verify_people(self, _: EveryWorkspace) -> Reply:
        return Reply(body=await verify_people(self._people))

    async def rebuild_people(self, _: EveryWorkspace) -> Reply:
        return Reply(body={"accounts": await rebuild_people(self._people)})

    async def replay(self, asked: Replay) -> Reply:
        answer = await self._commands.carry_out(read_command(asked.subject, b64decode(asked.payload)))
        return Reply.model_validate_json(answer)
