"""The language model's door against a real HTTP server that behaves well, badly, and very badly."""

import asyncio
import gzip
import json
import sys
import time
import traceback
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal

import pytest
from prometheus_client import REGISTRY
from pydantic import BaseModel, ConfigDict, Field

from services.kit.errors import Transient
from services.kit.llm import Llm, LlmFault, LlmMisconfigured, LlmRefused, LlmSettings, Usage, make_llm
from services.kit.llm.remote import RemoteLlm
from services.kit.llm.schema import strict_schema
from tests.model_server import Endpoint, Question, Reply, completion, ended, hangs, hangs_up, no, says, trickle

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("counted")]

KEY = "sk-very-secret"
MATERIAL = "my private memory"


class Mood(BaseModel):
    """How it sounds."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    mood: Literal["glad", "sad"]
    strength: float = Field(ge=0, le=1)
    title: str | None = None


GLAD = json.dumps({"mood": "glad", "strength": 0.5, "title": None})

Opened = Callable[..., Llm]


@pytest.fixture
async def open_llm(endpoint: Endpoint) -> AsyncIterator[Opened]:
    opened: list[Llm] = []

    def open_one(**settings: Any) -> Llm:
        given: dict[str, Any] = {"base_url": endpoint.url, "api_key": KEY, "model": "m", "timeout_s": 1.0}
        llm = make_llm(LlmSettings(**given | settings))
        assert llm
        opened.append(llm)
        return llm

    yield open_one
    for llm in opened:
        await llm.close()


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


# ---- which one


@pytest.mark.parametrize("nothing", [{}, {"base_url": "", "api_key": "", "model": ""}])
def test_without_settings_there_is_no_model(nothing: dict[str, Any]) -> None:
    assert make_llm(LlmSettings(**nothing)) is None


@pytest.mark.parametrize("half", [{"model": "m"}, {"api_key": KEY}, {"base_url": "http://127.0.0.1:9/v1"}])
def test_settings_by_half_are_an_error_at_the_start(half: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="WEFT_LLM_MODEL") as refused:
        make_llm(LlmSettings(**half))
    assert KEY not in str(refused.value)


async def test_a_key_alone_means_openai_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/elsewhere")
    llm = make_llm(LlmSettings(api_key=KEY, model="m"))
    assert isinstance(llm, RemoteLlm)
    assert str(llm._client.base_url) == "https://api.openai.com/v1/"
    assert llm.name == "m"
    await llm.close()


async def test_importing_the_door_and_having_no_model_loads_no_client_library() -> None:
    code = (
        "import sys; from services.kit.llm import LlmSettings, make_llm; make_llm(LlmSettings());"
        "sys.exit('openai' in sys.modules or 'httpx2' in sys.modules)"
    )
    python = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await python.wait() == 0


# ---- asking and answering


async def test_an_answer_comes_in_the_shape_with_what_it_cost(endpoint: Endpoint, open_llm: Opened) -> None:
    endpoint.replies = [says(completion(GLAD))]
    before = metric("weft_llm_tokens_total", direction="input"), metric("weft_llm_tokens_total", direction="output")
    calls = metric("weft_llm_calls_total", outcome="answered")
    answer = await open_llm().answer("Say how it sounds.", MATERIAL, Mood)
    assert answer.value == Mood(mood="glad", strength=0.5)
    assert answer.usage == Usage(120, 30)
    after = metric("weft_llm_tokens_total", direction="input"), metric("weft_llm_tokens_total", direction="output")
    assert (after[0] - before[0], after[1] - before[1]) == (120, 30)
    assert metric("weft_llm_calls_total", outcome="answered") == calls + 1


async def test_what_is_asked_is_what_every_endpoint_takes(endpoint: Endpoint, open_llm: Opened) -> None:
    endpoint.replies = [says(completion(GLAD))]
    await open_llm(output_tokens_max=77).answer("Say how it sounds.", MATERIAL, Mood)
    [asked] = endpoint.heard
    assert asked == {
        "model": "m",
        "messages": [{"role": "system", "content": "Say how it sounds."}, {"role": "user", "content": MATERIAL}],
        "temperature": 0,
        "max_tokens": 77,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "Mood", "strict": True, "schema": strict_schema(Mood)},
        },
    }
    assert f"authorization: bearer {KEY}" in endpoint.heads[0].lower()
    assert "accept-encoding: identity" in endpoint.heads[0].lower()


def test_a_strict_schema_has_all_properties_required_and_no_bounds() -> None:
    class Inner(BaseModel):
        names: list[str] = Field(max_length=3)

    class Outer(BaseModel):
        title: str = Field("x", max_length=5, description="kept")
        inner: Inner = Field(description="dropped beside a reference")
        either: Inner | None = None

    assert strict_schema(Outer) == {
        "$defs": {
            "Inner": {
                "type": "object",
                "properties": {"names": {"type": "array", "items": {"type": "string"}}},
                "required": ["names"],
                "additionalProperties": False,
            }
        },
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "kept"},
            "inner": {"$ref": "#/$defs/Inner"},
            "either": {"anyOf": [{"$ref": "#/$defs/Inner"}, {"type": "null"}]},
        },
        "required": ["title", "inner", "either"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": None, "completion_tokens": -3}])
async def test_the_cost_is_estimated_where_the_endpoint_does_not_say(
    endpoint: Endpoint, open_llm: Opened, usage: object
) -> None:
    endpoint.replies = [says(completion(GLAD) | {"usage": usage})]
    answer = await open_llm().answer("i" * 30, "m" * 11, Mood)
    assert answer.usage == Usage(11, -(-len(GLAD) // 4))


# ---- what a model does not take


async def test_a_model_without_temperature_and_with_the_newer_bound_is_asked_as_it_wants(
    endpoint: Endpoint, open_llm: Opened
) -> None:
    endpoint.replies = [no(400, "temperature"), no(400, "max_tokens"), says(completion(GLAD))]
    llm = open_llm(retries_max=0, output_tokens_max=77)
    assert (await llm.answer("", MATERIAL, Mood)).value.mood == "glad"
    assert "temperature" not in endpoint.heard[-1]
    assert "max_tokens" not in endpoint.heard[-1]
    assert endpoint.heard[-1]["max_completion_tokens"] == 77
    await llm.answer("", MATERIAL, Mood)
    assert len(endpoint.heard) == 4, "learnt once"


async def test_two_that_learn_it_at_once_are_both_answered(endpoint: Endpoint, open_llm: Opened) -> None:
    async def takes_no_temperature(question: Question, writer: asyncio.StreamWriter) -> None:
        await (no(400, "temperature") if "temperature" in question else says(completion(GLAD)))(question, writer)

    endpoint.replies = [takes_no_temperature]
    llm = open_llm(retries_max=0)
    answers = await asyncio.gather(*(llm.answer("", MATERIAL, Mood) for _ in range(2)))
    assert [answer.value.mood for answer in answers] == ["glad", "glad"]


@pytest.mark.parametrize("param", ["response_format", "response_format.json_schema", "model", "max_completion_tokens"])
async def test_a_question_that_no_material_could_mend_is_no_fault_of_the_material(
    endpoint: Endpoint, open_llm: Opened, param: str
) -> None:
    endpoint.replies = [no(400, param)]
    with pytest.raises(LlmMisconfigured):
        await open_llm().answer("", MATERIAL, Mood)
    assert len(endpoint.heard) == 1


# ---- faults


@pytest.mark.parametrize("passing", [408, 409, 425, 429, 500, 503])
async def test_what_may_pass_is_tried_again(endpoint: Endpoint, open_llm: Opened, passing: int) -> None:
    endpoint.replies = [no(passing), says(completion(GLAD))]
    assert (await open_llm().answer("", MATERIAL, Mood)).value.mood == "glad"
    assert len(endpoint.heard) == 2


async def test_what_does_not_pass_soon_is_a_fault(endpoint: Endpoint, open_llm: Opened) -> None:
    endpoint.replies = [no(500)]
    failed = metric("weft_llm_calls_total", outcome="failed")
    with pytest.raises(LlmFault) as fault:
        await open_llm(retries_max=1).answer("", MATERIAL, Mood)
    assert len(endpoint.heard) == 2
    assert fault.value.retry_after_s is None
    assert fault.value.free, "an error instead of an answer costs nothing"
    assert metric("weft_llm_calls_total", outcome="failed") == failed + 1


async def test_a_long_pause_is_the_caller_s_to_keep(endpoint: Endpoint, open_llm: Opened) -> None:
    endpoint.replies = [no(429, retry_after="30")]
    with pytest.raises(LlmFault, match="429") as fault:
        await open_llm().answer("", MATERIAL, Mood)
    assert fault.value.retry_after_s == 30.0
    assert len(endpoint.heard) == 1


async def test_a_short_pause_is_kept_here(endpoint: Endpoint, open_llm: Opened) -> None:
    endpoint.replies = [no(429, retry_after="0"), no(503, retry_after="0"), no(429, retry_after="0.25")]
    with pytest.raises(LlmFault) as fault:
        await open_llm().answer("", MATERIAL, Mood)
    assert fault.value.retry_after_s == 0.25
    assert len(endpoint.heard) == 3


@pytest.mark.parametrize("mendable", [401, 402, 403, 404])
async def test_a_wrong_key_or_model_is_said_at_once_and_waits_to_be_mended(
    endpoint: Endpoint, open_llm: Opened, mendable: int
) -> None:
    endpoint.replies = [no(mendable)]
    misconfigured = metric("weft_llm_calls_total", outcome="misconfigured")
    with pytest.raises(LlmMisconfigured, match=str(mendable)) as fault:
        await open_llm().answer("", MATERIAL, Mood)
    assert isinstance(fault.value, Transient)
    assert len(endpoint.heard) == 1
    assert metric("weft_llm_calls_total", outcome="misconfigured") == misconfigured + 1


async def test_an_endpoint_that_is_not_there_is_a_fault_that_costs_nothing(open_llm: Opened) -> None:
    with pytest.raises(LlmFault) as fault:
        await open_llm(base_url="http://127.0.0.1:9/v1", retries_max=0).answer("", MATERIAL, Mood)
    assert fault.value.free


@pytest.mark.parametrize(
    "silence",
    [hangs, trickle(200, b" ", 0.05), trickle(500, b" ", 0.05)],
    ids=["nothing", "a trickle", "a trickling error"],
)
async def test_an_endpoint_that_does_not_come_to_an_end_is_a_fault(
    endpoint: Endpoint, open_llm: Opened, silence: Reply
) -> None:
    endpoint.replies = [silence]
    started = time.perf_counter()
    with pytest.raises(LlmFault) as fault:
        await open_llm(timeout_s=0.4, retries_max=0).answer("", MATERIAL, Mood)
    assert not fault.value.free, "nobody knows what it was about to say"
    assert time.perf_counter() - started < 3.0


@pytest.mark.parametrize(
    "nonsense",
    [
        hangs_up,
        says(b"<html>captive portal</html>"),
        says({}),
        says({"choices": []}),
        says({"error": {"message": "busy"}}),
        says({"choices": [{"message": None}]}),
        says(gzip.compress(json.dumps(completion(GLAD)).encode()), content_encoding="gzip"),
    ],
)
async def test_what_is_no_completion_is_the_endpoint_s_fault(
    endpoint: Endpoint, open_llm: Opened, nonsense: Reply
) -> None:
    endpoint.replies = [nonsense]
    with pytest.raises(LlmFault):
        await open_llm(retries_max=0).answer("", MATERIAL, Mood)


# ---- refusals


@pytest.mark.parametrize("final", [400, 413, 422])
@pytest.mark.parametrize("param", [None, "messages"])
async def test_material_that_is_not_taken_is_refused_at_once(
    endpoint: Endpoint, open_llm: Opened, final: int, param: str | None
) -> None:
    endpoint.replies = [no(final, param)]
    with pytest.raises(LlmRefused, match=str(final)) as refused:
        await open_llm().answer("", MATERIAL, Mood)
    assert not isinstance(refused.value, Transient)
    assert (refused.value.kind, refused.value.usage) == ("not_taken", None)
    assert len(endpoint.heard) == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (ended("length"), "cut_off"),
        (ended("content_filter"), "filtered"),
        (completion(None, refusal="I'd rather not"), "declined"),
        (completion(None), "declined"),
        (completion(""), "unshaped"),
        (completion("I think it sounds glad."), "unshaped"),
        (completion('{"mood": "angry", "strength": 0.5, "title": null}'), "unshaped"),
        (completion('{"mood": "glad", "strength": 7, "title": null}'), "unshaped"),
        (completion('{"mood": "glad", "strength": NaN, "title": null}'), "unshaped"),
        (completion('{"mood": "glad", "strength": 0.5, "title": "\\ud800"}'), "unshaped"),
        (completion('{"mood": "glad", "strength": 0.5, "title": null, "more": 1}'), "unshaped"),
        (completion("[" * 100_000), "unshaped"),
    ],
)
async def test_what_is_not_in_the_shape_is_refused_and_paid_for(
    endpoint: Endpoint, open_llm: Opened, body: dict[str, Any], kind: str
) -> None:
    endpoint.replies = [says(body)]
    spent = metric("weft_llm_tokens_total", direction="output")
    refusals = metric("weft_llm_calls_total", outcome="refused")
    with pytest.raises(LlmRefused) as refused:
        await open_llm().answer("", MATERIAL, Mood)
    assert (refused.value.kind, refused.value.usage) == (kind, Usage(120, 30))
    assert len(endpoint.heard) == 1
    assert metric("weft_llm_tokens_total", direction="output") == spent + 30
    assert metric("weft_llm_calls_total", outcome="refused") == refusals + 1


@pytest.mark.parametrize(
    "flood",
    [says(completion("x" * 10_000_000)), trickle(200, b" " * 65_536, 0.0)],
    ids=["10 MB", "without an end"],
)
async def test_an_answer_beyond_the_bound_is_not_read_to_its_end(
    endpoint: Endpoint, open_llm: Opened, flood: Reply
) -> None:
    endpoint.replies = [flood]
    with pytest.raises(LlmRefused, match="1000000 bytes") as refused:
        await open_llm(timeout_s=20.0).answer("", MATERIAL, Mood)
    assert refused.value.kind == "too_large"
    assert len(endpoint.heard) == 1


async def test_an_error_beyond_the_bound_is_still_the_error_that_it_is(endpoint: Endpoint, open_llm: Opened) -> None:
    endpoint.replies = [trickle(503, b" " * 65_536, 0.0)]
    with pytest.raises(LlmFault, match="503"):
        await open_llm(timeout_s=20.0, retries_max=0).answer("", MATERIAL, Mood)


@pytest.mark.parametrize(
    "reply", [no(400), no(401), no(500), no(429), says(completion(MATERIAL)), says({"error": MATERIAL}), hangs_up]
)
async def test_no_fault_repeats_the_material_or_the_key(endpoint: Endpoint, open_llm: Opened, reply: Reply) -> None:
    endpoint.replies = [reply]
    with pytest.raises((LlmFault, LlmRefused)) as fault:
        await open_llm(retries_max=0).answer("", MATERIAL, Mood)
    logged = "".join(traceback.format_exception(fault.value))
    assert "private" not in logged
    assert "secret" not in logged
