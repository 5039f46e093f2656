"""What goes out to receivers, and to where it never goes."""

import ssl
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from contracts.base import now
from services.memory.outgoing import Outgoing
from tests.receiver import Got, Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as started:
        yield started


@pytest.fixture
async def allowed() -> AsyncIterator[Outgoing]:
    outgoing = Outgoing(30.0, allow_private=True)
    yield outgoing
    await outgoing.close()


@pytest.fixture
async def strict() -> AsyncIterator[Outgoing]:
    outgoing = Outgoing(30.0, allow_private=False)
    yield outgoing
    await outgoing.close()


pytestmark = pytest.mark.slow


def certificate(folder: Path, name: str) -> Path:
    """A file with a certificate of that name, and its key."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return file


class Names:
    """What names lead to; how often it was asked."""

    def __init__(self, *addresses: str):
        self.addresses = addresses
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        self.asked.append(host)
        return [(0, 0, 0, "", (each, port)) for each in self.addresses]


async def test_what_is_sent_arrives_and_the_status_comes_back(allowed: Outgoing, receiver: Receiver) -> None:
    receiver.answering = lambda _: 201
    outcome = await allowed.post(receiver.url + "a?b=c", b"{}", {"webhook-id": "x"})
    assert (outcome.response_status, outcome.note, outcome.is_good) == (201, None, True)
    (got,) = receiver.got
    assert (got.path, got.body, got.headers["webhook-id"]) == ("/a?b=c", b"{}", "x")
    assert got.headers["host"] in receiver.url


async def test_who_answers_when_to_come_again_is_heard(allowed: Outgoing, receiver: Receiver) -> None:
    receiver.answering, receiver.headers = lambda _: 429, {"Retry-After": "120"}
    outcome = await allowed.post(receiver.url, b"{}", {})
    assert (outcome.response_status, outcome.retry_after_s) == (429, 120.0)


async def test_it_connects_to_the_address_that_was_checked_and_asks_once(receiver: Receiver) -> None:
    names, port = Names("127.0.0.1"), receiver.url.rsplit(":", 1)[1]
    outgoing = Outgoing(30.0, allow_private=True, resolve=names)
    outcome = await outgoing.post(f"http://hooks.example.org:{port}", b"{}", {})
    await outgoing.close()
    assert outcome.is_good
    assert names.asked == ["hooks.example.org"]  # who answers otherwise the second time is not asked
    assert receiver.got[0].headers["host"] == f"hooks.example.org:{port.strip('/')}"


async def test_the_certificate_must_be_that_of_the_name_and_not_of_the_address(tmp_path: Path) -> None:
    certified = certificate(tmp_path, "hooks.example.org")
    trusting = ssl.create_default_context(cafile=str(certified))
    outgoing = Outgoing(30.0, allow_private=True, resolve=Names("127.0.0.1"), verify=trusting)
    with receiving(certified) as receiver:
        port = receiver.url.rsplit(":", 1)[1]
        good, other = [
            await outgoing.post(f"https://{name}.example.org:{port}", b"{}", {}) for name in ("hooks", "other")
        ]
    await outgoing.close()
    assert good.is_good, good
    assert other.note == "The receiver's certificate is not valid."
    assert len(receiver.got) == 1


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::ffff:127.0.0.1"], ["fe80::1"]])
async def test_a_name_that_leads_to_us_gets_nothing_whatever_else_it_leads_to(addresses: list[str]) -> None:
    outgoing = Outgoing(30.0, allow_private=False, resolve=Names(*addresses))
    outcome = await outgoing.post("https://hooks.example.org/", b"{}", {})
    await outgoing.close()
    assert outcome.response_status is None
    assert outcome.note == "The receiver's name leads to an address that is not public."


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.1", "2130706433", "0x7f000001", "0.0.0.0"])
async def test_no_spelling_of_this_machine_is_sent_anything(strict: Outgoing, receiver: Receiver, host: str) -> None:
    port = receiver.url.rsplit(":", 1)[1]
    for scheme in ("http", "https"):
        outcome = await strict.post(f"{scheme}://{host}:{port}", b"{}", {})
        assert outcome.response_status is None
        assert outcome.note is not None
    assert receiver.got == []


async def test_a_redirect_is_not_followed_and_no_proxy_asked(
    allowed: Outgoing, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    receiver.answering, receiver.headers = lambda _: 302, {"Location": receiver.url + "elsewhere"}
    outcome = await allowed.post(receiver.url, b"{}", {})
    assert (outcome.response_status, outcome.is_good) == (302, False)
    assert [each.path for each in receiver.got] == ["/"]


async def test_who_does_not_answer_is_waited_for_no_longer_than_that(receiver: Receiver) -> None:
    def slowly(_: Got) -> int:
        time.sleep(1)
        return 200

    receiver.answering = slowly
    outgoing = Outgoing(0.2, allow_private=True)
    slow = await outgoing.post(receiver.url, b"{}", {})
    nobody = await outgoing.post("http://127.0.0.1:1/", b"{}", {})
    unknown = await outgoing.post("http://nobody.invalid/", b"{}", {})
    await outgoing.close()
    assert {each.response_status for each in (slow, nobody, unknown)} == {None}
    assert all(each.note for each in (slow, nobody, unknown))
