"""What extraction hears: sessions that ended or are to be tried again, nightly work, the end of a workspace, questions
about what models cost, an operator's requests."""

from base64 import b64decode

from contracts import subjects
from contracts.events import CloudEvent, NewerThanKnown
from contracts.queries import GetExtractionUsage, Replay
from contracts.replies import Reply
from services.extraction import projections
from services.extraction.loops.chores import Chores
from services.extraction.loops.extracting import Extracting
from services.extraction.store import calls
from services.kit.bus import Bus, NatsMessage, ReaderStopped
from services.kit.errors import Poison
from services.kit.postgres import Connection, Database


class Events:
    """`extracting` and `chores` are told when something may be due."""

    def __init__(self, database: Database, extracting: Extracting, chores: Chores):
        self._database = database
        self._extracting = extracting
        self._chores = chores

    async def handle(self, message: NatsMessage) -> None:
        await self.hear(message.body)

    async def hear(self, body: bytes) -> None:
        """Returns when what the event asks for is in the tables."""
        try:
            event = CloudEvent.read(body)
        except NewerThanKnown as newer:
            raise ReaderStopped(str(newer)) from None
        except ValueError:
            raise Poison("malformed event") from None
        if (asked := projections.asked_by(event)) is not None:
            await projections.apply(self._database, event.workspace, asked)
            self._extracting.expect()
            self._chores.expect()


class Queries:
    def __init__(self, database: Database):
        self._database = database

    def register(self, bus: Bus) -> None:
        bus.on_query(subjects.query(GetExtractionUsage), GetExtractionUsage)(self.usage)

    async def usage(self, asked: GetExtractionUsage) -> Reply:
        async def work(connection: Connection) -> Reply:
            return Reply(body=await calls.usage(connection, asked.workspace_id, asked.since))

        return await self._database.read(asked.workspace_id, work)


class Admin:
    """An operator's requests. Only the bus user `admin` may send these (deploy/nats)."""

    def __init__(self, events: Events):
        self._events = events

    def register(self, bus: Bus) -> None:
        bus.on_query(subjects.admin("extraction", "replay"), Replay)(self.replay)

    async def replay(self, asked: Replay) -> Reply:
        await self._events.hear(b64decode(asked.payload))
        return Reply()
