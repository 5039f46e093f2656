"""The Python client's events are those of the contracts, though it imports none of them."""

import json
from pathlib import Path
from typing import get_args

import pytest
from weft.events.event import read
from weft.events.kinds import KINDS, AnyEvent

from contracts import for_python
from contracts.events import EVENTS, CloudEvent
from tests.contracts.test_events import FILES


def test_no_file_of_the_client_has_drifted() -> None:
    assert for_python.drift() == []


def test_the_client_knows_every_event() -> None:
    assert set(get_args(AnyEvent)) == set(KINDS.values())
    assert KINDS.keys() == EVENTS.keys()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_client_reads_every_version_ever_written_as_the_server_does(file: Path) -> None:
    written = file.read_bytes()
    known, read_here = CloudEvent.read(written), read(written)
    said = json.loads(read_here.model_dump_json(exclude_unset=True))
    assert CloudEvent.model_validate(said) == known
    assert type(read_here.data) is KINDS[known.type]
