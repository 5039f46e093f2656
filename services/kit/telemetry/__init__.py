"""The one door to telemetry: logs, metrics, traces. No content, no key, no id of anybody's thing in any of them.

`start` first, in a service's `app`; what is counted or timed before that goes nowhere, as in a test. Metrics are for
Prometheus, on the service's own port (`serve`), and go by OTLP to OTEL_EXPORTER_OTLP_ENDPOINT where that is set, as the
traces then do: nobody makes a span where nobody listens, but a caller's `traceparent` is handed on all the same.
"""

from opentelemetry.trace import Span

from services.kit.telemetry.metrics import CACHED, Counter, Gauge, Histogram, Observed
from services.kit.telemetry.port import serve
from services.kit.telemetry.providers import start
from services.kit.telemetry.traces import (
    asked_over_http,
    carried,
    fail,
    here,
    message,
    sender_of,
    shared,
    stage,
    step_out,
    traceparent,
)

__all__ = [
    "CACHED",
    "Counter",
    "Gauge",
    "Histogram",
    "Observed",
    "Span",
    "asked_over_http",
    "carried",
    "fail",
    "here",
    "message",
    "sender_of",
    "serve",
    "shared",
    "stage",
    "start",
    "step_out",
    "traceparent",
]
