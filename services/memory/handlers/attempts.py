"""Passwords that come from outside: each attempt is counted before it is looked at, and forgiven where it was right."""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from uuid import UUID

from contracts.accounts import TooManyFailures
from contracts.base import derived_id, now
from services.kit.postgres import Database
from services.memory.passwords import Overloaded, Passwords
from services.memory.settings import MemorySettings
from services.memory.store import logins

OVERLOADED_RETRY_S = 2


@dataclass(frozen=True, slots=True)
class Attempt:
    """A password for an account (by its email, whether or not there is one), from an address."""

    email: str
    address: str
    password: str


class Attempts:
    """Where `login_failures_account_max` or `login_failures_address_max` is reached, no password is looked at."""

    def __init__(self, database: Database, passwords: Passwords, settings: MemorySettings):
        self._database = database
        self._passwords = passwords
        self._account_max = settings.login_failures_account_max
        self._address_max = settings.login_failures_address_max
        self._window = timedelta(seconds=settings.login_failures_window_s)

    async def fits(self, attempt: Attempt, stored: str | None) -> bool | TooManyFailures:
        """Whether the password is the one that was hashed. It takes as long where there is none."""
        if (wait_s := await self._count(attempt)) is not None:
            return TooManyFailures(retry_after_s=wait_s)
        try:
            fits = await self._passwords.fits(attempt.password, stored)
        except Overloaded:
            return TooManyFailures(retry_after_s=OVERLOADED_RETRY_S)
        if fits:
            async with self._database.transaction(None) as connection:
                await logins.forgive(connection, *_who(attempt))
        return fits

    async def _count(self, attempt: Attempt) -> int | None:
        """Counts the attempt, so that many at once are counted too. How many seconds to wait, if at all."""
        account, address = _who(attempt)
        async with self._database.transaction(None) as connection:
            at = now()
            counted = await logins.count_attempts(connection, (account, address), at, at - self._window)
        allowed = {account: self._account_max, address: self._address_max}
        waits = [each.since + self._window - at for each in counted if each.failures > allowed[each.who]]
        return max(1, ceil(max(waits).total_seconds())) if waits else None


def _who(attempt: Attempt) -> tuple[UUID, UUID]:
    """Account and address, as failures are counted."""
    return (
        derived_id("login failures", "account", attempt.email),
        derived_id("login failures", "address", attempt.address),
    )
