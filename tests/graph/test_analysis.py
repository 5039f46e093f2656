"""The whole analysis, and how work gets to the process that does it."""

import io
import subprocess
import sys
from dataclasses import replace

import numpy as np

from services.graph.analysis import Work, analyse, frames
from tests.graph.graphs import nothing, work


def test_without_memories_there_is_no_result_to_speak_of() -> None:
    found = analyse(nothing())
    assert (found.labels, found.pagerank.tolist()) == ([], [])


def test_one_memory_has_rank_1_and_no_label() -> None:
    one = replace(nothing(), memory_ids=["mem-1"], namespaces=["a"], terms=[("x",)], memory_types=["wiki"])
    found = analyse(replace(one, titles=["Title"], labels=[None]))
    assert (found.labels, found.pagerank.tolist()) == ([None], [1.0])


def test_communities_are_labelled_after_what_they_share() -> None:
    found = analyse(work())
    assert found.pagerank.max() == 1.0
    assert [name and name.split("-")[0] for name in found.labels[::12]] == ["area00000x", "area00001x", "area00002x"]


def test_each_namespace_has_communities_of_its_own() -> None:
    given = work(groups=4, degree=20, namespaces=("a", "b"))
    labels = analyse(given).labels
    members = {(label, namespace) for label, namespace in zip(labels, given.namespaces, strict=True) if label}
    assert len(members) == 4


def test_one_more_memory_changes_no_other_label() -> None:
    before = work()
    labels = analyse(before).labels
    after = replace(
        before,
        memory_ids=[*before.memory_ids, "mem-new"],
        namespaces=[*before.namespaces, "default"],
        terms=[*before.terms, ("database", "something-else")],
        memory_types=[*before.memory_types, "general"],
        titles=[*before.titles, "New"],
        labels=[*labels, None],
        sources=np.append(before.sources, np.array([36, 36], np.int32)),
        targets=np.append(before.targets, np.array([0, 1], np.int32)),
        weights=np.append(before.weights, np.array([0.9, 0.9], np.float32)),
        both_ways=np.append(before.both_ways, [True, True]),
    )
    assert analyse(after).labels == [*labels, labels[0]]


def test_work_comes_out_of_its_frames_as_it_went_in() -> None:
    given = work(groups=3, size=3_000, degree=2)
    packed = b"".join(frames.pieces(given))
    assert len(list(frames.pieces(given))) == 4
    assert as_lists(read(packed)) == as_lists(given)
    assert read(packed[:-1]) is None
    assert read(b"") is None


def test_the_service_itself_does_not_load_graph_tool() -> None:
    loads = "import sys, services.graph.analysis; sys.exit('graph_tool' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loads], check=False).returncode == 0


def read(packed: bytes) -> Work | None:
    return frames.read_work(io.BytesIO(packed))


def as_lists(given: Work | None) -> list[list[object]]:
    assert given is not None
    return [list(getattr(given, name)) for name in Work.__slots__]
