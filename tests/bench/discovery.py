"""Edges found in real texts, against the links that people wrote into them: how far can each method be believed."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deploy.admin.git_history import Commit, NoHistory, draft, open_repository
from deploy.local.home import CHECKOUT
from services.graph.relations import DUPLICATE_FROM, EDGES_MAX, FOUND_BY, SIMILAR_FROM, Due, Method, close_in_time
from tests.bench import links
from tests.bench.http import Answer, load
from tests.bench.links import Pair, agreement, pair
from tests.bench.reading import NARRATIVE_MAX, TITLE_MAX, data_folder
from tests.bench.report import Report, Row
from tests.bench.rig import STORE, Rig, memory_id_of, rig, wait_all_embedded
from tests.stack import Workspace

PEP = "pep"
PEP_MAX_QUICK, COMMITS_MAX, COMMITS_MAX_QUICK = 200, 4_000, 80
MIDNIGHT = time()
THRESHOLDS = (0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
CONFIDENCES = (0.25, 0.4, 0.55, 0.7, 0.85, 1.01)
TOP = 0.01
"""A pair is alike if its cosine is among this share of the highest: a witness that knows nothing of files or tags."""

EDGES = "SELECT s.memory_id AS one, t.memory_id AS other, e.method, e.confidence::float8 AS confidence FROM edges e" + (
    " JOIN memories s ON s.node = e.source JOIN memories t ON t.node = e.target"
)
VECTORS = "SELECT memory_id, embedding::text AS embedding FROM vectors ORDER BY created_at, memory_id"


@dataclass(frozen=True, slots=True)
class Source:
    """Bodies to store, by the source's own id; and which pairs of them are linked, by the kind of link."""

    name: str
    bodies: Mapping[str, bytes]
    links: Mapping[str, set[Pair]]
    besides: Mapping[str, set[Pair]]
    """Other pairs to be judged as edges are, by what they are."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """What the graph made of a source, by the source's own ids; `ids` the oldest first, with their vectors."""

    confidences: Mapping[Method, Mapping[Pair, float]]
    ids: Sequence[str]
    vectors: NDArray[np.float32]


async def discovery(report: Report) -> None:
    """Every source in a workspace of its own, on one stack."""
    sources = [each for each in (_peps(report), _history(report)) if each is not None]
    if not sources:
        return
    async with rig("discovery") as the:
        for source in sources:
            _report(report, source, await _discover(the, source))
    report.notes.append(
        "discovery: a pair found is right if the source links it; precision is the share of the pairs found that are "
        "right, recall the share of the links that were found, lift how much likelier a pair found is right than any. "
        f"Alike: the share of the pairs found whose cosine is among the {TOP:.0%} highest of all pairs. "
        "docs/discovery.md has what counts as a link."
    )


def _peps(report: Report) -> Source | None:
    file = data_folder() / PEP / "memories.jsonl"
    if not file.is_file():
        report.notes.append(f"discovery: no {PEP} here (WEFT_EVAL_DATA), so that part was left out.")
        return None
    memories = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    memories = memories[: PEP_MAX_QUICK if report.quick else None]
    bodies = {
        each["id"]: json.dumps(
            {
                "title": each["title"][:TITLE_MAX],
                "narrative": (each["narrative"] or each["title"])[:NARRATIVE_MAX],
                "source_files": each["source_files"],
            }
        ).encode()
        for each in memories
    }
    return Source(PEP, bodies, {"names": links.between_peps(memories)}, {})


def _history(report: Report) -> Source | None:
    """The checkout's own history, or that of $WEFT_EVAL_REPO; as `weft-admin import-git` would store it."""
    try:
        repository = open_repository(Path(os.environ.get("WEFT_EVAL_REPO") or CHECKOUT))
        limit = COMMITS_MAX_QUICK if report.quick else COMMITS_MAX
        commits = list(repository.commits(limit=limit, merges=False))
    except NoHistory as why:
        report.notes.append(f"discovery: no git history here ({why}), so that part was left out.")
        return None
    name = f"git ({'own history' if 'WEFT_EVAL_REPO' not in os.environ else repository.name})"
    bodies = {commit.sha: json.dumps(draft(commit, repository.name)).encode() for commit in commits}
    found = {
        "sha": links.named(commits),
        "subject": links.quoted(commits),
        "issue": links.of_one_issue(commits),
        "file": links.of_rare_files(commits),
    }
    return Source(name, bodies, found, {"each and the one right before it": _in_turn(commits), **_close(commits)})


def _in_turn(commits: Sequence[Commit]) -> set[Pair]:
    return {pair(one.sha, next_one.sha) for one, next_one in pairwise(commits)}


def _close(commits: Sequence[Commit]) -> dict[str, set[Pair]]:
    """What closeness in time would say had each commit been stored when it was written; all are stored at once."""
    dated = sorted((commit.authored, commit.sha) for commit in commits if commit.authored)
    if all(at.time() == MIDNIGHT for at, _ in dated):  # only days are known
        return {}
    found = set()
    for number, (at, sha) in enumerate(dated):
        before = [(back, (at - dated[back][0]).total_seconds()) for back in range(number - 1, max(-1, number - 7), -1)]
        for edge in close_in_time(number, [it for it in before if it[1] <= 600]):
            found.add(pair(sha, dated[edge.target][1]))
    return {"temporal_proximity by the commits' dates": found}


async def _discover(the: Rig, source: Source) -> Discovered:
    """Over HTTP, and the model is asked."""
    workspace = the.new_workspace()
    own = {body: name for name, body in source.bodies.items()}
    known: dict[str, str] = {}

    def take(body: bytes, answer: Answer) -> None:
        known[memory_id_of(answer)] = own[body]

    print(f"  {source.name}: {len(own):,} memories", flush=True)
    measured = await load(workspace, STORE, iter(list(own)), clients=8, seconds=None, succeeded=take)
    if measured.failures or len(known) != len(own):
        raise RuntimeError(f"storing {source.name} failed: {measured.failures}")
    await wait_all_embedded(workspace)
    await the.wait_discovered()
    return await _read(the, workspace, known)


async def _read(the: Rig, workspace: Workspace, known: Mapping[str, str]) -> Discovered:
    confidences: dict[Method, dict[Pair, float]] = {}
    async with the.graph_tables() as database, database.transaction(workspace.workspace_id) as connection:
        edges = await (await connection.execute(EDGES.encode())).fetchall()
        vectors = await (await connection.execute(VECTORS.encode())).fetchall()
    for each in edges:
        found = confidences.setdefault(Method(each["method"]), {})
        found[pair(known[each["one"]], known[each["other"]])] = each["confidence"]
    arrays = np.array([json.loads(each["embedding"]) for each in vectors], np.float32)
    return Discovered(confidences, [known[each["memory_id"]] for each in vectors], arrays)


# ---- what is said of it


def _report(report: Report, source: Source, found: Discovered) -> None:
    counts = ", ".join(f"{len(pairs):,} by {kind}" for kind, pairs in source.links.items())
    measure = f"{source.name}: {len(source.bodies):,} memories, linked pairs"
    report.add(Row("discovery", measure, counts, {kind: float(len(pairs)) for kind, pairs in source.links.items()}))
    cosines = found.vectors @ found.vectors.T
    for method in Method:
        pairs = set(found.confidences.get(method, ()))
        if pairs:
            report.add(_agreement_row(source, method.public, pairs, method, found, cosines))
    for what, pairs in source.besides.items():
        report.add(_agreement_row(source, what, pairs, Method.TEMPORAL_PROXIMITY, found, cosines))
    report.add(_thresholds_row(source, found, cosines))
    for method in (Method.FILE_OVERLAP, Method.CONCEPT_OVERLAP, Method.TAG_OVERLAP):
        if method in found.confidences and truth(source, method):
            report.add(_confidences_row(source, found, method))


def truth(source: Source, method: Method) -> set[Pair]:
    """The links by which a method can be judged: not those that are found in the way in which it looks itself."""
    own = {Method.FILE_OVERLAP: "file", Method.EXPLICIT_MENTION: "subject"}.get(method)
    return set[Pair]().union(*(pairs for kind, pairs in source.links.items() if kind != own))


def _agreement_row(
    source: Source, what: str, pairs: set[Pair], method: Method, found: Discovered, cosines: NDArray[np.float32]
) -> Row:
    """`pairs` against the links by which `method` is judged."""
    judged = agreement(pairs, truth(source, method), len(source.bodies))
    figures: dict[str, float] = {"edges": judged.found, "right": judged.right, "links": judged.true}
    text = f"{judged.found:,} edges; no link to judge them by"
    if judged.true and judged.found:
        figures |= {"precision": judged.precision, "recall": judged.recall, "lift": judged.lift}
        text = (
            f"{judged.found:,} edges, {judged.right:,} right: precision {judged.precision:.3f} "
            f"(lift {judged.lift:,.0f}), recall {judged.recall:.3f}"
        )
    if method not in FOUND_BY[Due.ALIKE]:
        figures["alike"] = _alike(found, cosines, pairs)
        text += f"; alike {figures['alike']:.2f}"
    return Row("discovery", f"{source.name}: {what}", text, figures)


def _alike(found: Discovered, cosines: NDArray[np.float32], pairs: set[Pair]) -> float:
    places = {name: place for place, name in enumerate(found.ids)}
    bound = np.quantile(cosines[np.triu_indices(len(cosines), 1)], 1 - TOP)
    if not pairs:
        return float("nan")
    return float(np.mean([cosines[places[one], places[other]] >= bound for one, other in pairs]))


def _thresholds_row(source: Source, found: Discovered, cosines: NDArray[np.float32]) -> Row:
    """embedding_similarity as it would be with another threshold, as bounded as it is."""
    true = truth(source, Method.EMBEDDING_SIMILARITY)
    figures, said = dict[str, float](), []
    for threshold in THRESHOLDS:
        judged = agreement(nearest(found.ids, cosines, threshold), true, len(source.bodies))
        figures |= {f"edges_{threshold}": judged.found, f"precision_{threshold}": judged.precision}
        figures[f"recall_{threshold}"] = judged.recall
        mark = {SIMILAR_FROM: "*", DUPLICATE_FROM: "**"}.get(threshold, "")
        said.append(f"{threshold:.2f}{mark}: {judged.found:,} {judged.precision:.3f} {judged.recall:.3f}")
    measure = f"{source.name}: cosine from: edges, precision, recall"
    return Row("discovery", measure, "; ".join(said), figures)


def nearest(ids: Sequence[str], cosines: NDArray[np.float32], threshold: float) -> set[Pair]:
    """Of those before it in `ids`, the most alike of each, from a threshold on; as many as discovery takes."""
    found = set()
    for number in range(1, len(ids)):
        row = cosines[number, :number]
        for other in np.argsort(-row, kind="stable")[: EDGES_MAX[Method.EMBEDDING_SIMILARITY]]:
            if row[other] >= threshold:
                found.add(pair(ids[number], ids[int(other)]))
    return found


def _confidences_row(source: Source, found: Discovered, method: Method) -> Row:
    """Whether edges of more confidence are right more often."""
    true, figures, said = truth(source, method), dict[str, float](), []
    for low, high in pairwise(CONFIDENCES):
        pairs = {it for it, confidence in found.confidences[method].items() if low <= confidence < high}
        judged = agreement(pairs, true, len(source.bodies))
        if pairs:
            figures |= {f"edges_{low}": judged.found, f"precision_{low}": judged.precision}
            said.append(f"{low:.2f}: {judged.found:,} {judged.precision:.3f} ({judged.lift:,.0f})")
    measure = f"{source.name}: {method.public}, confidence from: edges, precision (lift)"
    return Row("discovery", measure, "; ".join(said), figures)
