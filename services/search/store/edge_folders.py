"""Where Edge keeps a workspace: one folder for each collection, and a file that names the live one.

<root>/<workspace>/live.json            {"folder", "optimised_at", and the profile: "model", "dimension", ...}
<root>/<workspace>/g1-5f0c2a/           a shard
<root>/.lock                            held by the one process that owns the root
"""

import fcntl
import json
import os
import shutil
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from services.search.store.shapes import Model, Profile

LIVE = "live.json"


class FolderInUse(RuntimeError):
    """Another process owns the folder: Edge's files belong to one process."""


@dataclass(frozen=True, slots=True)
class Live:
    """`optimised_at`: how many points the shard had when it was last optimised, 0 if never."""

    folder: str
    profile: Profile
    optimised_at: int = 0


class Folders:
    """Blocking, and quick: reads and renames of small files. Deletions are the caller's to put into a thread."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock: int | None = None

    def take(self) -> None:
        """Owns the root until `release`, and clears away what a crash left unfinished."""
        self._root.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            os.close(lock)
            raise FolderInUse(f"another process owns the index in {self._root}") from busy
        self._lock = lock
        for path in self._root.iterdir():
            if path.is_dir():
                self._clear(path.name)

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def workspaces(self) -> list[str]:
        return sorted(path.parent.name for path in self._root.glob(f"*/{LIVE}"))

    def live(self, workspace: str) -> Live | None:
        try:
            said = json.loads((self._root / workspace / LIVE).read_text())
        except FileNotFoundError:
            return None
        model = Model(said["model"], said["dimension"]) if said["model"] else None
        profile = Profile(model, said["avg_len"], said["generation"], said.get("marks", ""))
        return Live(said["folder"], profile, said["optimised_at"])

    def name_live(self, workspace: str, live: Live) -> None:
        """In one step: a reader sees the old name or the new one, after a power cut too."""
        model = asdict(live.profile.model) if live.profile.model else {"name": None, "dimension": 0}
        said = {
            "folder": live.folder,
            "model": model["name"],
            "dimension": model["dimension"],
            "avg_len": live.profile.avg_len,
            "generation": live.profile.generation,
            "marks": live.profile.marks,
            "optimised_at": live.optimised_at,
        }
        here = self._root / workspace
        draft = here / f"{LIVE}.new"
        with draft.open("w") as file:
            json.dump(said, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(here / LIVE)
        _sync(here)

    def new(self, workspace: str, generation: int) -> str:
        """The name of an empty folder made for a shard."""
        name = f"g{generation}-{uuid.uuid4().hex[:6]}"
        self.path(workspace, name).mkdir(parents=True)
        return name

    def path(self, workspace: str, folder: str) -> Path:
        return self._root / workspace / folder

    def size(self, workspace: str) -> int:
        """Bytes that the workspace's files take on the disk: what they reserve and have not filled takes none."""
        files = [path for path in (self._root / workspace).rglob("*") if path.is_file()]
        return sum(_blocks(path) for path in files) * _BLOCK

    def delete(self, workspace: str, folder: str) -> None:
        shutil.rmtree(self.path(workspace, folder), ignore_errors=True)

    def delete_workspace(self, workspace: str) -> None:
        """The name goes first, so that a crash in between leaves no half workspace."""
        (self._root / workspace / LIVE).unlink(missing_ok=True)
        shutil.rmtree(self._root / workspace, ignore_errors=True)

    def _clear(self, workspace: str) -> None:
        live = self.live(workspace)
        for path in (self._root / workspace).iterdir():
            if path.is_dir() and (live is None or path.name != live.folder):
                shutil.rmtree(path, ignore_errors=True)


_BLOCK = 512
"""Bytes, of what `stat` counts in, whatever the file system's blocks are."""


def _blocks(path: Path) -> int:
    try:
        return path.stat().st_blocks
    except FileNotFoundError:  # merged into another, or dropped, in this moment
        return 0


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
