"""What extraction hears: sessions that ended, documents that came in, what is to be tried again, nightly work, the end
of a workspace, questions to be answered in words or about what models cost, an operator's requests.
"""

from base64 import b64decode
from typing import Protocol

from contracts import subjects
from contracts.events import CloudEvent, NewerThanKnown
from contracts.queries import GetExtractionUsage, Replay, Synthesize
from contracts.replies import Reply
from services.extraction import projections
from services.extraction.loops.answering import Answering
from services.extraction.store import calls
from services.kit import telemetry
from services.kit.bus import Bus, NatsMessage, ReaderStopped
from services.kit.errors import Poison
from services.kit.postgres import Connection, Database


class Working(Protocol):
    """Whoever does what is due."""

    def expect(self) -> None: ...


class Events:
    """All who do the work are told when something may be due."""

    def __init__(self, database: Database, *working: Working):
        self._database = database
        self._working = working

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
        if (named := telemetry.traceparent()) is not None:  # the work follows from this being heard
            event = event.model_copy(update={"traceparent": named})
        if (asked := projections.asked_by(event)) is not None:
            await projections.apply(self._database, event.workspace, asked)
            for each in self._working:
                each.expect()


class Queries:
    """What is answered at once."""

    def __init__(self, database: Database, answering: Answering):
        self._database = database
        self._answering = answering

    def register(self, bus: Bus) -> None:
        bus.on_query(subjects.query(Synthesize), Synthesize)(self.synthesize)
        bus.on_query(subjects.query(GetExtractionUsage), GetExtractionUsage)(self.usage)

    async def synthesize(self, asked: Synthesize) -> Reply:
        """Somebody's question, answered in words by a language model, or by nobody."""
        return Reply(body=await self._answering.answer(asked))

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
