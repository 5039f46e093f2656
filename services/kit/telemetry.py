"""Logs as JSON lines and figures for Prometheus, each service on a port of its own. No content, no key in either."""

import logging
import sys

import structlog
from prometheus_client import Counter, Gauge, Histogram, start_http_server

HANDLED = Counter("weft_messages_total", "Messages handled, by subject template and outcome", ["subject", "outcome"])
PARKED = Gauge("weft_parked_messages", "Messages set aside because they could not be handled")
STOPPED = Gauge("weft_reader_stopped", "1 while a reader stands still before an event that is newer than it knows")
HANDLING = Histogram(
    "weft_handling_seconds",
    "Time to handle one message, by subject template",
    ["subject"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)


def start_logging(service: str) -> None:
    """JSON lines on standard error, the standard library's loggers included."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    render: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=render, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for own in ("services", "__main__", "uvicorn.error"):
        logging.getLogger(own).setLevel(logging.INFO)
    structlog.contextvars.bind_contextvars(service=service)


def start_metrics(port: int) -> None:
    """Serves `/metrics` on loopback from a thread of its own; 0 serves none."""
    if port:
        start_http_server(port, addr="127.0.0.1")
