"""Logging in and staying so, and who somebody is. Asked on `accounts.>`, which only the gateway may.

Nothing here is put on a stream or into a log line: the questions hold passwords, the answers tokens.
"""

import secrets
from datetime import timedelta
from uuid import uuid4

from contracts import subjects
from contracts.accounts import (
    FirstOwner,
    Identify,
    IdentifyForeign,
    LoggedIn,
    LogIn,
    LogOut,
    Person,
    Refresh,
    TooManyFailures,
)
from contracts.base import now
from contracts.replies import Refusal, Reply
from services.kit.bus import Bus
from services.kit.postgres import Database
from services.memory.decisions.accounts import admit, first_owner
from services.memory.handlers.attempts import Attempt, Attempts
from services.memory.handlers.tokens import WorkspaceTokens
from services.memory.passwords import Passwords
from services.memory.store import accounts, logins

LOGIN_LASTS = timedelta(days=30)
ONE_TIME_LASTS = timedelta(days=7)

WRONG = Reply(refusal=Refusal(code="wrong_credentials", detail="Email or password is wrong."))
NOT_LOGGED_IN = Reply(refusal=Refusal(code="not_signed_in", detail="This login has ended."))


class Accounts:
    """One method a question; each answers with a Reply."""

    def __init__(self, database: Database, passwords: Passwords, attempts: Attempts, tokens: WorkspaceTokens):
        self._database = database
        self._passwords = passwords
        self._attempts = attempts
        self._tokens = tokens

    def register(self, bus: Bus) -> None:
        bus.on_query(subjects.account(LogIn), LogIn)(self.log_in)
        bus.on_query(subjects.account(Refresh), Refresh)(self.refresh)
        bus.on_query(subjects.account(LogOut), LogOut)(self.log_out)
        bus.on_query(subjects.account(Identify), Identify)(self.identify)
        bus.on_query(subjects.account(IdentifyForeign), IdentifyForeign)(self.identify_foreign)
        bus.on_query(subjects.admin("memory", "first_owner"), FirstOwner)(self.first_owner)

    async def log_in(self, asked: LogIn) -> Reply:
        """The same answer, after the same work, for an unknown address and a wrong password."""
        found = await self._database.read(None, lambda it: accounts.with_email(it, asked.email))
        attempt = Attempt(asked.email, asked.address, asked.password.get_secret_value())
        fits = await self._attempts.fits(attempt, found.password_hash if found is not None else None)
        if isinstance(fits, TooManyFailures):
            return Reply(body=fits)
        if found is None or not fits or _is_too_old(found):
            return WRONG
        login, token = logins.Login(uuid4(), found.person, now() + LOGIN_LASTS), _token()
        async with self._database.transaction(None) as connection:
            ended = await logins.add(connection, login, token)
        await self._tokens.withdraw(ended)
        return _logged_in(login, token)

    async def refresh(self, asked: Refresh) -> Reply:
        token = _token()
        async with self._database.transaction(None) as connection:
            exchanged = await logins.exchange(connection, asked.refresh_token.get_secret_value(), token, now())
        await self._tokens.withdraw(exchanged.ended)
        return NOT_LOGGED_IN if exchanged.login is None else _logged_in(exchanged.login, token)

    async def log_out(self, asked: LogOut) -> Reply:
        """Nothing is said of whether there was such a login."""
        async with self._database.transaction(None) as connection:
            ended = await logins.end(connection, asked.refresh_token.get_secret_value())
        await self._tokens.withdraw(ended)
        return Reply()

    async def identify(self, asked: Identify) -> Reply:
        """Read anew on each request: who was removed, or has logged out, is nobody at once."""
        found = await self._database.read(None, lambda it: accounts.identify(it, asked, now()))
        return NOT_LOGGED_IN if found is None else Reply(body=found)

    async def identify_foreign(self, asked: IdentifyForeign) -> Reply:
        found = await self._vouched_for(asked)
        if found is None:
            if (refusal := await self._admit(asked)) is not None:
                return Reply(refusal=refusal)
            found = await self._vouched_for(asked)
        return NOT_LOGGED_IN if found is None else Reply(body=found)

    async def _vouched_for(self, asked: IdentifyForeign) -> Person | None:
        return await self._database.read(None, lambda it: accounts.identify(it, asked, now()))

    async def _admit(self, asked: IdentifyForeign) -> Refusal | None:
        """Makes the account of somebody who is seen for the first time."""
        if asked.organisation_id is None or asked.email is None:
            return Refusal(code="account_refused", detail="There is no account for this person here.")
        async with self._database.transaction(None) as connection:
            if await accounts.claim(connection, asked.email) is not None:
                if await accounts.identify(connection, asked, now()) is not None:
                    return None  # another of their requests was quicker
                return Refusal(code="account_refused", detail="Another account has this person's address.")
            organisation = await accounts.lock(connection, asked.organisation_id)
            decided = admit(organisation, asked.issuer, asked.subject, asked.email, uuid4())
            if isinstance(decided, Refusal):
                return decided
            await accounts.record(connection, organisation, decided, "oidc", now())
        return None

    async def first_owner(self, asked: FirstOwner) -> Reply:
        """An operator's. Whoever was logged in as that owner no longer is."""
        password_hash = await self._passwords.hash(asked.password.get_secret_value())
        async with self._database.transaction(None) as connection:
            known = await accounts.claim(connection, asked.email)
            if known is not None and known.person.organisation_id != asked.organisation_id:
                return Reply(refusal=Refusal(code="email_taken", detail="Another organisation has this address."))
            organisation = await accounts.lock(connection, asked.organisation_id)
            account_id, decided = first_owner(organisation, asked.name, asked.email, password_hash, uuid4())
            await accounts.record(connection, organisation, decided, "operator", now())
            ended = await logins.end_all(connection, account_id)
        await self._tokens.withdraw(ended)
        return Reply(body={"account_id": account_id, "organisation_id": asked.organisation_id})


def _token() -> str:
    """256 random bits."""
    return f"wfr_{secrets.token_urlsafe(32)}"


def _is_too_old(found: accounts.Stored) -> bool:
    """Whether it is a password that somebody else chose, and its owner never came to choose another."""
    set_at = found.password_at
    return found.person.must_change_password and set_at is not None and set_at + ONE_TIME_LASTS <= now()


def _logged_in(login: logins.Login, token: str) -> Reply:
    return Reply(
        body=LoggedIn(person=login.person, login_id=login.login_id, refresh_token=token, expires_at=login.expires_at)
    )
