"""The contract kind of our own finds what it should."""

import grimp
import pytest

from tests.architecture.only_imports import OnlyImports


@pytest.mark.parametrize(
    ("imported", "is_kept"),
    [("pydantic", True), ("json", True), ("contracts.base", True), ("yaml", False), ("services", False)],
)
def test_only_what_is_listed_may_be_imported(imported: str, is_kept: bool) -> None:
    graph = grimp.ImportGraph()
    graph.add_module("contracts.events")
    graph.add_module(imported, is_squashed="." not in imported)
    graph.add_import(importer="contracts.events", imported=imported)
    options = {"modules": ["contracts"], "allowed": ["pydantic"]}
    contract = OnlyImports(name="3", session_options={}, contract_options=options)
    assert contract.check(graph, verbose=False).kept is is_kept
