"""Passages -> draft questions that a language model writes, for a person to check. Only what its source bears out to the letter is kept.

In: the catalog and a model. Out: `Question`s marked `draft`, whose evidence stands in the source and whose answer stands in the evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

from assistant.catalog import Catalog
from assistant.errors import ModelError
from assistant.evaluation.questions import Evidence, Question
from assistant.generation.models import Model
from assistant.generation.prompts import drafting, new_mark
from assistant.generation.writing import LENGTH
from assistant.types import Document, Hit, Span

PER_PASSAGE = 2
MIN_WORDS, MAX_WORDS = 4, 40
MIN_PASSAGE_CHARS = 120
MAX_WASTED = 10
"""Replies without a draft, one after another, after which no more passages are sent."""


class Drafted(NamedTuple):
    """Drafts, and why there are no more, where it is not that the passages or the number asked for ran out."""

    questions: list[Question]
    stopped: str | None = None


def propose(catalog: Catalog, n: int, model: Model) -> Drafted:
    """Up to `n` drafts, passages taken from the documents in turn. What was drafted before a failure is kept.

    Raises:
        ModelError: If the model cannot be asked at all.
    """
    kept: list[Question] = []
    n_wasted = 0
    for hit in _passages(catalog):
        if len(kept) >= n:
            break
        try:
            written = _written(model, hit)
        except ModelError as exc:
            if not kept:
                raise
            return Drafted(kept, str(exc))
        new = list(_checked(written, hit.document, {draft.id for draft in kept}))
        kept += new
        n_wasted = 0 if new else n_wasted + 1
        if n_wasted == MAX_WASTED:
            return Drafted(kept, f"The last {MAX_WASTED} replies held no question that its passage answers to the letter. Another model may do better.")
    return Drafted(kept[: max(0, n)])


def _passages(catalog: Catalog) -> Iterator[Hit]:
    """The first passage of each document, then the second of each, and so on."""
    documents = [document for summary in catalog.documents() if (document := catalog.document(summary.id))]
    rows = [[Hit(p, d, 0.0, 1) for p in catalog.passages(d.id) if len(p.text) >= MIN_PASSAGE_CHARS] for d in documents]
    yield from (hit for row in zip_longest(*rows) for hit in row if hit is not None)


def _written(model: Model, hit: Hit) -> str:
    """The whole lines of the reply: the last line of one that broke off could end in half a sentence, which stands in the document too."""
    pieces = [piece for piece in model.stream(drafting(hit, PER_PASSAGE, mark=new_mark())) if piece]
    written = "".join(piece.text for piece in pieces)
    finish = next((piece.finish for piece in reversed(pieces) if piece.finish), None)
    return written.rpartition("\n")[0] if finish is None or finish in LENGTH else written


def _checked(written: str, document: Document, taken: set[str]) -> Iterator[Question]:
    """The lines of a reply that hold a question, an answer, and evidence which stands in the document and holds the answer."""
    for line in written.splitlines():
        parts = [part.strip() for part in line.split("||")]
        if len(parts) != 3:
            continue
        question, answer, quote = re.sub(r"^(?:\d+[.)]|[-*])\s*", "", parts[0]), parts[1].strip("\"“”"), parts[2].strip("\"“”")
        span = _place(quote, document.text)
        found = re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", quote, re.IGNORECASE) if answer else None
        if span is None or found is None or not question.endswith("?") or not MIN_WORDS <= len(question.split()) <= MAX_WORDS:
            continue
        identity = f"draft-model-{document.source}-{span.start}"
        if identity not in taken:
            taken.add(identity)
            evidence = (Evidence(document.source, document.text[span.start : span.end]),)
            yield Question(id=identity, question=question, answers=(found[0],), evidence=evidence, tags=("fact",), draft=True)


def _place(quote: str, text: str) -> Span | None:
    """Where a quote stands: its words to the letter, the source's own line ends and blanks between them."""
    words = quote.split()
    found = re.search(r"\s+".join(map(re.escape, words)), text) if words else None
    return Span(*found.span()) if found else None
