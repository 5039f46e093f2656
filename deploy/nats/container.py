"""The configuration of a server in a container: it has no secret in it, but names the variables that have."""

import re
from pathlib import Path

from deploy.nats.server import accounts, load_permissions, server_config


def password_variable(user: str) -> str:
    """The environment variable with a user's password."""
    return f"NATS_PASSWORD_{user.upper()}"


def container_config() -> str:
    """For the official image, with its data in /data."""
    passwords = {user: f"$${password_variable(user)}" for user in load_permissions()}
    text = server_config(
        host="0.0.0.0",  # noqa: S104 - its own network namespace
        port=4222,
        monitor_port=8222,
        store_dir=Path("/data"),
        encryption_key="$$NATS_ENCRYPTION_KEY",
        users={"accounts": accounts(passwords, {})},
    )
    return re.sub(r'"\$\$(\w+)"', r"$\1", text)  # in quotation marks it would be the password itself
