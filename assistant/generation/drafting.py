"""Passages -> draft questions that a language model writes, for a person to check. Only what its source bears out to the letter is kept.

In: the catalog and a model. Out: `Question`s marked `draft`, whose evidence stands in the source and whose answer stands in the evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import PurePosixPath

from assistant.catalog import Catalog
from assistant.evaluation.questions import Evidence, Question
from assistant.generation.models import Model
from assistant.generation.prompts import drafting, new_mark
from assistant.types import Document, Hit

PER_PASSAGE = 2
MIN_WORDS, MAX_WORDS = 4, 40
MIN_PASSAGE_CHARS = 120


def propose(catalog: Catalog, n: int, model: Model) -> list[Question]:
    """Up to `n` drafts, passages taken from the documents in turn.

    Raises:
        ModelError: If the model cannot be asked.
    """
    kept: list[Question] = []
    for hit in _passages(catalog):
        if len(kept) >= n:
            break
        kept += _checked(_written(model, hit), hit.document, {draft.id for draft in kept})
    return kept[: max(0, n)]


def _passages(catalog: Catalog) -> Iterator[Hit]:
    """The first passage of each document, then the second of each, and so on."""
    documents = [document for summary in catalog.documents() if (document := catalog.document(summary.id))]
    rows = [[Hit(p, d, 0.0, 1) for p in catalog.passages(d.id) if len(p.text) >= MIN_PASSAGE_CHARS] for d in documents]
    yield from (hit for row in zip_longest(*rows) for hit in row if hit is not None)


def _written(model: Model, hit: Hit) -> str:
    messages = drafting(hit, PER_PASSAGE, mark=new_mark())
    return "".join(piece.text for piece in model.stream(messages) if piece)


def _checked(written: str, document: Document, taken: set[str]) -> Iterator[Question]:
    """The lines of a reply that hold a question, an answer, and evidence which stands in the document and holds the answer."""
    for line in written.splitlines():
        parts = [part.strip() for part in line.split("||")]
        if len(parts) != 3:
            continue
        question, answer, quote = re.sub(r"^(?:\d+[.)]|[-*])\s*", "", parts[0]), parts[1].strip("\"“”"), parts[2].strip("\"“”")
        start = document.text.find(quote) if quote else -1
        found = re.search(re.escape(answer), quote, re.IGNORECASE) if answer else None
        identity = f"draft-model-{PurePosixPath(document.source).stem}-{start}"
        if start < 0 or found is None or identity in taken or not question.endswith("?") or not MIN_WORDS <= len(question.split()) <= MAX_WORDS:
            continue
        taken.add(identity)
        yield Question(id=identity, question=question, answers=(found[0],), evidence=(Evidence(document.source, quote),), tags=("fact",), draft=True)
