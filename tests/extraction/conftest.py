import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.extraction.nearness import LocalNearness


@pytest.fixture(scope="session")
def nearness() -> Iterator[LocalNearness]:
    made = LocalNearness(Path(os.environ["WEFT_MODEL_DIR"]))
    yield made
    made.close()
