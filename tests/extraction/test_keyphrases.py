"""Concepts and tags name what a memory is about."""

from services.extraction.distil.keyphrases import CONCEPTS_MAX, TAGS_MAX, concepts, tags


def test_names_of_code_and_products_come_before_plain_words() -> None:
    found = concepts(
        "Dispatch tasks through transaction.on_commit",
        "Celery tasks are dispatched through transaction.on_commit, since a worker must not see uncommitted rows.",
    )
    assert found[0] == "transaction.on_commit"
    assert "Celery tasks" in found
    assert not {"through", "since", "must"} & set(found)


def test_a_phrase_is_named_once_however_it_is_written() -> None:
    found = concepts("Connection pools", "A connection pool is shared. The connection pools are closed at exit.")
    assert [it.lower() for it in found].count("connection pools") == 1
    assert "connection pool" not in found


def test_verbs_and_contractions_are_no_concepts() -> None:
    found = concepts(
        "Limits", "It doesn't work, they've decided, running slowly, e.g. here. The server's cache was used."
    )
    assert not {"doesn't", "they've", "decided", "slowly", "e.g"} & {it.lower() for it in found}
    assert "server cache" in found


def test_there_are_never_too_many() -> None:
    words = " ".join(f"Alpha{number}, Beta{number};" for number in range(100))
    found = concepts("x", words)
    assert len(found) == CONCEPTS_MAX
    assert len(tags("decision", found)) <= TAGS_MAX


def test_tags_begin_with_the_type_and_are_slugs() -> None:
    assert tags("incident", ["Redis Cluster", "api/cart.py", "a very long phrase"]) == (
        "incident",
        "redis-cluster",
        "api-cart.py",
    )


def test_of_nothing_there_are_none() -> None:
    assert concepts("", "") == ()
