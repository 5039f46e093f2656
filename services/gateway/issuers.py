"""The server of a company that vouches for its people (OpenID Connect): its tokens, checked with its public keys.

This is the one thing that a gateway asks of anybody but NATS. The keys are asked for off the event loop, kept for some
minutes, and once more when a token names one that is not known, but not whenever a stranger makes up a name.
"""

import asyncio
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import jwt
import structlog
from jwt.exceptions import PyJWTError

from services.kit.errors import Unavailable

log = structlog.get_logger()

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""With a public key, all of them: no token can make a public key of theirs into a shared secret."""

FETCH_TIMEOUT_S = 5.0
FETCH_BYTES_MAX = 1_000_000
FRESH_S = 300.0
AGAIN_AFTER_S = 15.0
"""The shortest time between two fetches."""
GOOD_FOR_S = 3_600.0
"""While their server is away, its keys are believed for so long."""

_DISCOVERY = "/.well-known/openid-configuration"
_LOOPBACK = {("http", host) for host in ("localhost", "127.0.0.1", "::1")}


@dataclass(frozen=True, slots=True)
class Foreign:
    """Whom a token is for. The address is theirs only if the issuer says that it was verified."""

    issuer: str
    subject: str
    email: str | None
    organisation_id: UUID | None


class Issuer:
    """One server, by its URL; tokens must be for `audience`."""

    def __init__(self, url: str, audience: str, organisation_id: UUID | None):
        self._url = url
        self._audience = audience
        self._organisation_id = organisation_id
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def read(self, token: str) -> Foreign | None:
        """None for a token that is not theirs, is for something else, or is no longer good. Raises Unavailable."""
        try:
            header = jwt.get_unverified_header(token)
            claimed = jwt.decode(token, options={"verify_signature": False})
        except PyJWTError:
            return None
        if claimed.get("iss") != self._url or header.get("alg") not in ALGORITHMS:
            return None
        key = await self._key(header.get("kid"))
        return None if key is None else self._verified(token, key)

    def _verified(self, token: str, key: jwt.PyJWK) -> Foreign | None:
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._url,
                audience=self._audience,
                leeway=30,
                options={"require": ["iss", "aud", "exp", "sub"], "verify_iat": False},
            )
        except PyJWTError:
            return None
        email = claims.get("email") if claims.get("email_verified") is True else None
        return Foreign(self._url, claims["sub"], email, self._organisation_id)

    async def _key(self, kid: str | None) -> jwt.PyJWK | None:
        """The key of that name; the only one where the token names none."""
        if (known := self._known(kid)) is not None and self._age_s() <= FRESH_S:
            return known
        async with self._fetching:
            if time.monotonic() - self._tried_at > AGAIN_AFTER_S:
                self._tried_at = time.monotonic()
                await self._fetch()
        if self._age_s() > GOOD_FOR_S:
            raise Unavailable("the keys of the OpenID Connect issuer can't be had")
        return self._known(kid)

    def _known(self, kid: str | None) -> jwt.PyJWK | None:
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid)

    def _age_s(self) -> float:
        return time.monotonic() - self._fetched_at

    async def _fetch(self) -> None:
        """Takes the keys anew. Where that fails, those of before stay."""
        try:
            self._keys = await asyncio.to_thread(_keys_of, self._url)
        except (urllib.error.URLError, OSError, ValueError, KeyError, TypeError, PyJWTError) as fault:
            log.warning("the keys of the OpenID Connect issuer can't be had", fault=type(fault).__name__)
            return
        self._fetched_at = time.monotonic()


def _keys_of(issuer: str) -> dict[str | None, jwt.PyJWK]:
    """Those with which it signs, by name."""
    described = _fetched(issuer.rstrip("/") + _DISCOVERY)
    if described["issuer"] != issuer:
        raise ValueError("it says that it is another")
    offered = jwt.PyJWKSet.from_dict(_fetched(described["jwks_uri"])).keys  # without those that we can't read
    signing = [each for each in offered if each.public_key_use in (None, "sig")]
    return {each.key_id: each for each in signing if each.algorithm_name in ALGORITHMS}


def _fetched(url: str) -> dict[str, Any]:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and (parts.scheme, parts.hostname) not in _LOOPBACK:
        raise ValueError("not an https URL")
    request = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310 - checked above
    with urllib.request.urlopen(request, timeout=FETCH_TIMEOUT_S) as answer:  # noqa: S310
        found = json.loads(answer.read(FETCH_BYTES_MAX))
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found
