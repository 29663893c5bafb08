"""The sources folder <-> the index that mirrors it: scan, add, update, remove, heal.

In: a folder. Out: a catalog (and a vector store) that say what the folder holds, and a report of what changed and what could
not be read. Nothing that did not change is embedded again; killed at any moment, what was indexed stays and the next scan
does the rest.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from assistant.catalog import Catalog
from assistant.copying import copies_of
from assistant.encoder import is_here
from assistant.errors import LibraryError, OtherEncoderError, SourceError, VanishedError
from assistant.folder import (
    Failure,
    kept_path,
    move,
    near_names,
    seems_same,
    sha256_of,
    surely_same,
    walk,
)
from assistant.indexing import Indexer
from assistant.loading import load
from assistant.locking import WriterLock
from assistant.scanning import Look, Progress, ScanReport
from assistant.settings import Settings
from assistant.sidecar import sidecar_of, stat_of_sidecar
from assistant.types import Document
from assistant.updating import Updater
from assistant.vectors import ChromaStore

log = logging.getLogger(__name__)

MANY_GONE = 20
"""More files than this, and more than half of all, are not taken for removed unasked: a drive may not be mounted."""


class Library:
    """A sources folder and its index."""

    def __init__(
        self, settings: Settings, *, encoder: Callable[[], Any], notify: Callable[[str], None] = log.info
    ) -> None:
        """`encoder` gives the encoder (and token counter) on demand; it is asked only when something must be embedded."""
        self.settings = settings
        self.root = settings.sources
        self.catalog = Catalog(settings.index / "catalog.sqlite")
        self.store = ChromaStore(settings.index / "chroma")
        self.lock = WriterLock(settings.index, notify=notify)
        self._updater = Updater(settings, self.catalog, self.lock, Indexer(settings, self.catalog, encoder))
        self._notify = notify

    def open(self) -> Library:
        """Open the index, creating it where there is none.

        Raises:
            LibraryError: If the sources folder is missing, or the index is of another folder or model.
        """
        if not self.root.is_dir():
            raise LibraryError(
                f"There is no sources folder '{self.root}'. Make it and put documents in, or name another: --sources DIR."
            )
        self.catalog.open()
        mirrored = self.catalog.meta("sources")
        if mirrored is not None and mirrored != self.settings.sources_from_data:
            known = os.path.normpath(self.settings.data / mirrored)
            raise LibraryError(
                f"The index in {self.settings.data} mirrors the folder '{known}', not '{self.root}'. "
                "Give the other folder its own index with --data DIR, or turn this one over: assistant sync --rebuild"
            )
        self._check_encoder()
        return self

    def _check_encoder(self) -> None:
        built_with, named = self.catalog.meta("encoder_name"), self.settings.encoder
        if built_with in (None, named) or self.catalog.meta("encoder_id") is None:  # the name was noted, but nothing was ever embedded
            return
        found = f"The index in {self.settings.data} was built with the encoder '{built_with}', but the settings name '{named}'"
        if is_here(named):
            raise LibraryError(f"{found}. Run: assistant sync --rebuild")
        raise LibraryError(
            f"{found}, which is neither bundled, nor a folder, nor a model that was fetched before. Leave it out, or mend its name; if it is to "
            "be fetched from the Hugging Face hub, run: assistant sync --rebuild"
        )

    def discard_index(self, *, allow_empty: bool = False) -> None:
        """Delete what can be rebuilt from the sources; what a person made stays.

        Raises:
            LibraryError: If nothing is there to rebuild it from, and `allow_empty` does not say that this is meant.
        """
        there = self.root.is_dir() and walk(self.root, self.settings.data).files
        if not there and not allow_empty and (n_documents := self.catalog.n_readable()):
            raise LibraryError(
                f"The sources folder '{self.root}' is missing or empty, but the index holds {n_documents} documents, which could not be "
                "indexed anew. If a drive is not mounted, mount it; if this is meant, run: assistant sync --rebuild --yes"
            )
        with self.lock.held():
            self.catalog.close()
            self.store.discard()
            for path in self.settings.index.glob("catalog.sqlite*"):
                path.unlink(missing_ok=True)

    # Looking

    def look(self) -> Look:
        """Compare the folder with the catalog by names, sizes and times."""
        known = self.catalog.files()  # before the folder: what another writer adds meanwhile must not seem gone
        walked = walk(self.root, self.settings.data)
        files = walked.files
        reread = self._updater.reads_anew
        suspects = [
            source
            for source, stat in files.items()
            if reread or not surely_same(known.get(source), stat, walked.abouts.get(source))
        ]
        gone = {s for s in known.keys() - files.keys() if not walked.may_hold(s)}
        failed = walked.failed + [
            Failure(source, state.failure)
            for source, state in known.items()
            if state.failure and source in files and source not in suspects
        ]
        unsure = [s for s in suspects if not reread and seems_same(known.get(s), files[s], walked.abouts.get(s))]
        return Look(
            files,
            tuple(sorted(suspects)),
            tuple(sorted(gone)),
            tuple(sorted(failed)),
            tuple(sorted(unsure)),
            tuple(sorted(walked.passed_over)),
            known,
        )

    def is_current(self, document: Document) -> bool:
        """Whether the file still holds the text that `document` was read from."""
        path = self.path_of(document.source)
        state = self.catalog.file(document.source)
        try:
            if state and state.sha256 == document.sha256 and surely_same(state, path.stat(), stat_of_sidecar(path)):
                return True
            return sha256_of(path) == document.sha256
        except OSError:
            return False

    def path_of(self, source: str) -> Path:
        return self.root / source

    # Bringing the index up to date

    def sync(
        self,
        *,
        progress: Progress | None = None,
        allow_empty: bool = False,
        lock_timeout_s: float = -1,
        mirror: bool = True,
        retry: bool = True,
    ) -> ScanReport:
        """Make the index mirror the folder.

        Args:
            progress: Called after each file, and while a long one is embedded.
            allow_empty: An empty folder empties the index, and one that lost most files drops them; without it that is taken for an
                unmounted drive.
            lock_timeout_s: How long to wait for another writer, batch by batch; -1 for ever.
            mirror: Bring the vector store up to date too.
            retry: Read again what failed and has not changed since; what hung then will hang again for its ten seconds.

        Raises:
            LibraryError: If the folder is empty but the index is not, or most files are gone, or the lock was not free in time.
        """
        look = self.look()
        if not allow_empty and (vanished := self.vanished(look)):
            raise vanished
        again = tuple(failure.source for failure in look.failed if retry and failure.source in look.files)
        suspects = (*look.suspects, *again)
        report = self._updater.apply(
            look, suspects, look.gone, read=self.read, whole=True, progress=progress, lock_timeout_s=lock_timeout_s
        )
        if mirror:
            self.mirror(lock_timeout_s=lock_timeout_s)
        return report

    def vanished(self, look: Look) -> VanishedError | None:
        """What is to be said where all files are gone at once, or most of many; None where they are not."""
        known = look.known
        if not look.files and look.gone and (n_documents := self.catalog.counts()[0]):
            return VanishedError(
                f"The sources folder '{self.root}' is empty, but the index holds {n_documents} documents.",
                "If a drive is not mounted, mount it; if the folder really was emptied, run: assistant sync --yes",
            )
        moved = Counter(known[source].size for source in look.gone)  # as many new files of a size may be those that went elsewhere
        moved &= Counter(look.files[source].st_size for source in look.suspects if source not in known)
        n_vanished = len(look.gone) - moved.total()
        if n_vanished > MANY_GONE and 2 * n_vanished > len(known):
            return VanishedError(
                f"{n_vanished} of {len(known)} files are no longer in the sources folder '{self.root}'.",
                "If a drive is not mounted, mount it; if they really were removed, run: assistant sync --yes",
            )
        return None

    def sync_only(
        self, sources: Sequence[str], *, progress: Progress | None = None, forced: bool = False, documents: Mapping[str, Document] = {}
    ) -> ScanReport:
        """Bring just these sources up to date.

        Args:
            forced: Read them again though they seem unchanged.
            documents: Those that were just read, by source; a file that still has the content is not parsed again.
        """
        look = self.look()
        wanted = set(sources)
        gone = tuple(source for source in look.gone if source in wanted)
        suspects = tuple(s for s in (*look.suspects, *(f.source for f in look.failed)) if s in wanted)
        if forced:
            suspects = tuple(sorted(wanted & look.files.keys()))
        report = self._updater.apply(look, suspects, gone, read=self.read, progress=progress, forced=forced, documents=documents)
        failed = tuple(failure for failure in report.failed if failure.source in wanted)
        unchanged = len(wanted & look.files.keys()) - len(report.added) - len(report.changed) - len(failed)
        warnings = tuple(warning for warning in report.warnings if warning.source in wanted)
        return replace(report, unchanged=unchanged, failed=failed, warnings=warnings)

    @property
    def is_mirrored(self) -> bool:
        """Whether the vector store is equal to the catalog."""
        return self.store.generation == self.catalog.generation

    def mirror(self, *, lock_timeout_s: float = -1) -> int:
        """Make the vector store equal to the catalog; how many rows changed."""
        if self.is_mirrored:
            return 0
        with self.lock.held(timeout_s=lock_timeout_s):
            return self.store.mirror(self.catalog)

    def read(self, path: Path, source: str) -> Document:
        """Read one file within the limits that are set; `SourceError` if it cannot be."""
        settings = self.settings
        return load(path, source, max_bytes=settings.max_file_mb * 1_000_000, seconds=settings.max_file_seconds)

    # What a person does

    def add(self, paths: Sequence[Path], *, progress: Progress | None = None, mirror: bool = True) -> ScanReport:
        """Copy files, folders and the files in zip archives into the sources folder, never over a different file, and index them.

        What cannot be read is reported and not copied, links out of a folder are passed over. Whoever adds in many steps brings the vector store up to date (`mirror`) last.
        """
        copies = copies_of(paths, self.root, read=self.read)
        try:
            report = self.sync_only(copies.sources, progress=progress, documents=copies.documents) if copies.sources else ScanReport()
        except OtherEncoderError as exc:
            raise OtherEncoderError(f"What was named lies in the sources folder now, but is not indexed yet. {exc}") from exc
        if report.n_changes and mirror:
            self.mirror()
        failures = tuple(sorted((*report.failed, *copies.failed)))
        return replace(report, failed=failures, warnings=(*report.warnings, *copies.passed_over))

    def remove(self, name: str) -> tuple[str, Path]:
        """Take a source out of the folder and the index; the file goes to `keep/removed/`, so that a slip loses nothing.

        Args:
            name: The source, or its file name where only one source has it.

        Returns:
            The source and where its file is now.

        Raises:
            SourceError: If there is no such source, or more than one, or its file cannot be moved.
        """
        source = self.resolve(name)
        path = self.path_of(source)
        with self.lock.held():  # over both steps, so that no writer adds a file of this name between them
            kept = kept_path(self.settings.keep / "removed" / source)
            try:
                for here, there in ((path, kept), (sidecar_of(path), sidecar_of(kept))):
                    if os.path.lexists(here):
                        move(here, there)
            except OSError as exc:
                raise SourceError(
                    f"'{source}' cannot be moved to {kept.parent}: {exc.strerror}. Make both folders writable, and try again."
                ) from exc
            self._updater.drop([source])
        return source, kept

    def resolve(self, name: str) -> str:
        """The source that `name` stands for: its path in the folder, or a file name that only one has."""
        name = PurePosixPath(name).as_posix()
        sources = [*walk(self.root, self.settings.data).files, *self.catalog.files()]
        if name in sources:
            return name
        with suppress(ValueError):
            inside = Path(name).resolve().relative_to(self.root.resolve()).as_posix()
            if inside in sources:
                return inside
        same = sorted({s for s in sources if PurePosixPath(s).name == name or PurePosixPath(s).stem == name})
        if len(same) == 1:
            return same[0]
        if same:
            raise SourceError(f"'{name}' could be any of: {', '.join(same)}. Name one in full.")
        near = near_names(name, sources)
        hint = f" Did you mean: {', '.join(near)}?" if near else " See: assistant sources"
        raise SourceError(f"There is no source '{name}'.{hint}")
