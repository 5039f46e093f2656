"""Spans, and what is said of a trace where nobody listens; what a subject and a fault are called."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NoOpTracer, StatusCode, format_trace_id

from contracts import subjects
from contracts.commands import COMMANDS
from contracts.events import EVENTS
from services.kit import telemetry
from services.kit.grouping import Group
from services.kit.telemetry import logs, traces

SENDER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def listened() -> Iterator[InMemorySpanExporter]:
    """Somebody listens meanwhile."""
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    traces.listen(provider.get_tracer("weft"))
    yield kept
    traces.listen(NoOpTracer())


def test_where_nobody_listens_the_senders_trace_is_handed_on_as_it_is() -> None:
    with telemetry.asked_over_http(SENDER), telemetry.message("send", "commands.ws-a.memory.mem-a.store"):
        assert telemetry.carried({"a": "b"}) == {"a": "b", "traceparent": SENDER}
    with telemetry.message("process", "events.ws-a.memory.mem-a.stored", SENDER), telemetry.stage("index"):
        assert telemetry.traceparent() == SENDER
    assert telemetry.traceparent() is None


@pytest.mark.parametrize("said", [None, "", "kingfisher", SENDER.replace("4", "g"), f"00-{'0' * 32}-{'0' * 16}-01"])
def test_what_names_no_trace_is_not_handed_on(said: str | None) -> None:
    with telemetry.asked_over_http(said):
        assert telemetry.carried() is None
    with telemetry.message("process", "events.ws-a.memory.mem-a.stored", said):
        assert telemetry.carried() is None


def test_what_services_do_by_themselves_is_in_no_trace(listened: InMemorySpanExporter) -> None:
    with telemetry.stage("relay"), telemetry.message("send", "events.ws-a.memory.mem-a.stored"):
        assert telemetry.carried() is None
    assert listened.get_finished_spans() == ()


def test_a_span_says_of_a_fault_of_which_type_it_is_and_nothing_else(listened: InMemorySpanExporter) -> None:
    with pytest.raises(KeyError), telemetry.asked_over_http(SENDER), telemetry.stage("index"):
        raise KeyError("kingfisher")
    for span in listened.get_finished_spans():
        assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)
        assert (dict(span.attributes or {}), span.events) == ({"error.type": "KeyError"}, ())


def test_a_line_of_a_log_names_the_trace_that_it_belongs_to() -> None:
    line: structlog.typing.EventDict = {}
    with telemetry.asked_over_http(SENDER):
        logs._add_trace(None, "info", line)
    assert line == {"trace_id": SENDER.split("-")[1], "span_id": SENDER.split("-")[2]}
    assert logs._add_trace(None, "info", {}) == {}


WARNS = """
import warnings
from pydantic import BaseModel
from services.kit.telemetry import logs
class Note(BaseModel):
    tags: tuple[str, ...]
logs.start_logging("search")
Note.model_construct(tags=["kingfisher"]).model_dump_json()
warnings.warn("plain http")
"""


def test_a_librarys_warning_is_a_line_like_all_others_unless_it_quotes_values() -> None:
    said = subprocess.run([sys.executable, "-c", WARNS], capture_output=True, text=True, check=True).stderr
    line = json.loads(said)
    assert (line["service"], line["level"]) == ("search", "warning")
    assert "plain http" in line["event"]


async def test_what_several_share_is_in_the_trace_of_the_first_and_linked_with_the_others(
    listened: InMemorySpanExporter,
) -> None:
    """Also what the first one begun goes on with for those that came later is not in its trace."""

    async def work(items: Sequence[int]) -> Sequence[int]:
        with telemetry.stage("transaction"):
            await asyncio.sleep(0)
        return items

    group: Group[int, int] = Group(work, size_max=2, stage="together")

    async def ask(number: int) -> None:
        with telemetry.asked_over_http(f"00-{number:032x}-00f067aa0ba902b7-01"):
            await group.submit(number)

    await asyncio.gather(*(ask(number) for number in (1, 2, 3)), group.submit(4))
    spans = listened.get_finished_spans()
    first, second = (span for span in spans if span.name == "together")
    assert [(_trace(first), _linked(first)), (_trace(second), _linked(second))] == [(1, [2]), (3, [])]
    assert [_trace(span) for span in spans if span.name == "transaction"] == [1, 3]
    asked = {_trace(span): _linked(span) for span in spans if span.name == "HTTP"}
    assert asked == {1: [], 2: [1], 3: []}


def _trace(span: ReadableSpan) -> int:
    assert span.context is not None
    return int(format_trace_id(span.context.trace_id), 16)


def _linked(span: ReadableSpan) -> list[int]:
    return [link.context.trace_id for link in span.links]


@pytest.mark.parametrize(
    ("subject", "template"),
    [
        ("commands.ws-a.memory.mem-a.store", "commands.*.memory.*.store"),
        ("commands.ws-a.memory.mem-a.kingfisher", "commands.>"),
        ("events.ws-a.document.doc-a.erased", "events.*.document.*.erased"),
        ("events.ws-a.kingfisher.doc-a.erased", "events.>"),
        ("derived.ws-a.chunks.doc-a.4", "derived.*.chunks.*.*"),
        ("derived.ws-a.calls", "derived.*.calls"),
        ("derived.ws-a.kingfisher", "derived.>"),
        ("parked.memory.ws-a", "parked.memory.*"),
        ("$KV.KEYS.kingfisher", "$KV.KEYS.*"),
        ("queries.search.run", "queries.search.run"),
        ("$JS.API.STREAM.MSG.GET.KV_KEYS", "$JS.API.STREAM.MSG.GET.KV_KEYS"),
        ("kingfisher", "kingfisher.>"),
    ],
)
def test_a_template_is_a_subject_without_what_is_somebodys(subject: str, template: str) -> None:
    assert subjects.template(subject) == template


def test_every_command_and_every_event_has_a_template_of_its_own() -> None:
    sent = {f"commands.ws-a.{entity}.x.{verb}" for entity, verb in COMMANDS}
    said = {f"events.ws-a.{kind.entity}.x.{kind.verb}" for kind in EVENTS.values()}
    templates = {subjects.template(subject) for subject in sent | said}
    assert len(templates) == len(sent | said)
    assert all(re.fullmatch(r"(commands|events)\.\*\.[a-z]+\.\*\.[a-z_-]+", each) for each in templates)
