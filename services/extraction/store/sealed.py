"""What a job has of users' texts is sealed, by a key of the job's own; hashes of texts by the workspace's."""

from dataclasses import dataclass

from services.kit.postgres import Connection
from services.kit.sealing import tables
from services.kit.sealing.keys import Keys


@dataclass(frozen=True, slots=True)
class JobKey:
    """`place` says where the sealed text stands."""

    keys: Keys
    job_id: str

    def seal(self, plain: bytes, *place: str) -> bytes:
        return self.keys.of(self.job_id).seal(plain, *self._place(place))

    def unseal(self, sealed: bytes, *place: str) -> bytes:
        """Raises services.kit.sealing.keys.Unreadable."""
        return self.keys.of(self.job_id).unseal(sealed, *self._place(place))

    def _place(self, place: tuple[str, ...]) -> tuple[str, ...]:
        return ("extraction", self.keys.workspace.workspace_id, self.job_id, *place)


async def to_seal(connection: Connection, workspace_id: str, job_id: str) -> JobKey:
    """The job has a key from here on, until nothing of it is left to be stored (`jobs.finish`)."""
    keys = await tables.enter(connection, workspace_id)
    await tables.ensure(connection, keys, [job_id])
    return JobKey(keys, job_id)


def to_unseal(connection: Connection, workspace_id: str, job_id: str, wrapped: bytes | None) -> JobKey:
    """After `tables.sealed_rows`, with the column `wrapped` of what it read."""
    keys = tables.opened(connection, workspace_id)
    keys.learn(job_id, wrapped)
    return JobKey(keys, job_id)


def seal_hash(keys: Keys, of_text: str, *place: str) -> bytes:
    """A hash that is read again, by the workspace's key."""
    return keys.workspace.seal(of_text.encode(), "extraction", keys.workspace.workspace_id, *place)


def unseal_hash(keys: Keys, sealed: bytes, *place: str) -> str:
    """Raises services.kit.sealing.keys.Unreadable."""
    return keys.workspace.unseal(sealed, "extraction", keys.workspace.workspace_id, *place).decode()
