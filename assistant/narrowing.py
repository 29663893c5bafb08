"""Filters that leave nothing -> which they are and where the documents lie, in a sentence. Nothing was looked for then."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.dates import in_words, range_in_words
from assistant.records import DocumentSummary
from assistant.types import Filters


def nothing_within(filters: Filters, documents: Sequence[DocumentSummary]) -> str:
    """Why `filters` let none of `documents` through.

    Args:
        documents: All there are.
    """
    chosen = [d for d in documents if _chosen(d, filters)]
    if not chosen:
        by = f" by {' or '.join(filters.publishers)}" if filters.publishers else ""
        among = f" among {', '.join(filters.sources)}" if filters.sources else ""
        return f"There is no document{by}{among}."
    which = "No document" if len(chosen) == len(documents) else "None of the documents chosen"
    dates = sorted(d.published[:10] for d in chosen if d.published)
    there = f"their dates are {range_in_words(dates[0], dates[-1])}" if dates else "none has a date"
    return f"{which} was published {_when(filters)}; {there}."


def _chosen(document: DocumentSummary, filters: Filters) -> bool:
    publishers = {name.casefold() for name in filters.publishers}
    return (not publishers or (document.publisher or "").casefold() in publishers) and (not filters.sources or document.source in filters.sources)


def _when(filters: Filters) -> str:
    if filters.since and filters.until:
        return f"from {in_words(filters.since)} to {in_words(filters.until)}"
    return f"on {in_words(filters.since)} or later" if filters.since else f"on {in_words(filters.until)} or before"
