"""Sessions of a coding agent: start, observe, ask for context, end; and the jobs that learn from them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from pydantic_core import from_json

from weft.calls import Call, E, Group, Pages, Stream, at, listing, model, models, operation, said, stream
from weft.models import Context, EndedSession, Job, Session, StartedSession, TakenObservations
from weft.words import FINAL, JobStatus, ObservationKind, SessionStatus

ROOT = "/api/v1/sessions"


class Observation(TypedDict):
    """One thing that happened; `at` is RFC 3339 with a zone, now if absent."""

    kind: ObservationKind
    content: str
    files: NotRequired[Sequence[str]]
    metadata: NotRequired[Mapping[str, Any]]
    at: NotRequired[str | datetime]


class Sessions(Group[E]):
    @operation
    def start(
        self,
        project_path: str,
        *,
        session_id: str | None = None,
        project_name: str | None = None,
        branch_name: str | None = None,
        user_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        namespace: str | None = None,
    ) -> Call[StartedSession]:
        """With what an agent should know at once."""
        return Call("POST", f"{ROOT}/start", model(StartedSession), json=said(locals()))

    @operation
    def observe(self, session_id: str, observations: Sequence[Observation]) -> Call[TakenObservations]:
        """1 to 500, in their order."""
        seen = [{**each, "at": _moment(each.get("at"))} if "at" in each else each for each in observations]
        return Call("POST", at(ROOT, session_id, "observations"), model(TakenObservations), json={"observations": seen})

    @operation
    def context(
        self,
        session_id: str,
        *,
        query: str | None = None,
        files: Sequence[str] | None = None,
        max_memories: int | None = None,
        max_tokens: int | None = None,
        namespaces: Sequence[str] | None = None,
    ) -> Call[Context]:
        """What is known of files and of a question, as text for an agent; pinned memories first."""
        params = {
            "query": query,
            "files": files,
            "max_memories": max_memories,
            "max_tokens": max_tokens,
            "namespace": namespaces,
        }
        return Call("GET", at(ROOT, session_id, "context"), model(Context), params=params)

    @operation
    def end(self, session_id: str, *, summary: str | None = None) -> Call[EndedSession]:
        """Queues the job that learns from it."""
        return Call("POST", at(ROOT, session_id, "end"), model(EndedSession), json={"summary": summary})

    @operation
    def get(self, session_id: str) -> Call[Session]:
        return Call("GET", at(ROOT, session_id), model(Session))

    @listing
    def list(
        self,
        *,
        status: SessionStatus | None = None,
        project_path: str | None = None,
        namespaces: Sequence[str] | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> Pages[Session]:
        """The newest first."""
        params = {"status": status, "project_path": project_path, "namespace": namespaces}
        return Pages(Call("GET", ROOT, models(Session), params=params), limit, offset)


class Jobs(Group[E]):
    @operation
    def get(self, job_id: str) -> Call[Job]:
        return Call("GET", at("/api/v1/jobs", job_id), model(Job))

    @listing
    def list(
        self,
        *,
        status: JobStatus | None = None,
        namespaces: Sequence[str] | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> Pages[Job]:
        """The newest first."""
        params = {"status": status, "namespace": namespaces}
        return Pages(Call("GET", "/api/v1/jobs", models(Job), params=params), limit, offset)

    @stream
    def follow(self, job_id: str) -> Stream[Job]:
        """The job as it is, and again whenever it changes, until it has ended, however long that takes."""
        return Stream(Call("GET", at("/api/v1/jobs", job_id, "events"), model(Job)), JobEvents)

    @operation
    def retry(self, job_id: str) -> Call[Job]:
        """Once more, for one that failed, came out empty, or waits."""
        return Call("POST", at("/api/v1/jobs", job_id, "retry"), model(Job))


class JobEvents:
    """Reads server-sent events of jobs. A stream that ends before its job does is asked for again."""

    def __init__(self) -> None:
        self._data: list[str] = []
        self._last: Job | None = None

    def feed(self, line: str) -> Iterable[Job]:
        if line.startswith("data:"):
            self._data.append(line[5:].removeprefix(" "))
        elif not line and self._data:
            job = Job.model_validate(from_json("\n".join(self._data)))
            self._data.clear()
            if job != self._last:
                self._last = job
                yield job

    def is_complete(self) -> bool:
        self._data.clear()
        return self._last is not None and self._last.status in FINAL

    def resumed(self, call: Call[Any]) -> Call[Any]:
        return call


def _moment(at: str | datetime | None) -> str | None:
    return at.isoformat() if isinstance(at, datetime) else at
