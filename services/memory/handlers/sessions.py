"""Questions about sessions, what was observed in them, and jobs."""

from contracts import subjects
from contracts.queries import GetJob, GetSession, ListJobs, ListLearnt, ListSessions, Readable, ReadObservations
from contracts.replies import Reply
from services.kit.bus import Bus
from services.kit.postgres import Connection, Database
from services.memory.decisions import answers
from services.memory.decisions.sessions import unknown_job, unknown_session
from services.memory.store import evidence, memories, sessions


class SessionQueries:
    """One method a question; each answers with a Reply."""

    def __init__(self, database: Database):
        self._database = database

    def register(self, bus: Bus) -> None:
        bus.on_query(subjects.query(ListSessions), ListSessions)(self.browse)
        bus.on_query(subjects.query(GetSession), GetSession)(self.get)
        bus.on_query(subjects.query(ReadObservations), ReadObservations)(self.observations)
        bus.on_query(subjects.query(ListLearnt), ListLearnt)(self.learnt)
        bus.on_query(subjects.query(ListJobs), ListJobs)(self.browse_jobs)
        bus.on_query(subjects.query(GetJob), GetJob)(self.job)

    async def browse(self, asked: ListSessions) -> Reply:
        page = await self._database.read(asked.workspace_id, lambda it: sessions.browse(it, asked))
        return Reply(body=[answers.session(asked.workspace_id, each) for each in page])

    async def get(self, asked: GetSession) -> Reply:
        async def work(connection: Connection) -> Reply:
            found = (await sessions.get(connection, asked.workspace_id, [asked.session_id])).get(asked.session_id)
            if found is None or not _may_read(asked.readable, found.namespace):
                return Reply(refusal=unknown_session(asked.session_id))
            return Reply(body=answers.session(asked.workspace_id, found))

        return await self._database.read(asked.workspace_id, work)

    async def observations(self, asked: ReadObservations) -> Reply:
        async def work(connection: Connection) -> Reply:
            found = (await sessions.get(connection, asked.workspace_id, [asked.session_id])).get(asked.session_id)
            if found is None or not _may_read(asked.readable, found.namespace):
                return Reply(refusal=unknown_session(asked.session_id))
            return Reply(
                body=await sessions.observations(
                    connection, asked.workspace_id, asked.session_id, asked.first, asked.limit
                )
            )

        return await self._database.read(asked.workspace_id, work)

    async def learnt(self, asked: ListLearnt) -> Reply:
        async def work(connection: Connection) -> Reply:
            workspace_id, session_id = asked.workspace_id, asked.session_id
            found = (await sessions.get(connection, workspace_id, [session_id])).get(session_id)
            if found is None or not _may_read(asked.readable, found.namespace):
                return Reply(refusal=unknown_session(session_id))
            if found.job_id is None:
                return Reply(body=[])
            jobs = await sessions.get_jobs(connection, workspace_id, [found.job_id])
            ids = [memory_id for job in jobs.values() for memory_id in job.memory_ids]
            there = await memories.get(connection, workspace_id, ids)
            readable = {it: each for it, each in there.items() if _may_read(asked.readable, each.namespace)}
            said = await evidence.about(connection, workspace_id, list(readable))
            return Reply(body=answers.learnt(workspace_id, session_id, readable, said))

        return await self._database.read(asked.workspace_id, work)

    async def browse_jobs(self, asked: ListJobs) -> Reply:
        page = await self._database.read(asked.workspace_id, lambda it: sessions.browse_jobs(it, asked))
        return Reply(body=[answers.job(each) for each in page])

    async def job(self, asked: GetJob) -> Reply:
        async def work(connection: Connection) -> Reply:
            found = (await sessions.get_jobs(connection, asked.workspace_id, [asked.job_id])).get(asked.job_id)
            if found is None or not _may_read(asked.readable, found.namespace):
                return Reply(refusal=unknown_job(asked.job_id))
            return Reply(body=answers.job(found))

        return await self._database.read(asked.workspace_id, work)


def _may_read(readable: Readable, namespace: str) -> bool:
    return readable is None or namespace in readable
