"""What a stack consists of: two servers and the services, each with its environment (only its own passwords)."""

import os
import signal
import sys
from functools import partial

from deploy.local import nats_server, postgres_server
from deploy.local.endpoints import Endpoints
from deploy.local.home import DASHBOARD, Home
from deploy.local.ports import LOOPBACK
from deploy.local.supervisor import Program

SERVERS = ("nats", "postgres")
SERVICES = ("memory", "search", "graph", "extraction", "gateway")

WITH_TABLES = ("memory", "graph", "extraction")
"""Services with migrations to be run before they start."""


def servers(home: Home, endpoints: Endpoints) -> list[Program]:
    nats_config = nats_server.write_config(home, endpoints)
    return [
        Program("nats", nats_server.command(nats_config)),
        Program(
            "postgres",
            postgres_server.command(home),
            stop_signal=signal.SIGINT,  # "fast shutdown": ends sessions, writes a checkpoint
            stop_timeout_s=60,
            before_start=partial(postgres_server.drop_stale_lock, home),
        ),
    ]


def service_environments(home: Home, endpoints: Endpoints) -> dict[str, dict[str, str]]:
    """WEFT_ settings of each service."""
    own: dict[str, dict[str, str]] = {
        "memory": {
            "WEFT_POSTGRES_DSN": endpoints.postgres_dsn("weft_memory"),
            "WEFT_POSTGRES_LOOPS_DSN": endpoints.postgres_dsn("weft_memory_loops"),
            "WEFT_POSTGRES_ACCOUNTS_DSN": endpoints.postgres_dsn("weft_accounts"),
        },
        "search": {
            "WEFT_SEARCH_DIR": str(home.search_data),
            "WEFT_INDEX_KEY": endpoints.secrets.index_key,
            "WEFT_MODEL_DIR": os.environ.get("WEFT_MODEL_DIR") or str(home.model),
        },
        "graph": {
            "WEFT_POSTGRES_DSN": endpoints.postgres_dsn("weft_graph"),
            "WEFT_POSTGRES_LOOPS_DSN": endpoints.postgres_dsn("weft_graph_loops"),
        },
        "extraction": {
            "WEFT_POSTGRES_DSN": endpoints.postgres_dsn("weft_extraction"),
            "WEFT_POSTGRES_LOOPS_DSN": endpoints.postgres_dsn("weft_extraction_loops"),
            "WEFT_MODEL_DIR": os.environ.get("WEFT_MODEL_DIR") or str(home.model),
        },
        "gateway": {
            "WEFT_HTTP_HOST": LOOPBACK,
            "WEFT_HTTP_PORT": str(endpoints.ports["gateway"]),
            "WEFT_KEY_PEPPER": endpoints.secrets.key_pepper,
            "WEFT_PORTAL_KEY": endpoints.secrets.portal_key,
            "WEFT_DASHBOARD_DIR": os.environ.get("WEFT_DASHBOARD_DIR") or str(DASHBOARD),
        },
    }
    for service, environment in own.items():
        environment["WEFT_NATS_URL"] = endpoints.nats_url(service)
        environment["WEFT_NATS_MONITOR_URL"] = endpoints.nats_monitor_url
        environment["WEFT_METRICS_PORT"] = str(endpoints.ports[f"{service}_metrics"])
        if service in WITH_TABLES:
            environment["WEFT_MASTER_KEY_FILE"] = str(home.master_key)
    return own


def services(home: Home, endpoints: Endpoints) -> list[Program]:
    environments = service_environments(home, endpoints)
    return [Program(name, (sys.executable, "-m", f"services.{name}.app"), environments[name]) for name in SERVICES]


def owner_environment(home: Home, endpoints: Endpoints) -> dict[str, str]:
    """For the migrations, which alone may change tables; one of them seals what is there."""
    return {
        "WEFT_POSTGRES_OWNER_DSN": endpoints.postgres_dsn("weft_owner"),
        "WEFT_MASTER_KEY_FILE": str(home.master_key),
    }


def operator_environment(home: Home, endpoints: Endpoints) -> dict[str, str]:
    """For `python -m deploy.admin`."""
    return {
        "WEFT_HOME": str(home.path),
        "WEFT_NATS_URL": endpoints.nats_url("admin"),
        "WEFT_KEY_PEPPER": endpoints.secrets.key_pepper,
        "WEFT_MASTER_KEY_FILE": str(home.master_key),
    }
