"""Passwords: argon2id hashes, made in threads, a few at a time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.kit.errors import Unavailable

THREADS = 2
WAITING_MAX = 16
"""More than that would hold up whatever else this service is asked."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16)
"""argon2id with 19 MiB, 2 passes, 1 lane: the OWASP Password Storage Cheat Sheet's minimum. 20 to 70 ms of one core."""

_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$nqOLZATFIKDuOuvmLT7HoA$8E+m1CKhf6Y8EIsKgp7gvAJnec+De3NlDqUvQZmC4jE"
"""Of a password that nobody knows: verifying against it takes as long as against somebody's."""

Done = TypeVar("Done")


class Overloaded(Unavailable):
    """Too many passwords wait to be looked at."""


class Passwords:
    """Off the event loop; argon2 lets go of the interpreter's lock while it works."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Raises Overloaded."""
        return await self._run(lambda: _HASHER.hash(password))

    async def fits(self, password: str, stored: str | None) -> bool:
        """Whether the password is the one that was hashed; never where there is none, and no sooner.

        Raises Overloaded.
        """
        same = await self._run(lambda: _fits(password, stored or _NOBODYS))
        return same and stored is not None

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], Done]) -> Done:
        if self._waiting >= WAITING_MAX:
            raise Overloaded
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def _fits(password: str, stored: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
