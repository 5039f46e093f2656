"""Nightly work on a real bus and a real database."""

from typing import Any

from contracts.queries import GetJob, ListJobs, OfWorkspace
from tests import examples
from tests.services import Talk


async def verified(memory: Talk) -> list[str]:
    found = await memory.operator.request("memory", "verify", OfWorkspace(workspace_id=memory.workspace_id))
    differences: list[str] = found["differences"]
    return differences


async def test_a_job_of_a_day_is_listed_and_made_anew_like_any_other(memory: Talk) -> None:
    command = examples.start_maintenance(memory.workspace_id, "consolidation")
    answer = (await memory.order(command))["body"]
    assert (answer["kind"], answer["day"], answer["status"]) == ("consolidation", "2026-03-14", "queued")
    assert (await memory.order(examples.start_maintenance(memory.workspace_id, "consolidation")))["body"] == answer

    async def listed() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await memory.ask(ListJobs(workspace_id=memory.workspace_id))
        return found

    before = await listed()
    assert [it["job_id"] for it in before] == [command.job_id]
    await memory.operator.request("memory", "rebuild", OfWorkspace(workspace_id=memory.workspace_id))
    assert await listed() == before
    assert await memory.ask(GetJob(workspace_id=memory.workspace_id, job_id=command.job_id)) == answer
    assert await verified(memory) == []
