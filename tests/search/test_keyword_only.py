"""Without an embedding model search goes by words alone, and its answers say so."""

from collections.abc import AsyncIterator, Iterator

import pytest

from contracts.queries import OfWorkspace
from deploy.admin.bus import OperatorSettings, operator
from tests import examples
from tests.services import Talk, ready, running
from tests.stack import Servers, eventually

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def without_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers, memory and a search service of our own, with embedding switched off."""
    servers = Servers.start(tmp_path_factory.mktemp("wordy"))
    servers.migrate()
    with running(servers, "memory"), running(servers, "search", WEFT_EMBEDDING="off"):
        yield servers
    servers.stop()


@pytest.fixture
async def talk(without_model: Servers) -> AsyncIterator[Talk]:
    settings = OperatorSettings(nats_url=without_model.nats_url("admin"), key_pepper="pepper")
    async with operator(settings) as asked:
        await ready(asked, "memory")
        await ready(asked, "search")
        opened = Talk(asked, examples.a_workspace_id())
        await opened.order(examples.open_workspace(opened.workspace_id))
        yield opened


async def test_search_goes_by_words_and_says_so(talk: Talk) -> None:
    match = examples.store(talk.workspace_id, examples.a_draft(title="Pools", narrative="Reuse each connection."))
    other = examples.store(talk.workspace_id, examples.a_draft(title="Tabs", narrative="Recipes begin with a tab."))
    await talk.order(match)
    await talk.order(other)

    async def indexed() -> bool:
        digest = await talk.operator.request("search", "digest", OfWorkspace(workspace_id=talk.workspace_id))
        return len(digest) == 2

    await eventually(indexed, what="both in the index")
    answer = await talk.search("connections")
    assert [hit["memory"]["memory_id"] for hit in answer["results"]] == [match.memory_id]
    assert answer["results"][0]["semantic_score"] == 0
    assert answer["results"][0]["match_type"] == "keyword"
    assert any("Semantic search is off" in warning for warning in answer["warnings"])
    asked_for = await talk.search("connections", use_semantic=False)
    assert asked_for["warnings"] == []
    assert len((await talk.search(""))["results"]) == 2
