"""The committed schemas are those of the code."""

from contracts import schemas


def test_no_schema_has_drifted() -> None:
    assert schemas.drift() == []
