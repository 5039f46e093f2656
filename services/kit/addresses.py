"""Where a request that somebody else asks for may go: to the public internet, and to nothing of our own. Pure."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address

_PUBLIC_V6 = ip_network("2000::/3")
_NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # for protocols; Python calls some of it global
            "168.63.129.16/32",  # Azure's metadata; those of others are link-local, private or shared
            "192.88.99.0/24",  # relays from IPv6 to IPv4, as are the next
            "2001::/23",
            "2002::/16",
            "3fff::/20",  # for documentation
        ),
    )
)
_OURS = ("localhost", "internal", "local")
"""Names that end in these are never anybody else's."""


def is_public(address: Address) -> bool:
    """Whether it is on the public internet: neither private, shared (100.64.0.0/10), loopback, link-local, multicast
    nor reserved, nor an IPv6 form of such an IPv4 address."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address not in _PUBLIC_V6:
            return False
    return address.is_global and not address.is_multicast and not any(address in each for each in _NOT_PUBLIC)


def refuse_url(url: str, *, allow_private: bool) -> str | None:
    """Why nothing may be sent to that URL, as far as it can be seen before its name is resolved; None: it may.

    `allow_private`: the operator has nothing against plain HTTP and addresses of his own.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not a URL"
    if parts.scheme not in ("http", "https") or not host:
        return "is not a URL of a web server"
    if parts.username is not None or parts.password is not None:
        return "must not contain credentials"
    if parts.fragment:
        return "must not have a fragment"
    if allow_private:
        return None
    if parts.scheme != "https":
        return "must begin with https://"
    address = literal(host)
    if (address is not None and not is_public(address)) or host.rstrip(".").rpartition(".")[2] in _OURS:
        return "must lead to a public address"
    return None


def literal(host: str) -> Address | None:
    """The address that a host is, where it is no name."""
    try:
        return ip_address(host)
    except ValueError:
        return None
