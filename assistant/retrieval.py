"""Query -> hits: dense and lexical rankings, fused, near-copies counted once.

In: a query and the open index. Out: `Hit`s, best first, the same for the same sources however the index was built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from assistant.catalog import Catalog
from assistant.corrections import Corrections
from assistant.duplicates import (
    Copies,
    differ,
    order,
    overlapping,
    share_words,
    shingles,
    span_of,
)
from assistant.fulltext import match
from assistant.furniture import LearntFurniture
from assistant.records import PassageRow
from assistant.recurrence import sharing
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

    def __init__(
        self,
        catalog: Catalog,
        neighbours: Neighbours,
        encoder: Encoder,
        *,
        corrections: Corrections | None = None,
        furniture: LearntFurniture | None = None,
    ) -> None:
        self._catalog, self._neighbours, self._encoder = catalog, neighbours, encoder
        self._corrections, self._furniture = corrections or Corrections(catalog), furniture or LearntFurniture(catalog)
        self._document: Callable[[int, str], Document] = lru_cache(maxsize=500)(self._read)

    def retrieve(self, query: str, *, top_k: int, filters: Filters = Filters(), superseded: bool = False) -> list[Hit]:
        """The `top_k` best passages among those that `filters` let through.

        Args:
            superseded: Take in documents of which there is a later version among them.

        Raises:
            ValueError: If `top_k` is below 1.
        """
        if top_k < 1:
            raise ValueError(f"top_k is {top_k}, it must be at least 1")
        vector = self._encoder.encode([query])[0]
        for _ in range(TRIES):
            generation = self._catalog.generation
            allowed = self._allowed(filters, superseded=superseded)
            dense = self._neighbours.nearest(vector, top_k=max(DENSE_DEPTH, 2 * top_k), allowed=allowed)
            lexical = self._match(query, max(LEXICAL_DEPTH, 2 * top_k), allowed)
            hits = self._hits(fuse(dense, lexical), top_k, allowed, partial(self._document, generation))
            if self._catalog.generation == generation:
                break  # both rankings are of one state of the library
        return hits

    def _match(
        self, query: str, limit: int, allowed: set[str] | None
    ) -> list[tuple[PassageRow, float]]:
        """bm25 by the query's own words and, weakly, by other words for them."""
        scores: dict[PassageRow, float] = {}
        for words, weight in ((query, 1.0), (" ".join(expansions(query)), EXPANSION_WEIGHT)):
            for passage, score in match(self._catalog, words, limit=limit, title_weight=TITLE_WEIGHT, allowed=allowed):
                scores[passage] = scores.get(passage, 0.0) + weight * score
        return list(scores.items())

    def _allowed(self, filters: Filters, *, superseded: bool = False) -> set[str] | None:
        """Ids of the documents that may answer; None for all."""
        allowed = self._catalog.allowed(filters)
        older = {} if superseded else self._corrections.among(allowed)
        if not older:
            return allowed
        return (self._catalog.document_ids() if allowed is None else allowed) - older.keys()

    def _read(self, generation: int, document_id: str) -> Document:
        """A document by id, as of a generation of the catalog or later: a correction of its title or date leaves the id.

        Raises:
            KeyError: Where it is gone. It is not cached: the document may come back.
        """
        document = self._catalog.document(document_id)
        if document is None:
            raise KeyError(document_id)
        return document

    def newest(self, *, top_k: int, filters: Filters = Filters()) -> list[Hit]:
        """The opening passages of the newest documents, for a question that names no subject; undated ones last."""
        generation = self._catalog.generation
        allowed = self._allowed(filters)
        documents = [d for d in self._catalog.documents() if allowed is None or d.id in allowed]
        newest = sorted(sorted(documents, key=lambda d: d.source), key=lambda d: d.published or "", reverse=True)
        candidates = [
            Candidate(PassageRow(p.document_id, p.start, p.end), round(1 / rank, 6), 0.0)
            for rank, document in enumerate(newest[:top_k], start=1)
            for p in self._catalog.passages(document.id)[:1]
        ]
        return self._hits(candidates, top_k, allowed, partial(self._document, generation))

    def _hits(
        self, candidates: Sequence[Candidate], top_k: int, allowed: set[str] | None, document_of: Callable[[str], Document]
    ) -> list[Hit]:
        """Open the best candidates' documents and gather near-copies, until `top_k` different passages are found."""
        copies = Copies(partial(sharing, self._catalog), document_of, allowed)
        copies.look_up([candidate.passage for candidate in candidates[: top_k + LOOK_ON]])
        groups: list[Group] = []
        looked_on = 0
        for candidate in candidates:
            if len(groups) >= top_k:
                looked_on += 1
                if looked_on > LOOK_ON:
                    break
            try:
                shown = copies.originals(candidate.passage)
                members = [(row, document_of(row.document_id)) for row in dict.fromkeys((*shown, candidate.passage))]
            except KeyError:
                continue  # dropped by another process since the search
            for row, document in members[: len(shown)]:
                others = [member for member in members if member[0] not in shown]
                said = shingles(document.text[row.start : row.end])
                group = next((known for known in groups if known.takes_in(row, document, said)), None)
                if group is not None:
                    group.members.extend([(row, document), *others])
                elif len(groups) < top_k and not self._furniture.now().covers(document, span_of(row)):
                    groups.append(Group(candidate, [(row, document), *others], said))
        return [self._hit(group, rank, copies) for rank, group in enumerate(groups, start=1)]

    def _hit(self, group: Group, rank: int, copies: Copies) -> Hit:
        """One hit for a group of near-copies: the earliest by date, then by path, with the others as `also_in`."""
        (shown, document), *others = sorted(dict.fromkeys(group.members), key=lambda m: (order(m[1]), m[0].start))
        places = {copy.place: copy.document for copy in copies.elsewhere(shown)}
        for row, other in others:
            place = Place(other.source, row.start, row.end)
            if not overlapping(place, list(places)):
                places[place] = other
        start, end = span_of(shown)
        return Hit(
            Passage(document.id, start, end, document.text[start:end]),
            document,
            group.best.score,
            rank,
            group.best.cosine,
            tuple(sorted(places, key=lambda place: (order(places[place]), place.start))),
            furniture=self._furniture.now().spans(document, span_of(shown)),
        )


@dataclass(frozen=True, slots=True)
class Group:
    """Near-copies of one passage, with the documents they stand in, the best candidate among them, and the first one's shingles."""

    best: Candidate
    members: list[tuple[PassageRow, Document]]
    said: frozenset[str]

    def takes_in(self, row: PassageRow, document: Document, said: frozenset[str]) -> bool:
        """Whether a passage says the same in the same words as the first of the group."""
        if not share_words(said, self.said):
            return (row, document) in self.members
        first, other = self.members[0]
        text, known = document.text[slice(*span_of(row))], other.text[slice(*span_of(first))]
        return not differ(text, document.text, known, other.text)


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
