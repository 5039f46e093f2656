"""Whether the rows about people are what their log says, and making them so."""

from dataclasses import fields
from uuid import UUID

from services.kit.postgres import Connection, Database
from services.memory.decisions.accounts import Account, Organisation
from services.memory.store import accounts


async def verify_people(people: Database) -> list[str]:
    """Every difference between an organisation's rows and its log: whose, and in which fields; never their content."""
    found = list[str]()
    for organisation_id in await people.read(None, accounts.organisations):
        async with people.transaction(None) as connection:
            rows, log = await _both(connection, organisation_id)
        found += _differences(rows, log)
    return found


async def rebuild_people(people: Database) -> int:
    """Brings the rows to what the log says, one locked organisation at a time; logins go on.

    How many accounts there are.
    """
    count = 0
    for organisation_id in await people.read(None, accounts.organisations):
        async with people.transaction(None) as connection:
            rows, log = await _both(connection, organisation_id)
            await accounts.project(
                connection, log, set(log.accounts), sorted(rows.accounts.keys() - log.accounts.keys())
            )
        count += len(log.accounts)
    return count


async def _both(connection: Connection, organisation_id: UUID) -> tuple[Organisation, Organisation]:
    """An organisation as its rows have it, locked, and as its log has it."""
    rows = await accounts.lock(connection, organisation_id)
    return rows, await accounts.replay(connection, organisation_id)


def _differences(rows: Organisation, log: Organisation) -> list[str]:
    named = f"organisation {rows.organisation_id}"
    found = [f"{named}: {name}" for name in ("name", "seq") if getattr(rows, name) != getattr(log, name)]
    for account_id in sorted(rows.accounts.keys() | log.accounts.keys()):
        row, logged = rows.accounts.get(account_id), log.accounts.get(account_id)
        if row is None or logged is None:
            found.append(f"account {account_id}: {'not in the rows' if row is None else 'not in the log'}")
        elif differing := [
            each.name for each in fields(Account) if getattr(row, each.name) != getattr(logged, each.name)
        ]:
            found.append(f"account {account_id}: {', '.join(differing)}")
    return found
