"""Within so many tokens, the best first."""

from itertools import pairwise

import pytest
from weft.document_models import QueryAnswer
from weft.mcp.answers import Detail, Edge, Entry, Node
from weft.mcp.fitting import beginning, fit, fit_detail, fit_graph, room, size
from weft.mcp.telling import entries, found

TOKENS = 400


def choice(number: int, length: int = 600) -> tuple[Entry, Entry]:
    brief = Entry(
        memory_id=f"mem-{number}", title=f"Title {number}", memory_type="decision", importance=0.5, summary="Short."
    )
    return brief, brief.model_copy(update={"summary": None, "content": "long " * (length // 5)})


def test_the_first_are_whole_as_far_as_there_is_room() -> None:
    given = fit([choice(number) for number in range(5)], TOKENS)
    assert len(given) == 5
    assert given[0].content is not None
    assert given[-1].content is None
    assert sum(map(size, given)) <= room(TOKENS)


def test_what_does_not_fit_even_briefly_is_counted_and_told_how_to_get() -> None:
    told = entries([choice(number) for number in range(50)], TOKENS, offset=10)
    assert 1 < len(told.memories) < 50
    assert told.left_out == 50 - len(told.memories)
    assert f"offset={10 + len(told.memories)}" in (told.more or "")


def test_one_is_always_given_and_a_last_page_says_nothing_of_more() -> None:
    (brief, whole) = choice(1, length=10_000)
    assert fit([(whole, whole)], 1) == [whole]
    assert entries([(brief, brief.model_copy(update={"summary": None}))], TOKENS, offset=0, is_last=True).more is None


@pytest.mark.parametrize("max_tokens", [200, 400, 800, 1_600, 50_000])
def test_a_detail_is_never_longer_than_asked_for(max_tokens: int) -> None:
    edges = [Edge(source="mem-a", target=f"mem-{number}", type="similar_to", confidence=0.9) for number in range(10)]
    whole = Detail(
        memory_id="mem-a",
        title="A title",
        memory_type="decision",
        content='A "quoted" line\n' * 100,
        namespace="default",
        files=["a/very/long/path/" * 10 + str(number) for number in range(20)],
        importance=0.5,
        confidence=0.5,
        created_at="2026-03-20T09:00:00+00:00",
        revision=1,
        relationships=edges,
        related=[choice(number)[1] for number in range(5)],
    )
    given = fit_detail(whole, max_tokens)
    assert size(given) <= room(max_tokens)
    if max_tokens == 50_000:
        assert given == whole
    else:
        assert "larger max_tokens" in (given.more or "")
        assert whole.content.startswith(given.content)


def test_a_graph_keeps_its_first_nodes_and_all_edges_among_them() -> None:
    nodes = [
        Node(memory_id=f"mem-{number}", title="A title", memory_type="decision", importance=0.5) for number in range(40)
    ]
    edges = [
        Edge(source=a.memory_id, target=b.memory_id, type="related_to", confidence=0.5) for a, b in pairwise(nodes)
    ]
    kept, joined = fit_graph(nodes, edges, TOKENS)
    assert kept == nodes[: len(kept)]
    assert joined == edges[: len(kept) - 1]
    assert 1 < len(kept) < 40
    assert sum(map(size, [*kept, *joined])) <= room(TOKENS)


def test_an_answer_comes_before_its_results_and_those_before_what_surrounds_them() -> None:
    result = {"kind": "chunk", "id": "chk-1", "title": "A runbook", "score": 0.71, "text": "Six times. " * 500}
    said = {
        "results": [{**result, "chunk": {"section_path": ["Webhooks", "Retries"]}}] * 3,
        "answer": "Six times [1].",
        "citations": [{"number": 1, "kind": "chunk", "id": "chk-1"}],
        "facts": [{"fact_id": "fct-1", "text": "Six times.", "kind": "fact", "confidence": 0.8}],
        "related": [],
    }
    told = found(QueryAnswer.model_validate(said), 1_000)
    assert (told.answer, told.citations) == ("Six times [1].", ["[1] chk-1"])
    assert (len(told.results), told.left_out, told.results[0].section) == (1, 2, "Webhooks > Retries")
    assert [fact.text for fact in told.facts] == ["Six times."]
    assert size(told) <= room(1_000)


def test_a_text_is_cut_between_characters() -> None:
    assert beginning("ä€😀" * 10, 20).startswith("ä€")
    assert size(beginning('"\n' * 50, 40)) <= 40
    assert beginning("short", 100) == "short"
