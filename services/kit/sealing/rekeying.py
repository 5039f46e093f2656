"""Changing the master key while services work: they have the new one beside the old, and wrap by it from then on."""

from contracts import subjects
from contracts.queries import EveryWorkspace
from contracts.replies import Reply
from services.kit.bus import Bus
from services.kit.postgres import Database
from services.kit.sealing.keys import Keyring
from services.kit.sealing.tables import rewrap


def register_rekeying(bus: Bus, loops: Database, keyring: Keyring) -> None:
    """Answers an operator: the name of the master key by which this service wraps, and how many of its workspaces'
    keys were not wrapped by it until now."""

    async def rekey(_: EveryWorkspace) -> Reply:
        name, _key = keyring.masters.newest()
        return Reply(body={"master": name.hex(), "rewrapped": await rewrap(loops, keyring)})

    bus.on_query(subjects.admin(bus.service, "rekey"), EveryWorkspace)(rekey)
