"""Addresses -> pages kept in the sources folder, each with a sidecar that says where it stood and when it was fetched.

In: URLs, lists and feeds. Out: files under the host's name, indexed, and a report of what was added, skipped and refused. A page
that is fetched again replaces its own file, and only where it changed; what it replaces is kept.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from assistant.addresses import untracked, url_key
from assistant.errors import AssistantError, FetchError, SourceError
from assistant.feeds import feed_urls, once
from assistant.fetching import BusyError, Fetcher, Page
from assistant.folder import Failure, kept_path, sha256_of, walk
from assistant.library import Library
from assistant.page_files import as_utf8, names_for, suffix_of
from assistant.scanning import Progress, ScanReport
from assistant.sidecar import About, now, read_about, sidecar_of, write_about

HOSTS_AT_ONCE = 6
"""One page at a time of each host, of so many hosts."""
PAUSE_S = 0.25
"""Between two pages of one host."""
WINDOW = 24
"""Pages that are fetched before the first of them is written: they are written in the order of the list, so that their names do not
depend on which came first."""

HERE = "here already"
TAKEN_OUT = "removed earlier; bring it back from the removed sources (at the end of the list in the page, assistant restore in a terminal)"
LATER = "left for later by --limit"

Counted = Callable[[int, int, str], None]
"""Pages done, pages in all (more once a feed is read), and the address at hand."""


def add_urls(
    library: Library,
    urls: Sequence[str],
    *,
    fetcher: Fetcher,
    listed: Sequence[str] = (),
    limit: int | None = None,
    pause_s: float = PAUSE_S,
    progress: Counted | None = None,
    reading: Progress | None = None,
) -> ScanReport:
    """Fetch pages into the sources folder and index them; one that fails stops no other.

    Args:
        urls: Asked for by name: fetched though they may be here. A feed among them stands for its articles.
        listed: Out of a list: those that are here, or were removed, are skipped, as are a feed's articles.
        limit: The most of listed pages and feeds' articles to fetch.
        progress: Called after each page that was fetched.
        reading: Called as what was fetched is indexed.
    """
    shelf = _Shelf(library)
    fetch = _Polite(fetcher, pause_s)
    sources: list[str] = []
    failed: list[Failure] = []
    skipped: list[Failure] = []
    wanted = [(url, True) for url in once(list(urls))]
    wanted += [(url, False) for url in shelf.new(once(list(listed)), skipped)]
    asked = {url_key(url) for url, _ in wanted}
    n_done = n_taken = 0
    while wanted:
        if limit is not None:
            wanted = _within(wanted, limit - n_taken, skipped)
        by_name = dict(wanted)
        in_feeds: list[str] = []
        n_all = n_done + len(wanted)
        for url, page in fetch.all([url for url, _ in wanted]):
            n_done += 1
            if progress:
                progress(n_done, n_all, url)
            try:
                if isinstance(page, FetchError):
                    raise page
                if (articles := feed_urls(page.content, page.url)) is not None:
                    in_feeds += articles
                    if not articles:
                        raise FetchError("the feed lists no article")
                    continue
                n_taken += not by_name[url]
                sources.append(shelf.keep(page))
            except (AssistantError, OSError) as exc:
                failed.append(Failure(url, getattr(exc, "strerror", None) or str(exc)))
        fresh = [url for url in shelf.new(once(in_feeds), skipped) if url_key(url) not in asked]
        asked |= {url_key(url) for url in fresh}
        wanted = [(url, False) for url in fresh]
    report = library.sync_only(sources, progress=reading) if sources else ScanReport()
    if report.n_changes:
        library.mirror()
    return replace(report, failed=tuple(sorted((*report.failed, *failed))), skipped=tuple(skipped))


def _within(wanted: list[tuple[str, bool]], n_left: int, skipped: list[Failure]) -> list[tuple[str, bool]]:
    """Those asked for by name, and `n_left` of the others."""
    others = [pair for pair in wanted if not pair[1]]
    skipped += [Failure(url, LATER) for url, _ in others[max(n_left, 0) :]]
    return [pair for pair in wanted if pair[1]] + others[: max(n_left, 0)]


class _Polite:
    """Fetches many pages, a few hosts at once and each host one page at a time; a host that says it is busy is left alone."""

    def __init__(self, fetcher: Fetcher, pause_s: float) -> None:
        self._fetcher, self._pause_s = fetcher, pause_s
        self._busy: set[str] = set()
        self._turns = threading.BoundedSemaphore(HOSTS_AT_ONCE)

    def all(self, urls: Sequence[str]) -> Iterator[tuple[str, Page | FetchError]]:
        """Each address with its page, or why there is none, in order."""
        for i in range(0, len(urls), WINDOW):
            window = urls[i : i + WINDOW]
            by_host: dict[str, list[str]] = {}
            for url in window:
                by_host.setdefault(_host(url), []).append(url)
            found: dict[str, Page | FetchError] = {}
            # Daemons: whoever interrupts the command does not wait for a slow server.
            threads = [threading.Thread(target=self._host, args=(*item, found), daemon=True) for item in by_host.items()]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for url in window:
                yield url, found.get(url, FetchError("it was not fetched; try again"))

    def _host(self, host: str, urls: Sequence[str], found: dict[str, Page | FetchError]) -> None:
        with self._turns:
            for i, url in enumerate(urls):
                if host in self._busy:
                    found[url] = FetchError(f"not asked for, because '{host}' said it was asked too often or is busy; try again later")
                    continue
                if i:
                    time.sleep(self._pause_s)
                try:
                    found[url] = self._fetcher.fetch(url)
                except BusyError as exc:
                    self._busy.add(host)
                    found[url] = exc
                except FetchError as exc:
                    found[url] = exc


class _Shelf:
    """The pages that the sources folder holds, by address."""

    def __init__(self, library: Library) -> None:
        self._library = library
        settings = library.settings
        walked = walk(settings.sources, settings.data)
        self._own = {
            key: source
            for source in walked.abouts
            if source in walked.files
            for key in _keys(read_about(library.path_of(source)))
        }
        self._here = {url_key(document.url) for document in library.catalog.documents() if document.url} | self._own.keys()
        removed = settings.keep / "removed"
        taken_out = walk(removed, settings.data).abouts if removed.is_dir() else {}
        self._removed = {key for source in taken_out for key in _keys(read_about(removed / source))}

    def new(self, urls: Sequence[str], skipped: list[Failure]) -> list[str]:
        """Those of `urls` that are neither here nor were removed; the others are noted in `skipped`."""
        fresh = []
        for url in urls:
            reason = HERE if (key := url_key(url)) in self._here else TAKEN_OUT if key in self._removed else None
            if reason:
                skipped.append(Failure(url, reason))
            else:
                fresh.append(url)
        return fresh

    def keep(self, page: Page) -> str:
        """Write a page and its sidecar, unless it is here and the same; its source.

        Raises:
            AssistantError: If it cannot be read as a document, or be written.
        """
        suffix = suffix_of(page)
        content = as_utf8(page) if suffix in (".html", ".txt", ".md", ".csv") else page.content
        with tempfile.TemporaryDirectory(prefix="assistant-page-") as folder:
            scratch = Path(folder, f"page{suffix}")
            scratch.write_bytes(content)
            document = self._library.read(scratch, scratch.name)
            with self._library.lock.held():
                source = self._place(page, suffix, document.title)
                if not self._holds(source, document.sha256):
                    self._write(source, scratch, page)
        for key in (url_key(page.url), url_key(page.asked)):
            self._own[key] = source
            self._here.add(key)
        return source

    def _holds(self, source: str, sha256: str) -> bool:
        path = self._library.path_of(source)
        return path.is_file() and sha256_of(path) == sha256

    def _place(self, page: Page, suffix: str, title: str | None) -> str:
        """Where the page is, or is to be, kept: never over a file that is not its own."""
        keys = {url_key(page.url), url_key(page.asked)}
        for key in sorted(keys):
            own = self._own.get(key)
            if own and own.endswith(suffix) and self._library.path_of(own).is_file():
                return own
        for name in names_for(page.url, suffix, title):
            path = self._library.path_of(name)
            if not os.path.lexists(path) or keys & set(_keys(read_about(path))):
                return name
        raise SourceError("no name for it is free in the sources folder; remove an older copy first")

    def _write(self, source: str, scratch: Path, page: Page) -> None:
        path = self._library.path_of(source)
        is_new = not path.exists()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f".{path.name}.part")
            shutil.copyfile(scratch, part)
            if not is_new:
                kept = kept_path(self._library.settings.keep / "replaced" / source)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, kept)
            asked = untracked(page.asked) if url_key(page.asked) != url_key(page.url) else None
            write_about(path, {"url": untracked(page.url), "asked": asked, "fetched": now()})
            os.replace(part, path)
        except BaseException as exc:
            with suppress(OSError):
                path.with_name(f".{path.name}.part").unlink(missing_ok=True)
                if is_new:
                    sidecar_of(path).unlink(missing_ok=True)
            if isinstance(exc, OSError):
                raise SourceError(f"it cannot be written into the sources folder: {exc.strerror}") from exc
            raise


def _keys(about: About) -> list[str]:
    return [url_key(url) for url in (about.url, about.asked) if url]


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
