"""`python -m deploy.local up|down|status|logs|run`, which `make up` and its companions call."""

import argparse
import contextlib
import os
import shlex
import sys
import time

from deploy.local import control, logs, start, status
from deploy.local.endpoints import Endpoints
from deploy.local.home import CHECKOUT, DASHBOARD, Home, read_credentials

DEFAULT_PORT = 8080


def main() -> int:
    arguments = _parser().parse_args()
    home = Home.from_environment()
    with contextlib.suppress(KeyboardInterrupt):
        match arguments.command:
            case "up":
                return _up(home, arguments.port or None, arguments.servers_only)
            case "down":
                print("Weft is down" if control.down(home) else "Weft was not running")
                return 0
            case "status":
                return status.show(home)
            case "logs":
                return logs.show(home.logs, arguments.name, arguments.lines, follow=arguments.follow)
            case _:
                return start.run(
                    home,
                    gateway_port=arguments.port or None,
                    servers_only=arguments.servers_only,
                    until_exit_of=arguments.until_exit_of,
                )
    return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local", description="Weft on this machine. State: $WEFT_HOME (.weft)."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start everything in the background and wait until it is ready")
    run = commands.add_parser("run", help="the supervisor itself, in the foreground")
    for command in (up, run):
        port = int(os.environ.get("WEFT_PORT") or DEFAULT_PORT)
        command.add_argument(
            "--port", type=int, default=port, help="the gateway's; 0 takes a free one (default: $WEFT_PORT or 8080)"
        )
        command.add_argument("--servers-only", action="store_true", help="NATS and Postgres, no service")
    run.add_argument("--until-exit-of", type=int, metavar="PID", help="stop when this process ends")
    commands.add_parser("down", help="stop everything; nothing is lost")
    commands.add_parser("status", help="each process, and how it does")
    shown = commands.add_parser("logs", help="the last lines of all logs, or of one")
    shown.add_argument("name", nargs="?")
    shown.add_argument("-f", "--follow", action="store_true", help="go on with what comes")
    shown.add_argument("-n", "--lines", type=int, default=40)
    return parser


def _up(home: Home, port: int | None, servers_only: bool) -> int:
    began = time.monotonic()
    was_ready = (state := control.running_state(home)) is not None and state.ready
    try:
        control.up(
            home, gateway_port=port, servers_only=servers_only, progress=lambda stage: print(f"  {stage}", flush=True)
        )
    except control.UpFailed as failure:
        print(f"\nWeft did not start. {failure}\n\nLogs: {home.logs} (make logs)", file=sys.stderr)
        return 1
    print(
        f"\nWeft is {'already ' if was_ready else ''}up"
        + ("" if was_ready else f" after {time.monotonic() - began:.1f} s")
        + "."
    )
    if not servers_only:
        print(_welcome(home, Endpoints.of(home).url))
    return 0


def _welcome(home: Home, url: str) -> str:
    credentials = read_credentials(home.credentials)
    token = credentials.get("MEMORIES_API_TOKEN", "")
    body = '{"title": "First memory", "memory_type": "convention", "narrative": "Weft runs on this machine."}'
    checkout = shlex.quote(str(CHECKOUT))
    has_dashboard = (DASHBOARD / "index.html").exists()
    page = f"sign in as {credentials.get('WEFT_ADMIN_EMAIL', '')}" if has_dashboard else "no dashboard: make dashboard"
    return f"""
  {url}  ({page})
  {url}/docs  (API reference)

  export MEMORIES_API_URL={url}
  export MEMORIES_API_TOKEN={token}

  curl -s $MEMORIES_API_URL/api/v1/memories/store -H "Authorization: Token $MEMORIES_API_TOKEN" \\
       -H 'Content-Type: application/json' -d '{body}'

  The same and more on the command line (docs/cli.md, weft --help)

  {checkout}/.venv/bin/weft search "where does Weft run?"

  Claude Code: the plugin, which remembers by itself, or the tools alone (docs/claude-code.md; others: docs/mcp.md)

  claude plugin install weft --marketplace {checkout} --config api_url={url} --config api_token={token}
  claude mcp add --scope user --transport http weft {url}/mcp --header "Authorization: Bearer {token}"

  Credentials (the dashboard's password is WEFT_ADMIN_PASSWORD): {home.credentials}
  Content is sealed with {home.master_key}: keep a copy elsewhere. Without it, all content is lost.
  Stop: make down   Look: make status, make logs
"""
