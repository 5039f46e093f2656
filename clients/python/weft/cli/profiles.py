"""The configuration file, `~/.config/weft/config.toml`: servers and secrets by profile. Only its owner may read it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weft.cli.faults import BadConfiguration

DEFAULT = "default"
_KEYS = ("url", "token", "workspace_id", "email", "refresh_token", "access_token", "access_until")


@dataclass(frozen=True, slots=True)
class Profile:
    """`access_until` is RFC 3339. The last four are of a login, for management."""

    url: str | None = None
    token: str | None = None
    workspace_id: str | None = None
    email: str | None = None
    refresh_token: str | None = None
    access_token: str | None = None
    access_until: str | None = None


def path(environment: Mapping[str, str] = os.environ) -> Path:
    """WEFT_CONFIG, or where the XDG rules put it."""
    if named := environment.get("WEFT_CONFIG"):
        return Path(named).expanduser()
    base = environment.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path("~/.config").expanduser()) / "weft" / "config.toml"


def read(file: Path) -> dict[str, Profile]:
    """By name; none where there is no file. Raises BadConfiguration."""
    if not file.exists():
        return {}
    import tomllib  # noqa: PLC0415 - many do without the file

    try:
        said = tomllib.loads(file.read_text())
    except (OSError, ValueError) as why:
        raise BadConfiguration(f"{file}: {why}") from why
    profiles = said.get("profiles", {})
    if not isinstance(profiles, dict) or not all(isinstance(each, dict) for each in profiles.values()):
        raise BadConfiguration(f"{file}: each profile must be a table: [profiles.{DEFAULT}]")
    return {name: _profile(file, name, each) for name, each in profiles.items()}


def write(file: Path, profiles: Mapping[str, Profile]) -> None:
    """Replaces the file in one step. Comments in it are lost."""
    lines = ["# Written by `weft login` and `weft keys`. Secrets: for nobody else's eyes.", ""]
    for name, profile in profiles.items():
        lines.append(f"[profiles.{_string(name)}]")
        lines += [f"{key} = {_string(value)}" for key in _KEYS if (value := getattr(profile, key)) is not None]
        lines.append("")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = file.with_name(f"{file.name}.{os.getpid()}")
    with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:  # noqa: PTH123 - a descriptor
        opened.write("\n".join(lines))
    made.replace(file)


def is_open_to_others(file: Path) -> bool:
    return file.exists() and bool(file.stat().st_mode & 0o077)


def _profile(file: Path, name: str, said: Mapping[str, Any]) -> Profile:
    for key, value in said.items():
        if key not in _KEYS:
            raise BadConfiguration(f"{file}: profile '{name}' has an unknown key '{key}'")
        if not isinstance(value, str):
            raise BadConfiguration(f"{file}: profile '{name}': {key} must be a text")
    return Profile(**said)


def _string(text: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's, save that TOML wants DEL escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
