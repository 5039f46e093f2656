"""The one door to the web: what is sent to receivers of webhooks, and only to where it may go."""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_address
from typing import Any

import httpx2

from services.kit.addresses import is_public, refuse_url
from services.kit.retry_after import retry_after_s
from services.memory.decisions.delivering import Outcome

CONNECT_TIMEOUT_S = 5.0
ADDRESSES_MAX = 3
"""Of a name, that are tried one after the other."""
RESOLVING_MAX = 32
"""Names at a time, in threads of their own: a name server that is slow holds up nobody else."""
AGENT = "Weft-Webhooks/1"

Resolve = Callable[..., list[Any]]
"""As socket.getaddrinfo."""


class NotAllowed(Exception):
    """Nothing is sent there. The message says why."""


class Outgoing:
    """Sends. Connections are not kept: one that was made for one name must not serve another at the same address. No
    proxy is asked and no redirect followed: both would decide where it goes."""

    def __init__(
        self,
        timeout_s: float,
        *,
        allow_private: bool,
        resolve: Resolve = socket.getaddrinfo,
        verify: ssl.SSLContext | bool = True,
    ):
        self._timeout_s = timeout_s
        self._allow_private = allow_private
        self._resolve = resolve
        self._threads = ThreadPoolExecutor(RESOLVING_MAX, "resolve")
        self._client = httpx2.AsyncClient(
            verify=verify,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S),
            limits=httpx2.Limits(max_keepalive_connections=0),
            headers={"User-Agent": AGENT},
        )

    async def close(self) -> None:
        await self._client.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """What came of it. Of the answer only its status and `Retry-After` are looked at."""
        begun, status, wait_s = time.monotonic(), None, None
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._post(httpx2.URL(url), body, headers)
            status, wait_s = answer.status_code, retry_after_s(answer.headers.get("retry-after"))
            note = None if 200 <= status < 300 else f"The receiver answered {status}."
        except TimeoutError:
            note = f"There was no answer within {self._timeout_s:g} s."
        except (NotAllowed, httpx2.TransportError, httpx2.InvalidURL) as fault:
            note = _said(fault)
        return Outcome(status, round((time.monotonic() - begun) * 1_000), note, wait_s)

    async def _post(self, url: httpx2.URL, body: bytes, headers: Mapping[str, str]) -> httpx2.Response:
        if (why := refuse_url(str(url), allow_private=self._allow_private)) is not None:
            raise NotAllowed(f"The URL {why}.")
        addresses = await self._addresses(url.host, url.port or (443 if url.scheme == "https" else 80))
        for address in addresses[:-1]:
            try:
                return await self._post_to(address, url, body, headers)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._post_to(addresses[-1], url, body, headers)

    async def _post_to(self, address: str, url: httpx2.URL, body: bytes, headers: Mapping[str, str]) -> httpx2.Response:
        """The head of the answer. Connects to the address that was checked; the name is what the receiver and its
        certificate are asked for."""
        request = self._client.build_request(
            "POST",
            url.copy_with(host=address),
            content=body,
            headers={**headers, "Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.host},
        )
        answer = await self._client.send(request, stream=True)
        await answer.aclose()
        return answer

    async def _addresses(self, host: str, port: int) -> list[str]:
        """The name's addresses, all of which may be sent to. Raises NotAllowed."""
        resolve = partial(self._resolve, host, port, type=socket.SOCK_STREAM)
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, resolve)
        except (OSError, UnicodeError):  # also what is no name
            raise NotAllowed("The name of the receiver could not be resolved.") from None
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        if not self._allow_private and not all(is_public(ip_address(each)) for each in addresses):
            raise NotAllowed("The receiver's name leads to an address that is not public.")
        return addresses[:ADDRESSES_MAX]


def _said(fault: Exception) -> str:
    """In words of ours: what a library says may quote what it was sent."""
    match fault:
        case NotAllowed():
            return str(fault)
        case httpx2.InvalidURL():
            return "The URL can't be used."
        case httpx2.TimeoutException():
            return "The receiver took too long."
        case httpx2.ConnectError() if "CERTIFICATE" in str(fault).upper():
            return "The receiver's certificate is not valid."
        case httpx2.ConnectError():
            return "No connection could be made."
        case _:
            return "The connection broke."
