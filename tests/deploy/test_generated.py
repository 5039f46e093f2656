"""What is written from other files, and from comments."""

from pathlib import Path

from deploy.helm.generated import outdated
from deploy.helm.readme import readme
from deploy.nats.container import container_config
from deploy.nats.topology import load_topology

VALUES = """
# Said of all of it.
outer:
  # Said of this
  # on two lines.
  inner: {a: 1}
  plain: "on"
"""


def test_what_is_generated_is_up_to_date() -> None:
    assert outdated() == [], "`make chart` writes them anew"


def test_a_row_of_the_readme_has_the_default_and_what_is_said_above_the_value(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text(VALUES)
    assert readme(tmp_path / "values.yaml").splitlines()[-4:] == [
        "| `outer` |  | Said of all of it. |",
        "| `outer.inner` |  | Said of this on two lines. |",
        "| `outer.inner.a` | `1` |  |",
        "| `outer.plain` | `'on'` |  |",
    ]


def test_a_containers_nats_reads_passwords_from_its_environment() -> None:
    text = container_config()
    assert '"password": $NATS_PASSWORD_MEMORY' in text
    assert "key: $NATS_ENCRYPTION_KEY\n" in text
    assert "$$" not in text


def test_streams_are_on_as_many_servers_as_they_are_told() -> None:
    assert {config.num_replicas for config in load_topology().stream_configs(3)} == {3}
    assert {config.num_replicas for config in load_topology().stream_configs()} == {None}
