"""Documents, states of files and notes -> rows of the catalog, within one transaction.

In: a connection on which a transaction has begun, what is to be stored and what dropped. Out: the tables as they stand once it is
committed; passages, full text, vectors and marks of a document come and go with it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from assistant.marks import marks
from assistant.records import FileState
from assistant.types import Document, Passage

if TYPE_CHECKING:
    from assistant.types import Vectors


class Change:
    """The writes of one transaction; made by `Catalog.change`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def set_meta(self, key: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def put_file(self, source: str, state: FileState) -> None:
        self._connection.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (source, *state))

    def drop_file(self, source: str) -> None:
        self._connection.execute("DELETE FROM files WHERE source = ?", (source,))

    def put_document(
        self, document: Document, passages: Sequence[Passage], vectors: Vectors, keys: Sequence[bytes]
    ) -> None:
        """Store a document whole, in place of what stood under its source."""
        self.drop_document(document.source)
        d = document
        row = self._connection.execute(
            "INSERT INTO documents (id, source, sha256, title, publisher, author, published, url, n_passages, pages, warnings, fetched) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                d.id, d.source, d.sha256, d.title, d.publisher, d.author, d.published, d.url, len(passages),
                json.dumps(d.pages), json.dumps(d.warnings), d.fetched,
            ),
        ).lastrowid  # fmt: skip
        self._connection.execute("INSERT INTO texts VALUES (?, ?)", (row, d.text))
        self._connection.execute(
            "INSERT INTO vectors VALUES (?, ?)", (row, np.ascontiguousarray(vectors).tobytes())
        )
        marked = marks(d, passages)
        for position, (passage, key) in enumerate(zip(passages, keys, strict=True)):
            passage_row = self._connection.execute(
                'INSERT INTO passages (document, position, start, "end", embedded) VALUES (?, ?, ?, ?, ?)',
                (row, position, passage.start, passage.end, key),
            ).lastrowid
            self._connection.execute(
                "INSERT INTO passages_fts (rowid, text, title) VALUES (?, ?, ?)",
                (passage_row, passage.text, d.title or ""),
            )
            self._connection.executemany(
                "INSERT INTO sentences VALUES (?, ?, ?, ?)", [(m.fingerprint, passage_row, row, int(m.kinds)) for m in marked[position]]
            )

    def drop_document(self, source: str) -> None:
        row = self._connection.execute("SELECT row FROM documents WHERE source = ?", (source,)).fetchone()
        if row:
            self._connection.execute(
                "DELETE FROM passages_fts WHERE rowid IN (SELECT row FROM passages WHERE document = ?)", row
            )
            self._connection.execute("DELETE FROM documents WHERE row = ?", row)
