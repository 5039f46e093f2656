"""The master key: whoever loses it has lost all content. While it is being changed there are two."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Self

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.kit.settings import ServiceSettings

NAME_BYTES = 8


class BadMasterKey(ValueError):
    """Not 32 bytes in base64."""


class UnknownMasterKey(Exception):
    """A workspace's key is wrapped by a master key that is not among those that were given. The message names it."""


class Masters:
    """The master keys, the newest first. `read` gives their text: base64 of 32 bytes each, separated by white space.

    It is read again when a key is wrapped, and when one is met that is not known: so a changed file is noticed without
    a restart.
    """

    def __init__(self, read: Callable[[], str]):
        self._read = read
        self._known: dict[bytes, bytes] = {}

    def newest(self) -> tuple[bytes, bytes]:
        """Name and key of the one that wraps. Raises BadMasterKey."""
        self._known = {name_of(key): key for key in keys_in(self._read())}
        return next(iter(self._known.items()))

    def find(self, name: bytes) -> bytes:
        """Raises UnknownMasterKey, BadMasterKey."""
        if name not in self._known:
            self.newest()
        if name not in self._known:
            raise UnknownMasterKey(f"master key {name.hex()} is not among those given (WEFT_MASTER_KEY)")
        return self._known[name]

    @staticmethod
    def named(wrapped: bytes) -> tuple[bytes, bytes]:
        """The name of the master key that a workspace's key is wrapped by, and the rest."""
        return wrapped[:NAME_BYTES], wrapped[NAME_BYTES:]


def keys_in(text: str) -> list[bytes]:
    """At least one. Raises BadMasterKey."""
    try:
        found = [b64decode(each, validate=True) for each in text.split()]
    except ValueError:
        found = []
    if not found or any(len(each) != 32 for each in found):
        raise BadMasterKey("a master key is 32 bytes in base64 (WEFT_MASTER_KEY, or the file WEFT_MASTER_KEY_FILE)")
    return found


def name_of(key: bytes) -> bytes:
    """By which a key is known where it is not: of 256 random bits it gives nothing away."""
    return hashlib.sha256(b"weft master key\0" + key).digest()[:NAME_BYTES]


def as_text(*keys: bytes) -> str:
    """What keys_in reads."""
    return "".join(f"{b64encode(key).decode()}\n" for key in keys)


class MasterKeySettings(BaseSettings):
    """Where the master key is: one of the two."""

    model_config = SettingsConfigDict(
        env_prefix="WEFT_",
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,  # an error at the start is logged, and its input would be the key
    )

    master_key: SecretStr | None = None
    """32 bytes in base64; while it is being changed the new one and the old one, separated by a space."""
    master_key_file: Path | None = None
    """Where they stand. Read again when it matters."""

    @model_validator(mode="after")
    def _one_master_key(self) -> Self:
        if (self.master_key is None) == (self.master_key_file is None):
            raise ValueError("set WEFT_MASTER_KEY or WEFT_MASTER_KEY_FILE")
        keys_in(self.read_master_keys())
        return self

    def read_master_keys(self) -> str:
        if self.master_key is not None:
            return self.master_key.get_secret_value()
        assert self.master_key_file is not None
        try:
            return self.master_key_file.read_text(encoding="ascii")
        except FileNotFoundError:
            raise BadMasterKey(f"{self.master_key_file} is not there") from None


class SealingSettings(MasterKeySettings, ServiceSettings):
    """Of a service that seals what it keeps."""
