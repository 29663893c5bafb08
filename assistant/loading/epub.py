"""EPUB -> the chapters of a book in the order of its spine, each read as a web page.

In: the bytes of an e-book. Out: its text, with title, author, publisher and date from its package file.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit
from zipfile import ZipFile

from assistant.errors import SourceError
from assistant.loading.archive import local_name, open_archive, parse_xml
from assistant.loading.html import decode_page, drop_unshown, parse, shown_text
from assistant.loading.loaded import Loaded, joined, one_line
from assistant.loading.metadata import Metadata, parse_date

PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
MARK_CHARS = 5
OBFUSCATED_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


def load_epub(data: bytes) -> Loaded:
    """Read an e-book.

    Raises:
        SourceError: If it is damaged, copy-protected or without text.
    """
    with open_archive(data) as archive:
        if _is_protected(archive):
            raise SourceError("the e-book is copy-protected (DRM) and cannot be read")
        path = _package_path(archive)
        package = parse_xml(_member(archive, path) or b"")
        chapters, n_missing = [], 0
        for name in _chapters(package, posixpath.dirname(path)):
            page = _member(archive, name)
            if page is None:
                n_missing += 1
            elif page.strip():
                chapters.append(_chapter(archive, name, page))
    text = joined(chapters)
    if not text:
        raise SourceError("the e-book holds no text that can be read")
    warnings = (f"{n_missing} of its chapters are missing from the file.",) if n_missing else ()
    return Loaded(text, _metadata(package), warnings=warnings)


def _chapter(archive: ZipFile, name: str, page: bytes) -> str:
    text, _ = decode_page(page)
    try:
        tree = parse(text)
    except SourceError:
        return ""
    for link in [e for e in tree.iter("link") if "stylesheet" in (e.get("rel") or "").lower().split()]:
        sheet = _member(archive, _path(posixpath.dirname(name), link.get("href")))
        link.tag, link.text = "style", (sheet or b"").decode("utf-8", "replace").replace("\0", "")
    for mark in _note_marks(tree):
        mark.drop_tree()
    drop_unshown(tree)
    return shown_text(tree)


def _note_marks(tree: Any) -> list[Any]:
    """The links that are a note's number, where it is called and where it stands: glued to a word they read as part of it."""
    links = [e for e in tree.iter("a") if len(e.text_content()) <= MARK_CHARS]
    calls = [e for e in links if e.get("epub:type") == "noteref" or e.get("role") == "doc-noteref"]
    called_from = {f"#{e.get('id')}" for call in calls for e in (call, call.getparent()) if e.get("id")}
    return calls + [e for e in links if e.get("href") in called_from and e not in calls]


def _path(folder: str, href: str | None) -> str:
    """Where in the archive a reference leads."""
    return posixpath.normpath(posixpath.join(folder, unquote(urlsplit(href or "").path)))


def _member(archive: ZipFile, name: str) -> bytes | None:
    try:
        return archive.read(name)
    except KeyError:
        return None


def _is_protected(archive: ZipFile) -> bool:
    """Whether more than its fonts is encrypted."""
    listed = _member(archive, "META-INF/encryption.xml")
    if listed is None:
        return False
    methods = [e.get("Algorithm") for e in parse_xml(listed).iter() if local_name(e) == "EncryptionMethod"]
    return any(method not in OBFUSCATED_FONTS for method in methods)


def _package_path(archive: ZipFile) -> str:
    container = _member(archive, "META-INF/container.xml")
    if container is not None:
        for element in parse_xml(container).iter():
            if local_name(element) == "rootfile" and element.get("full-path"):
                return str(element.get("full-path"))
    found = sorted(name for name in archive.namelist() if name.endswith(".opf"))
    if not found:
        raise SourceError("the e-book is damaged: it does not say which of its files is the book")
    return found[0]


def _chapters(package: Any, folder: str) -> Iterator[str]:
    """Names of the pages in reading order, without the table of contents."""
    items = {e.get("id"): e for e in package.iter() if local_name(e) == "item"}
    seen: set[str] = set()
    for reference in (e for e in package.iter() if local_name(e) == "itemref"):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in PAGES or "nav" in (item.get("properties") or "").split():
            continue
        name = _path(folder, item.get("href"))
        if name not in seen:
            seen.add(name)
            yield name


def _metadata(package: Any) -> Metadata:
    stated: dict[str, list[str]] = {}
    for element in package.iter():
        namespace = element.tag.partition("}")[0] if isinstance(element.tag, str) else ""
        if "purl.org/dc/" in namespace and (line := one_line("".join(element.itertext()))):
            stated.setdefault(local_name(element), []).append(line)
    authors = list(dict.fromkeys(stated.get("creator", [])))
    dates = [day for line in stated.get("date", []) if (day := parse_date(line))]
    return Metadata(
        title=stated.get("title", [None])[0],
        publisher=stated.get("publisher", [None])[0],
        author=", ".join(authors[:10]) or None,
        published=dates[0][:10] if dates else None,
    )
