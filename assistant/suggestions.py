"""Catalog -> questions that its documents answer, for a first screen. Rules; nothing is made up.

In: the catalog. Out: a few questions drawn from the people whom the newest documents name and let speak.
"""

from __future__ import annotations

import re
from collections import Counter

from assistant.catalog import Catalog
from assistant.furniture import Furniture
from assistant.types import Passage, Span
from assistant.values import TITLES, people

LOOKED_AT = 40
"""Documents read for suggestions, the newest."""
PASSAGES_READ = 12
SPEAKS = re.compile(r",? (?:said|told|warned|argued|added|noted|insisted|wrote|asked)\b")
ROLE_BEFORE = re.compile(r"\b([A-Z]?[a-z]+) $")
ROLE_AFTER = re.compile(r", (?:the|a|an|its|[A-Z][\w’' ]+[’']s) [\w ]{3,60}")


def suggestions(catalog: Catalog, n: int, *, furniture: Furniture = Furniture({})) -> list[str]:
    """Up to `n` questions, the same for the same documents: what is new, what somebody said, who somebody is.

    Nobody is asked about whom only `furniture` names.
    """
    documents = sorted(catalog.documents(), key=lambda d: (d.published or "", d.source), reverse=True)[:LOOKED_AT]
    if not documents:
        return []
    speakers: Counter[str] = Counter()
    people: Counter[str] = Counter()
    for document in documents:
        text = " ".join(_own_words(catalog, passage, furniture) for passage in catalog.passages(document.id)[:PASSAGES_READ])
        speakers.update(set(_speakers(text)))
        people.update(set(_introduced(text)))
    said = [f"What did {name} say?" for name in _most(speakers)]
    who = [f"Who is {name}?" for name in _most(people) if name not in _most(speakers)[:1]]
    opening = ["What is new?"] if len(documents) > 1 else ["What are the key points?"]
    return [*opening, *said[:1], *who[:1], *said[1:], *who[1:]][:n]


def _own_words(catalog: Catalog, passage: Passage, furniture: Furniture) -> str:
    """What a passage says without the lines of the publisher's page."""
    document = catalog.document(passage.document_id) if furniture.by_publisher else None
    text, start = "", passage.start
    for span in furniture.spans(document, Span(passage.start, passage.end)) if document else ():
        text += passage.text[start - passage.start : span.start - passage.start]
        start = span.end
    return text + passage.text[start - passage.start :]


def _most(counter: Counter[str]) -> list[str]:
    return [name for name, _ in sorted(counter.items(), key=lambda item: (-item[1], item[0]))]


def _speakers(text: str) -> list[str]:
    """Names of two or three words right before a verb of saying."""
    return [
        name.text
        for name in people(text)
        if 2 <= len(name.text.split()) <= 3 and SPEAKS.match(text, name.span.end)
    ]


def _introduced(text: str) -> list[str]:
    """Names that the text gives a role: a title before it, or a role after it."""
    found = []
    for name in people(text):
        if not 2 <= len(name.text.split()) <= 3:
            continue
        before = ROLE_BEFORE.search(text[: name.span.start])
        titled = before is not None and before[1][0].isupper() and before[1].lower() in TITLES - {"president"}
        if titled or ROLE_AFTER.match(text, name.span.end):
            found.append(name.text)
    return found
