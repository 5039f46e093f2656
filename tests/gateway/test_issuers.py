"""A company's own server vouches for its people: which of its tokens are believed."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from contracts.base import now
from services.gateway import issuers
from services.gateway.issuers import Foreign, Issuer
from services.gateway.settings import GatewaySettings
from services.kit.errors import Unavailable
from tests.gateway.vouching import AUDIENCE, Vouching, a_pair

ORGANISATION = uuid4()


@pytest.fixture
def issuer(vouching: Vouching) -> Issuer:
    return Issuer(vouching.url, AUDIENCE, ORGANISATION)


async def test_its_tokens_say_who_somebody_is(vouching: Vouching, issuer: Issuer) -> None:
    expected = Foreign(vouching.url, "248289761001", "ada@acme.example", ORGANISATION)
    assert await issuer.read(vouching.token()) == expected
    assert await issuer.read(vouching.token(aud=[AUDIENCE, "another"])) == expected


@pytest.mark.parametrize("verified", [False, None, "true", 1])
async def test_an_address_that_nobody_verified_is_none(vouching: Vouching, issuer: Issuer, verified: Any) -> None:
    found = await issuer.read(vouching.token(email_verified=verified))
    assert found is not None
    assert found.email is None


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "another"},
        {"aud": None},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"exp": now() - timedelta(minutes=2)},
        {"exp": None},
        {"sub": None},
    ],
)
async def test_a_token_for_something_else_is_none(vouching: Vouching, issuer: Issuer, changed: dict[str, Any]) -> None:
    assert await issuer.read(vouching.token(**changed)) is None


async def test_only_its_own_keys_sign_and_only_with_their_algorithm(vouching: Vouching, issuer: Issuer) -> None:
    public = vouching.pairs["first"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    good = vouching.token()
    claims = jwt.decode(good, options={"verify_signature": False})
    header, body, _ = good.split(".")
    forged = Vouching(vouching.url, {"first": a_pair()})
    confused = jwt.utils.base64url_encode(b'{"alg":"HS256","kid":"first"}').decode()
    mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(f"{confused}.{body}".encode(), public)
    for token in (
        forged.token(),
        f"{confused}.{body}.{jwt.utils.base64url_encode(mac).decode()}",
        jwt.encode(claims, "secret" * 8, algorithm="HS256", headers={"kid": "shared"}),
        jwt.encode(claims, "", algorithm="none", headers={"kid": "first"}),
        f"{header}.{body}.",
        vouching.token(algorithm="RS512"),
        "",
        "a.b.c",
    ):
        assert await issuer.read(token) is None, token
    assert await issuer.read(good) is not None


async def test_a_new_key_is_found_and_names_that_are_made_up_ask_nobody(
    vouching: Vouching, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await issuer.read(vouching.token())
    asked = len(vouching.asked)
    vouching.pairs["second"] = a_pair()
    strangers = Vouching(vouching.url, {f"made up {number}": a_pair() for number in range(3)})
    for name in strangers.pairs:
        assert await issuer.read(strangers.token(name)) is None
    assert len(vouching.asked) == asked
    monkeypatch.setattr(issuers, "AGAIN_AFTER_S", 0.0)
    assert await issuer.read(vouching.token("second")) is not None
    assert len(vouching.asked) == asked + 2


async def test_while_it_is_away_its_keys_are_believed_for_a_while(
    vouching: Vouching, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = vouching.token()
    assert await issuer.read(token) is not None
    vouching.is_broken = True
    monkeypatch.setattr(issuers, "FRESH_S", 0.0)
    monkeypatch.setattr(issuers, "AGAIN_AFTER_S", 0.0)
    assert await issuer.read(token) is not None
    monkeypatch.setattr(issuers, "GOOD_FOR_S", 0.0)
    with pytest.raises(Unavailable):
        await issuer.read(token)


@pytest.mark.parametrize("broken", [{"is_broken": True}, {"calls_itself": "https://elsewhere.example"}])
async def test_without_keys_nobody_is_let_in(vouching: Vouching, issuer: Issuer, broken: dict[str, Any]) -> None:
    for name, value in broken.items():
        setattr(vouching, name, value)
    with pytest.raises(Unavailable):
        await issuer.read(vouching.token())


@pytest.mark.parametrize(
    "settings",
    [
        {"oidc_issuer": "https://id.example.org"},
        {"oidc_issuer": "http://id.example.org", "oidc_client_id": "weft"},
        {"oidc_issuer": "file:///etc/keys", "oidc_client_id": "weft"},
    ],
)
def test_an_issuer_without_audience_or_without_https_is_refused_at_the_start(settings: dict[str, Any]) -> None:
    known = {"nats_url": "nats://x", "key_pepper": "p", "portal_key": "k" * 32}
    with pytest.raises(ValueError, match="WEFT_OIDC"):
        GatewaySettings.model_validate(known | settings)
