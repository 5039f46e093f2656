"""Who asks: from an `Authorization` or an `X-API-Key` header to a workspace and what may be done there.

A key is looked up on every request, from the leader of its bucket, and never remembered: what was revoked is dead
everywhere at once. Where KEYS can't be read nobody gets in (Unavailable, 503).
"""

from base64 import b64decode
from dataclasses import dataclass
from uuid import UUID

from nats.errors import Error as NatsError
from pydantic_core import from_json, to_json

from contracts import subjects
from contracts.base import Grants, now
from contracts.replies import StoredKey
from services.kit.bus import Bus
from services.kit.errors import Unavailable
from services.kit.keys import Key, derive_key, hash_key, make_key, read_key, same_hash

LOOKUP_TIMEOUT_S = 2.0
X_API_KEY = "X-API-Key"

_READ_KEYS = f"$JS.API.STREAM.MSG.GET.{subjects.KEYS_STREAM}"
_NO_MESSAGE_FOUND = 10_037
_NO_HASH = "0" * 64


@dataclass(frozen=True, slots=True)
class Principal:
    """On whose behalf a request is made: the workspace, who acts (`key:<public id>`, or `account:<id>` by a workspace
    token), and what may be done."""

    workspace_id: str
    actor: str
    grants: Grants


class NotAuthenticated(Exception):
    """Says what is wrong with the credentials, the same for a key that is unknown, revoked or expired. `scheme` is the
    one by which they should have come.
    """

    def __init__(self, why: str, scheme: str = "Token"):
        super().__init__(why)
        self.scheme = scheme


class Keys:
    """The door to KEYS."""

    def __init__(self, bus: Bus, pepper: str):
        self._bus = bus
        self._pepper = pepper

    def new(self, wish: UUID, *, again: bool) -> tuple[Key, str]:
        """A key that nobody knows yet, and its hash. With `again` the same wish gives the same key: a client that did
        not hear the answer may ask once more."""
        key = derive_key(self._pepper, wish) if again else make_key()
        return key, hash_key(self._pepper, key.text)

    async def principal(self, authorization: str | None) -> Principal:
        """Whom `Token <api key>` stands for. Raises NotAuthenticated, or Unavailable where KEYS can't be read."""
        return await self._bearer_of(_key_in(authorization))

    async def principal_of(self, x_api_key: str | None) -> Principal:
        """Whom the key in an `X-API-Key` stands for. Raises as `principal` does."""
        try:
            return await self._bearer_of(_key_as(x_api_key))
        except NotAuthenticated as why:
            raise NotAuthenticated(str(why), X_API_KEY) from None

    async def _bearer_of(self, key: Key) -> Principal:
        stored = await self._lookup(key.public_id)
        same = same_hash(hash_key(self._pepper, key.text), stored.secret_hash if stored else _NO_HASH)
        if (
            stored is None
            or not same
            or stored.revoked
            or (stored.expires_at is not None and stored.expires_at <= now())
        ):
            raise NotAuthenticated("Invalid API key.")
        grants = Grants(read=stored.read, write=stored.write, default=stored.default_namespace)
        return Principal(stored.workspace_id, stored.actor or f"key:{key.public_id}", grants)

    def hash_of(self, key: Key) -> str:
        """As KEYS has it."""
        return hash_key(self._pepper, key.text)

    async def _lookup(self, public_id: str) -> StoredKey | None:
        if not self._bus.client.is_connected:
            raise Unavailable("not connected")
        question = to_json({"last_by_subj": subjects.key_entry(public_id)})
        try:
            answer = await self._bus.request(_READ_KEYS, question, LOOKUP_TIMEOUT_S)
        except NatsError as fault:
            raise Unavailable(f"KEYS: {type(fault).__name__}") from fault
        return _stored_key(answer)


def _key_in(authorization: str | None) -> Key:
    if authorization is None:
        raise NotAuthenticated("Authentication credentials were not provided.")
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "token":
        raise NotAuthenticated("The authorization scheme must be Token.")
    return _key_as(text)


def _key_as(text: str | None) -> Key:
    if text is None:
        raise NotAuthenticated("Authentication credentials were not provided.")
    key = read_key(text.strip(" "))
    if key is None:
        raise NotAuthenticated("Invalid API key.")
    return key


def _stored_key(answer: bytes) -> StoredKey | None:
    """The key in JetStream's answer; None where there is no entry, or only the mark of a removed one."""
    read = from_json(answer)
    if (error := read.get("error")) is not None:
        if error.get("err_code") == _NO_MESSAGE_FOUND:
            return None
        raise Unavailable(f"KEYS: error {error.get('err_code')}")
    entry = b64decode(read["message"].get("data", ""))
    return StoredKey.model_validate_json(entry) if entry else None
