"""Programs that subscribe to events: each has a reader of its own on EVENTS, and an account that reaches only that."""

import crypt
import json
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from nats.js.api import ConsumerInfo, DeliverPolicy
from nats.js.errors import NotFoundError

from contracts import subjects
from contracts.events import EVENTS, is_of_type
from deploy.admin import rebuilding
from deploy.admin.bus import Operator, Refused
from deploy.local.control import running_state
from deploy.local.endpoints import Endpoints
from deploy.local.home import Home, write_private
from deploy.local.nats_server import changing_subscribers
from deploy.nats.server import subscriber_account
from deploy.nats.topology import load_topology

PREFIX = "sub-"
HASH_ROUNDS = 16
"""The fewest there are: of 192 random bits none is found by trying, and the server hashes at each connection."""

Start = Literal["start", "now"] | datetime
"""Of the stream, which keeps what is 30 days old (deploy/nats/topology.toml)."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a subscriber connects with. The password is kept nowhere, only its hash is."""

    name: str
    password: str

    @classmethod
    def make(cls, reader: str) -> "Credentials":
        return cls(reader, secrets.token_urlsafe(24))

    def hashed(self) -> str:
        return crypt.crypt(self.password, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=HASH_ROUNDS))  # noqa: S324 - bcrypt

    def lines(self, nats_url: str) -> str:
        """For a shell; `nats_url`: anybody's way to the server."""
        place = urlsplit(nats_url)
        where = f"{place.scheme}://{self.name}:{self.password}@{place.hostname}:{place.port}"
        return f"WEFT_EVENTS_URL={where}\nWEFT_EVENTS_CONSUMER={self.name}"


@dataclass(frozen=True, slots=True)
class Subscriber:
    """How far one is. `unread`: events that it has not been given; `unsettled`: given, and not yet acknowledged."""

    name: str
    hears: str
    unread: int
    unsettled: int
    last_given: datetime | None


def reader_of(name: str) -> str:
    """The reader and the user of a subscriber. Raises Refused for what is no name."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", name):
        raise Refused("a subscriber's name is at most 32 of a-z, 0-9 and -, and begins with a letter or a digit")
    return f"{PREFIX}{name}"


def read_start(text: str) -> Start:
    """A time without a zone is in UTC. Raises Refused for what is none of these."""
    if text in ("start", "now"):
        return "now" if text == "now" else "start"
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"a reader begins at `start`, `now` or a time such as 2026-11-21T08:00Z, not at {text}") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def refuse_unknown(types: Sequence[str]) -> None:
    """Raises Refused for a type that no event has, naming the nearest that one has."""
    for wanted in types:
        if not any(is_of_type(known, wanted) for known in EVENTS):
            near = get_close_matches(wanted, EVENTS, n=1)
            raise Refused(
                f"there is no event {wanted}{f'; did you mean {near[0]}?' if near else ''} See docs/events.md"
            )


async def add_reader(
    operator: Operator, reader: str, *, workspace: str | None, types: Sequence[str], start: Start
) -> None:
    """Makes the reader of what comes after `start`. Raises Refused where there is one, and for what is unknown."""
    refuse_unknown(types)
    if workspace is not None and workspace not in await rebuilding.workspaces(operator, None):
        raise Refused("Workspace not found.")
    if await _info(operator, reader) is not None:
        raise Refused(f"{reader} is there already; `weft-admin subscriber remove` takes it away")
    heard = {
        "filter_subjects": subjects.of_types(types, workspace or "*"),
        "description": f"{', '.join(types) or 'all events'} of {workspace or 'all workspaces'}",
    }
    config = load_topology().subscribers.model_copy(update=heard).config(reader)
    if isinstance(start, datetime):
        config.deliver_policy, config.opt_start_time = DeliverPolicy.BY_START_TIME, start
    elif start == "now":
        config.deliver_policy = DeliverPolicy.NEW
    await operator.bus.jetstream.add_consumer(subjects.EVENTS_STREAM, config)


async def remove_reader(operator: Operator, reader: str) -> bool:
    """Whether there was one. Where it was and how far is forgotten."""
    if await _info(operator, reader) is None:
        return False
    return await operator.bus.jetstream.delete_consumer(subjects.EVENTS_STREAM, reader)


async def listed(operator: Operator) -> list[Subscriber]:
    """All of them by name."""
    found: list[ConsumerInfo] = []
    while page := await operator.bus.jetstream.consumers_info(subjects.EVENTS_STREAM, offset=len(found)):
        found += page
    return sorted((_subscriber(each) for each in found if each.name.startswith(PREFIX)), key=lambda each: each.name)


def local_home(nats_url: str) -> Home | None:
    """Of the stack whose server that is, where `make up` started it and it runs."""
    home = Home.from_environment()
    ours = running_state(home) is not None and Endpoints.of(home).nats_url("admin") == nats_url
    return home if ours else None


def gate(nats_url: str, account_file: Path | None) -> Callable[[Credentials], None]:
    """What lets a subscriber in: a file for the server's configuration, or the local server, now and at every start.

    Raises Refused where there is neither; what is returned may raise nats_server.NotReloaded.
    """
    home = local_home(nats_url)
    if account_file is None and home is None:
        raise Refused("`make up` did not start this NATS: with --account-file you get what its configuration needs")

    def let_in(credentials: Credentials) -> None:
        if account_file is not None:
            account = subscriber_account(credentials.name, credentials.hashed())
            write_private(account_file, json.dumps({"accounts": {credentials.name: account}}, indent=2) + "\n")
        elif home is not None:
            with changing_subscribers(home) as known:
                known[credentials.name] = credentials.hashed()

    return let_in


def turn_out(home: Home, reader: str) -> bool:
    """Disconnects the subscriber, who can't come in again. Whether it could before. Raises nats_server.NotReloaded."""
    with changing_subscribers(home) as known:
        return known.pop(reader, None) is not None


async def _info(operator: Operator, reader: str) -> ConsumerInfo | None:
    try:
        found: ConsumerInfo = await operator.bus.jetstream.consumer_info(subjects.EVENTS_STREAM, reader)
        return found
    except NotFoundError:
        return None


def _subscriber(info: ConsumerInfo) -> Subscriber:
    return Subscriber(
        name=info.name.removeprefix(PREFIX),
        hears=info.config.description or "",
        unread=info.num_pending or 0,
        unsettled=info.num_ack_pending or 0,
        last_given=info.delivered.last_active if info.delivered else None,
    )
