"""Who may do what with whom in an organisation, and what of somebody is erased. Pure."""

import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from contracts.base import now
from contracts.events import NewerThanKnown
from contracts.replies import Refusal
from services.memory.decisions.accounts import (
    ACCOUNT_EVENTS,
    AccountMade,
    AccountRemoved,
    Events,
    Organisation,
    OrganisationMade,
    PasswordSet,
    RoleGiven,
    admit,
    first_owner,
    give_role,
    invite,
    outdated,
    remove,
    reset,
)
from services.memory.store.codec import from_account_payload, to_account_payload

ADA, BOB = uuid4(), uuid4()
GOLDEN = Path(__file__).parent / "golden_account_events.json"


def after(*events: Events | Refusal) -> Organisation:
    organisation = Organisation(uuid4())
    for decided in events:
        assert not isinstance(decided, Refusal)
        for event in decided:
            organisation.hear(event, now())
    return organisation


def two() -> Organisation:
    """Ada owns it, Bob is a member."""
    organisation = after(first_owner(Organisation(uuid4()), "Payments", "ada@example.org", "hash", ADA)[1])
    for event in (AccountMade(account_id=BOB, email="bob@example.org", role="member"),):
        organisation.hear(event, now())
    return organisation


def code(decided: Events | Refusal) -> str:
    assert isinstance(decided, Refusal)
    return decided.code


def test_an_organisation_begins_with_its_owner() -> None:
    organisation = two()
    assert organisation.name == "Payments"
    assert [each.email for each in organisation.owners()] == ["ada@example.org"]


def test_an_operators_owner_is_one_whatever_they_were() -> None:
    organisation, eve = two(), uuid4()
    password = PasswordSet(account_id=ADA, password_hash="newer")
    assert first_owner(organisation, "Other", "ada@example.org", "newer", eve) == (ADA, (password,))
    known, events = first_owner(organisation, "Other", "bob@example.org", "newer", eve)
    assert (known, events[0]) == (BOB, RoleGiven(account_id=BOB, role="owner"))
    _, events = first_owner(organisation, "Other", "eve@example.org", "newer", eve)
    assert events[0] == AccountMade(account_id=eve, email="eve@example.org", role="owner")


def test_what_is_an_owners_no_member_and_no_stranger_does() -> None:
    organisation, made = two(), AccountMade(account_id=uuid4(), email="eve@example.org", role="owner")
    for by, why in ((BOB, "owner_only"), (uuid4(), "not_signed_in")):
        assert code(invite(organisation, by, made, "hash")) == why
        assert code(reset(organisation, by, ADA, "hash")) == why
        assert code(give_role(organisation, by, BOB, "owner")) == why
        assert code(remove(organisation, by, ADA)) == why


def test_everybody_may_go_but_the_last_owner() -> None:
    organisation = two()
    assert remove(organisation, BOB, BOB) == (AccountRemoved(account_id=BOB),)
    assert code(remove(organisation, ADA, ADA)) == "last_owner"
    assert code(give_role(organisation, ADA, ADA, "member")) == "last_owner"
    organisation.hear(RoleGiven(account_id=BOB, role="owner"), now())
    assert give_role(organisation, ADA, ADA, "member") == (RoleGiven(account_id=ADA, role="member"),)
    assert remove(organisation, ADA, ADA) == (AccountRemoved(account_id=ADA),)


def test_a_role_that_somebody_has_already_is_no_event() -> None:
    assert give_role(two(), ADA, BOB, "member") == ()


@pytest.mark.parametrize("account_id", [uuid4(), UUID(int=0)])
def test_an_account_that_is_not_there_is_unknown(account_id: UUID) -> None:
    organisation = two()
    assert code(remove(organisation, ADA, account_id)) == "unknown_account"
    assert code(reset(organisation, ADA, account_id, "hash")) == "unknown_account"
    assert code(give_role(organisation, ADA, account_id, "owner")) == "unknown_account"


def test_who_is_vouched_for_elsewhere_is_a_member_and_has_no_password_here() -> None:
    organisation, eve = two(), uuid4()
    assert code(admit(Organisation(uuid4()), "https://id", "1", "eve@example.org", eve)) == "account_refused"
    decided = admit(organisation, "https://id", "1", "eve@example.org", eve)
    assert not isinstance(decided, Refusal)
    organisation.hear(decided[0], now())
    assert organisation.accounts[eve].role == "member"
    assert code(reset(organisation, ADA, eve, "hash")) == "account_refused"


def test_a_new_password_outdates_the_old_hash_and_a_removal_all_that_says_who_it_was() -> None:
    assert outdated([PasswordSet(account_id=ADA, password_hash="x")]) == [(ADA, PasswordSet.type)]
    assert set(outdated([AccountRemoved(account_id=ADA)])) == {(ADA, PasswordSet.type), (ADA, AccountMade.type)}
    assert outdated([OrganisationMade(name="x"), RoleGiven(account_id=ADA, role="owner")]) == []


def test_what_was_erased_leaves_the_rest_as_it_is() -> None:
    organisation = two()
    organisation.hear(PasswordSet(account_id=uuid4(), password_hash="of somebody erased"), now())
    organisation.hear(RoleGiven(account_id=uuid4(), role="owner"), now())
    assert set(organisation.accounts) == {ADA, BOB}


def test_every_version_ever_written_can_be_read_and_goes_out_as_it_came_in() -> None:
    written = json.loads(GOLDEN.read_text())
    assert set(written) == set(ACCOUNT_EVENTS)
    for kind, data in written.items():
        event = from_account_payload(kind, json.dumps(data).encode())
        assert json.loads(to_account_payload(event)) == data
    with pytest.raises(NewerThanKnown):
        from_account_payload("weft.account.made.v99", b"{}")
