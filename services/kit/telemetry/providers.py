"""Who listens: Prometheus always, an OTLP endpoint where the environment names one (OpenTelemetry's own variables)."""

import os
import socket
from importlib.metadata import version

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from services.kit.telemetry.logs import start_logging
from services.kit.telemetry.metrics import Declared
from services.kit.telemetry.traces import listen


def start(service: str) -> None:
    """Once a process, before anything else: logs, metrics, and traces where somebody listens."""
    start_logging(service)
    start_metrics(service)
    if _is_wanted("TRACES"):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - 0.1 s

        provider = TracerProvider(resource=_resource(service))  # the sampler is OTEL_TRACES_SAMPLER's
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        listen(provider.get_tracer("weft"))


def start_metrics(service: str) -> None:
    readers: list[MetricReader] = [PrometheusMetricReader(scope_info_enabled=False)]
    if _is_wanted("METRICS"):
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415 - as well

        readers.append(PeriodicExportingMetricReader(OTLPMetricExporter()))
    Declared.start(MeterProvider(readers, _resource(service)).get_meter("weft"))


def _resource(service: str) -> Resource:
    return Resource.create(
        {
            "service.name": f"weft-{service}",
            "service.version": version("weft"),
            "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
        }
    )


def _is_wanted(signal: str) -> bool:
    """Whether there is an endpoint for it, and it was not switched off (OTEL_TRACES_EXPORTER=none)."""
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
    return any(map(os.environ.get, endpoints)) and os.environ.get(f"OTEL_{signal}_EXPORTER") != "none"
