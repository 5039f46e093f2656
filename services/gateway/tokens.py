"""Access tokens of people who have logged in: signed here, and read here. Pure.

One algorithm, one issuer, one audience; whatever else a token says of itself is not believed. A token says which
account and which login it is for; what that account may do is asked of memory on each request.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import jwt
from jwt.exceptions import InvalidTokenError

ALGORITHM = "HS256"
ISSUER = "weft"
AUDIENCE = "weft-portal"
LASTS = timedelta(minutes=15)

_CLAIMS = ["iss", "aud", "exp", "iat", "sub", "sid"]


@dataclass(frozen=True, slots=True)
class Access:
    """Whom an access token is for, and with which login they got it."""

    account_id: UUID
    login_id: UUID


def sign(key: str, access: Access, now: datetime) -> str:
    """A token that is good for LASTS."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(access.account_id),
        "sid": str(access.login_id),
        "iat": now,
        "exp": now + LASTS,
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM)


def read(key: str, token: str) -> Access | None:
    """None for a token that is not ours, is for something else, or is no longer good."""
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            options={"require": _CLAIMS, "verify_iat": False},  # another gateway's clock may be ahead of this one's
        )
        return Access(UUID(claims["sub"]), UUID(claims["sid"]))
    except (InvalidTokenError, ValueError):
        return None
