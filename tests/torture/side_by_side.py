"""A plan of changes that every process knows; writers that do their part of it, readers that say when they saw each change.

Every change gives a source its next version (a text, or none), which each of its passages names, so that a reader can tell from what
it finds which changes it has seen.
"""

from __future__ import annotations

import random
import time
import traceback
from pathlib import Path
from typing import Any, NamedTuple

from assistant.library import Library
from assistant.managing import edit
from assistant.retrieval import Retriever
from assistant.sidecar import read_about
from assistant.vectors import ChromaNeighbours, ExactNeighbours
from tests.fakes import HashingEncoder, library_in, story, write
from tests.torture.operations import put

SHARED = "story-000.txt"
"""Both writers edit this source's sidecar, each another field of it."""
FIELDS = ("title", "publisher")
WAIT_S = 20.0


class Change(NamedTuple):
    """The `version`th change of a source. `how` is add, update, remove, or edit (of SHARED by this writer)."""

    writer: int
    source: str
    version: int
    how: str

    @property
    def word(self) -> str:
        """What stands in every passage of the source and of no other."""
        return self.source.partition(".")[0]

    @property
    def text(self) -> str:
        """The document at this version."""
        first, *paragraphs = story(hash_of(self)).strip().split("\n\n")
        return "\n\n".join([first, *(f"{self.word} is at version{self.version}x. {text}" for text in paragraphs)]) + "\n"


def hash_of(change: Change) -> int:
    return random.Random(f"{change.source} {change.version}").randrange(10**9)


def plan(writer: int, n_changes: int) -> list[Change]:
    """What a writer does, in order: about half updates, the rest additions, removals and edits of the shared sidecar."""
    chance = random.Random(f"plan {writer}")
    versions: dict[str, int] = {}
    there: set[str] = set()
    changes: list[Change] = []
    for n in range(n_changes):
        how = chance.choice(("add", "update", "update", "update", "remove", "edit"))
        if how in ("update", "remove") and not there:
            how = "add"
        if how == "edit":
            source = SHARED
        else:
            gone = sorted(versions.keys() - there - {SHARED})
            again = how == "add" and gone and chance.random() < 0.5
            source = chance.choice(gone) if again else f"zone{writer}n{n}.txt" if how == "add" else chance.choice(sorted(there))
        versions[source] = versions.get(source, 0) + 1
        changes.append(Change(writer, source, versions[source], how))
        there = (there | {source} if how == "add" else there - {source}) if how in ("add", "remove") else there
    return changes


def do(library: Library, change: Change) -> None:
    """One change, as a person makes it with a command; it is in the index when this returns, whoever took it in."""
    if change.how == "remove":
        library.remove(change.source)
        return
    if change.how == "edit":
        edit(library, SHARED, {FIELDS[change.writer]: f"Version {change.version}"})
        return
    if change.how == "update":
        put(library.path_of(change.source), change.text)
        report = library.sync_only([change.source])
    elif change.version % 2:
        inbox = library.root.parent / "inbox" / f"{change.version}"
        write(inbox, {change.source: change.text})
        report = library.add([inbox / change.source])
    else:  # put into the folder, all of which is looked at, so that what the other writer does meanwhile is met
        put(library.path_of(change.source), change.text)
        report = library.sync(mirror=False)
    document = library.catalog.document_by_source(change.source)
    assert report.failed == (), report
    assert document is not None, report
    assert document.text == change.text, report


def write_all(folder: Path, changes: list[Change], tell: Any) -> None:
    """Make the changes one by one; tell of each when it was done, as `(change, time)`."""
    try:
        library = library_in(folder)
        for change in changes:
            do(library, change)
            tell.put((change, time.monotonic()))
    except BaseException:
        tell.put(("error", traceback.format_exc()))
    tell.put(None)


def read_all(folder: Path, plans: list[list[Change]], by_chroma: bool, announced: Any, tell: Any) -> None:
    """Look for each change that is announced until it is seen.

    Tells of each how long after it was done, in seconds, the last query began that did not show it (0 where each did), and how long
    after it was done it was seen: later than could be where queries take longer than changes.
    """
    try:
        library = library_in(folder)
        store = library.settings.index / "chroma"
        neighbours = ChromaNeighbours(library.catalog, store) if by_chroma else ExactNeighbours(library.catalog)
        retriever = Retriever(library.catalog, neighbours, HashingEncoder())
        later = {(c.source, c.version): c for changes in plans for c in changes}
        while (item := announced.get()) is not None:
            change, done_at = item
            missed_s, asked_at = 0.0, time.monotonic()
            while not seen(library, retriever, change, later):
                missed_s = asked_at - done_at
                assert missed_s < WAIT_S, f"{change} was not seen in {WAIT_S} s"
                time.sleep(0.01)
                asked_at = time.monotonic()
            tell.put(("seen", max(0.0, missed_s), time.monotonic() - done_at))
    except BaseException:
        tell.put(("error", traceback.format_exc()))
    tell.put(None)


def seen(library: Library, retriever: Retriever, change: Change, planned: dict[tuple[str, int], Change]) -> bool:
    """Whether what is found shows this change or a later one of the same source; what is found must be whole in any case.

    Of one source two versions may be found while it changes, but, as with the assistant, only one that its file still holds.
    """
    if change.how == "edit":
        document = library.catalog.document_by_source(SHARED)
        assert document is not None
        return _number(getattr(document, FIELDS[change.writer])) >= change.version
    hits = [hit for hit in retriever.retrieve(change.word, top_k=5) if change.word in hit.passage.text.split()]
    versions: dict[int, bool] = {}
    for hit in hits:
        assert hit.document.text[hit.passage.start : hit.passage.end] == hit.passage.text
        assert hit.document.source == change.source
        version = int(hit.passage.text.partition("at version")[2].partition("x")[0])
        assert hit.document.text == planned[change.source, version].text
        versions[version] = library.is_current(hit.document)
    assert sum(versions.values()) <= 1, f"a mixture of {change.source}: {versions}"
    if versions:
        return max(versions) >= change.version
    return any(planned[change.source, version].how == "remove" for version in _from(change, planned))


def _from(change: Change, planned: dict[tuple[str, int], Change]) -> list[int]:
    return [version for source, version in planned if source == change.source and version >= change.version]


def _number(title: str | None) -> int:
    head, _, number = (title or "").partition("Version ")
    return int(number) if number and not head else 0


def expected(plans: list[list[Change]]) -> tuple[dict[str, str], dict[str, list[str]], dict[str, str]]:
    """What is there after all changes, by source; the texts that were taken out, by source; what the shared sidecar says."""
    there: dict[str, str] = {}
    taken_out: dict[str, list[str]] = {}
    said: dict[str, str] = {}
    for change in (change for changes in plans for change in changes):
        if change.how == "edit":
            said[FIELDS[change.writer]] = f"Version {change.version}"
        elif change.how == "remove":
            taken_out.setdefault(change.source, []).append(there.pop(change.source))
        else:
            there[change.source] = change.text
    return there, taken_out, said


def said_beside(library: Library) -> dict[str, str | None]:
    """The two fields of the shared sidecar."""
    about = read_about(library.path_of(SHARED))
    return {"title": about.title, "publisher": about.publisher}
