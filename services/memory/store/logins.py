"""Who is logged in, by refresh tokens of which only hashes are kept, and who tries too often. As weft_accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from contracts.accounts import IssueWorkspaceToken, Person
from services.kit.postgres import Connection, load_sql, row, rows

SQL = load_sql("services.memory", "logins")

LOGINS_MAX = 100
"""Of one account, at the same time."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often somebody tried in vain since a time, this attempt included."""

    who: UUID
    failures: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Login:
    """What began with a password, and lasts until `expires_at` at most."""

    login_id: UUID
    person: Person
    expires_at: datetime


async def count_attempts(
    connection: Connection, who: Sequence[UUID], now: datetime, forgiven: datetime
) -> list[Attempts]:
    """Counts one attempt of each, as failed until it is known to be none; what began before `forgiven` counts no
    more."""
    values = {"who": sorted(who), "now": now, "forgiven": forgiven}
    return [Attempts(**each) for each in await rows(connection, SQL["count_attempts"], values)]


async def forgive(connection: Connection, account: UUID, address: UUID) -> None:
    """The password was right: nothing is held against the account, and against the address not this attempt."""
    await connection.execute(SQL["forgive"].encode(), {"who": account})
    await connection.execute(SQL["take_back"].encode(), {"who": address})


async def add(connection: Connection, login: Login, refresh_token: str) -> tuple[str, ...]:
    """Where the account has more than LOGINS_MAX now, its oldest end. Returns their workspace tokens, by public id."""
    values = {
        "login_id": login.login_id,
        "account_id": login.person.account_id,
        "expires_at": login.expires_at,
        "token_hash": _hash(refresh_token),
        "max": LOGINS_MAX,
    }
    await connection.execute(SQL["add_login"].encode(), values)
    await connection.execute(SQL["add_token"].encode(), values)
    beyond = await rows(connection, SQL["logins_beyond"], values)
    return tuple([public_id for each in beyond for public_id in await _end(connection, each["login_id"])])


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What came of a refresh token: the login, which goes on; or, by public id, workspace tokens that ended with it."""

    login: Login | None
    ended: tuple[str, ...] = ()


async def exchange(connection: Connection, old: str, new: str, now: datetime) -> Exchanged:
    """The login of the `old` token goes on with the `new` one.

    There is none where the old one is unknown, or too old; and where it was used before, which ends the login: one of
    the two who used it has stolen it.
    """
    values = {"token_hash": _hash(old)}
    found = await row(connection, SQL["use_token"], values)
    if found is None or found["expires_at"] <= now:
        return Exchanged(None)
    if found["used"]:
        return Exchanged(None, await _end(connection, found["login_id"]))
    await connection.execute(SQL["mark_used"].encode(), values)
    await connection.execute(SQL["add_token"].encode(), {"token_hash": _hash(new), "login_id": found["login_id"]})
    return Exchanged(Login(found["login_id"], Person.model_validate(found), found["expires_at"]))


async def end(connection: Connection, refresh_token: str) -> tuple[str, ...]:
    """Ends the login of a token. Returns the workspace tokens that end with it, by public id."""
    found = await row(connection, SQL["login_of_token"], {"token_hash": _hash(refresh_token)})
    return () if found is None else await _end(connection, found["login_id"])


async def end_all(connection: Connection, account_id: UUID, but: UUID | None = None) -> tuple[str, ...]:
    """Ends all logins of an account, or all `but` one.

    Returns the workspace tokens that end with them, by public id.
    """
    values = {"account_id": account_id, "but": but}
    ended = await rows(connection, SQL["end_tokens_of"], values)
    await connection.execute(SQL["end_logins_of"].encode(), values)
    return tuple(each["public_id"] for each in ended)


async def add_workspace_token(
    connection: Connection, asked: IssueWorkspaceToken, expires_at: datetime, now: datetime, limit: int
) -> bool:
    """Whether it was noted: an account has no more than `limit` that are good at the same time."""
    values = asked.model_dump() | {"expires_at": expires_at, "now": now, "max": limit}
    return await row(connection, SQL["add_workspace_token"], values) is not None


async def _end(connection: Connection, login_id: UUID) -> tuple[str, ...]:
    ended = await rows(connection, SQL["end_tokens_of_login"], {"login_id": login_id})
    await connection.execute(SQL["end_login"].encode(), {"login_id": login_id})
    return tuple(each["public_id"] for each in ended)


async def forget(connection: Connection, now: datetime, forgiven: datetime) -> None:
    """Logins and workspace tokens that have ended by themselves, and failures that count no more."""
    await connection.execute(SQL["forget_tokens"].encode(), {"now": now})
    await connection.execute(SQL["forget_logins"].encode(), {"now": now})
    await connection.execute(SQL["forget_failures"].encode(), {"forgiven": forgiven})


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
