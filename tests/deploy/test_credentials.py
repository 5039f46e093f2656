"""The credentials of the first start follow the gateway when its port changes."""

from pathlib import Path

from deploy.local.home import read_credentials
from deploy.local.start import point_to


def test_the_url_is_brought_up_to_date_and_the_key_stays(tmp_path: Path) -> None:
    file = tmp_path / "credentials.env"
    file.write_text("MEMORIES_API_URL=http://127.0.0.1:1\nMEMORIES_API_TOKEN=key\nMEMORIES_WORKSPACE_ID=ws\n")
    file.chmod(0o600)
    point_to(file, "http://127.0.0.1:2")
    assert read_credentials(file) == {
        "MEMORIES_API_URL": "http://127.0.0.1:2",
        "MEMORIES_API_TOKEN": "key",
        "MEMORIES_WORKSPACE_ID": "ws",
    }
    assert file.stat().st_mode & 0o777 == 0o600
