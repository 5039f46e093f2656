"""The people of an organisation on the real service: joining, going, passwords, and tokens to content."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from contracts import subjects
from contracts.accounts import (
    ChangePassword,
    ChangeRole,
    IdentifyForeign,
    InviteMember,
    IssueWorkspaceToken,
    ListMembers,
    LogOut,
    Refresh,
    RemoveMember,
    ResetPassword,
)
from contracts.base import Moment, now
from contracts.replies import StoredKey
from deploy.admin import rebuilding
from deploy.admin.bus import Operator, Refused
from tests import examples
from tests.people import PASSWORD, People, an_email
from tests.services import Talk
from tests.stack import Servers


@pytest.fixture
async def people(admin: Operator) -> People:
    return await People.make(admin)


@pytest.fixture
async def owner(people: People) -> UUID:
    return UUID((await people.log_in())["person"]["account_id"])


async def invited(people: People, by: UUID, **fields: Any) -> dict[str, Any]:
    asked = {"organisation_id": people.organisation_id, "by": by, "email": an_email(), "role": "member"}
    found: dict[str, Any] = await people.ask(InviteMember.model_validate(asked | fields))
    return found


def about(people: People, by: UUID, account_id: Any, **fields: Any) -> dict[str, Any]:
    return {"organisation_id": people.organisation_id, "by": by, "account_id": account_id, **fields}


async def entry(admin: Operator, public_id: str) -> StoredKey | None:
    """What the gateways read in KEYS."""
    found = await admin.bus.last(subjects.KEYS_STREAM, subjects.key_entry(public_id))
    return None if found is None or not found.data else StoredKey.model_validate_json(found.data)


async def enter(people: People, login: dict[str, Any], workspace_id: str) -> str:
    """A workspace token; its public id."""
    public_id = uuid4().hex[:8]
    asked = {"account_id": login["person"]["account_id"], "login_id": login["login_id"], "tenant": workspace_id}
    await people.ask(IssueWorkspaceToken.model_validate(asked | {"public_id": public_id, "secret_hash": "0" * 64}))
    return public_id


async def test_who_is_invited_logs_in_once_and_chooses_a_password(people: People, owner: UUID) -> None:
    guest = await invited(people, owner)
    assert guest["must_change_password"] is True
    login, other = [await people.log_in(guest["one_time_password"], email=guest["email"]) for _ in range(2)]
    refreshed = await people.ask(Refresh(refresh_token=login["refresh_token"]))
    assert login["person"]["must_change_password"] is refreshed["person"]["must_change_password"] is True
    change = {"organisation_id": people.organisation_id, "by": guest["account_id"], "login_id": login["login_id"]}
    change |= {"old_password": guest["one_time_password"], "new_password": PASSWORD, "address": "x"}
    await people.ask(ChangePassword.model_validate(change))
    assert (await people.person(login) or {})["must_change_password"] is False
    assert await people.person(other) is None
    with pytest.raises(Refused):
        await people.log_in(guest["one_time_password"], email=guest["email"])
    assert "person" in await people.log_in(PASSWORD, email=guest["email"])


async def test_a_one_time_password_does_not_last(people: People, owner: UUID, memory_service: Servers) -> None:
    guest = await invited(people, owner)
    with psycopg.connect(memory_service.postgres_dsn("weft_accounts")) as connection:
        aged = "UPDATE memory.accounts SET password_at = %s WHERE account_id = %s"
        connection.execute(aged, (now() - timedelta(days=7), guest["account_id"]))
    with pytest.raises(Refused, match="Email or password is wrong"):
        await people.log_in(guest["one_time_password"], email=guest["email"])
    again = await people.ask(ResetPassword.model_validate(about(people, owner, guest["account_id"])))
    assert "person" in await people.log_in(again["one_time_password"], email=guest["email"])


async def test_a_wrong_old_password_changes_nothing_and_counts(people: People, owner: UUID) -> None:
    change = {"organisation_id": people.organisation_id, "by": owner, "login_id": uuid4(), "address": uuid4().hex}
    asked = ChangePassword.model_validate(change | {"old_password": "wrong", "new_password": "b" * 12})
    for _ in range(10):
        assert await people.why_not(asked) == "wrong_credentials"
    assert (await people.ask(asked))["retry_after_s"] > 0


async def test_the_list_has_everybody_of_the_organisation_and_nobody_else(
    people: People, owner: UUID, admin: Operator
) -> None:
    await People.make(admin)
    guest = await invited(people, owner)
    listed = await people.ask(ListMembers(organisation_id=people.organisation_id, by=owner))
    assert [(each["email"], each["role"]) for each in listed] == [
        (people.email, "owner"),
        (guest["email"], "member"),
    ]
    assert all("hash" not in field for each in listed for field in each)


async def test_an_address_is_had_by_one_account(people: People, owner: UUID, admin: Operator) -> None:
    others = await People.make(admin)
    for email in (people.email, others.email):
        asked = {"organisation_id": people.organisation_id, "by": owner, "email": email, "role": "member"}
        assert await people.why_not(InviteMember.model_validate(asked)) == "email_taken"


async def test_another_organisations_account_is_an_unknown_one(people: People, owner: UUID, admin: Operator) -> None:
    others = await People.make(admin)
    theirs = (await others.log_in())["person"]["account_id"]
    for account_id in (theirs, uuid4()):
        named = about(people, owner, account_id)
        assert await people.why_not(RemoveMember.model_validate(named)) == "unknown_account"
        assert await people.why_not(ResetPassword.model_validate(named)) == "unknown_account"
        assert await people.why_not(ChangeRole.model_validate(named | {"role": "member"})) == "unknown_account"
    crossed = {"organisation_id": people.organisation_id, "by": theirs, "account_id": owner}
    assert await people.why_not(RemoveMember.model_validate(crossed)) == "not_signed_in"


async def test_a_role_holds_from_the_next_question_on(people: People, owner: UUID) -> None:
    guest = await invited(people, owner)
    login = await people.log_in(guest["one_time_password"], email=guest["email"])
    await people.ask(ChangeRole.model_validate(about(people, owner, guest["account_id"], role="owner")))
    assert (await people.person(login) or {})["role"] == "owner"


async def test_who_is_removed_is_nobody_at_once_and_leaves_nothing_that_says_who_it_was(
    people: People, owner: UUID, memory: Talk, admin: Operator, memory_service: Servers
) -> None:
    await memory.order(examples.assign_workspace(memory.workspace_id, people.organisation_id))
    guest = await invited(people, owner)
    login = await people.log_in(guest["one_time_password"], email=guest["email"])
    public_id = await enter(people, login, memory.workspace_id)
    assert await entry(admin, public_id) is not None
    await people.ask(RemoveMember.model_validate(about(people, owner, guest["account_id"])))
    assert await people.person(login) is None
    assert await entry(admin, public_id) is None
    with psycopg.connect(memory_service.postgres_dsn("weft_accounts")) as connection:
        for table in ("accounts", "account_events", "logins", "refresh_tokens", "workspace_tokens"):
            found = connection.execute(f"SELECT t::text FROM memory.{table} t".encode()).fetchall()
            text = "".join(row[0] for row in found)
            assert guest["email"] not in text
            assert guest["email"].encode().hex() not in text  # as bytes are shown
    again = await invited(people, owner, email=guest["email"])
    assert again["account_id"] != guest["account_id"]


async def test_rows_are_what_the_log_says_and_can_be_made_so_again(
    people: People, owner: UUID, admin: Operator, memory_service: Servers
) -> None:
    stays, goes = await invited(people, owner), await invited(people, owner)
    await people.ask(ChangeRole.model_validate(about(people, owner, stays["account_id"], role="owner")))
    await people.ask(ResetPassword.model_validate(about(people, owner, stays["account_id"])))
    await people.ask(RemoveMember.model_validate(about(people, owner, goes["account_id"])))
    login = await people.log_in()
    assert await differences(admin, people, owner, stays["account_id"]) == []
    with psycopg.connect(memory_service.postgres_dsn("weft_accounts")) as connection:
        connection.execute("UPDATE memory.accounts SET role = 'member' WHERE account_id = %s", (owner,))
        connection.execute("DELETE FROM memory.accounts WHERE account_id = %s", (stays["account_id"],))
    assert await differences(admin, people, owner, stays["account_id"]) == sorted(
        [f"account {owner}: role", f"account {stays['account_id']}: not in the rows"]
    )
    await rebuilding.rebuild_people(admin)
    assert await differences(admin, people, owner, stays["account_id"]) == []
    assert (await people.person(login) or {})["role"] == "owner"


async def differences(admin: Operator, people: People, *accounts: Any) -> list[str]:
    """Those that are about this organisation or one of its accounts."""
    named = [str(each) for each in (people.organisation_id, *accounts)]
    return sorted(said for said in await rebuilding.verify_people(admin) if any(each in said for each in named))


async def test_a_workspace_token_is_a_key_of_a_quarter_of_an_hour_in_a_persons_name(
    people: People, memory: Talk, admin: Operator
) -> None:
    await memory.order(examples.assign_workspace(memory.workspace_id, people.organisation_id))
    login = await people.log_in()
    key = await entry(admin, await enter(people, login, memory.workspace_id))
    assert key is not None
    assert (key.workspace_id, key.read, key.write) == (memory.workspace_id, ("default",), ("default",))
    assert key.actor == f"account:{login['person']['account_id']}"
    assert _left(key.expires_at) <= timedelta(minutes=15)


async def test_it_ends_with_its_login_and_leaves_those_of_others(people: People, memory: Talk, admin: Operator) -> None:
    await memory.order(examples.assign_workspace(memory.workspace_id, people.organisation_id))
    ending, other = await people.log_in(), await people.log_in()
    ended, stays = [await enter(people, login, memory.workspace_id) for login in (ending, other)]
    await people.ask(LogOut(refresh_token=ending["refresh_token"]))
    assert await entry(admin, ended) is None
    assert await entry(admin, stays) is not None


async def test_nobody_enters_a_workspace_that_is_not_theirs_or_by_a_login_that_ended(
    people: People, memory: Talk, admin: Operator
) -> None:
    login, others = await people.log_in(), await People.make(admin)
    await memory.order(examples.assign_workspace(memory.workspace_id, others.organisation_id))
    for workspace_id in (memory.workspace_id, examples.a_workspace_id()):
        with pytest.raises(Refused, match="Workspace not found"):
            await enter(people, login, workspace_id)
    gone = await others.log_in()
    await others.ask(LogOut(refresh_token=gone["refresh_token"]))
    with pytest.raises(Refused, match="Workspace not found"):
        await enter(others, gone, memory.workspace_id)


async def test_it_leaves_the_bucket_by_itself_soon_after(people: People, memory: Talk, admin: Operator) -> None:
    await memory.order(examples.assign_workspace(memory.workspace_id, people.organisation_id))
    public_id = await enter(people, await people.log_in(), memory.workspace_id)
    found = await admin.bus.last(subjects.KEYS_STREAM, subjects.key_entry(public_id))
    assert found is not None
    assert (found.headers or {})["Nats-TTL"] == "960"
    assert (await admin.bus.jetstream.stream_info(subjects.KEYS_STREAM)).config.allow_msg_ttl


async def test_who_is_vouched_for_elsewhere_joins_where_the_operator_says(people: People) -> None:
    asked = {"issuer": "https://id.example.org", "subject": uuid4().hex, "email": an_email()}
    assert await people.why_not(IdentifyForeign.model_validate(asked)) == "account_refused"
    asked["organisation_id"] = str(people.organisation_id)
    first, second = [await people.ask(IdentifyForeign.model_validate(asked)) for _ in range(2)]
    assert first == second
    assert (first["role"], first["email"]) == ("member", asked["email"])
    await people.ask(IdentifyForeign.model_validate(asked | {"email": None}))  # known by now
    taken = asked | {"subject": uuid4().hex}
    assert await people.why_not(IdentifyForeign.model_validate(taken)) == "account_refused"
    unverified = taken | {"email": None}
    assert await people.why_not(IdentifyForeign.model_validate(unverified)) == "account_refused"
    with pytest.raises(Refused):
        await people.log_in("no password", email=asked["email"])
    nowhere = taken | {"email": an_email(), "organisation_id": str(uuid4())}
    assert await people.why_not(IdentifyForeign.model_validate(nowhere)) == "account_refused"


def _left(until: Moment | None) -> timedelta:
    assert until is not None
    return until - now()
