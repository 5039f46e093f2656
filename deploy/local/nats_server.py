"""The local NATS server: the real one, from its wheel."""

import sysconfig
import urllib.error
import urllib.request
from pathlib import Path

from deploy.local.endpoints import Endpoints
from deploy.local.home import Home, write_private
from deploy.local.ports import LOOPBACK
from deploy.nats.server import server_config


def write_config(home: Home, endpoints: Endpoints) -> Path:
    file = home.run / "nats.conf"
    text = server_config(
        host=LOOPBACK,
        port=endpoints.ports["nats"],
        monitor_port=endpoints.ports["nats_monitor"],
        store_dir=home.nats_data,
        passwords=endpoints.secrets.nats,
        subscribers=home.subscribers(),
        encryption_key=endpoints.secrets.nats_encryption_key,
    )
    write_private(file, text)
    return file


def command(config: Path) -> tuple[str, ...]:
    return (str(Path(sysconfig.get_path("scripts")) / "nats-server"), "--config", str(config))


def is_ready(endpoints: Endpoints) -> bool:
    """Whether it answers, and JetStream has read its store."""
    try:
        with urllib.request.urlopen(f"{endpoints.nats_monitor_url}/healthz", timeout=1) as answer:  # noqa: S310 - loopback, our own
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
