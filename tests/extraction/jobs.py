"""Sessions of the running services, and what became of them."""

from collections.abc import Sequence
from typing import Any

from contracts.base import Observation, extraction_job_id
from contracts.queries import GetJob, ListMemories
from tests import examples
from tests.services import Talk
from tests.stack import eventually

FINAL = ("completed", "empty", "failed")

SUMMARY = (
    "Root cause: the retry handler held the database lock while it waited for the queue. "
    "Fixed by releasing the lock before the retry.\n\n"
    "We decided to use Redis streams instead of Celery because Celery loses tasks when the broker restarts.\n\n"
    "Convention: every migration must be reversible, with a down script."
)
"""An incident, a decision and a convention."""


async def a_session(
    talk: Talk, summary: str | None = SUMMARY, observations: Sequence[Observation] = (), **fields: Any
) -> str:
    """The id of a session that has ended."""
    started = examples.start_session(talk.workspace_id, **fields)
    orders = [started]
    for first in range(0, len(observations), 50):
        batch = observations[first : first + 50]
        orders.append(examples.observe(talk.workspace_id, started.session_id, *batch))  # type: ignore[arg-type]
    orders.append(examples.end_session(talk.workspace_id, started.session_id, summary=summary))  # type: ignore[arg-type]
    for order in orders:
        answer = await talk.order(order)
        assert "refusal" not in answer, answer
    return started.session_id


async def job(talk: Talk, session_id: str) -> dict[str, Any]:
    """contracts.replies.Job of a session."""
    job_id = extraction_job_id(talk.workspace_id, session_id)
    found: dict[str, Any] = await talk.ask(GetJob(workspace_id=talk.workspace_id, job_id=job_id))
    return found


async def reaches(talk: Talk, session_id: str, *states: str) -> dict[str, Any]:
    """The session's job once it is in one of these states."""

    async def there() -> bool:
        return (await job(talk, session_id))["status"] in states

    await eventually(there, f"a job that is {' or '.join(states)}")
    return await job(talk, session_id)


async def memories(talk: Talk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await talk.ask(
        ListMemories(workspace_id=talk.workspace_id, readable=("default",), limit=500)
    )
    return found


async def searchable(talk: Talk, count: int) -> None:
    """Until a search knows all the workspace's memories with their vectors."""

    async def known() -> bool:
        return all(it["embedding_status"] == "ready" for it in await memories(talk)) and (
            len(await talk.found(limit=200)) == count
        )

    await eventually(known, f"{count} memories with vectors")


async def written(talk: Talk, kind: str) -> list[dict[str, Any]]:
    """The data of the log's events of that type, in order."""
    return [it["data"] for it in await talk.log() if it["type"] == kind]
