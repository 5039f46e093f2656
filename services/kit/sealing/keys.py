"""Keys, and what they seal. No I/O."""

import hmac
import os
from collections.abc import Iterable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.kit.sealing.masters import Masters

KEY_BYTES = 32
NONCE_BYTES = 12
WORKSPACES_MAX = 10_000
"""Opened workspace keys that a process holds; those used longest ago go first."""


class Unreadable(Exception):
    """What was sealed does not open: another key, another place, or it was changed. The message names the place."""


class Key:
    """A key of AES-256-GCM. Each sealing takes a random nonce, so that one key is good for 2^32 of them."""

    __slots__ = ("_cipher",)

    def __init__(self, secret: bytes):
        self._cipher = AESGCM(secret)

    def seal(self, plain: bytes, *place: str) -> bytes:
        """28 bytes longer than `plain`. It opens at this place only."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, _bound(place))

    def unseal(self, sealed: bytes, *place: str) -> bytes:
        """Raises Unreadable."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(place))
        except (InvalidTag, ValueError):  # the latter: shorter than anything that was sealed
            raise Unreadable("/".join(place)) from None


class WorkspaceKey(Key):
    """Wraps the workspace's data keys, and seals what belongs to no one thing in it."""

    __slots__ = ("_deriving", "_marking", "workspace_id")

    def __init__(self, workspace_id: str, secret: bytes):
        super().__init__(secret)
        self.workspace_id = workspace_id
        self._marking = hmac.digest(secret, b"marks", "sha256")
        self._deriving = hmac.digest(secret, b"secrets", "sha256")

    def mark(self, text: str) -> str:
        """32 hex digits by which equal texts of this workspace are known, to whoever has its key and nobody else."""
        return hmac.digest(self._marking, text.encode(), "sha256").hex()[:32]

    def derive(self, *place: str) -> bytes:
        """32 bytes that are a secret of that place: the same ones each time, so that they need not be kept."""
        return hmac.digest(self._deriving, _bound(place), "sha256")


class Keys:
    """A workspace's key, and those of its data keys that are known in the transaction at hand."""

    def __init__(self, workspace: WorkspaceKey):
        self.workspace = workspace
        self._wrapped: dict[str, bytes | None] = {}
        self._open: dict[str, Key] = {}

    def learn(self, key_id: str, wrapped: bytes | None) -> None:
        """What the table has under that id; None: nothing."""
        if self._wrapped.get(key_id) != wrapped:
            self._open.pop(key_id, None)
        self._wrapped[key_id] = wrapped

    def unknown(self, key_ids: Iterable[str]) -> list[str]:
        """Those of which it is not known whether there is a key."""
        return [each for each in dict.fromkeys(key_ids) if each not in self._wrapped]

    def missing(self, key_ids: Iterable[str]) -> list[str]:
        """Those that are known to have none."""
        return [each for each in dict.fromkeys(key_ids) if self._wrapped.get(each, b"") is None]

    @property
    def wrapped(self) -> dict[str, bytes]:
        """The keys that are known, wrapped, by id."""
        return {key_id: wrapped for key_id, wrapped in self._wrapped.items() if wrapped is not None}

    def make(self, key_id: str) -> bytes:
        """A new key, wrapped: to be put into the table."""
        secret = os.urandom(KEY_BYTES)
        wrapped = self.workspace.seal(secret, *self._place(key_id))
        self._wrapped[key_id], self._open[key_id] = wrapped, Key(secret)
        return wrapped

    def of(self, key_id: str | None) -> Key:
        """The key of a thing, or with None the workspace's own. Raises Unreadable where there is none."""
        if key_id is None:
            return self.workspace
        found = self._open.get(key_id)
        if found is None:
            wrapped = self._wrapped.get(key_id)
            if wrapped is None:
                raise Unreadable(f"no key: {key_id}")
            found = self._open[key_id] = Key(self.workspace.unseal(wrapped, *self._place(key_id)))
        return found

    def _place(self, key_id: str) -> tuple[str, str, str]:
        return ("data key", self.workspace.workspace_id, key_id)


class Keyring:
    """The workspaces' keys, opened by the master key, once a process each.

    An opened key is known by its wrapped form, which every transaction reads anew: what a transaction made and did not
    commit is never taken for the workspace's key, and rewrapping or destroying one needs nobody to be told.
    """

    def __init__(self, masters: Masters):
        self._masters = masters
        self._open = lru_cache(maxsize=WORKSPACES_MAX)(self._unwrap)

    def make(self, workspace_id: str) -> bytes:
        """A new key for a workspace, wrapped by the newest master key."""
        return self._wrap(workspace_id, os.urandom(KEY_BYTES))

    def open(self, workspace_id: str, wrapped: bytes) -> WorkspaceKey:
        """Raises UnknownMasterKey, Unreadable."""
        return self._open(workspace_id, wrapped)

    def rewrap(self, workspace_id: str, wrapped: bytes) -> bytes:
        """The same key under the newest master key. Raises UnknownMasterKey, Unreadable."""
        return self._wrap(workspace_id, self._secret(workspace_id, wrapped))

    @property
    def masters(self) -> Masters:
        return self._masters

    def _unwrap(self, workspace_id: str, wrapped: bytes) -> WorkspaceKey:
        return WorkspaceKey(workspace_id, self._secret(workspace_id, wrapped))

    def _secret(self, workspace_id: str, wrapped: bytes) -> bytes:
        master, sealed = Masters.named(wrapped)
        return Key(self._masters.find(master)).unseal(sealed, *_place(workspace_id))

    def _wrap(self, workspace_id: str, secret: bytes) -> bytes:
        name, master = self._masters.newest()
        return name + Key(master).seal(secret, *_place(workspace_id))


def _place(workspace_id: str) -> tuple[str, str]:
    return ("workspace key", workspace_id)


def _bound(place: tuple[str, ...]) -> bytes:
    """NUL, which no id contains, keeps ("a", "bc") from ("ab", "c")."""
    return "\0".join(place).encode()
