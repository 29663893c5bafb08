"""Words -> the passages in which they stand, by the catalog's full text.

In: an open catalog and a query, words or the beginning of one. Out: passages with their bm25, counts, or texts. A word stands for
all that have its stem, whatever their case and accents.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from assistant.catalog import Catalog
from assistant.records import PassageRow
from assistant.words import query_words


def match(
    catalog: Catalog, query: str, *, limit: int, title_weight: float, allowed: Collection[str] | None = None
) -> list[tuple[PassageRow, float]]:
    """Passages of the `allowed` documents (ids; None for all) that share a word with `query`, by FTS5's bm25 (higher is better here).

    Only `limit` are kept; where the cut falls among equal scores all of those are left out, so that what is returned does
    not depend on the order in which documents came in. How rare a word is goes by the whole library, so that a score is the
    same whatever is allowed.
    """
    words = query_words(query)
    if not words:
        return []
    expression = " OR ".join(f'"{word}"' for word in words)
    # The + keeps SQLite from matching once for each allowed passage, which took 275 ms for 100 of 100,000 passages; so it takes 13.
    # Where most are allowed, as when one is superseded, the others are looked for: it takes half the time.
    most = allowed is not None and 2 * len(allowed) > catalog.counts()[0]
    condition = "" if allowed is None else (
        f"AND +rowid {'NOT ' * most}IN (SELECT p.row FROM documents AS d JOIN passages AS p ON p.document = d.row "
        f"WHERE d.id {'NOT ' * most}IN (SELECT value FROM json_each(?))) "
    )  # fmt: skip
    rows = catalog.connection.execute(
        f'SELECT d.id, p.start, p."end", -m.score FROM (SELECT rowid, bm25(passages_fts, 1.0, {title_weight}) AS score '
        f"FROM passages_fts WHERE passages_fts MATCH ? {condition}ORDER BY score LIMIT ?) AS m "
        "JOIN passages AS p ON p.row = m.rowid JOIN documents AS d ON d.row = p.document",
        (expression, *([] if allowed is None else [json.dumps(list(allowed))]), limit + 1),
    ).fetchall()
    ranked = sorted(
        ((PassageRow(*row[:3]), round(row[3], 9)) for row in rows), key=lambda found: (-found[1], found[0].id)
    )
    if len(ranked) <= limit:
        return ranked
    above_cut = [found for found in ranked if found[1] > ranked[-1][1]]
    return above_cut or match(catalog, query, limit=4 * limit, title_weight=title_weight, allowed=allowed)


def document_frequency(catalog: Catalog, words: Sequence[str]) -> dict[str, int]:
    """In how many passages each word (or a form of it with the same stem) stands."""
    return {
        word: catalog.connection.execute(
            "SELECT COUNT(*) FROM passages_fts WHERE passages_fts MATCH ?", (f'text:"{word}"',)
        ).fetchone()[0]
        for word in words
    }


def texts_with_prefix(catalog: Catalog, prefix: str, *, limit: int = 5_000) -> list[str]:
    """Texts of passages in which some word begins with `prefix`; of more than `limit` the same ones however they came in."""
    rows = catalog.connection.execute(
        "SELECT m.text FROM passages_fts AS m JOIN passages AS p ON p.row = m.rowid JOIN documents AS d ON d.row = p.document "
        "WHERE passages_fts MATCH ? ORDER BY d.id, p.start LIMIT ?",
        (f'text : "{prefix}" *', limit),
    )
    return [text for (text,) in rows]
