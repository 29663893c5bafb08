"""Nearest neighbours: Chroma proposes what the exact search finds, whatever state its folder is in."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.catalog import Catalog
from assistant.encoder import OnnxEncoder
from assistant.errors import LibraryError
from assistant.records import PassageRow
from assistant.vectors import (
    ChromaNeighbours,
    ChromaStore,
    ExactNeighbours,
    Neighbour,
    open_neighbours,
    rank,
)
from tests.fakes import ROOT, put_vectors, unit

DIM = 24


def clustered(n: int, seed: int, *, dim: int = DIM) -> np.ndarray:
    """`n` unit rows about 12 centres, so that neighbours are close and many."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(7).standard_normal((12, dim))
    return unit(centres[rng.integers(0, 12, n)] + 0.2 * rng.standard_normal((n, dim)))


def by_hand(rows: dict[str, np.ndarray], query: np.ndarray, top_k: int) -> list[tuple[str, float]]:
    """Compare with every vector, one by one, in float64."""
    scores = [(name, round(float(np.sum(row.astype(np.float64) * query.astype(np.float64))), 6)) for name, row in rows.items()]
    return sorted(scores, key=lambda pair: (-pair[1], pair[0]))[:top_k]


def plain(neighbours: list[Neighbour]) -> list[tuple[str, float]]:
    return [(neighbour.passage.id, neighbour.cosine) for neighbour in neighbours]


def drop(catalog: Catalog, source: str) -> None:
    with catalog.change() as change:
        change.drop_document(source)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "index" / "catalog.sqlite").open()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ChromaStore]:
    store = ChromaStore(tmp_path / "index" / "chroma")
    yield store
    store.close()


# Exact


@pytest.mark.parametrize("top_k", [1, 5, 40, 1000])
def test_exact_search_finds_what_comparing_by_hand_finds(catalog: Catalog, top_k: int) -> None:
    rows: dict[str, np.ndarray] = {}
    for n in range(4):
        vectors = clustered(60, n)
        rows.update(zip(put_vectors(catalog, f"{n}.txt", vectors), vectors, strict=True))
    neighbours = ExactNeighbours(catalog)
    for query in clustered(10, 99):
        assert plain(neighbours.nearest(query, top_k=top_k)) == by_hand(rows, query, top_k)


def test_exact_search_follows_the_catalog(catalog: Catalog) -> None:
    neighbours = ExactNeighbours(catalog)
    query = clustered(1, 5)[0]
    assert neighbours.nearest(query, top_k=3) == []
    a, b = clustered(20, 1), clustered(20, 2)
    rows_a = dict(zip(put_vectors(catalog, "a.txt", a), a, strict=True))
    assert plain(neighbours.nearest(query, top_k=3)) == by_hand(rows_a, query, 3)
    rows_b = dict(zip(put_vectors(catalog, "b.txt", b), b, strict=True))
    assert plain(neighbours.nearest(query, top_k=3)) == by_hand(rows_a | rows_b, query, 3)
    drop(catalog, "a.txt")
    assert plain(neighbours.nearest(query, top_k=3)) == by_hand(rows_b, query, 3)
    drop(catalog, "b.txt")
    assert neighbours.nearest(query, top_k=3) == []


def test_only_allowed_documents_are_searched(catalog: Catalog) -> None:
    a, b = clustered(50, 1), clustered(50, 2)
    rows = dict(zip(put_vectors(catalog, "a.txt", a), a, strict=True))
    put_vectors(catalog, "b.txt", b)
    allowed = {next(iter(rows)).split(":")[0]}
    for query in clustered(5, 9):
        assert plain(ExactNeighbours(catalog).nearest(query, top_k=70, allowed=allowed)) == by_hand(rows, query, 70)
    assert ExactNeighbours(catalog).nearest(clustered(1, 9)[0], top_k=3, allowed=set()) == []


@pytest.mark.parametrize("kind", ["exact", "chroma"])
def test_a_query_of_another_model_is_refused_in_words(catalog: Catalog, store: ChromaStore, tmp_path: Path, kind: str) -> None:
    """As where the folder that the settings name as the encoder has come to hold another one."""
    put_vectors(catalog, "a.txt", clustered(6, 1))
    store.mirror(catalog)
    with pytest.raises(LibraryError, match=f"have {DIM} numbers, those of the encoder 5: .* Run: assistant sync --rebuild"):
        open_neighbours(kind, catalog, tmp_path / "index" / "chroma").nearest(clustered(1, 2, dim=5)[0], top_k=3)


def test_equal_vectors_are_ordered_by_id(catalog: Catalog) -> None:
    same = np.repeat(clustered(1, 1), 5, axis=0)
    ids = [*put_vectors(catalog, "b.txt", same), *put_vectors(catalog, "a.txt", same)]
    found = plain(ExactNeighbours(catalog).nearest(same[0], top_k=10))
    assert found == [(passage_id, 1.0) for passage_id in sorted(ids)]


def test_rank_scores_each_vector_for_itself() -> None:
    passages = [PassageRow("b", 0, 1), PassageRow("a", 5, 9), PassageRow("a", 0, 4)]
    vectors = np.array([[1, 0], [0.6, 0.8], [0.6, 0.8]], dtype=np.float32)
    assert rank(passages, vectors, np.array([0, 1], dtype=np.float32), 2) == [
        Neighbour(PassageRow("a", 0, 4), 0.8),
        Neighbour(PassageRow("a", 5, 9), 0.8),
    ]


# Chroma


def test_chroma_finds_what_the_exact_search_finds_among_random_clusters(catalog: Catalog, store: ChromaStore) -> None:
    for n in range(6):
        put_vectors(catalog, f"{n}.txt", clustered(100, n))
    assert store.mirror(catalog) == 600
    assert store.difference(catalog) == (0, 0)
    chroma, exact = ChromaNeighbours(catalog, store.folder), ExactNeighbours(catalog)
    for query in clustered(40, 77):
        assert chroma.nearest(query, top_k=10) == exact.nearest(query, top_k=10)


@pytest.fixture(scope="module")
def real_sentences() -> list[str]:
    """Some 300 clauses of the articles that come with the project and of its licence."""
    paths = [*sorted((ROOT / "sources").glob("*.md")), ROOT / "LICENSE"]
    text = "\n\n".join(path.read_text(encoding="utf-8") for path in paths)
    sentences = [" ".join(part.split()) for part in re.split(r"(?<=[.,;:?])\s+|\n\n", text)]
    return list(dict.fromkeys(part for part in sentences if len(part) > 20))[:300]


def test_chroma_finds_what_the_exact_search_finds_in_real_text(
    catalog: Catalog, store: ChromaStore, encoder: OnnxEncoder, real_sentences: list[str]
) -> None:
    assert len(real_sentences) >= 250
    vectors = encoder.encode(real_sentences)
    for i in range(0, len(vectors), 50):
        put_vectors(catalog, f"{i}.txt", vectors[i : i + 50])
    store.mirror(catalog)
    chroma, exact = ChromaNeighbours(catalog, store.folder), ExactNeighbours(catalog)
    questions = ["Who leads the delegation?", "How large is the deficit?", "What does the licence grant?", "a", ""]
    for query in [*encoder.encode(questions), *vectors[::20]]:
        assert chroma.nearest(query, top_k=10) == exact.nearest(query, top_k=10)


def test_mirror_writes_and_deletes_exactly_the_difference(catalog: Catalog, store: ChromaStore) -> None:
    put_vectors(catalog, "a.txt", clustered(30, 1))
    put_vectors(catalog, "b.txt", clustered(20, 2))
    assert store.generation == -1
    assert (store.mirror(catalog), store.mirror(catalog), store.generation) == (50, 0, catalog.generation)
    put_vectors(catalog, "c.txt", clustered(7, 3))
    drop(catalog, "b.txt")
    assert store.difference(catalog) == (7, 20)
    assert (store.mirror(catalog), store.generation) == (27, catalog.generation)
    assert store.difference(catalog) == (0, 0)
    drop(catalog, "a.txt")
    drop(catalog, "c.txt")
    assert (store.mirror(catalog), store.difference(catalog)) == (37, (0, 0))
    assert ChromaNeighbours(catalog, store.folder).nearest(clustered(1, 1)[0], top_k=3) == []


def test_while_chroma_is_behind_the_search_is_exact(catalog: Catalog, store: ChromaStore) -> None:
    put_vectors(catalog, "a.txt", clustered(40, 1))
    chroma, exact = ChromaNeighbours(catalog, store.folder), ExactNeighbours(catalog)
    queries = clustered(5, 3)
    never_mirrored = [chroma.nearest(query, top_k=5) for query in queries]
    assert never_mirrored == [exact.nearest(query, top_k=5) for query in queries]
    store.mirror(catalog)
    new = put_vectors(catalog, "b.txt", queries)
    assert [chroma.nearest(query, top_k=1)[0].passage.id for query in queries] == new
    drop(catalog, "b.txt")
    assert [chroma.nearest(query, top_k=5) for query in queries] == never_mirrored


def test_a_store_that_is_written_while_it_is_asked_does_not_change_what_is_found(catalog: Catalog, store: ChromaStore) -> None:
    put_vectors(catalog, "a.txt", clustered(40, 1))
    store.mirror(catalog)
    neighbours, query = ChromaNeighbours(catalog, store.folder), clustered(1, 9)[0]

    class Halved:
        """As it is found when another process begins to mirror after its note was read."""

        generation = store.generation

        def propose(self, query: np.ndarray, n: int) -> list[str]:
            self.generation = -1
            return store.propose(query, n)[::2]

    neighbours._store = Halved()  # type: ignore[assignment]
    assert neighbours.nearest(query, top_k=5) == ExactNeighbours(catalog).nearest(query, top_k=5)


def test_a_reader_opens_its_client_anew_after_a_mirroring(catalog: Catalog, store: ChromaStore) -> None:
    put_vectors(catalog, "a.txt", clustered(40, 1))
    store.mirror(catalog)
    chroma, queries = ChromaNeighbours(catalog, store.folder), clustered(5, 3)
    chroma.nearest(queries[0], top_k=1)
    new = put_vectors(catalog, "b.txt", queries)
    store.mirror(catalog)
    assert [chroma.nearest(query, top_k=1)[0].passage.id for query in queries] == new


class Counted(ExactNeighbours):
    """The exact search, which keeps how often it was asked."""

    n_asked = 0

    def nearest(self, query: np.ndarray, *, top_k: int, allowed: set[str] | None = None) -> list[Neighbour]:
        self.n_asked += 1
        return super().nearest(query, top_k=top_k, allowed=allowed)


@pytest.fixture
def chroma(catalog: Catalog, store: ChromaStore) -> ChromaNeighbours:
    """Neighbours whose exact search is counted."""
    chroma = ChromaNeighbours(catalog, store.folder)
    chroma._exact = Counted(catalog)
    return chroma


def document_of(ids: list[str]) -> str:
    """The document whose passages these are, by id."""
    (document_id,) = {passage_id.partition(":")[0] for passage_id in ids}
    return document_id


def test_chroma_is_asked_though_some_documents_may_not_answer(catalog: Catalog, store: ChromaStore, chroma: ChromaNeighbours) -> None:
    documents = [document_of(put_vectors(catalog, f"{n}.txt", clustered(100, n))) for n in range(6)]
    store.mirror(catalog)
    exact = ExactNeighbours(catalog)
    for allowed in (set(documents[1:]), set(documents[1:5])):
        for query in clustered(20, 77):
            found = chroma.nearest(query, top_k=10, allowed=allowed)
            assert found == exact.nearest(query, top_k=10, allowed=allowed)
            assert len(found) == 10
    assert chroma._exact.n_asked == 0


def test_where_the_nearest_may_not_answer_the_search_is_exact(catalog: Catalog, store: ChromaStore, chroma: ChromaNeighbours) -> None:
    query = clustered(1, 5)[0]
    put_vectors(catalog, "near.txt", unit(query + 0.01 * clustered(60, 5)))
    rows = {f"{n}.txt": -clustered(20, n) for n in range(3)}
    by_id = {passage_id: row for name, vectors in rows.items() for passage_id, row in zip(put_vectors(catalog, name, vectors), vectors, strict=True)}
    store.mirror(catalog)
    allowed = {passage_id.partition(":")[0] for passage_id in by_id}
    assert plain(chroma.nearest(query, top_k=10, allowed=allowed)) == by_hand(by_id, query, 10)
    assert chroma._exact.n_asked == 1


@pytest.mark.parametrize("top_k", [12, 70])
def test_a_narrow_filter_is_searched_exactly_at_once(catalog: Catalog, store: ChromaStore, chroma: ChromaNeighbours, top_k: int) -> None:
    a = clustered(40, 1)
    rows = dict(zip(put_vectors(catalog, "a.txt", a), a, strict=True))
    for n in range(2, 4):
        put_vectors(catalog, f"{n}.txt", clustered(200, n))
    store.mirror(catalog)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(chroma._store, "propose", None)  # to ask it would be an error
        for query in clustered(5, 9):
            assert plain(chroma.nearest(query, top_k=top_k, allowed={document_of(list(rows))})) == by_hand(rows, query, top_k)
    assert chroma.nearest(clustered(1, 9)[0], top_k=3, allowed=set()) == []


@pytest.fixture
def damaged(catalog: Catalog, store: ChromaStore) -> ChromaStore:
    """A store that was mirrored, closed and then cut short on disk."""
    put_vectors(catalog, "a.txt", clustered(40, 1))
    store.mirror(catalog)
    store.close()
    with (store.folder / "chroma.sqlite3").open("r+b") as file:
        file.truncate(5000)
    return store


def test_a_damaged_store_does_not_change_what_is_found(catalog: Catalog, damaged: ChromaStore) -> None:
    chroma, exact = ChromaNeighbours(catalog, damaged.folder), ExactNeighbours(catalog)
    for query in clustered(5, 3):
        assert chroma.nearest(query, top_k=5) == exact.nearest(query, top_k=5)


def test_a_damaged_store_says_so(damaged: ChromaStore, catalog: Catalog) -> None:
    with pytest.raises(LibraryError, match=r"^The vector store in .*chroma cannot be used: .* Run: assistant doctor --fix$"):
        damaged.difference(catalog)


def test_a_damaged_store_is_built_anew_by_mirroring(catalog: Catalog, damaged: ChromaStore) -> None:
    put_vectors(catalog, "b.txt", clustered(10, 2))
    assert damaged.mirror(catalog) == 50
    assert (damaged.difference(catalog), damaged.generation) == ((0, 0), catalog.generation)
    chroma, exact = ChromaNeighbours(catalog, damaged.folder), ExactNeighbours(catalog)
    for query in clustered(5, 3):
        assert chroma.nearest(query, top_k=5) == exact.nearest(query, top_k=5)


def test_a_disk_that_is_full_when_all_rows_are_written_is_said(catalog: Catalog, store: ChromaStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    put_vectors(catalog, "a.txt", clustered(40, 1))
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", refuse)
        with pytest.raises(LibraryError, match=r"^The disk with the vector store in .* is full\. .*; make room and run: assistant sync$"):
            store.mirror(catalog)
    assert (store.generation, store.mirror(catalog), store.generation) == (-1, 0, catalog.generation)


def test_a_graph_that_was_made_with_fewer_links_is_made_anew(catalog: Catalog, store: ChromaStore, monkeypatch: pytest.MonkeyPatch) -> None:
    put_vectors(catalog, "a.txt", clustered(40, 1))
    with monkeypatch.context() as patched:
        patched.setattr("assistant.vectors.LINKS", 16)
        store.mirror(catalog)
    assert (store.generation, store.mirror(catalog), store.generation) == (-1, 40, catalog.generation)
    assert store._collection(-1).configuration_json["hnsw"]["max_neighbors"] == 32


def test_a_discarded_store_is_filled_again(catalog: Catalog, store: ChromaStore) -> None:
    put_vectors(catalog, "a.txt", clustered(40, 1))
    store.mirror(catalog)
    store.discard()
    assert (store.folder.exists(), store.generation) == (False, -1)
    assert (store.mirror(catalog), store.difference(catalog)) == (40, (0, 0))


@pytest.mark.parametrize("note", ["", "{", "[]", '{"generation": null, "links": 32}', '{"generation": "x", "links": 32}', '{"generation": 7}'])
def test_an_unreadable_note_means_not_mirrored(store: ChromaStore, note: str) -> None:
    store.folder.parent.mkdir(parents=True)
    store.folder.with_name("chroma.json").write_text(note)
    assert store.generation == -1


MIRROR = """
import sys
from pathlib import Path
from assistant.catalog import Catalog
from assistant.vectors import ChromaStore
from tests.fakes import put_vectors
from tests.test_vectors import clustered
index = Path(sys.argv[1])
catalog = Catalog(index / "catalog.sqlite").open()
put_vectors(catalog, sys.argv[2], clustered(int(sys.argv[3]), int(sys.argv[4])))
ChromaStore(index / "chroma").mirror(catalog)
"""


def mirror_elsewhere(index: Path, source: str, n: int, seed: int) -> None:
    """Another process adds a document of `n` clustered vectors and mirrors it."""
    command = [sys.executable, "-c", MIRROR, str(index), source, str(n), str(seed)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120)


@pytest.mark.slow
def test_a_reader_sees_what_another_process_mirrored_though_this_one_mirrored_before(
    catalog: Catalog, store: ChromaStore
) -> None:
    put_vectors(catalog, "a.txt", clustered(40, 1))
    store.mirror(catalog)
    chroma, exact = ChromaNeighbours(catalog, store.folder), ExactNeighbours(catalog)
    chroma.nearest(clustered(1, 3)[0], top_k=1)
    mirror_elsewhere(store.folder.parent, "b.txt", 20, 3)
    assert store.generation == catalog.generation
    for query in clustered(20, 3):
        assert chroma.nearest(query, top_k=5) == exact.nearest(query, top_k=5)


@pytest.mark.slow
def test_mirroring_by_turns_from_two_processes_loses_nothing(catalog: Catalog, store: ChromaStore) -> None:
    """Chroma writes its graph to disk every 1,000 rows, and a client does not see rows that came from elsewhere."""
    for turn in range(2):
        put_vectors(catalog, f"here-{turn}.txt", clustered(700, 10 + turn))
        store.mirror(catalog)
        mirror_elsewhere(store.folder.parent, f"there-{turn}.txt", 700, 20 + turn)
    put_vectors(catalog, "last.txt", clustered(700, 30))
    store.mirror(catalog)
    assert store.difference(catalog) == (0, 0)
    store.close()
    chroma, exact = ChromaNeighbours(catalog, store.folder), ExactNeighbours(catalog)
    for document in catalog.vectors():
        assert store.generation == catalog.generation
        for query in document.vectors[::70]:
            assert chroma.nearest(query, top_k=10) == exact.nearest(query, top_k=10)


# Choosing


def test_auto_is_exact_for_a_small_library(catalog: Catalog, tmp_path: Path) -> None:
    kinds = [type(open_neighbours(kind, catalog, tmp_path / "chroma")) for kind in ("auto", "exact", "chroma")]
    assert kinds == [ExactNeighbours, ExactNeighbours, ChromaNeighbours]


def test_auto_is_chroma_for_a_large_library(catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_vectors(catalog, "a.txt", clustered(10, 1))
    monkeypatch.setattr("assistant.vectors.CHROMA_FROM", 10)
    assert type(open_neighbours("auto", catalog, tmp_path / "chroma")) is ChromaNeighbours
