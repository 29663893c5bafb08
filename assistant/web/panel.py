"""The panel of sources -> HTML: their list, what was handed over, what became of the folder.

In: what the library holds, batches, reports. Out: HTML, and sentences. Pure functions; every template escapes what it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from assistant.web.batches import Batch, State, rows_in_order
from assistant.web.templating import filled

if TYPE_CHECKING:
    from assistant.folder import Failure
    from assistant.managing import Removed
    from assistant.records import DocumentSummary
    from assistant.scanning import ScanReport
    from assistant.watching import Watched

N_LISTED = 200  # sources listed at once; the filter finds the others
N_ROWS = 300  # files of one upload shown; those that failed come first when it is done
N_OPEN = 6  # of them before the rest is folded away; more where they want a decision
WORDS = {
    State.SENDING: "Waiting to be sent", State.WAITING: "Waiting to be read", State.READING: "Reading", State.ADDED: "Added",
    State.CHANGED: "Changed", State.THERE: "Already there, unchanged", State.SKIPPED: "Skipped", State.FAILED: "Not added",
    State.TAKEN: "Another file has this name", State.UNPACKED: "Unpacked", State.UNDONE: "Taken back",
}  # fmt: skip


def sources(
    documents: Iterable[DocumentSummary],
    *,
    text: str = "",
    ticked: Iterable[str] = (),
    added: Mapping[str, str] = {},
    superseded: Mapping[str, str] = {},
) -> str:
    """The list of sources that match `text`, in the order given, with the ticks the reader has set.

    Args:
        added: Days to tell, by source.
        superseded: Sources with that of their later version.
    """
    listed = list(documents)
    found = [each for each in listed if matches(each, text)]
    return filled(
        "sources.html",
        found=found[:N_LISTED],
        n_hidden=max(0, len(found) - N_LISTED),
        n_all=len(listed),
        text=text,
        ticked=set(ticked),
        added=added,
        superseded=superseded,
    )


def aside(*, failed: Sequence[Failure], removed: Sequence[tuple[str, Removed]]) -> str:
    """Below the list: files that could not be read, and sources that were taken out, each with its kept name."""
    return filled("aside.html", failed=failed[:N_LISTED], n_failed=len(failed), removed=removed[:N_LISTED], n_removed=len(removed))


def edit_form(summary: DocumentSummary, *, corrected: Sequence[str]) -> str:
    """The form to correct title, publisher, author and date; `corrected` are the fields that are not as the file says."""
    return filled("edit.html", document=summary, corrected=corrected)


def uploads(batches: Sequence[Batch]) -> str:
    """What was handed over and what became of it so far, in the order given."""
    listed = []
    for batch in batches:
        rows = list(rows_in_order(batch))[:N_ROWS]
        n_open = max(N_OPEN, sum(row.state is State.TAKEN for _, row in rows))
        n_open += len(rows) == n_open + 1  # nothing is gained by folding one away
        listed.append((batch, rows[:n_open], rows[n_open:], max(0, len(batch.rows) - N_ROWS)))
    closable = sum(not batch.busy and not batch.wants_decision for batch in batches)
    return filled("uploads.html", batches=listed, n_closable=closable, State=State, WORDS=WORDS)


def folder(watched: Watched) -> str:
    """One line on the folder while it is read, or what keeps it from being read; empty otherwise."""
    return filled("folder.html", watched=watched) if watched.total is not None or watched.trouble else ""


def news(scan: ScanReport) -> str:
    """What a look at the folder came to, as a short sentence."""
    parts = []
    for word, names in (("added", scan.added), ("changed", scan.changed), ("removed", scan.removed)):
        if names:
            shown = PurePosixPath(names[0]).name if len(names) == 1 else f"{len(names):,} documents"
            parts.append(f"{shown} {word}")
    if scan.failed:
        parts.append(f"{len(scan.failed):,} file{'s' if len(scan.failed) > 1 else ''} could not be read")
    told = ", ".join(parts) or f"nothing new, {scan.unchanged:,} document{'s' if scan.unchanged != 1 else ''} unchanged"
    return f"In the folder: {told}."


def publishers(documents: Iterable[DocumentSummary], *, ticked: Iterable[str] = ()) -> str:
    """The publishers to choose from; nothing where there is no choice."""
    names = {each.publisher.casefold(): each.publisher for each in documents if each.publisher}
    return filled(
        "publishers.html",
        publishers=sorted(names.values(), key=str.casefold),
        ticked_publishers={name.casefold() for name in ticked},
    )


def matches(document: DocumentSummary, text: str) -> bool:
    """Whether every word of `text` stands somewhere in what is known of a document."""
    parts = (document.title, document.publisher, document.author, document.source, document.published, document.url)
    shown = " ".join(part for part in parts if part).casefold()
    return all(word in shown for word in text.casefold().split())
