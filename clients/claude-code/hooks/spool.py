"""The door to Weft, and the spool: requests that are to be sent, whenever it answers."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

LOOK_MS = "100"
"""So long an event looks for an answer, unless the plugin's options say otherwise. Python's start comes on top."""
SEND_S = 10.0
"""For one request of the sender; nobody waits for that."""
PAUSES_S = (0.5, 1.0, 2.0, 4.0)
SENDER_S = 60
REST_S = 15.0
"""So long a Weft that did not answer is left alone."""
SPOOL_MAX = 2_000
"""Files at most. Past it observations are left out; beginnings and ends are kept."""
LOG_BYTES_MAX = 100_000

Json = dict[str, Any]


class TooLate(Exception):
    """Nobody waits for it any more."""


class Weft:
    """Where Weft is, and the folder where this plugin keeps what it has to remember, readable by its owner only."""

    def __init__(self) -> None:
        """From the plugin's options, else from the environment. Without a key `token` is empty."""
        self.url = (_option("API_URL", "MEMORIES_API_URL") or "http://127.0.0.1:8080").rstrip("/")
        self.token = _option("API_TOKEN", "MEMORIES_API_TOKEN")
        self.namespace = _option("NAMESPACE", "WEFT_DEFAULT_NAMESPACE")
        patience = _option("LOOK_MS", "WEFT_LOOK_MS")
        self.look_s = int(patience if patience.isdecimal() and int(patience) else LOOK_MS) / 1_000
        own = os.path.expanduser("~/.local/state/weft-claude-code")
        self.folder = os.environ.get("CLAUDE_PLUGIN_DATA") or own
        self.spool = os.path.join(self.folder, "spool")
        self.sessions = os.path.join(self.folder, "sessions")

    def ask(self, request: Json, timeout_s: float) -> tuple[int, Json, bool]:
        """Status, answer, and whether to ask again later. Raises OSError, ValueError, TooLate."""
        import http.client  # noqa: PLC0415 - a third of the start, and not every event asks
        from urllib.parse import urlsplit  # noqa: PLC0415

        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        if "key" in request:
            headers["Idempotency-Key"] = request["key"]
        body = json.dumps(request["body"]) if "body" in request else None
        try:
            connection.request(request["method"], request["path"], body, headers)
            answer = connection.getresponse()
            said = json.loads(answer.read() or b"{}")
        except http.client.HTTPException as fault:
            raise OSError(type(fault).__name__) from fault
        finally:
            connection.close()
        again = answer.status in (401, 408, 429) or answer.status >= 500
        return answer.status, said if isinstance(said, dict) else {}, again or bool(answer.getheader("Retry-After"))

    def look(self, request: Json) -> Json | None:
        """The answer, if there is a good one soon enough."""
        if self.is_resting("look"):
            return None
        try:
            with within(self.look_s):
                status, said, _ = self.ask(request, self.look_s)
        except (OSError, ValueError, TooLate):
            self.rest("look")
            return None
        return said if status < 300 else None

    def is_resting(self, what: str) -> bool:
        """Whether it is too early to try again: to `look`, which delays somebody, or to `send`."""
        try:
            return time.time() - os.stat(self._rest(what)).st_mtime < REST_S
        except OSError:
            return False

    def rest(self, what: str) -> None:
        with open(self._rest(what), "w", encoding="ascii"):
            os.utime(self._rest(what))

    def _rest(self, what: str) -> str:
        return os.path.join(self.folder, f"{what}.rest")

    def log(self, line: str) -> None:
        """What went wrong, for whoever asks why; no content."""
        path = os.path.join(self.folder, "hook.log")
        mode = "a" if not os.path.exists(path) or os.path.getsize(path) < LOG_BYTES_MAX else "w"
        with open(path, mode, encoding="utf-8") as file:
            file.write(f"{now()} {line}\n")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raises TooLate from whatever is going on when the time is over, a name that is slow to resolve included."""

    def stop(*_: object) -> None:
        raise TooLate

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Spool:
    """Requests that are to be sent, one file each; their names are their order."""

    def __init__(self, weft: Weft) -> None:
        self.weft = weft

    def names(self) -> list[str]:
        return sorted(name for name in os.listdir(self.weft.spool) if name.endswith(".json"))

    def add(self, path: str, body: Json, *, must: bool = False, keep: str = "") -> str:
        """The file's name; empty where there is no more room, unless it `must` be kept. `keep`: where the answer is to
        be written."""
        if not must and len(self.names()) >= SPOOL_MAX:
            self.weft.log("spool full: an observation was left out")
            return ""
        name = f"{time.time_ns():020d}-{os.getpid()}.json"
        request = {"method": "POST", "path": path, "body": body, "key": os.urandom(16).hex()}
        write(os.path.join(self.weft.spool, name), {**request, "keep": keep} if keep else request)
        return name

    def read(self, name: str) -> Json | None:
        return read(os.path.join(self.weft.spool, name))

    def done(self, name: str) -> None:
        with suppress(FileNotFoundError):  # another process has sent it as well
            os.unlink(os.path.join(self.weft.spool, name))

    def send_all(self, *, wait: bool) -> None:
        """In order, until nothing is left or Weft does not answer. With `wait` also after another sender is done."""
        with open(os.path.join(self.weft.folder, "sender.lock"), "w", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            while names := self.names():
                for name in names:
                    if not self._sent(name):
                        self.weft.rest("send")
                        return

    def _sent(self, name: str) -> bool:
        """Whether the next may be sent. What is busy for a moment is asked a few times."""
        for pause_s in PAUSES_S:
            sent = self._send(name)
            if sent is not None:
                return sent
            time.sleep(pause_s)
        return False

    def _send(self, name: str) -> bool | None:
        """False where there is no answer, None where it is to be asked again."""
        request = self.read(name)
        if not request:  # sent meanwhile, or nothing that can be sent
            self.done(name)
            return True
        try:
            status, said, again = self.weft.ask(request, SEND_S)
        except (OSError, ValueError) as fault:
            self.weft.log(f"no answer: {type(fault).__name__}")
            return False
        if again:
            self.weft.log(f"{request['path']}: {status}, to be sent again")
            return None
        if status >= 300:
            self.weft.log(f"{request['path']}: {status}, given up: {said.get('code')}")
        elif "keep" in request:
            write(request["keep"], said)
        self.done(name)
        return True


def read(path: str) -> Json | None:
    """The object in the file; None where there is none, or a broken one."""
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def write(path: str, value: Json) -> None:
    """At once: a reader sees all of it or nothing."""
    unfinished = f"{path}.{os.getpid()}.new"
    with open(unfinished, "w", encoding="utf-8") as file:
        json.dump(value, file)
    os.replace(unfinished, path)


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def in_background(spool: Spool, *, wait: bool) -> None:
    """Sends what there is in a process of its own, which holds nothing that Claude Code waits for."""
    if not wait and (spool.weft.is_resting("send") or not spool.names()):
        return
    if os.fork():
        return
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    signal.alarm(SENDER_S)  # ends this process, whatever it waits for
    spool.send_all(wait=wait)


def _option(option: str, variable: str) -> str:
    """As the plugin was configured, else as the environment says."""
    return os.environ.get(f"CLAUDE_PLUGIN_OPTION_{option}") or os.environ.get(variable) or ""
