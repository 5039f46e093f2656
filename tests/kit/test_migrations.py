"""What a schema's history is run on."""

from uuid import uuid4

import psycopg
import pytest

from services.kit.migrations import Migrations
from tests.stack import Servers


def test_a_database_that_would_keep_text_as_bytes_is_refused_and_left_as_it_is(servers: Servers) -> None:
    name = f"bytes_{uuid4().hex[:8]}"
    with psycopg.connect(servers.postgres_dsn("postgres"), autocommit=True) as superuser:
        options = "OWNER weft_owner ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0"
        superuser.execute(f"CREATE DATABASE {name} {options}".encode())
        try:
            with pytest.raises(SystemExit, match=f"{name} has the encoding SQL_ASCII, must have UTF8"):
                Migrations("memory").run(servers.postgres_dsn("weft_owner", name))
            with psycopg.connect(servers.postgres_dsn("weft_owner", name)) as owner:
                assert owner.execute("SELECT to_regnamespace('memory')").fetchone() == (None,)
        finally:
            superuser.execute(f"DROP DATABASE {name}".encode())
