"""Marks of sentences -> which passages and documents share them, and which recur across a publisher's documents.

In: an open catalog. Out: passages, sentences and pairs of documents, counted. What of it is a copy, a later version or furniture is
for those to say who ask.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from assistant.catalog import Catalog
from assistant.marks import Kind
from assistant.records import PassageRow

SHARED_MOST = 200
"""A sentence that stands in more passages than this says nothing about two of them being copies."""
OVERLAPPING_MOST = 40
"""The same for whole documents, where each sentence counts for all pairs of those that it stands in."""


class Recurring(NamedTuple):
    """A sentence (or label) that stands in several documents of one publisher, by its mark.

    Attributes:
        n_titles: Documents it stands in, those of one title counted once.
        n, n_edge, n_of_subject: Passages it stands in; in how many at a document's edge, in how many with a word of the title.
    """

    fingerprint: int
    publisher: str | None
    n_titles: int
    n: int
    n_edge: int
    n_of_subject: int
    kinds: Kind


class Overlap(NamedTuple):
    """Two documents, by id, that share sentences: how many, and how many the first has."""

    document_id: str
    other_id: str
    n_shared: int
    n_sentences: int


def sharing(catalog: Catalog, passages: Sequence[PassageRow]) -> dict[PassageRow, list[PassageRow]]:
    """For each passage those of other documents that share a sentence with it, sentences that stand everywhere aside."""
    found: dict[PassageRow, list[PassageRow]] = {passage: [] for passage in passages}
    # CROSS JOIN keeps this order; SQLite's own choice took 7 ms for 30 passages of 10,000, this takes 1.3.
    for row in catalog.connection.execute(
        'SELECT DISTINCT d.id, p.start, p."end", e.id, q.start, q."end" FROM json_each(?) AS asked '
        "CROSS JOIN documents AS d ON d.id = json_extract(asked.value, '$[0]') "
        "CROSS JOIN passages AS p ON p.document = d.row AND p.start = json_extract(asked.value, '$[1]') "
        f"CROSS JOIN sentences AS s ON s.document = d.row AND s.passage = p.row AND s.kinds & {Kind.EVIDENCE:d} "
        "CROSS JOIN sentences AS t ON t.fingerprint = s.fingerprint AND t.document != s.document "
        "CROSS JOIN passages AS q ON q.row = t.passage CROSS JOIN documents AS e ON e.row = t.document WHERE "
        f"(SELECT COUNT(*) FROM (SELECT 1 FROM sentences AS u WHERE u.fingerprint = s.fingerprint LIMIT {SHARED_MOST + 1})) "
        f"<= {SHARED_MOST} ORDER BY e.id, q.start",
        (json.dumps([[passage.document_id, passage.start] for passage in passages]),),
    ):
        found.setdefault(PassageRow(*row[:3]), []).append(PassageRow(*row[3:]))
    return found


def recurring(catalog: Catalog, *, least: int) -> list[Recurring]:
    """Sentences that stand in at least `least` documents of one publisher."""
    rows = catalog.connection.execute(
        "SELECT s.fingerprint, d.publisher, COUNT(DISTINCT COALESCE(d.title, d.id)) AS n_titles, COUNT(*), "
        f"TOTAL(s.kinds & {Kind.EDGE:d} != 0), TOTAL(s.kinds & {Kind.OF_SUBJECT:d} != 0), "
        f"MAX(s.kinds & {Kind.ADDRESSES:d}) + MAX(s.kinds & {Kind.BARE:d}) + MAX(s.kinds & {Kind.LABEL:d}) "
        "FROM (SELECT fingerprint FROM sentences GROUP BY fingerprint HAVING COUNT(*) >= ?) JOIN sentences AS s USING (fingerprint) "
        "JOIN documents AS d ON d.row = s.document GROUP BY s.fingerprint, d.publisher HAVING n_titles >= ?",
        (least, least),
    )
    return [Recurring(*[*row[:4], int(row[4]), int(row[5]), Kind(row[6])]) for row in rows]


def overlaps(catalog: Catalog, *, share: float) -> list[Overlap]:
    """Ordered pairs of documents of which the second holds at least `share` of the first one's longer sentences."""
    rows = catalog.connection.execute(
        f"WITH few AS MATERIALIZED (SELECT fingerprint FROM sentences GROUP BY fingerprint HAVING COUNT(*) BETWEEN 2 AND {OVERLAPPING_MOST}), "
        "shared AS MATERIALIZED (SELECT DISTINCT fingerprint, document FROM few JOIN sentences USING (fingerprint) "
        f"WHERE kinds & {Kind.EVIDENCE:d}), "
        "pairs AS MATERIALIZED (SELECT a.document AS one, b.document AS other, COUNT(*) AS n FROM shared AS a JOIN shared AS b "
        "USING (fingerprint) WHERE a.document != b.document GROUP BY 1, 2), "
        "sizes AS MATERIALIZED (SELECT one AS document, (SELECT COUNT(DISTINCT fingerprint) FROM sentences AS s "
        f"WHERE s.document = one AND s.kinds & {Kind.EVIDENCE:d}) AS n FROM (SELECT DISTINCT one FROM pairs)) "
        "SELECT d.id, e.id, pairs.n, sizes.n FROM pairs JOIN sizes ON sizes.document = one JOIN documents AS d ON d.row = one "
        "JOIN documents AS e ON e.row = other WHERE pairs.n >= ? * sizes.n",
        (share,),
    )
    return sorted(Overlap(*row) for row in rows)
