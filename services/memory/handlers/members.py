"""The people of an organisation: who they are, who joins, who goes, and what their passwords are."""

import secrets
from collections.abc import Callable
from uuid import UUID, uuid4

from contracts import subjects
from contracts.accounts import (
    ChangePassword,
    ChangeRole,
    Invited,
    InviteMember,
    ListDeeds,
    ListMembers,
    Member,
    OfOrganisation,
    RemoveMember,
    ResetPassword,
    TooManyFailures,
)
from contracts.base import now
from contracts.replies import Refusal, Reply
from services.kit.bus import Bus
from services.kit.postgres import Connection, Database
from services.memory.decisions.accounts import (
    UNKNOWN,
    Account,
    AccountMade,
    Events,
    Organisation,
    PasswordSet,
    give_role,
    invite,
    remove,
    reset,
)
from services.memory.handlers.accounts import NOT_LOGGED_IN, WRONG
from services.memory.handlers.attempts import Attempt, Attempts
from services.memory.handlers.tokens import WorkspaceTokens
from services.memory.passwords import Passwords
from services.memory.store import accounts, auditing, logins

Decide = Callable[[Organisation], Events | Refusal]


class Members:
    """One method a question; each answers with a Reply.

    Whether `by` may do it is decided under the organisation's lock.
    """

    def __init__(self, database: Database, passwords: Passwords, attempts: Attempts, tokens: WorkspaceTokens):
        self._database = database
        self._passwords = passwords
        self._attempts = attempts
        self._tokens = tokens

    def register(self, bus: Bus) -> None:
        bus.on_query(subjects.account(ListMembers), ListMembers)(self.browse)
        bus.on_query(subjects.account(ListDeeds), ListDeeds)(self.deeds)
        bus.on_query(subjects.account(InviteMember), InviteMember)(self.invite)
        bus.on_query(subjects.account(ResetPassword), ResetPassword)(self.reset_password)
        bus.on_query(subjects.account(ChangeRole), ChangeRole)(self.change_role)
        bus.on_query(subjects.account(RemoveMember), RemoveMember)(self.remove)
        bus.on_query(subjects.account(ChangePassword), ChangePassword)(self.change_password)

    async def browse(self, asked: ListMembers) -> Reply:
        found = await self._database.read(None, lambda it: accounts.people(it, asked.organisation_id))
        return Reply(body=[_member(each) for each in found])

    async def deeds(self, asked: ListDeeds) -> Reply:
        async def work(connection: Connection) -> Reply:
            return Reply(body=await auditing.of_organisation(connection, asked.organisation_id, asked.filters))

        return await self._database.read(None, work)

    async def invite(self, asked: InviteMember) -> Reply:
        password = _one_time_password()
        password_hash, account_id = await self._passwords.hash(password), uuid4()
        async with self._database.transaction(None) as connection:
            if await accounts.claim(connection, asked.email) is not None:
                return Reply(refusal=Refusal(code="email_taken", detail="There is an account with this address."))

            def decide(organisation: Organisation) -> Events | Refusal:
                made = AccountMade(account_id=account_id, email=asked.email, role=asked.role)
                return invite(organisation, asked.by, made, password_hash)

            done = await _change(connection, asked, decide)
        return done if isinstance(done, Reply) else _invited(done.accounts[account_id], password)

    async def reset_password(self, asked: ResetPassword) -> Reply:
        password = _one_time_password()
        password_hash = await self._passwords.hash(password)
        async with self._database.transaction(None) as connection:
            done = await _change(connection, asked, lambda it: reset(it, asked.by, asked.account_id, password_hash))
            if isinstance(done, Reply):
                return done
            ended = await logins.end_all(connection, asked.account_id)
        await self._tokens.withdraw(ended)
        return _invited(done.accounts[asked.account_id], password)

    async def change_role(self, asked: ChangeRole) -> Reply:
        async with self._database.transaction(None) as connection:
            done = await _change(connection, asked, lambda it: give_role(it, asked.by, asked.account_id, asked.role))
        return done if isinstance(done, Reply) else Reply(body=_member(done.accounts[asked.account_id]))

    async def remove(self, asked: RemoveMember) -> Reply:
        async with self._database.transaction(None) as connection:
            organisation = await accounts.lock(connection, asked.organisation_id)
            decided = remove(organisation, asked.by, asked.account_id)
            if isinstance(decided, Refusal):
                return Reply(refusal=decided)
            ended = await logins.end_all(connection, asked.account_id)  # while it is known whose they are
            await accounts.record(connection, organisation, decided, _actor(asked.by), now())
        await self._tokens.withdraw(ended)
        return Reply()

    async def change_password(self, asked: ChangePassword) -> Reply:
        """Its owner's choice. A wrong old password counts as a failed login."""
        found = await self._own(asked.organisation_id, asked.by)
        if found is None or found.issuer is not None:
            return NOT_LOGGED_IN if found is None else _no_password()
        attempt = Attempt(found.email, asked.address, asked.old_password.get_secret_value())
        fits = await self._attempts.fits(attempt, found.password_hash)
        if isinstance(fits, TooManyFailures):
            return Reply(body=fits)
        if not fits:
            return WRONG
        password_hash = await self._passwords.hash(asked.new_password.get_secret_value())
        chosen = PasswordSet(account_id=asked.by, password_hash=password_hash)
        async with self._database.transaction(None) as connection:
            done = await _change(
                connection, asked, lambda it: (chosen,) if it.accounts.get(asked.by) == found else UNKNOWN
            )
            if isinstance(done, Reply):  # removed, or changed meanwhile
                return done
            ended = await logins.end_all(connection, asked.by, but=asked.login_id)
        await self._tokens.withdraw(ended)
        return Reply()

    async def _own(self, organisation_id: UUID, account_id: UUID) -> Account | None:
        people = await self._database.read(None, lambda it: accounts.people(it, organisation_id))
        return next((each for each in people if each.account_id == account_id), None)


async def _change(connection: Connection, asked: OfOrganisation, decide: Decide) -> Organisation | Reply:
    """The organisation after what was decided; or the answer that says no."""
    organisation = await accounts.lock(connection, asked.organisation_id)
    decided = decide(organisation)
    if isinstance(decided, Refusal):
        return Reply(refusal=decided)
    await accounts.record(connection, organisation, decided, _actor(asked.by), now())
    return organisation


def _actor(account_id: UUID) -> str:
    return f"account:{account_id}"


def _one_time_password() -> str:
    """120 random bits."""
    return secrets.token_urlsafe(15)


def _no_password() -> Reply:
    return Reply(refusal=Refusal(code="account_refused", detail="This account has no password here."))


def _member(account: Account) -> Member:
    return Member(
        account_id=account.account_id,
        email=account.email,
        role=account.role,
        created_at=account.created_at,
        must_change_password=account.once,
    )


def _invited(account: Account, password: str) -> Reply:
    return Reply(body=Invited(**dict(_member(account)), one_time_password=password))
