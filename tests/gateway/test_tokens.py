"""Access tokens: what is believed, and all that is not."""

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from contracts.base import now
from services.gateway.tokens import LASTS, Access, read, sign

KEY = "a key for tests that is long enough"
ACCESS = Access(uuid4(), uuid4())


def claims(**others: Any) -> dict[str, Any]:
    good = {
        "iss": "weft",
        "aud": "weft-portal",
        "sub": str(ACCESS.account_id),
        "sid": str(ACCESS.login_id),
        "iat": now(),
        "exp": now() + timedelta(minutes=1),
    }
    return {name: value for name, value in (good | others).items() if value is not None}


def test_what_was_signed_is_read_and_lasts_a_quarter_of_an_hour() -> None:
    assert read(KEY, sign(KEY, ACCESS, now())) == ACCESS
    assert read(KEY, sign(KEY, ACCESS, now() - LASTS + timedelta(seconds=30))) == ACCESS
    assert timedelta(minutes=15) == LASTS


def test_it_is_dead_the_moment_it_expires() -> None:
    assert read(KEY, sign(KEY, ACCESS, now() - LASTS - timedelta(seconds=1))) is None


def test_a_gateway_whose_clock_is_ahead_is_believed() -> None:
    assert read(KEY, sign(KEY, ACCESS, now() + timedelta(seconds=30))) == ACCESS


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "weft.example.org"},
        {"aud": "weft"},
        {"aud": ["another"]},
        {"sub": "ada@example.org"},
        {"sid": "first"},
        *({name: None} for name in ("iss", "aud", "sub", "sid", "iat", "exp")),
    ],
)
def test_a_claim_that_is_missing_or_for_something_else_spoils_it(changed: dict[str, Any]) -> None:
    assert read(KEY, jwt.encode(claims(), KEY, algorithm="HS256")) == ACCESS
    assert read(KEY, jwt.encode(claims(**changed), KEY, algorithm="HS256")) is None


def test_only_our_algorithm_counts_whatever_a_token_says_of_itself() -> None:
    assert read(KEY, jwt.encode(claims(), "", algorithm="none")) is None
    assert read(KEY, jwt.encode(claims(), KEY * 2, algorithm="HS512")) is None
    assert read(KEY, jwt.encode(claims(), KEY + "!", algorithm="HS256")) is None
    signed = jwt.encode(claims(), KEY, algorithm="HS256")
    for alg in ("none", "None", "RS256", "hs256", ""):
        header = base64.urlsafe_b64encode(json.dumps({"alg": alg, "typ": "JWT"}).encode()).rstrip(b"=").decode()
        assert read(KEY, f"{header}.{signed.split('.', 1)[1]}") is None
        assert read(KEY, f"{header}.{signed.split('.')[1]}.") is None


def test_a_public_key_of_somebody_is_no_secret_of_ours() -> None:
    pair = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    public = pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert read(public, jwt.encode(claims(), pair, algorithm="RS256")) is None
    assert read(KEY, jwt.encode(claims(), pair, algorithm="RS256")) is None


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "a" * 8_000, "wft_live_00000000_x_y", "é.é.é", "\0"])
def test_what_is_no_token_is_none(text: str) -> None:
    assert read(KEY, text) is None
