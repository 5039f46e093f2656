"""Where Weft is, and who asks."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from weft.errors import NotConfigured

URL, TOKEN, WORKSPACE = "MEMORIES_API_URL", "MEMORIES_API_TOKEN", "MEMORIES_WORKSPACE_ID"


@dataclass(frozen=True, slots=True)
class Settings:
    """`url` is scheme, host and port. `token` is an API key, `portal_token` what `login` gave for management.

    `idempotency_key` stands on every write in place of one that is made for it: for callers who repeat a whole run.
    """

    url: str
    token: str | None = None
    workspace_id: str | None = None
    portal_token: str | None = None
    idempotency_key: str | None = None
    timeout_s: float = 30.0
    retries_max: int = 5
    wait_s_max: float = 30.0
    decide_s_max: float = 60.0

    @classmethod
    def find(
        cls,
        url: str | None = None,
        token: str | None = None,
        workspace_id: str | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> Self:
        """What is given, or else the environment says. Raises NotConfigured where no (good) URL is known."""
        found = (url or environment.get(URL) or "").rstrip("/")
        if not found:
            raise NotConfigured(f"No URL is known: {URL} is not set.")
        parts = urlsplit(found)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            raise NotConfigured(f"{URL} must be http://host:port or https://host:port.")
        known_token = token or environment.get(TOKEN) or None
        return cls(found, known_token, workspace_id or environment.get(WORKSPACE) or None)

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, which no proxy leads to."""
        return urlsplit(self.url).hostname in ("localhost", "127.0.0.1", "::1")
