"""A service's tables as its code needs them: of its newest migration, with the master keys to what is sealed there."""

from functools import partial

from services.kit.health import Probe
from services.kit.migrations import Migrations
from services.kit.postgres import Database
from services.kit.sealing import tables as sealing
from services.kit.sealing.keys import Keyring


class Schema:
    """`loops` may read all workspaces; it is opened before anything is asked here."""

    def __init__(self, service: str, loops: Database, keyring: Keyring):
        self._history = Migrations(service)
        self._loops = loops
        self._keyring = keyring

    @property
    def probes(self) -> tuple[Probe, Probe]:
        """What to look for while the service runs."""
        return partial(self._history.missing, self._loops), partial(sealing.missing, self._loops, self._keyring)

    async def refuse_unless_whole(self) -> None:
        """Raises SystemExit before tables of another version, or such as can't be read."""
        await self._history.refuse_unless_at_head(self._loops)
        await sealing.refuse_unless_openable(self._loops, self._keyring)
