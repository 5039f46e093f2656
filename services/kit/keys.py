"""API keys: `wft_live_<8 public>_<32 random base62>_<crc32>`. The server keeps a keyed hash, never the key."""

import hashlib
import hmac
import re
import secrets
import string
from typing import NamedTuple
from uuid import UUID
from zlib import crc32

_BASE62 = string.ascii_letters + string.digits
_PUBLIC = string.ascii_lowercase + string.digits
_FORM = re.compile(r"(wft_live_([a-z0-9]{8})_[A-Za-z0-9]{32})_([0-9a-f]{8})", re.ASCII)


class Key(NamedTuple):
    """A key as its owner holds it, and the part of it that may be shown and looked up."""

    text: str
    public_id: str


def make_key() -> Key:
    """A new key: 190 random bits behind its public part."""
    return _key(secrets.randbits(512))


def derive_key(pepper: str, wish: UUID) -> Key:
    """The same key for the same wish; as good as random to whoever has not the server's pepper."""
    return _key(int.from_bytes(hmac.digest(pepper.encode(), b"key of a wish\0" + wish.bytes, "sha512")))


def _key(number: int) -> Key:
    """The key that 512 bits spell."""
    number, public_id = _spell(number, _PUBLIC, 8)
    _, secret = _spell(number, _BASE62, 32)
    body = f"wft_live_{public_id}_{secret}"
    return Key(f"{body}_{crc32(body.encode()):08x}", public_id)


def _spell(number: int, alphabet: str, length: int) -> tuple[int, str]:
    """What is left of a number, and `length` characters that it gave."""
    characters = []
    for _ in range(length):
        number, digit = divmod(number, len(alphabet))
        characters.append(alphabet[digit])
    return number, "".join(characters)


def read_key(text: str) -> Key | None:
    """The key in `text`, or None where it is not of our form or its checksum is wrong."""
    found = _FORM.fullmatch(text)
    if found is None or f"{crc32(found[1].encode()):08x}" != found[3]:
        return None
    return Key(text, found[2])


def hash_key(pepper: str, key: str) -> str:
    """HMAC-SHA-256 of the key under the server's pepper, in hex. Fast is right: the key has 190 bits of its own."""
    return hmac.new(pepper.encode(), key.encode(), hashlib.sha256).hexdigest()


def same_hash(one: str, other: str) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(one, other)
