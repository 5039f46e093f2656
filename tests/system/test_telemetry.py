"""What operators see of the whole stack: one trace of all that follows from a request, and which service is ready."""

import json
import secrets
import signal
import urllib.error
import urllib.request
from collections.abc import Sequence

import httpx2
import pytest

from deploy.local import status
from deploy.local.programs import SERVICES
from tests.collector import KINDS, Collector, Span
from tests.stack import Stack, Workspace, wait_until

TOOL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
SENDER_SPAN = "00f067aa0ba902b7"


@pytest.fixture
def trace_id() -> str:
    return secrets.token_hex(16)


def client(workspace: Workspace, trace_id: str) -> httpx2.Client:
    """Of somebody who begins a trace and wants it recorded."""
    headers = {**workspace.headers, "traceparent": f"00-{trace_id}-{SENDER_SPAN}-01"}
    return httpx2.Client(base_url=workspace.url, headers=headers, timeout=30)


def wait_for(collector: Collector, trace_id: str, *wanted: tuple[str, str]) -> list[Span]:
    """The spans, once there are some of these services and names, and all that they are parts of."""

    def there() -> bool:
        spans = collector.spans(trace_id)
        ids = {span.span_id for span in spans} | {SENDER_SPAN}
        whole = all(span.parent_id in ids for span in spans)
        return whole and set(wanted) <= {(span.service, span.name) for span in spans}

    wait_until(there, f"spans of {wanted}")
    return collector.spans(trace_id)


def above(spans: Sequence[Span], service: str, name: str) -> list[list[str]]:
    """Of each such span: itself and what it is a part of, outwards, down to the sender's."""
    by_id = {span.span_id: span for span in spans}
    found = []
    for span in spans:
        if (span.service, span.name) == (service, name):
            line, parent = [span.name], span.parent_id
            while parent in by_id:
                line.append(by_id[parent].name)
                parent = by_id[parent].parent_id
            assert parent == SENDER_SPAN
            found.append(line)
    return found


def test_one_trace_goes_from_the_request_through_the_transaction_to_the_index_and_the_graph(
    workspace: Workspace, collector: Collector, trace_id: str
) -> None:
    with client(workspace, trace_id) as http:
        said = {"title": "Retries", "narrative": "Webhooks are retried."}
        assert http.post("/api/v1/memories/store", json=said).status_code == 201
        stored = "process events.*.memory.*.stored"
        spans = wait_for(
            collector, trace_id, *((f"weft-{it}", stored) for it in ("search", "graph")), ("weft-graph", "transaction")
        )
        exported = http.get("/api/v1/export", params={"events": True}).text.splitlines()
    request = ["send commands.*.memory.*.store", "POST /api/v1/memories/store"]
    decided = ["process commands.*.memory.*.store", *request]
    assert ["transaction", "carry_out", *decided] in above(spans, "weft-memory", "transaction")
    relayed = ["send events.*.memory.*.stored", *decided]
    assert above(spans, "weft-search", "index") == [["index", stored, *relayed]]
    assert above(spans, "weft-graph", stored) == [[stored, *relayed]]
    kinds = {span.name: span.kind for span in spans}
    assert [kinds[name] for name in (stored, *relayed)] == [
        KINDS[kind] for kind in ("consumer", "producer", "consumer", "producer", "server")
    ]
    [handled] = [span.span_id for span in spans if span.name == decided[0]]
    [event] = [line["event"] for line in map(json.loads, exported) if line.get("kind") == "event" and "event" in line][
        -1:
    ]
    assert event["traceparent"] == f"00-{trace_id}-{handled}-01"


def test_what_a_session_teaches_is_part_of_the_request_that_ended_it(
    stack: Stack, workspace: Workspace, collector: Collector, trace_id: str
) -> None:
    with client(workspace, secrets.token_hex(16)) as http:
        session_id = http.post("/api/v1/sessions/start", json={"project_path": "/home/ada"}).json()["session_id"]
    with client(workspace, trace_id) as http:
        lesson = "We decided to store money amounts as integer cents because floats round wrongly."
        ended = http.post(f"/api/v1/sessions/{session_id}/end", json={"summary": lesson})
        assert ended.status_code == 200, ended.text
    extract = ("weft-extraction", "extract")
    spans = wait_for(
        collector, trace_id, extract, ("weft-search", "process events.*.memory.*.stored"), ("weft-search", "index")
    )
    [line] = above(spans, "weft-extraction", "extract")
    assert line[:2] == ["extract", "process events.*.session.*.ended"]
    assert line[-1] == "POST /api/v1/sessions/{session_id}/end"
    assert all("extract" in each for each in above(spans, "weft-memory", "process commands.*.memory.*.store"))
    [work] = [span.span_id for span in spans if (span.service, span.name) == extract]
    logged = [json.loads(line) for line in (stack.home.logs / "extraction.log").read_text().splitlines()]
    named = [(it["trace_id"], it["span_id"]) for it in logged if it["event"] == "extracted" and "trace_id" in it]
    assert (trace_id, work) in named


def test_what_a_tool_does_is_part_of_the_request_for_the_tool(
    workspace: Workspace, collector: Collector, trace_id: str
) -> None:
    with client(workspace, trace_id) as http:
        asked = {**TOOL, "params": {"name": "memory_search", "arguments": {"query": "webhooks"}}}
        accepted = {"Accept": "application/json, text/event-stream"}
        assert http.post("/mcp", json=asked, headers=accepted).status_code == 200
    answer = ("weft-search", "answer queries.search.run")
    spans = wait_for(collector, trace_id, answer, ("weft-gateway", "POST /mcp"))
    ways = ["ask queries.search.run", "POST /api/v1/memories/search", "POST /mcp"]
    assert above(spans, *answer) == [["answer queries.search.run", *ways]]


def test_a_trace_that_its_beginner_does_not_want_is_handed_on_and_not_recorded(
    workspace: Workspace, collector: Collector, trace_id: str
) -> None:
    sender = f"00-{trace_id}-{SENDER_SPAN}-00"
    with client(workspace, secrets.token_hex(16)) as http:
        said = {"title": "Quiet", "narrative": "Nobody asked for this to be recorded."}
        assert http.post("/api/v1/memories/store", json=said, headers={"traceparent": sender}).status_code == 201
        exported = http.get("/api/v1/export", params={"events": True}).text.splitlines()
    [event] = [line["event"] for line in map(json.loads, exported) if "event" in line][-1:]
    assert event["traceparent"].split("-")[1::2] == [trace_id, "00"]
    assert collector.spans(trace_id) == []


def asked(stack: Stack, service: str, path: str) -> tuple[int, dict[str, object]]:
    """What a service says at its own port; (0, {}) where it is just being started."""
    url = f"{stack.endpoints.own_url(service)}{path}"
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)
    except (urllib.error.URLError, ConnectionError):
        return 0, {}


def test_without_nats_every_service_is_alive_and_says_what_it_misses(stack: Stack) -> None:
    ready = (200, {"status": "ready"})
    wait_until(lambda: all(asked(stack, it, "/readyz") == ready for it in SERVICES), "all to be ready")
    with stack.nothing_restarted():
        killed = stack.kill("nats", signal.SIGKILL)
        away = (503, {"detail": "Not ready: NATS.", "missing": ["NATS"]})
        wait_until(lambda: all(asked(stack, it, "/readyz") == away for it in SERVICES), "all to miss NATS")
        assert status.missing(stack.endpoints, "search") == ["NATS"]
        assert [asked(stack, it, "/healthz") for it in SERVICES] == [(200, {"status": "ok"})] * len(SERVICES)
    stack.wait_restarted("nats", killed)
    wait_until(lambda: all(asked(stack, it, "/readyz") == ready for it in SERVICES), "all to be ready again")
    assert [status.missing(stack.endpoints, it) for it in SERVICES] == [[]] * len(SERVICES)
