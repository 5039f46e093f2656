"""People: logging in and staying so, and who somebody is. Asked on `accounts.>`, which only the gateway may.

Nothing here is put on a stream or into a log line: the questions hold passwords, the answers tokens.
"""

import secrets
from datetime import timedelta
from math import ceil
from uuid import UUID, uuid4

from contracts import subjects
from contracts.accounts import FirstOwner, Identify, LoggedIn, LogIn, LogOut, Refresh, TooManyFailures
from contracts.base import derived_id, now
from contracts.replies import Refusal, Reply
from services.kit.bus import Bus
from services.kit.postgres import Database
from services.memory.decisions.accounts import first_owner
from services.memory.passwords import Overloaded, Passwords
from services.memory.settings import MemorySettings
from services.memory.store import accounts, logins

LOGIN_LASTS = timedelta(days=30)
OVERLOADED_RETRY_S = 2

WRONG = Reply(refusal=Refusal(code="wrong_credentials", detail="Email or password is wrong."))
NOT_LOGGED_IN = Reply(refusal=Refusal(code="not_signed_in", detail="This login has ended."))


class Accounts:
    """One method a question; each answers with a Reply."""

    def __init__(self, database: Database, passwords: Passwords, settings: MemorySettings):
        self._database = database
        self._passwords = passwords
        self._failures_max = {
            "account": settings.login_failures_account_max,
            "address": settings.login_failures_address_max,
        }
        self._window = timedelta(seconds=settings.login_failures_window_s)

    def register(self, bus: Bus) -> None:
        bus.on_query(subjects.account(LogIn), LogIn)(self.log_in)
        bus.on_query(subjects.account(Refresh), Refresh)(self.refresh)
        bus.on_query(subjects.account(LogOut), LogOut)(self.log_out)
        bus.on_query(subjects.account(Identify), Identify)(self.identify)
        bus.on_query(subjects.admin("memory", "first_owner"), FirstOwner)(self.first_owner)

    async def log_in(self, asked: LogIn) -> Reply:
        """The same answer, after the same work, for an unknown address and a wrong password."""
        account = derived_id("login failures", "account", asked.email)
        address = derived_id("login failures", "address", asked.address)
        if (wait_s := await self._count(account, address)) is not None:
            return Reply(body=TooManyFailures(retry_after_s=wait_s))
        found = await self._database.read(None, lambda it: accounts.with_password(it, asked.email))
        person, stored = found if found is not None else (None, None)
        try:
            fits = await self._passwords.fits(asked.password.get_secret_value(), stored)
        except Overloaded:
            return Reply(body=TooManyFailures(retry_after_s=OVERLOADED_RETRY_S))
        if person is None or not fits:
            return WRONG
        login, token = logins.Login(uuid4(), person, now() + LOGIN_LASTS), _token()
        async with self._database.transaction(None) as connection:
            await logins.forgive(connection, account, address)
            await logins.add(connection, login, token)
        return _logged_in(login, token)

    async def _count(self, account: UUID, address: UUID) -> int | None:
        """Counts an attempt before it is looked at, so that many at once are counted too.

        How long to wait, if at all.
        """
        async with self._database.transaction(None) as connection:
            at = now()
            counted = await logins.count_attempts(connection, (account, address), at, at - self._window)
        allowed = {account: self._failures_max["account"], address: self._failures_max["address"]}
        waits = [each.since + self._window - at for each in counted if each.failures > allowed[each.who]]
        return max(1, ceil(max(waits).total_seconds())) if waits else None

    async def refresh(self, asked: Refresh) -> Reply:
        token = _token()
        async with self._database.transaction(None) as connection:
            login = await logins.exchange(connection, asked.refresh_token.get_secret_value(), token, now())
        return NOT_LOGGED_IN if login is None else _logged_in(login, token)

    async def log_out(self, asked: LogOut) -> Reply:
        """Nothing is said of whether there was such a login."""
        async with self._database.transaction(None) as connection:
            await logins.end(connection, asked.refresh_token.get_secret_value())
        return Reply()

    async def identify(self, asked: Identify) -> Reply:
        """Read anew on each request: who was removed, or has logged out, is nobody at once."""
        found = await self._database.read(None, lambda it: accounts.identify(it, asked, now()))
        return NOT_LOGGED_IN if found is None else Reply(body=found)

    async def first_owner(self, asked: FirstOwner) -> Reply:
        """An operator's. Whoever was logged in as that owner no longer is."""
        password_hash = await self._passwords.hash(asked.password.get_secret_value())
        async with self._database.transaction(None) as connection:
            known = await accounts.with_password(connection, asked.email)
            if known is not None and known[0].organisation_id != asked.organisation_id:
                return Reply(refusal=Refusal(code="email_taken", detail="Another organisation has this address."))
            organisation = await accounts.lock(connection, asked.organisation_id)
            decided = first_owner(organisation, asked.name, asked.email, password_hash, uuid4())
            if isinstance(decided, Refusal):
                return Reply(refusal=decided)
            await accounts.record(connection, organisation, decided, "operator", now())
            account_id = next(each.account_id for each in organisation.owners() if each.email == asked.email)
            await logins.end_all(connection, account_id)
        return Reply(body={"account_id": account_id, "organisation_id": asked.organisation_id})


def _token() -> str:
    """256 random bits."""
    return f"wfr_{secrets.token_urlsafe(32)}"


def _logged_in(login: logins.Login, token: str) -> Reply:
    return Reply(
        body=LoggedIn(person=login.person, login_id=login.login_id, refresh_token=token, expires_at=login.expires_at)
    )
