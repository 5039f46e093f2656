"""The server's configuration: `server.conf` plus a user for each table of `permissions.toml`."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from string import Template

from pydantic import BaseModel, ConfigDict

HERE = Path(__file__).parent


class Permissions(BaseModel):
    """Subjects that a user may publish to and subscribe to; all others are denied."""

    model_config = ConfigDict(extra="forbid")
    publish: list[str]
    subscribe: list[str]


def load_permissions(path: Path = HERE / "permissions.toml") -> dict[str, Permissions]:
    tables = tomllib.loads(path.read_text())
    return {user: Permissions.model_validate(table) for user, table in tables.items()}


def server_config(
    *, host: str, port: int, monitor_port: int, store_dir: Path, passwords: Mapping[str, str], encryption_key: str
) -> str:
    """The text of a configuration file. Holds the passwords and the key of what is on the disk (none where that is
    empty): write it with mode 0600."""
    encryption = f'cipher: "aes"\n    key: "{encryption_key}"' if encryption_key else ""
    settings = Template((HERE / "server.conf").read_text()).substitute(
        host=host, port=port, monitor_port=monitor_port, store_dir=store_dir, encryption=encryption
    )
    users = [
        {
            "user": user,
            "password": passwords[user],
            "permissions": {"publish": {"allow": allowed.publish}, "subscribe": {"allow": allowed.subscribe}},
        }
        for user, allowed in load_permissions().items()
    ]
    return settings + "\nauthorization: " + json.dumps({"users": users}, indent=2) + "\n"


def password_variable(user: str) -> str:
    """The environment variable with a user's password, in containers."""
    return f"NATS_PASSWORD_{user.upper()}"


def container_config() -> str:
    """The configuration of a server in a container: it has no secret in it, but names the variables that have."""
    text = server_config(
        host="0.0.0.0",  # noqa: S104 - its own network namespace
        port=4222,
        monitor_port=8222,
        store_dir=Path("/data"),
        passwords={user: f"$${password_variable(user)}" for user in load_permissions()},
        encryption_key="$$NATS_ENCRYPTION_KEY",
    )
    return re.sub(r'"\$\$(\w+)"', r"$\1", text)  # in quotation marks it would be the password itself
