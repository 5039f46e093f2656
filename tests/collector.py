"""A collector of our own: takes what services send by OTLP over HTTP, keeps it as it came, and reads traces in it."""

from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent
from opentelemetry.proto.trace.v1.trace_pb2 import Status

KINDS = {kind.removeprefix("SPAN_KIND_").lower(): number for kind, number in Sent.SpanKind.items()}


@dataclass(frozen=True, slots=True)
class Span:
    """A span as it was sent. Ids in hex, as logs have them; `links` are (trace id, span id)."""

    service: str
    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: int
    attributes: dict[str, str | int]
    links: tuple[tuple[str, str], ...]
    failed: bool


class Collector:
    """Listens from when it is made. Everything that comes is a file of `folder`: `traces-<n>`, `metrics-<n>`."""

    def __init__(self, folder: Path):
        self.folder = folder
        numbers = count()

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signal = self.path.removeprefix("/v1/")
                unfinished = folder / f".{signal}-{next(numbers)}"
                unfinished.write_bytes(body)
                unfinished.rename(folder / unfinished.name[1:])
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        Thread(target=self._server.serve_forever, daemon=True).start()

    def environment(self) -> dict[str, str]:
        """For who is to send here: at once, and spans only of traces whose beginner wants them."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self._server.server_port}",
            "OTEL_TRACES_SAMPLER": "parentbased_always_off",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "OTEL_METRIC_EXPORT_INTERVAL": "10000",
        }

    def stop(self) -> None:
        self._server.shutdown()

    def spans(self, trace_id: str) -> list[Span]:
        """Of one trace, in no order."""
        sent = (ExportTraceServiceRequest.FromString(each.read_bytes()) for each in self.folder.glob("traces-*"))
        found = [
            _span(str(_value(of_one.resource.attributes, "service.name")), span)
            for request in sent
            for of_one in request.resource_spans
            for scope in of_one.scope_spans
            for span in scope.spans
        ]
        return [span for span in found if span.trace_id == trace_id]


def _span(service: str, sent: Sent) -> Span:
    return Span(
        service=service,
        trace_id=sent.trace_id.hex(),
        span_id=sent.span_id.hex(),
        parent_id=sent.parent_span_id.hex(),
        name=sent.name,
        kind=sent.kind,
        attributes={each.key: _value(sent.attributes, each.key) for each in sent.attributes},
        links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in sent.links),
        failed=sent.status.code == Status.STATUS_CODE_ERROR,
    )


def _value(attributes, name: str) -> str | int:  # type: ignore[no-untyped-def]
    value = next(each.value for each in attributes if each.key == name)
    found: str | int = getattr(value, value.WhichOneof("value"))
    return found
