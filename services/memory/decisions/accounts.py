"""People and organisations: what happens to them, what may happen, and what follows. Pure.

Their events are memory's own: they are in a log of their own, and are never published. Who they are (an address, a
hash of a password) is in `AccountMade` and `PasswordSet` alone; these are erased when the account goes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, assert_never
from uuid import UUID

from contracts.accounts import Role
from contracts.base import Text, Title, Word
from contracts.replies import Refusal


class AccountEvent(Word):
    """Something that happened in an organisation. As for ever as any event: a change is a new version."""

    type: ClassVar[str]


class OrganisationMade(AccountEvent):
    type = "weft.organisation.made.v1"

    name: Title


class AccountMade(AccountEvent):
    """`issuer` and `subject` are those of a person whom another server knows, and who has no password here."""

    type = "weft.account.made.v1"

    account_id: UUID
    email: Text
    role: Role
    issuer: Text | None = None
    subject: Text | None = None


class PasswordSet(AccountEvent):
    """`once`: somebody else chose it, and its owner has yet to choose another."""

    type = "weft.account.password-set.v1"

    account_id: UUID
    password_hash: Text
    once: bool = False


class RoleGiven(AccountEvent):
    type = "weft.account.role-given.v1"

    account_id: UUID
    role: Role


class AccountRemoved(AccountEvent):
    """The account is gone; who it was has been erased from the events before."""

    type = "weft.account.removed.v1"

    account_id: UUID


AnyAccountEvent = OrganisationMade | AccountMade | PasswordSet | RoleGiven | AccountRemoved

ACCOUNT_EVENTS: dict[str, type[AnyAccountEvent]] = {
    kind.type: kind for kind in (OrganisationMade, AccountMade, PasswordSet, RoleGiven, AccountRemoved)
}


@dataclass(frozen=True, slots=True)
class Account:
    """A person as they are now."""

    account_id: UUID
    email: str
    role: Role
    created_at: datetime
    issuer: str | None = None
    subject: str | None = None
    password_hash: str | None = None
    password_at: datetime | None = None
    once: bool = False


@dataclass(slots=True)
class Organisation:
    """An organisation and its people, under its lock. It has no name before it is made."""

    organisation_id: UUID
    name: str | None = None
    seq: int = 0
    accounts: dict[UUID, Account] = field(default_factory=dict)

    def owners(self) -> list[Account]:
        return [each for each in self.accounts.values() if each.role == "owner"]

    def hear(self, event: AnyAccountEvent, time: datetime) -> None:
        """One more event."""
        match event:
            case OrganisationMade():
                self.name = event.name
            case AccountMade():
                self.accounts[event.account_id] = Account(
                    event.account_id, event.email, event.role, time, event.issuer, event.subject
                )
            case PasswordSet():
                self._change(event.account_id, password_hash=event.password_hash, password_at=time, once=event.once)
            case RoleGiven():
                self._change(event.account_id, role=event.role)
            case AccountRemoved():
                self.accounts.pop(event.account_id, None)
            case _:
                assert_never(event)

    def _change(self, account_id: UUID, **changes: object) -> None:
        """Of an account whose making was erased nothing is known, and it is about to be removed."""
        if (found := self.accounts.get(account_id)) is not None:
            self.accounts[account_id] = replace(found, **changes)  # type: ignore[arg-type]


Events = tuple[AnyAccountEvent, ...]


def first_owner(
    organisation: Organisation, name: str, email: str, password_hash: str, account_id: UUID
) -> tuple[UUID, Events]:
    """An operator's word: the organisation is there, and whoever has this address owns it, with this password."""
    found = next((each for each in organisation.accounts.values() if each.email == email), None)
    events: list[AnyAccountEvent] = [] if organisation.name is not None else [OrganisationMade(name=name)]
    if found is None:
        events.append(AccountMade(account_id=account_id, email=email, role="owner"))
    elif found.role != "owner":
        events.append(RoleGiven(account_id=found.account_id, role="owner"))
    owner = account_id if found is None else found.account_id
    return owner, (*events, PasswordSet(account_id=owner, password_hash=password_hash))


def invite(organisation: Organisation, by: UUID, made: AccountMade, password_hash: str) -> Events | Refusal:
    """A new account with a password that somebody else chose. That nobody has the address is known already."""
    if (refusal := _not_an_owner(organisation, by)) is not None:
        return refusal
    return (made, PasswordSet(account_id=made.account_id, password_hash=password_hash, once=True))


def admit(organisation: Organisation, issuer: str, subject: str, email: str, account_id: UUID) -> Events | Refusal:
    """An account of somebody for whom another server vouches: a member, until an owner says otherwise."""
    if organisation.name is None:
        return Refusal(code="account_refused", detail="There is no organisation for this account.")
    return (AccountMade(account_id=account_id, email=email, role="member", issuer=issuer, subject=subject),)


def reset(organisation: Organisation, by: UUID, account_id: UUID, password_hash: str) -> Events | Refusal:
    if (refusal := _not_an_owner(organisation, by)) is not None:
        return refusal
    found = organisation.accounts.get(account_id)
    if found is None:
        return UNKNOWN
    if found.issuer is not None:
        return Refusal(code="account_refused", detail="This account has no password here.")
    return (PasswordSet(account_id=account_id, password_hash=password_hash, once=True),)


def give_role(organisation: Organisation, by: UUID, account_id: UUID, role: Role) -> Events | Refusal:
    if (refusal := _not_an_owner(organisation, by)) is not None:
        return refusal
    found = organisation.accounts.get(account_id)
    if found is None:
        return UNKNOWN
    if found.role == role:
        return ()
    if [each.account_id for each in organisation.owners()] == [account_id]:
        return LAST_OWNER
    return (RoleGiven(account_id=account_id, role=role),)


def remove(organisation: Organisation, by: UUID, account_id: UUID) -> Events | Refusal:
    """Owners remove anybody, everybody may remove themselves; an owner stays."""
    if by != account_id and (refusal := _not_an_owner(organisation, by)) is not None:
        return refusal
    if account_id not in organisation.accounts:
        return UNKNOWN
    if [each.account_id for each in organisation.owners()] == [account_id]:
        return LAST_OWNER
    return (AccountRemoved(account_id=account_id),)


UNKNOWN = Refusal(code="unknown_account", detail="Account not found.")
"""The same for an account that never was, was removed, or is another organisation's."""
LAST_OWNER = Refusal(code="last_owner", detail="The organisation's last owner stays its owner.")


def _not_an_owner(organisation: Organisation, by: UUID) -> Refusal | None:
    found = organisation.accounts.get(by)
    if found is None:
        return Refusal(code="not_signed_in", detail="This login has ended.")
    if found.role != "owner":
        return Refusal(code="owner_only", detail="Only an owner of the organisation may do this.")
    return None


def stream_of(event: AnyAccountEvent, organisation_id: UUID) -> UUID:
    """What an event is about: the account, or the organisation."""
    return organisation_id if isinstance(event, OrganisationMade) else event.account_id


def outdated(events: Iterable[AnyAccountEvent]) -> list[tuple[UUID, str]]:
    """Which earlier events of whom (stream, type) must be erased now: an old hash, and all of who has gone."""
    erased = list[tuple[UUID, str]]()
    for event in events:
        if isinstance(event, PasswordSet | AccountRemoved):
            erased.append((event.account_id, PasswordSet.type))
        if isinstance(event, AccountRemoved):
            erased.append((event.account_id, AccountMade.type))
    return erased
