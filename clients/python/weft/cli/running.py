"""From the command line to a command, and from what becomes of it to an exit code.

0 done, 1 failed, 2 wrong usage, 3 not logged in or not allowed, 4 not found, 5 conflict or not valid, 6 no server,
130 interrupted. `weft search --exit-code` ends with 1 where nothing was found.
"""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

from cyclopts import CycloptsError, Parameter

from weft.cli.commands import EVERYWHERE, app, describe
from weft.cli.faults import FAILED, INTERRUPTED, USAGE, code_of
from weft.cli.here import Given, _Here
from weft.cli.output import Output, Style, line
from weft.errors import WeftError

app.meta.suppress_keyboard_interrupt = False

_GLOBAL = Parameter(negative=(), group=EVERYWHERE, show_default=False)


@app.meta.default
def launch(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    json: Annotated[bool, _GLOBAL] = False,
    jsonl: Annotated[bool, _GLOBAL] = False,
    profile: Annotated[str | None, _GLOBAL] = None,
    url: Annotated[str | None, _GLOBAL] = None,
    token: Annotated[str | None, _GLOBAL] = None,
    workspace: Annotated[str | None, _GLOBAL] = None,
) -> int:
    """Carries out a command.

    Parameters
    ----------
    json
        The whole answer as one JSON document.
    jsonl
        One JSON object a line.
    profile
        Which part of the configuration file to use; WEFT_PROFILE, or `default`.
    url
        Where Weft is: http://host:port. MEMORIES_API_URL, or the profile's.
    token
        An API key. MEMORIES_API_TOKEN, or the profile's.
    workspace
        The workspace, for management. MEMORIES_WORKSPACE_ID, or the profile's.
    """
    command, bound, injected = app.parse_args(tokens, exit_on_error=False, print_error=False)
    if "here" in injected:
        style = Style.JSONL if jsonl else Style.JSON if json else Style.PEOPLE if sys.stdout.isatty() else Style.PLAIN
        bound.arguments["here"] = _Here(Given(url, token, workspace, profile), Output(style))
    ended: Any = command(*bound.args, **bound.kwargs)
    return ended if isinstance(ended, int) else 0


def run(arguments: Sequence[str]) -> int:
    """The exit code; what went wrong is said on standard error, in a sentence and a hint."""
    if not arguments or arguments[0] in ("--help", "-h"):
        describe()
    try:
        ended: int = app.meta(arguments, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
        return ended or 0
    except CycloptsError as why:
        return _say(str(why), "weft --help lists the commands; weft <command> --help their options.", USAGE)
    except WeftError as why:
        return _say(str(why), why.hint, code_of(why))
    except KeyboardInterrupt:
        return _say("stopped", None, INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read has enough; nobody hears of it
        return FAILED
    except OSError as why:
        return _say(f"{why.filename}: {why.strerror}" if why.filename else str(why), None, FAILED)


def _say(what: str, hint: str | None, code: int) -> int:
    print(f"weft: {line(what)}", file=sys.stderr)
    if hint:
        print(f"  hint: {hint}", file=sys.stderr)
    return code
