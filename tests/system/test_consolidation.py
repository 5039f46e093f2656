"""Consolidation on the whole stack: a kill -9 in the middle of it folds nothing twice and forgets nothing."""

import asyncio
from typing import Any

import pytest

from contracts.queries import GetJob, GetNearDuplicates, ListMemories
from deploy.admin.bus import OperatorSettings, operator
from tests import examples
from tests.services import Talk
from tests.stack import Stack, Workspace, eventually
from tests.system.agreement import agreement

pytestmark = pytest.mark.slow

GROUPS = 60
ANIMALS = ("otters", "badgers", "herons", "foxes", "newts", "owls", "voles", "hares", "moles", "swifts")
PLACES = ("harbour", "mill", "quarry", "orchard", "chapel", "viaduct")


def told(group: int) -> str:
    return f"{group * 7919} {ANIMALS[group % 10]} were counted at the {PLACES[group // 10]} in {1900 + group}."


async def test_a_kill_in_the_middle_folds_each_once(stack: Stack, workspace: Workspace) -> None:
    async with operator(OperatorSettings(nats_url=stack.nats_url("admin"), key_pepper="unused")) as connected:
        talk = Talk(connected, workspace.workspace_id)
        drafts = [
            examples.a_draft(title=f"Count {group}", narrative=told(group), tags=(), concepts=(), source_files=())
            for group in range(GROUPS)
            for _ in range(2)
        ]
        await asyncio.gather(*(talk.order(examples.store(talk.workspace_id, it)) for it in drafts))
        await eventually(lambda: _all_are_known(talk), "all near duplicates")
        order = examples.start_maintenance(talk.workspace_id, "consolidation")
        await talk.order(order)
        await eventually(lambda: _folded(talk, 5), "the first to be folded")
        killed = stack.kill("extraction")
        found = await _job(talk, order.job_id)
        await asyncio.to_thread(stack.wait_restarted, "extraction", killed)

        async def ended() -> bool:
            return (await _job(talk, order.job_id))["status"] in ("completed", "empty", "failed")

        await eventually(ended, "the end of the job")
        job = await _job(talk, order.job_id)
        assert found["status"] == "running", "it was not killed in the middle"
        assert (job["status"], job["attempts"]) == ("completed", 1)
        listed = await _listed(talk)
        assert job["counts"]["folded"] == len(drafts) - len(listed)
        assert job["counts"]["survivors"] == len(job["memory_ids"]) == sum(it["is_consolidated"] for it in listed)
        consolidated = [it["subject"] for it in await talk.log() if it["type"] == "weft.memory.consolidated.v1"]
        assert sorted(consolidated) == sorted(job["memory_ids"]), "each once"
        await agreement(stack, talk.workspace_id)


async def _all_are_known(talk: Talk) -> bool:
    """Whether each memory has a near duplicate, as far as the graph knows."""
    return {end for pair in await _pairs(talk) for end in pair} >= {it["memory_id"] for it in await _listed(talk)}


async def _pairs(talk: Talk) -> set[tuple[str, str]]:
    found = await talk.ask(GetNearDuplicates(workspace_id=talk.workspace_id, namespace="default", limit=200))
    assert found["next"] is None
    return {(it["one"], it["other"]) for it in found["pairs"]}


async def _folded(talk: Talk, count: int) -> bool:
    return len([it for it in await _listed(talk) if it["is_consolidated"]]) >= count


async def _listed(talk: Talk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await talk.ask(
        ListMemories(workspace_id=talk.workspace_id, readable=("default",), limit=500)
    )
    return found


async def _job(talk: Talk, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = await talk.ask(GetJob(workspace_id=talk.workspace_id, job_id=job_id))
    return found
