"""A language model as the extractor: a real HTTP endpoint that behaves well, badly, and very badly; real tables."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from contracts.base import extraction_job_id, now
from services.extraction import projections
from services.extraction.asking import PROMPT_VERSION, Budget, Prices
from services.extraction.loops.asking import Asking
from services.extraction.loops.calling import PAUSE_MIN_S, Calling, pause_after
from services.extraction.loops.extracting import Extracting
from services.extraction.loops.ordering import Ordering
from services.extraction.loops.reading import Reading
from services.extraction.store.jobs import Asked, Cause
from services.kit.bus import Bus
from services.kit.llm import LlmFault, LlmSettings, make_llm
from services.kit.postgres import Database, rows
from tests import examples
from tests.extraction.jobs import a_session, job, memories, reaches, written
from tests.extraction.proposing import SAID, a_proposal, proposing
from tests.model_server import Endpoint, Question, Reply, completion, ended, hangs, no, says
from tests.services import Talk, ready, running, sealed
from tests.stack import PATIENCE_S, Servers, eventually

LATER = "Pin Node to version 20 because the PDF renderer segfaults on 22."
ABOUT_LATER = a_proposal(quotes=[LATER], title="Pin Node to version 20", narrative=LATER, concepts=["Node"])


@dataclass
class Rig:
    """Jobs worked through in this process, by a model behind `endpoint`."""

    talk: Talk
    endpoint: Endpoint
    database: Database
    loops: Database
    bus: Bus
    opened: AsyncExitStack

    @property
    def project(self) -> str:
        return f"/home/{self.talk.workspace_id}"

    def extracting(
        self,
        budget: Budget = Budget(),  # noqa: B008 - immutable
        prices: Prices = Prices(),  # noqa: B008
        *,
        timeout_s: float = 10.0,
        pause_s: float = 0.01,
        at_once: int = 1,
    ) -> Extracting:
        settings = LlmSettings(self.endpoint.url, "k", "m", timeout_s=timeout_s, retries_max=0)
        llm = make_llm(settings)
        assert llm is not None
        self.opened.push_async_callback(llm.close)
        asked = Asking(self.database, Calling(self.database, llm, budget, prices, pause_s=pause_s))
        return Extracting(
            self.database, self.loops, Reading(self.bus), Ordering(self.bus), asked, quota_retry_s=0.1, at_once=at_once
        )

    async def session(self, *texts: str, talk: Talk | None = None, summary: str | None = None) -> str:
        """Ended, and its job due."""
        seen = [examples.an_observation(kind="message", content=it, files=()) for it in texts]
        session_id = await a_session(talk or self.talk, summary, seen, project_path=self.project)
        await self.hear_of(session_id, talk=talk)
        return session_id

    async def long_session(self) -> str:
        """Of two windows: SAID is in the first, LATER in the second."""
        filler = "It goes on and on. " * 200
        return await self.session(SAID, *([filler] * 8), LATER)

    async def hear_of(
        self, session_id: str, version: int = 3, cause: Cause = "ended", talk: Talk | None = None
    ) -> None:
        workspace_id = (talk or self.talk).workspace_id
        asked = Asked(extraction_job_id(workspace_id, session_id), session_id, version, now(), cause)
        await projections.apply(self.database, workspace_id, asked)

    async def retry(self, session_id: str) -> None:
        answer = await self.talk.order(examples.retry_extraction(self.talk.workspace_id, session_id))
        assert "refusal" not in answer, answer
        await self.hear_of(session_id, version=4, cause="retried")

    async def until(self, extracting: Extracting, session_id: str, *states: str) -> dict[str, Any]:
        async def there() -> bool:
            await extracting.do_next(self.talk.workspace_id)
            return (await job(self.talk, session_id))["status"] in states

        await eventually(there, f"a job that is {' or '.join(states)}")
        return await job(self.talk, session_id)

    async def rows(self, statement: str) -> list[dict[str, Any]]:
        async with self.database.transaction(self.talk.workspace_id) as connection:
            return await rows(connection, statement, {})

    async def run(self, statement: str) -> None:
        async with self.database.transaction(self.talk.workspace_id) as connection:
            await connection.execute(statement.encode())

    async def outcomes(self) -> list[str | None]:
        return [it["outcome"] for it in await self.rows("SELECT outcome FROM calls ORDER BY call_id")]

    async def titles(self) -> list[str]:
        return sorted(it["title"] for it in await memories(self.talk))

    def heard(self, text: str) -> int:
        """How often something was asked that has this in it; a running service comes upon what other tests left."""
        asked = [it["messages"][1]["content"] for it in self.endpoint.heard]
        return sum(text in it and self.talk.workspace_id in it for it in asked)


@pytest.fixture(scope="module")
def searching(memory_service: Servers) -> Iterator[Servers]:
    """For one module: other tests start a search too."""
    with running(memory_service, "search", WEFT_EMBEDDING="off"):
        yield memory_service


@pytest.fixture
def endpoint(endpoint: Endpoint) -> Endpoint:
    endpoint.replies = [proposing(a_proposal())]
    return endpoint


@pytest.fixture
async def rig(memory: Talk, searching: Servers, endpoint: Endpoint) -> AsyncIterator[Rig]:
    await ready(memory.operator, "search")
    async with AsyncExitStack() as opened:
        pools = [sealed(searching, it, "extraction", size_max=4) for it in ("weft_extraction", "weft_extraction_loops")]
        for pool in pools:
            await pool.open()
            opened.push_async_callback(pool.close)
        bus = Bus(searching.nats_url("extraction"), "extraction")
        await bus.connect()
        opened.push_async_callback(bus.stop)
        yield Rig(memory, endpoint, pools[0], pools[1], bus, opened)


def by_content(**replies: Reply) -> Reply:
    """`SAID` and `LATER`: the reply to whatever has that text in it. From anything else nothing is learnt."""
    texts = {"SAID": SAID, "LATER": LATER}

    async def reply(question: Question, writer: asyncio.StreamWriter) -> None:
        material = question["messages"][1]["content"]
        chosen = next((it for name, it in replies.items() if texts[name] in material), proposing())
        await chosen(question, writer)

    return reply


# ---- what comes of it


async def test_the_model_s_proposals_become_memories_that_say_who_made_them(rig: Rig) -> None:
    rig.endpoint.replies = [proposing(a_proposal(), ABOUT_LATER, a_proposal(quotes=["Nobody ever said this."]))]
    session_id = await rig.session(SAID, LATER)
    done = await rig.until(rig.extracting(prices=Prices(2.0, 10.0)), session_id, "completed")
    assert done["counts"] == {"found": 2, "stored": 2}
    assert await rig.titles() == ["Pin Node to version 20", "Use Redis streams instead of Celery"]
    assert {it["source_session_id"] for it in await memories(rig.talk)} == {session_id}
    for stored in await written(rig.talk, "weft.memory.stored.v1"):
        assert stored["evidence"]["extractor"] == f"llm/m/{PROMPT_VERSION}"
        assert stored["evidence"]["session_id"] == session_id
        [quote] = stored["evidence"]["quotes"]
        assert quote["text"] in (SAID, LATER)
        assert quote["observation_id"].startswith("obs-")


async def test_each_call_is_on_record_and_no_text_stays(rig: Rig) -> None:
    session_id = await rig.session(SAID)
    await rig.until(rig.extracting(prices=Prices(2.0, 10.0)), session_id, "completed")
    [call] = await rig.rows("SELECT * FROM calls")
    asked = {
        name: call[name] for name in ("session_id", "cause", "model", "prompt_version", "part", "parts", "outcome")
    }
    assert asked == {
        "session_id": session_id,
        "cause": "ended",
        "model": "m",
        "prompt_version": PROMPT_VERSION,
        "part": 1,
        "parts": 1,
        "outcome": "answered",
    }
    assert call["job_id"] == extraction_job_id(rig.talk.workspace_id, session_id)
    assert (call["input_tokens"], call["output_tokens"]) == (120, 30)
    assert float(call["cost"]) == pytest.approx((120 * 2 + 30 * 10) / 1e6)
    assert call["begun_at"] <= call["ended_at"]
    assert SAID not in str(call)
    assert await rig.rows("SELECT * FROM answers") == []
    assert await rig.rows("SELECT * FROM steps WHERE learnt IS NOT NULL") == []


async def test_windows_are_asked_one_after_the_other_and_told_once(rig: Rig) -> None:
    twice = a_proposal(quotes=[LATER], importance=0.1)
    rig.endpoint.replies = [by_content(SAID=proposing(a_proposal()), LATER=proposing(ABOUT_LATER, twice))]
    await rig.until(rig.extracting(), await rig.long_session(), "completed")
    assert (rig.heard(SAID), rig.heard(LATER), len(rig.endpoint.heard)) == (1, 1, 2)
    assert await rig.titles() == ["Pin Node to version 20", "Use Redis streams instead of Celery"]
    assert [it["part"] for it in await rig.rows("SELECT part FROM calls WHERE parts = 2 ORDER BY call_id")] == [1, 2]


async def test_a_session_in_which_nothing_was_said_asks_nobody(rig: Rig) -> None:
    session_id = await rig.session()
    assert (await rig.until(rig.extracting(), session_id, "empty"))["reason"]
    assert rig.endpoint.heard == []


# ---- a model that misbehaves


PROSE = says(completion("Here are the memories: we use Redis."))
TRUNCATED = says(completion(json.dumps({"memories": [a_proposal()]})[:-20]))
MANY = [a_proposal(title=f"Number {it}", narrative=f"About x{it} and y{it} alone.") for it in range(10_000)]
VAST = says(completion("x" * 10_000_000))


@pytest.mark.parametrize(
    ("reply", "error", "outcomes"),
    [
        (PROSE, "llm_unshaped", ["unshaped"] * 3),
        (TRUNCATED, "llm_unshaped", ["unshaped"] * 3),
        (says(ended("length")), "llm_cut_off", ["cut_off"]),
        (says(ended("content_filter")), "llm_filtered", ["filtered"]),
        (says(completion(None, refusal="I'd rather not")), "llm_declined", ["declined"]),
        (no(413), "llm_not_taken", ["not_taken"]),
        (VAST, "llm_too_large", ["too_large"]),
        (proposing(*MANY), "llm_too_large", ["too_large"]),
    ],
    ids=["prose", "truncated", "cut off", "filtered", "refusal", "not taken", "10 MB", "10,000 memories"],
)
async def test_a_session_that_gets_no_usable_answer_fails_says_how_and_can_be_retried(
    rig: Rig, reply: Reply, error: str, outcomes: list[str]
) -> None:
    extracting = rig.extracting()
    rig.endpoint.replies = [reply]
    session_id = await rig.session(SAID)
    found = await rig.until(extracting, session_id, "failed")
    assert (found["error"], found["memory_ids"]) == (error, [])
    assert await rig.outcomes() == outcomes
    assert await rig.titles() == [], "nothing else takes the model's place"
    rig.endpoint.replies = [proposing(a_proposal())]
    await rig.retry(session_id)
    assert (await rig.until(extracting, session_id, "completed"))["counts"] == {"found": 1, "stored": 1}
    assert await rig.outcomes() == [*outcomes, "answered"]
    assert [it["cause"] for it in await rig.rows("SELECT cause FROM calls ORDER BY call_id")][-1] == "retried"


@pytest.mark.parametrize(
    ("reply", "reason", "outcome"),
    [
        (no(429, retry_after="1"), "does not answer: m: status 429", "unanswered"),
        (no(500), "does not answer: m: status 500", "unanswered"),
        (hangs, "does not answer: m: no answer within", "failed"),
        (no(401), "can't be used as it is set up: m: status 401", "misconfigured"),
    ],
    ids=["429", "500", "nothing", "401"],
)
async def test_while_the_model_does_not_answer_a_job_waits_says_why_and_goes_on_by_itself(
    rig: Rig, reply: Reply, reason: str, outcome: str
) -> None:
    extracting = rig.extracting(timeout_s=1.0)
    rig.endpoint.replies = [reply]
    session_id = await rig.session(SAID)
    await extracting.do_next(rig.talk.workspace_id)
    waiting = await job(rig.talk, session_id)
    assert waiting["status"] == "waiting"
    assert reason in waiting["reason"]
    assert await rig.outcomes() == [outcome]
    [call] = await rig.rows("SELECT input_tokens FROM calls")
    assert bool(call["input_tokens"]) == (outcome == "failed"), "only what may have been read is counted"
    rig.endpoint.replies = [proposing(a_proposal())]
    assert (await rig.until(rig.extracting(), session_id, "completed"))["counts"] == {"found": 1, "stored": 1}
    assert await rig.titles() == ["Use Redis streams instead of Celery"]


async def test_an_endpoint_that_wants_a_pause_gets_it_from_everybody(rig: Rig) -> None:
    extracting = rig.extracting()
    rig.endpoint.replies = [no(429, retry_after="600")]
    first, second = await rig.session(SAID), await rig.session(SAID)
    for _ in range(2):
        await extracting.do_next(rig.talk.workspace_id)
    assert [(await job(rig.talk, it))["status"] for it in (first, second)] == ["waiting", "waiting"]
    assert "asked for a pause" in (await job(rig.talk, second))["reason"]
    assert len(rig.endpoint.heard) == 1


def test_the_pause_is_what_the_endpoint_says_or_grows_to_an_hour() -> None:
    assert pause_after(LlmFault("x", 42.0), 9, 10.0) == 42.0
    assert pause_after(LlmFault("x", 0.0), 0, 10.0) == PAUSE_MIN_S
    assert [pause_after(LlmFault("x"), it, 10.0) for it in (0, 1, 2, 5_000)] == [10.0, 20.0, 40.0, 3_600.0]


async def test_other_workspaces_go_on_while_one_gets_no_answer(rig: Rig) -> None:
    other = Talk(rig.talk.operator, examples.a_workspace_id())
    await other.order(examples.open_workspace(other.workspace_id))
    rig.endpoint.replies = [by_content(SAID=hangs, LATER=proposing(ABOUT_LATER))]
    stuck = await rig.session(SAID)
    working = asyncio.create_task(rig.extracting(timeout_s=PATIENCE_S, at_once=2).run())
    try:

        async def hanging() -> bool:
            return rig.heard(SAID) == 1

        await eventually(hanging, "a question that gets no answer")
        for _ in range(2):
            await reaches(other, await rig.session(LATER, talk=other), "completed")
        assert (await job(rig.talk, stuck))["status"] == "running"
        assert rig.heard(SAID) == 1
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_of_two_thousand_memories_twenty_are_kept(rig: Rig) -> None:
    rig.endpoint.replies = [proposing(*MANY[:2_000])]
    done = await rig.until(rig.extracting(), await rig.session(SAID), "completed")
    assert done["counts"]["found"] == 20
    assert len(await memories(rig.talk)) == 20


async def test_a_forbidden_type_another_workspace_and_invented_ids_come_to_nothing(rig: Rig) -> None:
    other = Talk(rig.talk.operator, examples.a_workspace_id())
    await other.order(examples.open_workspace(other.workspace_id))
    elsewhere = {"workspace_id": other.workspace_id, "namespace": "other", "observation_ids": ["obs-" + "0" * 16]}
    rig.endpoint.replies = [
        proposing(
            a_proposal(memory_type="wiki"),
            a_proposal(memory_type="sdlc_knowledge"),
            a_proposal(quotes=["obs-0000000000000000"], **elsewhere),
            ABOUT_LATER | elsewhere,
        )
    ]
    session_id = await rig.session(SAID, LATER)
    await rig.until(rig.extracting(), session_id, "completed")
    [made] = await memories(rig.talk)
    assert (made["memory_type"], made["namespace"]) == ("decision", "default")
    [stored] = await written(rig.talk, "weft.memory.stored.v1")
    assert [it["text"] for it in stored["evidence"]["quotes"]] == [LATER]
    assert stored["evidence"]["quotes"][0]["observation_id"] != "obs-" + "0" * 16
    assert await memories(other) == []


# ---- budgets


@pytest.mark.parametrize(
    ("budget", "reason"),
    [(Budget(1, None), "budget of model calls (1 a day)"), (Budget(None, 9_000), "9000 model tokens a day")],
    ids=["calls", "tokens"],
)
async def test_over_budget_a_job_waits_visibly_and_goes_on_the_next_day(rig: Rig, budget: Budget, reason: str) -> None:
    first = proposing(a_proposal(), input_tokens=8_000)
    rig.endpoint.replies = [by_content(SAID=first, LATER=proposing(ABOUT_LATER))]
    extracting = rig.extracting(budget)
    session_id = await rig.long_session()
    await extracting.do_next(rig.talk.workspace_id)
    waiting = await job(rig.talk, session_id)
    assert waiting["status"] == "waiting"
    assert reason in waiting["reason"]
    assert (rig.heard(SAID), rig.heard(LATER)) == (1, 0)
    [due] = await rig.rows("SELECT (due_at - interval '1 second') AT TIME ZONE 'UTC' AS at, now() AS now FROM jobs")
    assert due["at"].date() > due["now"].date()
    assert (due["at"].hour, due["at"].minute) == (0, 0)
    await rig.run("UPDATE calls SET begun_at = begun_at - interval '1 day'")
    await rig.run("UPDATE jobs SET due_at = now()")  # as if it were tomorrow
    done = await rig.until(extracting, session_id, "completed")
    assert done["counts"] == {"found": 2, "stored": 2}
    assert (rig.heard(SAID), rig.heard(LATER)) == (1, 1), "the first window's answer was kept"


async def test_what_surely_cost_nothing_does_not_count(rig: Rig) -> None:
    extracting = rig.extracting(Budget(1, None))
    rig.endpoint.replies = [no(500), no(401), proposing(a_proposal())]
    session_id = await rig.session(SAID)
    await rig.until(extracting, session_id, "completed")
    assert await rig.outcomes() == ["unanswered", "misconfigured", "answered"]


# ---- what was answered is not asked again


async def test_a_retry_asks_about_the_windows_that_got_no_answer_alone(rig: Rig) -> None:
    rig.endpoint.replies = [by_content(SAID=proposing(a_proposal()), LATER=PROSE)]
    extracting = rig.extracting()
    session_id = await rig.long_session()
    await rig.until(extracting, session_id, "failed")
    assert (rig.heard(SAID), rig.heard(LATER)) == (1, 3)
    rig.endpoint.replies = [proposing(ABOUT_LATER)]
    await rig.retry(session_id)
    await rig.until(extracting, session_id, "completed")
    assert (rig.heard(SAID), rig.heard(LATER)) == (1, 4)
    assert await rig.titles() == ["Pin Node to version 20", "Use Redis streams instead of Celery"]
    assert await rig.rows("SELECT * FROM answers") == []


async def test_an_empty_session_that_is_retried_asks_nobody(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.endpoint.replies = [proposing(), proposing(a_proposal())]
    extracting = rig.extracting()
    session_id = await rig.session(SAID)
    await rig.until(extracting, session_id, "empty")
    await rig.retry(session_id)
    await rig.until(extracting, session_id, "empty")
    assert len(rig.endpoint.heard) == 1
    monkeypatch.setattr("services.extraction.asking.windows.PROMPT_VERSION", "another")
    assert (await job(rig.talk, session_id))["attempts"] == 2
    answer = await rig.talk.order(examples.retry_extraction(rig.talk.workspace_id, session_id))
    assert "refusal" not in answer
    await rig.hear_of(session_id, version=5, cause="retried")
    await rig.until(extracting, session_id, "completed")
    assert len(rig.endpoint.heard) == 2


async def test_calls_and_answers_of_another_workspace_can_not_be_seen(rig: Rig) -> None:
    rig.endpoint.replies = [by_content(SAID=proposing(a_proposal()), LATER=PROSE)]
    await rig.until(rig.extracting(), await rig.long_session(), "failed")
    assert len(await rig.rows("SELECT * FROM calls")) == 4
    assert len(await rig.rows("SELECT * FROM answers")) == 1
    async with rig.database.transaction("ws-000000000000") as connection:
        for table in ("calls", "answers"):
            assert await rows(connection, f"SELECT * FROM {table}", {}) == []


# ---- the whole service


@pytest.fixture
def started(searching: Servers, endpoint: Endpoint) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Starts the service as a process that has this model; the last one is told to stop at the end."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(**settings: str) -> "subprocess.Popen[bytes]":
        model = {"WEFT_LLM_BASE_URL": endpoint.url, "WEFT_LLM_API_KEY": "k", "WEFT_LLM_MODEL": "m"}
        environment = {**os.environ, **searching.environment("extraction"), **model, **settings}
        processes.append(subprocess.Popen([sys.executable, "-m", "services.extraction.app"], env=environment))
        return processes[-1]

    yield start
    for process in processes:
        process.terminate()
        process.wait(30)
    assert processes[-1].returncode == 0


@pytest.mark.slow
async def test_a_kill_between_two_windows_asks_about_the_first_one_once(
    rig: Rig, started: Callable[..., "subprocess.Popen[bytes]"]
) -> None:
    rig.endpoint.replies = [by_content(SAID=proposing(a_proposal()), LATER=hangs)]
    first = started()
    await ready(rig.talk.operator, "extraction")
    filler = "It goes on and on. " * 200
    seen = [examples.an_observation(kind="message", content=it) for it in (SAID, *([filler] * 8), LATER)]
    session_id = await a_session(rig.talk, None, seen, project_path=rig.project)

    async def asked_twice() -> bool:
        return rig.heard(LATER) == 1

    await eventually(asked_twice, "a question about the second window")
    first.send_signal(signal.SIGKILL)
    await asyncio.to_thread(first.wait)
    rig.endpoint.replies = [by_content(SAID=proposing(a_proposal()), LATER=proposing(ABOUT_LATER))]
    started()
    done = await reaches(rig.talk, session_id, "completed")
    assert done["counts"] == {"found": 2, "stored": 2}
    assert (rig.heard(SAID), rig.heard(LATER)) == (1, 2)
    assert await rig.outcomes() == ["answered", None, "answered"], "the one that was killed may have cost"
    assert await rig.titles() == ["Pin Node to version 20", "Use Redis streams instead of Celery"]
