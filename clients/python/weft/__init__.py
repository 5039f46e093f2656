"""Weft, a long-term memory for coding agents: the client.

`Weft` blocks, `AsyncWeft` is awaited; both are declared once. Names are imported when they are first used, so that the
command `weft` starts at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weft import errors as errors
    from weft import events as events
    from weft import models as models
    from weft.client import AsyncWeft as AsyncWeft
    from weft.client import Weft as Weft
    from weft.errors import WeftError as WeftError
    from weft.sessions import Observation as Observation
    from weft.settings import Settings as Settings

_WHERE = {
    "Weft": "weft.client",
    "AsyncWeft": "weft.client",
    "Observation": "weft.sessions",
    "Settings": "weft.settings",
    "WeftError": "weft.errors",
}
__all__ = ["AsyncWeft", "Observation", "Settings", "Weft", "WeftError", "errors", "events", "models"]


def __getattr__(name: str) -> Any:
    if name in ("errors", "events", "models"):
        return import_module(f"weft.{name}")
    if name not in _WHERE:
        raise AttributeError(f"module 'weft' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
