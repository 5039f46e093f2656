from collections.abc import Iterator

import pytest

from tests.extraction.nearness import LocalNearness


@pytest.fixture(scope="session")
def nearness() -> Iterator[LocalNearness]:
    made = LocalNearness()
    yield made
    made.close()
