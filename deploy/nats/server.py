"""The server's configuration: `server.conf`, a user for each table of `permissions.toml`, and the subscribers."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from pydantic import BaseModel, ConfigDict

HERE = Path(__file__).parent

ACCOUNT = "WEFT"
"""Of Weft's own users; the streams are in it."""
NEXT = "$JS.API.CONSUMER.MSG.NEXT.EVENTS.{}"
INFO = "$JS.API.CONSUMER.INFO.EVENTS.{}"
ACK = "$JS.ACK.EVENTS.{}.>"
"""All that a subscriber may say, with its reader's name."""
INFO_WITHIN = "info.{}"
"""What INFO is called in a subscriber's account, where JetStream's own API would answer, too, that there is none."""


class Permissions(BaseModel):
    """Subjects that a user may publish to and subscribe to; all others are denied."""

    model_config = ConfigDict(extra="forbid")
    publish: list[str]
    subscribe: list[str]


def load_permissions(path: Path = HERE / "permissions.toml") -> dict[str, Permissions]:
    tables = tomllib.loads(path.read_text())
    return {user: Permissions.model_validate(table) for user, table in tables.items()}


def accounts(passwords: Mapping[str, str], subscribers: Mapping[str, str]) -> dict[str, Any]:
    """`accounts` of a configuration: Weft's own with the users of permissions.toml, and one for each subscriber.

    `subscribers`: by name, the bcrypt hash of its password. What a user asks for is answered wherever it wants the
    answer, which no permission looks at: in Weft's account, a subscriber could have its events delivered as commands.
    From an account of its own, it reaches what is exported to it, and its answers reach nobody else.
    """
    users = [_user(user, passwords[user], allowed) for user, allowed in load_permissions().items()]
    exports = [{"service": NEXT.format("*"), "response_type": "stream"}]
    exports += [{"service": subject.format("*")} for subject in (INFO, ACK)]
    weft = {ACCOUNT: {"jetstream": "enabled", "users": users, "exports": exports}}
    return weft | {name: subscriber_account(name, hashed) for name, hashed in subscribers.items()}


def subscriber_account(name: str, hashed: str) -> dict[str, Any]:
    """The account of one subscriber, who may fetch from the reader of its name, acknowledge, and ask how far it is."""
    next_, info, ack, within = (subject.format(name) for subject in (NEXT, INFO, ACK, INFO_WITHIN))
    allowed = Permissions(publish=[next_, within, ack], subscribe=[f"_INBOX_{name}.>"])
    imports: list[dict[str, Any]] = [{"service": {"account": ACCOUNT, "subject": each}} for each in (next_, info, ack)]
    imports[1]["to"] = within
    return {"users": [_user(name, hashed, allowed)], "mappings": {info: within}, "imports": imports}


def _user(name: str, password: str, allowed: Permissions) -> dict[str, Any]:
    permissions = {"publish": {"allow": allowed.publish}, "subscribe": {"allow": allowed.subscribe}}
    return {"user": name, "password": password, "permissions": permissions}


def server_config(
    *, host: str, port: int, monitor_port: int, store_dir: Path, encryption_key: str, users: Mapping[str, Any]
) -> str:
    """The text of a configuration file. Holds the passwords and the key of what is on the disk (none where that is
    empty): write it with mode 0600. `users`: {"accounts": accounts(...)}."""
    encryption = f'cipher: "aes"\n    key: "{encryption_key}"' if encryption_key else ""
    settings = Template((HERE / "server.conf").read_text()).substitute(
        host=host, port=port, monitor_port=monitor_port, store_dir=store_dir, encryption=encryption
    )
    return settings + "".join(f"\n{name}: {json.dumps(value, indent=2)}\n" for name, value in users.items())
