"""Spans. A trace begins with a request over HTTP and goes on in whatever follows from it, however much later: what the
services do by themselves has none. A fault is named by its type; its message might repeat what somebody said.

The tracer is no global one: libraries that find one make spans of their own, with paths, arguments and messages.
"""

import time
from collections.abc import Mapping, Sequence
from contextvars import Token
from types import TracebackType
from typing import Literal

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, Link, NoOpTracer, Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from contracts import subjects
from services.kit.telemetry.metrics import Histogram

TRACEPARENT = "traceparent"
"""Of W3C Trace Context. Its companion `tracestate` may hold anybody's words, and is not handed on."""

STAGES = Histogram("weft.stage", "Time that a part of the work takes, by its name")

_W3C = TraceContextTextMapPropagator()
_NOWHERE = Context()
_KINDS = {"send": SpanKind.PRODUCER, "process": SpanKind.CONSUMER, "ask": SpanKind.CLIENT, "answer": SpanKind.SERVER}


class _Listening:
    """Who makes the spans of this process."""

    tracer: Tracer = NoOpTracer()


def listen(tracer: Tracer) -> None:
    _Listening.tracer = tracer


class Part:
    """A span from entering to leaving. Costs next to nothing where there is no trace to be part of."""

    __slots__ = ("_around", "_attributes", "_kind", "_links", "_name", "_token", "span")

    def __init__(
        self,
        name: str,
        around: Context | None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, str] | None = None,
        links: Sequence[Link] = (),
    ):
        """`around`: what the span is a part of; None: of nothing, and it is not made."""
        self._name = name
        self._around = around
        self._kind = kind
        self._attributes = attributes
        self._links = links
        self._token: Token[Context] | None = None
        self.span: Span = INVALID_SPAN

    def __enter__(self) -> Span:
        if self._around is not None:
            self.span = _Listening.tracer.start_span(
                self._name,
                self._around,
                self._kind,
                self._attributes,
                self._links,
                record_exception=False,
                set_status_on_exception=False,
            )
            self._token = context.attach(trace.set_span_in_context(self.span, self._around))
        return self.span

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._token is None:
            return
        if kind is not None and issubclass(kind, Exception):
            fail(self.span, kind.__name__)
        context.detach(self._token)
        self.span.end()


class Stage(Part):
    """A part whose time is counted, also where there is no trace."""

    __slots__ = ("_began",)

    def __enter__(self) -> Span:
        self._began = time.perf_counter()
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, where: TracebackType | None
    ) -> None:
        super().__exit__(kind, fault, where)
        STAGES.record(time.perf_counter() - self._began, {"stage": self._name})


def asked_over_http(traceparent: str | None) -> Part:
    """A request: where a trace begins, or goes on that its sender began."""
    begins = None if isinstance(_Listening.tracer, NoOpTracer) else _NOWHERE
    return Part("HTTP", _of(traceparent) or begins, SpanKind.SERVER)


def message(
    what: Literal["send", "process", "ask", "answer"], subject: str, traceparent: str | None = None, *, group: str = ""
) -> Part:
    """What is done with a message. `traceparent` is what it carries, where that is not the part at hand; `group` is the
    consumer that it was read through."""
    around = _current() if traceparent is None else _of(traceparent)
    if around is None:
        return Part(what, None)
    template = subjects.template(subject)
    attributes = {
        "messaging.system": "nats",
        "messaging.operation.name": what,
        "messaging.destination.template": template,
    }
    if group:
        attributes["messaging.consumer.group.name"] = group
    return Part(f"{what} {template}", around, _KINDS[what], attributes)


def stage(name: str, traceparent: str | None = None) -> Stage:
    """A part of the work that is named and timed; `traceparent`: of a trace that was kept for it."""
    return Stage(name, _current() if traceparent is None else _of(traceparent))


def here() -> Span | None:
    """The span at hand, if it is recorded."""
    span = trace.get_current_span()
    return span if span.is_recording() else None


def shared(name: str, among: Sequence[Span | None]) -> Stage:
    """A stage that several share (`here` of each): in the trace of the first that has one, and linked with the others,
    and they with it."""
    spans = [each for each in among if each is not None]
    if not spans:
        return _Shared(name, None, (), ())
    links = [Link(each.get_span_context()) for each in spans[1:]]
    return _Shared(name, trace.set_span_in_context(spans[0], _NOWHERE), links, spans[1:])


class _Shared(Stage):
    __slots__ = ("_left", "_others")

    def __init__(self, name: str, around: Context | None, links: Sequence[Link], others: Sequence[Span]):
        super().__init__(name, around, links=links)
        self._others = others

    def __enter__(self) -> Span:
        # Whoever runs this was begun by one of those that it was run for before: that one's span is not to be met here.
        self._left = context.attach(_NOWHERE)
        span = super().__enter__()
        for each in self._others:
            each.add_link(span.get_span_context())
        return span

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, where: TracebackType | None
    ) -> None:
        super().__exit__(kind, fault, where)
        context.detach(self._left)


def step_out() -> None:
    """What this task does from here on is in no trace."""
    context.attach(_NOWHERE)


def traceparent() -> str | None:
    """How what is done here is named to others; None outside of any trace."""
    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return None
    ids = f"{trace.format_trace_id(span.trace_id)}-{trace.format_span_id(span.span_id)}"
    return f"00-{ids}-{span.trace_flags:02x}"


def carried(headers: dict[str, str] | None = None) -> dict[str, str] | None:
    """The headers of a message that is sent from here."""
    named = traceparent()
    return headers if named is None else {**(headers or {}), TRACEPARENT: named}


def sender_of(headers: Mapping[str, str] | None) -> str | None:
    """What `carried` wrote there."""
    return None if headers is None else headers.get(TRACEPARENT)


def fail(span: Span, why: str) -> None:
    """`why` is one of few words: the name of an exception's type, a status."""
    span.set_attribute("error.type", why)
    span.set_status(Status(StatusCode.ERROR))


def _of(traceparent: str | None) -> Context | None:
    """None for what names no span."""
    if not traceparent:
        return None
    found = _W3C.extract({TRACEPARENT: traceparent}, _NOWHERE)
    return found if trace.get_current_span(found).get_span_context().is_valid else None


def _current() -> Context | None:
    return context.get_current() if trace.get_current_span().is_recording() else None
