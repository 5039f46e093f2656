"""Which addresses and URLs are anybody's to send to."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.addresses import is_public, refuse_url

OURS_V4 = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "168.63.129.16/32",
]
OURS_V6 = [
    "::/127",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
    "64:ff9b::/96",
    "2001::/32",
    "2001:db8::/32",
    "2002::/16",
]


def within(*networks: str) -> st.SearchStrategy[int]:
    ranges = (ip_network(each) for each in networks)
    return st.one_of([st.integers(int(each[0]), int(each[-1])) for each in ranges])


@given(within(*OURS_V4))
def test_no_address_of_ours_is_public_nor_its_forms_in_ipv6(number: int) -> None:
    assert not is_public(IPv4Address(number))
    assert not is_public(IPv6Address(f"::ffff:{IPv4Address(number)}"))
    assert not is_public(IPv6Address((0x2002 << 112) | (number << 80)))
    assert not is_public(IPv6Address((0x64FF9B << 96) | number))
    assert not is_public(IPv6Address(number))


@given(within(*OURS_V6))
def test_no_ipv6_address_of_ours_is_public(number: int) -> None:
    assert not is_public(IPv6Address(number))


@given(st.integers(0, 2**32 - 1))
def test_what_is_public_is_in_none_of_these_ranges_and_the_rest_of_the_internet_is_public(number: int) -> None:
    address = IPv4Address(number)
    special = any(address in ip_network(each) for each in OURS_V4)
    assert is_public(address) <= (not special)
    assert is_public(IPv6Address(f"::ffff:{address}")) == is_public(address)


@pytest.mark.parametrize("text", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001:830::200e"])
def test_what_everybody_can_reach_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.org/", "must begin with https://"),
        ("https://127.0.0.1/", "must lead to a public address"),
        ("https://[::1]/", "must lead to a public address"),
        ("https://[::ffff:10.0.0.1]/", "must lead to a public address"),
        ("https://169.254.169.254/latest", "must lead to a public address"),
        ("https://localhost:8443/", "must lead to a public address"),
        ("https://metadata.google.internal./", "must lead to a public address"),
        ("https://ada:secret@example.org/", "must not contain credentials"),
        ("https://example.org/#x", "must not have a fragment"),
        ("https://example.org:99999/", "is not a URL"),
        ("https://[::1/", "is not a URL"),
        ("https:///path", "is not a URL of a web server"),
        ("ftp://example.org/", "is not a URL of a web server"),
    ],
)
def test_a_url_that_leads_where_it_may_not_is_refused(url: str, why: str) -> None:
    assert refuse_url(url, allow_private=False) == why
    assert (refuse_url(url, allow_private=True) is None) == ("public" in why or "https" in why)


def test_a_usual_url_is_good() -> None:
    assert refuse_url("https://hooks.example.org:8443/weft?channel=1", allow_private=False) is None
