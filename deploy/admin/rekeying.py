"""Changing the master key. Safe to interrupt and to do again: at no time is there a key that nothing opens."""

from collections.abc import Sequence
from pathlib import Path

from contracts.queries import EveryWorkspace
from deploy.admin.bus import REBUILD_TIMEOUT_S, Operator, Refused
from deploy.local.home import write_private
from deploy.local.programs import WITH_TABLES
from services.kit.sealing.masters import as_text, keys_in, name_of


def accept(file: Path, new: bytes) -> None:
    """From now on the services wrap by the new key, and open what any of the others has wrapped."""
    known = keys_in(file.read_text())
    if known[0] != new:
        write_private(file, as_text(new, *(each for each in known if each != new)))


async def rewrap(operator: Operator, services: Sequence[str] = WITH_TABLES) -> tuple[str, int]:
    """The name of the newest master key, and how many workspaces' keys were wrapped by it that were not before.

    Twice: a service may have been about to add one by the old key while it was being asked for the first time. Raises
    Refused where the services do not agree which key is the newest.
    """
    masters, count = set[str](), 0
    for service in (*services, *services):
        answer = await operator.request(service, "rekey", EveryWorkspace(), REBUILD_TIMEOUT_S)
        masters.add(answer["master"])
        count += answer["rewrapped"]
    if len(masters) > 1:
        raise Refused(f"the services do not have the same master key: {', '.join(sorted(masters))}")
    return masters.pop(), count


def retire(file: Path, new: bytes) -> Path | None:
    """The services have the new key alone. Where the old ones are kept, which backups from before are opened with."""
    others = [each for each in keys_in(file.read_text()) if each != new]
    if not others:
        return None
    kept = file.with_name(f"{file.name}.old")
    before = keys_in(kept.read_text()) if kept.exists() else []
    write_private(kept, as_text(*others, *(each for each in before if each not in others)))
    write_private(file, as_text(new))
    return kept


def read_new(file: Path) -> bytes:
    """The one key in a file. Raises services.kit.sealing.masters.BadMasterKey."""
    return keys_in(file.read_text())[0]


def is_newest(master: str, key: bytes) -> bool:
    return master == name_of(key).hex()
