"""Catalog -> questions that its documents answer, for a first screen. Rules; nothing is made up.

In: the catalog. Out: a few questions drawn from names and speakers in the newest documents.
"""

from __future__ import annotations

import re
from collections import Counter

from assistant.catalog import Catalog
from assistant.scoring import SPEECH
from assistant.values import Kind, names, values

LOOKED_AT = 40
"""Documents read for suggestions, the newest."""
HEAD_CHARS = 6_000


def suggestions(catalog: Catalog, n: int) -> list[str]:
    """Up to `n` questions, the same for the same documents.

    A count with its noun ("28,500 troops"), a speaker ("What did ... say?"), and, with several documents, what is new.
    """
    documents = sorted(catalog.documents(), key=lambda d: (d.published or "", d.source), reverse=True)[:LOOKED_AT]
    speakers: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for summary in documents:
        document = catalog.document(summary.id)
        for passage in catalog.passages(summary.id) if document else []:
            if passage.start > HEAD_CHARS:
                break
            speakers.update(set(_speakers(passage.text)))
            counted.update(set(_counted(passage.text)))
    questions = ["What is new?"] if len(documents) > 1 else []
    who = [f"What did {name} say?" for name, _ in _most(speakers)]
    how_many = [f"How many {noun}?" for noun, _ in _most(counted)]
    for pair in zip(who + [""] * n, how_many + [""] * n, strict=False):
        questions += [question for question in pair if question]
    if not questions and documents:
        questions = ["Summarise the documents"]
    return questions[:n]


def _most(counter: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))


def _speakers(text: str) -> list[str]:
    """Names of two and more words that stand right before a verb of saying."""
    return [
        name.text
        for name in names(text)
        if 2 <= len(name.text.split()) <= 3
        and re.match(r"\s+(?:said|told|warned|argued|added|noted|insisted)\b", text[name.span.end :])
        and SPEECH.search(text)
    ]


def _counted(text: str) -> list[str]:
    """What large counts count: `troops` of `28,500 troops`."""
    return [
        value.unit
        for value in values(text)
        if value.kind is Kind.COUNT and value.amount >= 20 and value.unit.endswith("s") and len(value.unit) > 4
    ]
