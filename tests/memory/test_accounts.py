"""People on the real service: logging in, staying so, and what is kept of them."""

import asyncio
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from contracts.accounts import LogIn, LogOut, Refresh, TooManyFailures
from contracts.base import tenant_id
from deploy.admin.bus import Operator, Refused
from services.kit.postgres import Database
from services.memory.handlers.attempts import Attempt, Attempts
from services.memory.passwords import Passwords
from services.memory.settings import MemorySettings
from tests import examples
from tests.people import PASSWORD, People, an_email
from tests.services import Talk
from tests.stack import Servers


@pytest.fixture
async def people(admin: Operator) -> People:
    return await People.make(admin)


def rows(servers: Servers, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(servers.postgres_dsn("weft_accounts")) as connection:
        return connection.execute(statement.encode(), values).fetchall()


async def test_who_knows_the_password_is_logged_in_as_who_they_are(people: People) -> None:
    login = await people.log_in()
    assert login["person"]["email"] == people.email
    assert login["person"]["role"] == "owner"
    assert login["person"]["organisation_id"] == str(people.organisation_id)
    assert await people.person(login) == login["person"]
    assert (await people.log_in(email=f" {people.email.upper()} "))["person"] == login["person"]


async def test_an_unknown_address_is_told_what_a_wrong_password_is_told(people: People) -> None:
    told = set()
    for email in (people.email, an_email()):
        with pytest.raises(Refused) as refused:
            await people.log_in("not the password", email=email)
        told.add(str(refused.value))
    assert told == {"Email or password is wrong."}


async def test_a_refresh_token_is_good_for_one_use_and_its_login_goes_on(people: People) -> None:
    first = await people.log_in()
    second = await people.ask(Refresh(refresh_token=first["refresh_token"]))
    third = await people.ask(Refresh(refresh_token=second["refresh_token"]))
    assert len({each["refresh_token"] for each in (first, second, third)}) == 3
    assert first["login_id"] == third["login_id"]
    assert first["expires_at"] == third["expires_at"]
    assert await people.person(first) is not None


async def test_a_refresh_token_that_is_used_again_ends_the_login_and_no_other(people: People) -> None:
    stolen, other = await people.log_in(), await people.log_in()
    newest = await people.ask(Refresh(refresh_token=stolen["refresh_token"]))
    for token in (stolen["refresh_token"], newest["refresh_token"]):
        assert await people.why_not(Refresh(refresh_token=token)) == "not_signed_in"
    assert await people.person(stolen) is None
    assert await people.person(other) is not None


async def test_of_many_uses_at_once_one_counts(people: People) -> None:
    login = await people.log_in()
    asked = Refresh(refresh_token=login["refresh_token"])
    told = await asyncio.gather(*(people.ask(asked) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(each, dict) for each in told) == 1
    assert await people.person(login) is None


async def test_a_hundred_logins_are_enough(people: People, memory_service: Servers) -> None:
    """The oldest goes; 99 that are younger are put there, rather than waited for."""
    oldest = await people.log_in()
    with psycopg.connect(memory_service.postgres_dsn("weft_accounts")) as connection:
        add = "INSERT INTO memory.logins VALUES (%s, %s, now() + interval '31 days')"
        values = [(uuid4(), oldest["person"]["account_id"]) for _ in range(99)]
        connection.cursor().executemany(add.encode(), values)
    assert await people.person(oldest) is not None
    newest = await people.log_in()
    assert await people.person(oldest) is None
    assert await people.person(newest) is not None


async def test_who_logs_out_is_out_at_once(people: People) -> None:
    login = await people.log_in()
    await people.ask(LogOut(refresh_token=login["refresh_token"]))
    assert await people.person(login) is None
    assert await people.why_not(Refresh(refresh_token=login["refresh_token"])) == "not_signed_in"
    await people.ask(LogOut(refresh_token="wfr_of_nobody"))


async def test_a_new_password_of_the_operator_ends_every_login(people: People) -> None:
    login = await people.log_in()
    await people.give_password("another password entirely")
    assert await people.person(login) is None
    with pytest.raises(Refused):
        await people.log_in()
    assert (await people.log_in("another password entirely"))["person"] == login["person"]


async def test_an_address_belongs_to_one_organisation(people: People, admin: Operator) -> None:
    with pytest.raises(Refused, match="Another organisation"):
        await People.make(admin, people.email)


async def test_after_too_many_failures_even_the_right_password_waits(admin: Operator, migrated: Servers) -> None:
    people, stranger = await People.make(admin), an_email()
    for email in (people.email, stranger):
        for _ in range(10):
            with pytest.raises(Refused):
                await people.log_in("wrong", email=email)
        waits = [await people.log_in(password, email=email) for password in ("wrong", PASSWORD)]
        assert all(0 < told["retry_after_s"] <= 900 for told in waits)


async def test_failures_at_once_are_counted_too(people: People) -> None:
    asked = LogIn.model_validate({"email": people.email, "password": "wrong", "address": uuid4().hex})
    told = await asyncio.gather(*(people.ask(asked) for _ in range(14)), return_exceptions=True)
    assert sum(isinstance(each, Refused) for each in told) <= 10
    assert sum(isinstance(each, dict) and "retry_after_s" in each for each in told) >= 4


async def test_who_gets_in_has_nothing_held_against_them(people: People) -> None:
    for _ in range(3):
        for _ in range(5):
            with pytest.raises(Refused):
                await people.log_in("wrong", address="192.0.2.7")
        assert "person" in await people.log_in(address="192.0.2.7")


async def test_an_address_that_tries_many_accounts_waits(memory_service: Servers) -> None:
    dsn = memory_service.postgres_dsn("weft_accounts")
    settings = MemorySettings(
        master_key_file=memory_service.home.master_key,
        nats_url="nats://nobody",
        postgres_dsn=dsn,
        postgres_loops_dsn=dsn,
        postgres_accounts_dsn=dsn,
        login_failures_address_max=3,
        login_failures_window_s=60,
    )
    database, passwords, address = Database(dsn, "memory", size_max=1), Passwords(), uuid4().hex
    attempts = Attempts(database, passwords, settings)
    await database.open()
    try:
        told = [await attempts.fits(Attempt(an_email(), address, "x"), None) for _ in range(4)]
    finally:
        await database.close()
        passwords.close()
    assert told[:3] == [False, False, False]
    assert isinstance(told[3], TooManyFailures)
    assert 0 < told[3].retry_after_s <= 60


async def test_a_workspace_is_found_by_either_of_its_names_and_only_by_its_own_people(
    people: People, memory: Talk, admin: Operator
) -> None:
    await memory.order(examples.assign_workspace(memory.workspace_id, people.organisation_id))
    login, strangers = await people.log_in(), await People.make(admin)
    for name in (memory.workspace_id, str(tenant_id(memory.workspace_id)), tenant_id(memory.workspace_id).hex):
        found = await people.person(login, name)
        assert found is not None
        assert found["workspace_id"] == memory.workspace_id
        assert await strangers.person(await strangers.log_in(), name) == (await strangers.log_in())["person"]
    for name in (examples.a_workspace_id(), str(uuid4()), "", "%", "' OR true --", "x" * 5_000):
        assert await people.person(login, name) == login["person"]


async def test_a_workspace_is_given_once(people: People, memory: Talk) -> None:
    for _ in range(2):
        given = examples.assign_workspace(memory.workspace_id, people.organisation_id)
        assert (await memory.order(given)).get("refusal") is None
    taken = await memory.order(examples.assign_workspace(memory.workspace_id, uuid4()))
    assert taken["refusal"]["code"] == "already_exists"
    log = await memory.log()
    assert [each["type"] for each in log].count("weft.workspace.assigned.v1") == 1
    assert [each["version"] for each in log if each["subject"] == memory.workspace_id] == [1, 2]


async def test_a_workspace_can_be_somebodys_from_the_start(people: People, admin: Operator) -> None:
    opened = Talk(admin, examples.a_workspace_id())
    await opened.order(examples.open_workspace(opened.workspace_id, organisation_id=people.organisation_id))
    found = await people.person(await people.log_in(), opened.workspace_id)
    assert found is not None
    assert found["workspace_id"] == opened.workspace_id


async def test_of_an_old_password_not_even_the_hash_stays(people: People, memory_service: Servers) -> None:
    stored = "SELECT type, payload IS NULL FROM memory.account_events WHERE organisation_id = %s ORDER BY seq"
    await people.give_password("another password entirely")
    assert rows(memory_service, stored, people.organisation_id) == [
        ("weft.organisation.made.v1", False),
        ("weft.account.made.v1", False),
        ("weft.account.password-set.v1", True),
        ("weft.account.password-set.v1", False),
    ]


async def test_neither_password_nor_token_is_kept_as_it_is(people: People, memory_service: Servers) -> None:
    login = await people.log_in()
    kept = rows(memory_service, "SELECT password_hash FROM memory.accounts WHERE email = %s", people.email)
    assert kept[0][0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    hashes = rows(memory_service, "SELECT token_hash FROM memory.refresh_tokens WHERE login_id = %s", login["login_id"])
    assert login["refresh_token"].encode() not in hashes[0][0]


@pytest.mark.parametrize("table", ["accounts", "account_events", "organisations", "logins", "refresh_tokens"])
@pytest.mark.parametrize("role", ["weft_memory", "weft_memory_loops", "weft_graph", "weft_extraction"])
def test_who_works_with_content_sees_no_people(memory_service: Servers, role: str, table: str) -> None:
    with (
        psycopg.connect(memory_service.postgres_dsn(role)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(f"SELECT * FROM memory.{table}".encode())


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM memory.memories",
        "SELECT * FROM memory.events",
        "SELECT name FROM memory.workspaces",
        "UPDATE memory.workspaces SET organisation_id = NULL",
        "DELETE FROM memory.account_events",
        "UPDATE memory.account_events SET seq = 1",
    ],
)
def test_who_works_with_people_sees_no_content_and_rewrites_no_history(memory_service: Servers, statement: str) -> None:
    with (
        psycopg.connect(memory_service.postgres_dsn("weft_accounts")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())
