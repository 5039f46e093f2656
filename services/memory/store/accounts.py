"""Organisations, their people and the log of both. As the role weft_accounts, which alone may read them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from contracts.accounts import Identify, IdentifyForeign, IssueWorkspaceToken, Person
from services.kit.postgres import Connection, load_sql, row, rows
from services.memory.decisions import auditing
from services.memory.decisions.accounts import (
    Account,
    AccountRemoved,
    AnyAccountEvent,
    Organisation,
    OrganisationMade,
    outdated,
    stream_of,
)
from services.memory.store.auditing import write_deeds
from services.memory.store.codec import from_account_payload, to_account_payload

SQL = load_sql("services.memory", "accounts")


async def lock(connection: Connection, organisation_id: UUID) -> Organisation:
    """The organisation with its people, locked until the commit; without a name where it is yet to be made."""
    head = await row(connection, SQL["lock_organisation"], {"organisation_id": organisation_id})
    assert head is not None
    organisation = Organisation(organisation_id, head["name"] or None, head["seq"])
    organisation.accounts = {each.account_id: each for each in await people(connection, organisation_id)}
    return organisation


async def people(connection: Connection, organisation_id: UUID) -> list[Account]:
    """The oldest account first."""
    found = await rows(connection, SQL["accounts_of"], {"organisation_id": organisation_id})
    return [Account(**each) for each in found]


async def record(
    connection: Connection, organisation: Organisation, events: Sequence[AnyAccountEvent], actor: str, at: datetime
) -> None:
    """Appends events to the locked organisation's log, moves it on, projects it, and erases what is outdated by
    them."""
    deeds = auditing.deeds(organisation, events)
    for stream, kind in outdated(events):
        values = {"organisation_id": organisation.organisation_id, "stream": stream, "type": kind}
        await connection.execute(SQL["erase"].encode(), values | {"seq": organisation.seq + 1})
    for event in events:
        organisation.seq += 1
        await _append(connection, organisation, event, actor, at)
        organisation.hear(event, at)
    changed = {event.account_id for event in events if not isinstance(event, OrganisationMade | AccountRemoved)}
    gone = [event.account_id for event in events if isinstance(event, AccountRemoved)]
    await project(connection, organisation, changed, gone)
    await write_deeds(connection, organisation.organisation_id, deeds, actor, at)


async def project(connection: Connection, organisation: Organisation, changed: set[UUID], gone: Sequence[UUID]) -> None:
    """Brings the organisation's rows, those of `changed` accounts and of those that are `gone`, to what it is."""
    values: dict[str, Any] = {"organisation_id": organisation.organisation_id}
    head = {"name": organisation.name or "", "seq": organisation.seq}
    await connection.execute(SQL["put_organisation"].encode(), values | head)
    if gone:
        await connection.execute(SQL["drop_accounts"].encode(), values | {"account_ids": list(gone)})
    for account_id in sorted(changed & organisation.accounts.keys()):
        await connection.execute(SQL["put_account"].encode(), values | asdict(organisation.accounts[account_id]))


async def replay(connection: Connection, organisation_id: UUID) -> Organisation:
    """The organisation as its log alone has it. What was erased is not there, and need not be: it was superseded."""
    organisation = Organisation(organisation_id)
    for each in await rows(connection, SQL["read_log"], {"organisation_id": organisation_id}):
        organisation.seq = each["seq"]
        if each["payload"] is not None:
            organisation.hear(from_account_payload(each["type"], each["payload"]), each["time"])
    return organisation


async def organisations(connection: Connection) -> list[UUID]:
    return [each["organisation_id"] for each in await rows(connection, SQL["organisations"], {})]


@dataclass(frozen=True, slots=True)
class Stored:
    """The hash of somebody's password, if they have one, and since when."""

    person: Person
    password_hash: str | None
    password_at: datetime | None


async def with_email(connection: Connection, email: str) -> Stored | None:
    found = await row(connection, SQL["by_email"], {"email": email})
    return None if found is None else Stored(Person.model_validate(found), found["password_hash"], found["password_at"])


async def claim(connection: Connection, email: str) -> Stored | None:
    """Whoever has this address; if nobody, nobody else gets it before the commit."""
    await connection.execute(SQL["claim_email"].encode(), {"email": email})
    return await with_email(connection, email)


async def identify(connection: Connection, asked: Identify | IdentifyForeign, now: datetime) -> Person | None:
    """Who is behind a login, or is vouched for, with the workspace that is meant if it is their organisation's."""
    values = asked.model_dump() | {"tenant_id": _uuid(asked.tenant), "now": now}
    found = await row(connection, SQL[asked.name], values)
    return None if found is None else Person.model_validate(found)


async def workspace_to_enter(
    connection: Connection, asked: IssueWorkspaceToken, now: datetime
) -> tuple[str, UUID] | None:
    """Id and UUID of the workspace that is meant, if it is the asker's organisation's."""
    values = asked.model_dump() | {"tenant_id": _uuid(asked.tenant), "now": now}
    found = await row(connection, SQL["may_enter"], values)
    return None if found is None else (found["workspace_id"], found["tenant_id"])


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text is not None else None
    except ValueError:
        return None


async def _append(
    connection: Connection, organisation: Organisation, event: AnyAccountEvent, actor: str, at: datetime
) -> None:
    values = {
        "organisation_id": organisation.organisation_id,
        "seq": organisation.seq,
        "event_id": uuid7(),
        "stream": stream_of(event, organisation.organisation_id),
        "type": event.type,
        "time": at,
        "actor": actor,
        "payload": to_account_payload(event),
    }
    await connection.execute(SQL["append"].encode(), values)
