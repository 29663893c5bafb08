"""Documents -> passages with their vectors in the catalog, each batch whole or not at all.

In: documents as they were read, and the state of their files. Out: one change of the catalog. What is embedded already is not embedded again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from assistant.catalog import Catalog
from assistant.chunking import chunk, embedded_text
from assistant.cleaning import article_paragraphs
from assistant.errors import OtherEncoderError
from assistant.records import FileState
from assistant.scanning import Tally
from assistant.settings import Settings
from assistant.types import Document, Encoder, Passage

EMBEDDED_AT_ONCE = 32
"""Passages between two words about how far a batch is, half a second; no vector depends on its neighbours."""


NOTHING_FOUND = "Nothing in it can be found or quoted: it holds no words of an article."


def noted(document: Document) -> Document:
    """The document, with a warning where nothing of it is cut into passages."""
    if article_paragraphs(document):
        return document
    return replace(document, warnings=(*document.warnings, NOTHING_FOUND))


def of_another(encoder: Encoder, settings: Settings, catalog: Catalog) -> str | None:
    """That the vectors of an index are not of this encoder, in words; None where they are, or nothing was embedded yet."""
    built_with = catalog.meta("encoder_id")
    if built_with in (None, encoder.id):
        return None
    return f"The index in {settings.data} was built with '{built_with}', but '{settings.encoder}' is now '{encoder.id}'"


class Indexer:
    """Cuts, embeds and stores for one catalog; its caller holds the lock."""

    def __init__(self, settings: Settings, catalog: Catalog, open_encoder: Callable[[], Any]) -> None:
        """`open_encoder` gives the encoder (and token counter) on demand; it is asked only when something must be cut or embedded."""
        self._settings, self._catalog, self._open_encoder = settings, catalog, open_encoder

    def store(self, documents: Sequence[Document], states: dict[str, FileState], tally: Tally) -> None:
        """Store documents and the states of all files that were looked at, in one change; a file that cannot be read any more loses its document."""
        if not states:
            return
        newly_failed = [s for s, state in states.items() if state.failure and self._was_read(s)]
        if not documents and not newly_failed:
            self._catalog.note_files(states)
            return
        cut = [self._cut(document) for document in documents]
        keys = [key for passages in cut for _, key, _ in passages]
        vectors = self._catalog.embeddings(keys)
        missing = {
            key: (text, document.source) for document, passages in zip(documents, cut, strict=True) for _, key, text in passages if key not in vectors
        }
        vectors.update(self._embedded(missing, tally, sum(state.size for state in states.values())))
        with self._catalog.change() as change:
            if documents:
                change.set_meta("encoder_id", self._open_encoder().id)
            for source, state in states.items():
                change.put_file(source, state)
            for source in newly_failed:
                change.drop_document(source)
            for document, passages in zip(documents, cut, strict=True):
                rows = np.array([vectors[key] for _, key, _ in passages], dtype=np.float32)
                change.put_document(document, [p for p, _, _ in passages], rows, [key for _, key, _ in passages])

    def _embedded(self, missing: Mapping[bytes, tuple[str, str]], tally: Tally, n_bytes: int) -> Iterator[tuple[bytes, Any]]:
        """Digests with their vectors, for texts (and the sources they stand in) by digest, out of files of `n_bytes` together."""
        keys = list(missing)
        for i in range(0, len(keys), EMBEDDED_AT_ONCE):
            some = keys[i : i + EMBEDDED_AT_ONCE]
            yield from zip(some, self._open_encoder().encode([missing[key][0] for key in some]), strict=True)
            if len(keys) > i + EMBEDDED_AT_ONCE:
                tally.under_way(missing[some[-1]][1], n_bytes * (i + len(some)) // len(keys))

    def _was_read(self, source: str) -> bool:
        before = self._catalog.file(source)
        return before is not None and before.failure is None

    def _own_encoder(self) -> Any:
        """The encoder, if its vectors are of the index's kind.

        Raises:
            OtherEncoderError: If the model of that name is another one by now.
        """
        encoder = self._open_encoder()
        if otherwise := of_another(encoder, self._settings, self._catalog):
            raise OtherEncoderError(f"{otherwise}. Run: assistant sync --rebuild")
        return encoder

    def _cut(self, document: Document) -> list[tuple[Passage, bytes, str]]:
        """Passages of a document, each with the text that is embedded for it and that text's digest."""
        encoder = self._own_encoder()
        texts = [(p, embedded_text(document, p, encoder)) for p in chunk(document, encoder)]
        return [(p, hashlib.sha256(text.encode()).digest()[:16], text) for p, text in texts]
