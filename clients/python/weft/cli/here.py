"""What a command works with: the settings, the client made of them, and where answers go."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from weft.cli import profiles
from weft.cli.faults import NotConfirmed
from weft.cli.output import Output, Style, line
from weft.cli.profiles import Profile
from weft.errors import NotConfigured

if TYPE_CHECKING:
    from weft import Settings, Weft


@dataclass(frozen=True)
class Given:
    """The options that every command takes."""

    url: str | None = None
    token: str | None = None
    workspace: str | None = None
    profile: str | None = None


class _Here:
    """`output` is where answers go; what needs a server, or the configuration, finds it when it asks."""

    def __init__(self, given: Given, output: Output) -> None:
        self.given = given
        self.output = output

    @cached_property
    def profile_name(self) -> str:
        return self.given.profile or os.environ.get("WEFT_PROFILE") or profiles.DEFAULT

    @cached_property
    def profiles(self) -> dict[str, Profile]:
        return profiles.read(profiles.path())

    @property
    def profile(self) -> Profile:
        """Empty, where there is none of that name yet."""
        return self.profiles.get(self.profile_name, Profile())

    def confirm(self, question: str, *, sure: bool) -> None:
        """Asks, unless it is sure. Raises NotConfirmed."""
        if sure:
            return
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise NotConfirmed("Nothing was done: there is nobody to ask.")
        print(f"{line(question)} [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise NotConfirmed("Nothing was done.")

    @contextmanager
    def progress(self, what: str, total: int | None) -> Iterator[Callable[[int], None]]:
        """A bar on standard error, where somebody watches; yields what advances it."""
        if self.output.style is not Style.PEOPLE or not sys.stderr.isatty():
            yield lambda _: None
            return
        from weft.cli import tables  # noqa: PLC0415 - rich, for terminals alone

        with tables.bar(sys.stderr, what, total) as advance:
            yield advance

    def save(self, profile: Profile) -> None:
        profiles.write(profiles.path(), {**profiles.read(profiles.path()), self.profile_name: profile})
        self.__dict__.pop("profiles", None)

    @cached_property
    def settings(self) -> Settings:
        """Each value from the first that has it: an option, the environment, the profile; a profile that was named as
        an option goes before the environment. A secret from the file goes to the file's server alone."""
        from weft import Settings  # noqa: PLC0415

        environment = {} if self.given.profile else dict(os.environ)
        profile = self.profile
        if self.given.profile and not self.given.url and profile.url is None:
            raise NotConfigured(
                f"There is no profile '{self.profile_name}' in {profiles.path()}.",
                f"weft login --profile {self.profile_name} --url http://host:port makes it.",
            )
        url = self.given.url or environment.get("MEMORIES_API_URL") or profile.url
        if not url:
            raise NotConfigured(
                "No server is known.", "Run `weft login --url ...`, or set MEMORIES_API_URL and MEMORIES_API_TOKEN."
            )
        found = Settings.find(url, self.given.token, self.given.workspace, environment)
        if profile.url is None or profile.url.rstrip("/") != found.url:
            return found
        token = found.token or profile.token
        return replace(found, token=token, workspace_id=found.workspace_id or self._workspace_of(token))

    @cached_property
    def weft(self) -> Weft:
        from weft import Weft  # noqa: PLC0415

        return Weft(settings=self.settings)

    @cached_property
    def managing(self) -> Weft:
        """A client that is logged in. Raises NotConfigured where nobody is."""
        from weft.cli.logins import access_token  # noqa: PLC0415

        return self.weft.with_options(portal_token=access_token(self))

    def _workspace_of(self, token: str | None) -> str | None:
        """The profile's, where its own key, or none, is used: another key may be another workspace's."""
        return self.profile.workspace_id if token in (None, self.profile.token) else None


Here = Annotated[_Here, Parameter(parse=False)]
"""The first thing a command is given; not an option."""
