"""Query -> hits: dense and lexical rankings, fused, near-copies counted once.

In: a query and the open index. Out: `Hit`s, best first, the same for the same sources however the index was built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.catalog import Catalog, PassageRow
from assistant.cleaning import fold
from assistant.types import Document, Encoder, Filters, Hit, Passage, Place
from assistant.vectors import Neighbour, Neighbours
from assistant.words import expansions

DENSE_DEPTH = 200
LEXICAL_DEPTH = 100
TITLE_WEIGHT = 0.5
"""bm25 of a word in the title, against one in the passage."""
LEXICAL_HALF = 16.0
"""The bm25 that counts for half of what a cosine of 1 does. Absolute: in a small library, where every word is common, bm25 is
near 0 and must stay so, not be blown up to a share of the best."""

EXPANSION_WEIGHT = 0.3
"""bm25 of other words for the query's words, against its own: .905 became .910 on the 200 questions named in `fuse`, .809 became
.817 on 131 others."""

TRIES = 5
"""Searches while another process writes; each takes milliseconds, a batch of theirs a second."""

SHINGLE_WORDS = 4
NEAR_COPY = 0.8
"""Two passages that share this much of the shorter one's shingles are one piece of evidence ..."""
NEAR_LENGTH = 0.6
"""... unless the longer one says that much more besides."""
LOOK_ON = 20
"""Candidates looked at beyond the last hit, for copies of those above."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage, its place in the catalog alone, and its scores."""

    passage: PassageRow
    score: float
    cosine: float


class Retriever:
    """An open index, ready to be asked; keeps the documents it read last."""

    def __init__(self, catalog: Catalog, neighbours: Neighbours, encoder: Encoder) -> None:
        self._catalog, self._neighbours, self._encoder = catalog, neighbours, encoder
        self._document: Callable[[str], Document] = lru_cache(maxsize=500)(self._read)

    def retrieve(self, query: str, *, top_k: int, filters: Filters = Filters()) -> list[Hit]:
        """The `top_k` best passages among those that `filters` let through.

        Raises:
            ValueError: If `top_k` is below 1.
        """
        if top_k < 1:
            raise ValueError(f"top_k is {top_k}, it must be at least 1")
        vector = self._encoder.encode([query])[0]
        for _ in range(TRIES):
            generation = self._catalog.generation
            allowed = self._catalog.allowed(filters)
            dense = self._neighbours.nearest(vector, top_k=max(DENSE_DEPTH, 2 * top_k), allowed=allowed)
            lexical = self._match(query, max(LEXICAL_DEPTH, 2 * top_k), allowed)
            hits = self._hits(fuse(dense, lexical), top_k)
            if self._catalog.generation == generation:
                break  # both rankings are of one state of the library
        return hits

    def _match(
        self, query: str, limit: int, allowed: set[str] | None
    ) -> list[tuple[PassageRow, float]]:
        """bm25 by the query's own words and, weakly, by other words for them."""
        scores: dict[PassageRow, float] = {}
        for words, weight in ((query, 1.0), (" ".join(expansions(query)), EXPANSION_WEIGHT)):
            for passage, score in self._catalog.match(words, limit=limit, title_weight=TITLE_WEIGHT):
                if allowed is None or passage.document_id in allowed:
                    scores[passage] = scores.get(passage, 0.0) + weight * score
        return list(scores.items())

    def _read(self, document_id: str) -> Document:
        """A document by id; a KeyError, which is not cached, where it is gone: it may come back."""
        document = self._catalog.document(document_id)
        if document is None:
            raise KeyError(document_id)
        return document

    def newest(self, *, top_k: int, filters: Filters = Filters()) -> list[Hit]:
        """The opening passages of the newest documents, for a question that names no subject; undated ones last."""
        allowed = self._catalog.allowed(filters)
        documents = [d for d in self._catalog.documents() if allowed is None or d.id in allowed]
        newest = sorted(sorted(documents, key=lambda d: d.source), key=lambda d: d.published or "", reverse=True)
        candidates = [
            Candidate(PassageRow(p.document_id, p.start, p.end), round(1 / rank, 6), 0.0)
            for rank, document in enumerate(newest[:top_k], start=1)
            for p in self._catalog.passages(document.id)[:1]
        ]
        return self._hits(candidates, top_k)

    def _hits(self, candidates: Sequence[Candidate], top_k: int) -> list[Hit]:
        """Open the best candidates' documents and gather near-copies, until `top_k` different passages are found."""
        groups: list[tuple[frozenset[str], list[tuple[Candidate, Document]]]] = []
        looked_on = 0
        for candidate in candidates:
            if len(groups) >= top_k:
                looked_on += 1
                if looked_on > LOOK_ON:
                    break
            try:
                document = self._document(candidate.passage.document_id)
            except KeyError:
                continue  # dropped by another process since the search
            words = shingles(document.text[candidate.passage.start : candidate.passage.end])
            group = next((members for other, members in groups if near_copies(words, other)), None)
            if group is not None:
                group.append((candidate, document))
            elif len(groups) < top_k:
                groups.append((words, [(candidate, document)]))
        return [_hit(members, rank) for rank, (_, members) in enumerate(groups, start=1)]


def fuse(dense: Iterable[Neighbour], lexical: Sequence[tuple[PassageRow, float]]) -> list[Candidate]:
    """Score each passage by `cosine + bm25 / (bm25 + LEXICAL_HALF)`, best first, equal ones by passage id.

    Reciprocal ranks forget by how much one passage is better than the next: on 200 questions over 700 news articles (13,138
    passages) they put the right article first for .860, this sum for .905. What dense search did not return is given the cosine
    of the last it did return, the most it can have.

    Source: Bruch, Gai & Ingber, An Analysis of Fusion Functions for Hybrid Retrieval, TOIS 2023.
    """
    cosines = {neighbour.passage: neighbour.cosine for neighbour in dense}
    least = min(cosines.values(), default=0.0)
    bm25 = {passage: score / (score + LEXICAL_HALF) for passage, score in lexical if score > 0}
    candidates = [
        Candidate(passage, round(cosine + bm25.get(passage, 0.0), 6), cosine)
        for passage in cosines.keys() | bm25.keys()
        for cosine in [cosines.get(passage, least)]
    ]
    return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.passage.id))


def shingles(text: str) -> frozenset[str]:
    """Runs of SHINGLE_WORDS words, the whole where there are fewer."""
    words = fold(text).split()
    last = max(1, len(words) - SHINGLE_WORDS + 1)
    return frozenset(" ".join(words[i : i + SHINGLE_WORDS]) for i in range(last))


def near_copies(a: frozenset[str], b: frozenset[str]) -> bool:
    """Whether two passages, as shingles, say the same in the same words."""
    shorter, longer = sorted((len(a), len(b)))
    return shorter >= NEAR_LENGTH * longer and len(a & b) >= NEAR_COPY * shorter


def _hit(members: Sequence[tuple[Candidate, Document]], rank: int) -> Hit:
    """One hit for a group of near-copies: the earliest by date, then by path, with the others as `also_in`."""
    best = members[0][0]
    ordered = sorted(members, key=lambda m: (m[1].published or "9999", m[1].source, m[0].passage.start))
    (shown, document), *others = ordered
    start, end = shown.passage.start, shown.passage.end
    return Hit(
        Passage(document.id, start, end, document.text[start:end]),
        document,
        best.score,
        rank,
        best.cosine,
        tuple(Place(other.source, c.passage.start, c.passage.end) for c, other in others),
    )

