"""What a look at the sources folder found -> the index, brought up to date batch by batch.

In: a look, and which of its sources to read and which to drop. Out: the catalog with them, and a report. The lock is held for a batch
at a time, each batch is one change, and what another writer did since the look is left as it is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress

from assistant.catalog import Catalog
from assistant.copying import Read
from assistant.errors import SourceError
from assistant.folder import Failure, sha256_of, surely_same
from assistant.indexing import Indexer, noted
from assistant.loading import is_plain
from assistant.locking import WriterLock
from assistant.records import FileState
from assistant.scanning import Look, Progress, ScanReport, Tally
from assistant.settings import Settings
from assistant.sidecar import read_about, stat_of_sidecar
from assistant.types import Document

READING = "6"
"""Moves when loading, cleaning, chunking or marking come out different; an index of another is read anew (not embedded anew)."""

BATCH_PASSAGES = 64
"""The lock is held for about this many embeddings, a second or two."""
BATCH_FILES = 200
PARSED_BYTES = 3_200
"""What a file that needs a parser counts for at least: ten in a batch, so that one that hangs holds up nine."""


class Updater:
    """Writes one index, and notes on it whose it is and how it was made."""

    def __init__(self, settings: Settings, catalog: Catalog, lock: WriterLock, indexer: Indexer) -> None:
        self._settings, self._catalog, self._lock, self._indexer = settings, catalog, lock, indexer

    @property
    def reads_anew(self) -> bool:
        """Whether what is indexed was read in another way than READING, so that every file is read again."""
        return self._catalog.meta("reading") not in (None, READING)

    def apply(
        self,
        look: Look,
        suspects: Sequence[str],
        gone: Sequence[str],
        *,
        read: Read,
        whole: bool = False,
        progress: Progress | None = None,
        lock_timeout_s: float = -1,
        forced: bool = False,
        documents: Mapping[str, Document] = {},
    ) -> ScanReport:
        """Take in `suspects`, batch by batch, and drop `gone`; those that may have been moved are dropped last.

        Args:
            look: What was found, `suspects` and `gone` among it.
            read: A file to its document, within the limits that are set.
            whole: These are all that the look found; only then is an index that was to be read anew noted as read.
            progress: Called after each file, and while a long one is embedded.
            lock_timeout_s: How long to wait for another writer, batch by batch; -1 for ever.
            forced: Read them though they seem unchanged.
            documents: Those that were just read, by source; a file that still has the content is not parsed again.

        Raises:
            LibraryError: If the lock was not free in time, or the index cannot be written.
        """
        sizes = {look.files[source].st_size for source in suspects}
        moved = [source for source in gone if look.known[source].size in sizes]
        dropped = self._drop_known([source for source in gone if source not in moved], look.known, lock_timeout_s)
        if self._catalog.meta("sources") is None:
            self._sign(lock_timeout_s)
        tally = Tally(sum(look.files[source].st_size for source in suspects), progress)
        for batch in _batches(suspects, look.files):
            with self._lock.held(timeout_s=lock_timeout_s):
                self._take_in(batch, tally, read=read, forced=forced, documents=documents)
        dropped += self._drop_known(moved, look.known, lock_timeout_s)
        self._sign(lock_timeout_s, out_of_sight=look.known.keys() - look.files.keys() - set(look.gone) if whole else None)
        failed = {*tally.failed, *(f for f in look.failed if f.source not in suspects)}
        n_touched = len({*tally.added, *tally.changed, *(f.source for f in failed if f.source in look.files)})
        return ScanReport(
            tuple(sorted(tally.added)),
            tuple(sorted(tally.changed)),
            tuple(sorted(dropped)),
            len(look.files) - n_touched,
            tuple(sorted(failed)),
            tuple(sorted((*tally.warnings, *look.passed_over))),
        )

    def _take_in(self, sources: Sequence[str], tally: Tally, *, read: Read, forced: bool, documents: Mapping[str, Document]) -> None:
        """Read, cut, embed and store a batch, in one change. The caller holds the lock."""
        states: dict[str, FileState] = {}
        to_store: list[Document] = []
        reread = self.reads_anew
        for source in sources:
            path = self._settings.sources / source
            before = self._catalog.file(source)
            try:
                stat, about_stat = path.stat(), stat_of_sidecar(path)
            except OSError:
                continue  # gone since the folder was looked at; the next look drops it
            was_read = before is not None and not before.failure
            if before and was_read and not reread and not forced and surely_same(before, stat, about_stat):
                continue  # another writer was here
            looked_ns = time.time_ns()
            about = read_about(path)
            beside = (about_stat.st_size, about_stat.st_mtime_ns, about.sha256) if about_stat else (-1, 0, about.sha256)
            try:
                document = self._just_read(documents.get(source)) or read(path, source)
            except SourceError as exc:
                states[source] = FileState(stat.st_size, stat.st_mtime_ns, looked_ns, "", str(exc), *beside)
                tally.failed.append(Failure(source, str(exc)))
                continue
            states[source] = FileState(stat.st_size, stat.st_mtime_ns, looked_ns, document.sha256, None, *beside)
            same = before and (before.sha256, before.about_sha256) == (document.sha256, about.sha256)
            document = noted(about.applied_to(document))
            if was_read and not reread and same and not (forced and document != self._catalog.document_by_source(source)):
                continue
            to_store.append(document)
            (tally.changed if was_read else tally.added).append(source)
            tally.warnings += [Failure(source, warning) for warning in document.warnings]
        self._indexer.store(to_store, states, tally)
        for source in sources:
            tally.done(source, states[source].size if source in states else 0)

    def _just_read(self, document: Document | None) -> Document | None:
        """The document, if its file has the content that it was read from."""
        with suppress(OSError):
            if document and sha256_of(self._settings.sources / document.source) == document.sha256:
                return document
        return None

    def _drop_known(self, sources: Sequence[str], known: dict[str, FileState], lock_timeout_s: float) -> list[str]:
        """Drop the sources that the catalog still has as they were `known`; which ones these were."""
        if not sources:
            return []
        with self._lock.held(timeout_s=lock_timeout_s):
            dropped = [source for source in sources if self._catalog.file(source) == known[source]]
            self.drop(dropped)
        return dropped

    def drop(self, sources: Sequence[str]) -> None:
        """Drop sources and what was known of their files, in one change. The caller holds the lock."""
        with self._catalog.change() as change:
            for source in sources:
                change.drop_document(source)
                change.drop_file(source)

    def _sign(self, lock_timeout_s: float, *, out_of_sight: Collection[str] | None = None) -> None:
        """Note whose index this is and how it was made, once.

        Args:
            out_of_sight: Sources that could not be looked at while all others were read anew, to be read when they are back; None
                where others were not read either, so that an index of another READING remains one.
        """
        signed = {"sources": self._settings.sources_from_data, "encoder_name": self._settings.encoder}
        anew = self.reads_anew
        if not anew or out_of_sight is not None:
            signed["reading"] = READING
        if all(self._catalog.meta(key) == value for key, value in signed.items()):
            return
        with self._lock.held(timeout_s=lock_timeout_s), self._catalog.change() as change:
            for source in (out_of_sight or ()) if anew else ():
                if state := self._catalog.file(source):
                    change.put_file(source, state._replace(looked_ns=0, sha256=""))  # like no file, so that none passes for it
            for key, value in signed.items():
                change.set_meta(key, value)


def _batches(sources: Sequence[str], files: dict[str, os.stat_result]) -> Iterator[list[str]]:
    """Runs of files of about BATCH_PASSAGES passages, at some 500 bytes each; few of those that a parser may be long about."""
    batch: list[str] = []
    n_bytes = 0
    for source in sources:
        batch.append(source)
        n_bytes += files[source].st_size if is_plain(source) else max(files[source].st_size, PARSED_BYTES)
        if n_bytes >= BATCH_PASSAGES * 500 or len(batch) >= BATCH_FILES:
            yield batch
            batch, n_bytes = [], 0
    if batch:
        yield batch
