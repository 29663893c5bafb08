"""A fetched page -> the file it is kept as: its suffix, its text in an encoding that stays known, its name.

In: a page with what the server says of it. Out: what to write, and sources under which to write it, best first. Nothing is written
here.
"""

from __future__ import annotations

import codecs
import html
import re
import unicodedata
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from assistant.addresses import url_key
from assistant.errors import FetchError
from assistant.fetching import Page
from assistant.loading import KINDS, readable
from assistant.loading.encoding import SUPERSETS

MAX_NAME = 80
SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/csv": ".csv",
    "text/rtf": ".rtf",
    "application/rtf": ".rtf",
    "application/epub+zip": ".epub",
    "message/rfc822": ".eml",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
UNSAID = ("", "application/octet-stream", "binary/octet-stream", "application/force-download")
RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d")


def suffix_of(page: Page) -> str:
    """The suffix under which the loaders read what was sent.

    Raises:
        FetchError: If they read nothing of the kind.
    """
    suffix = SUFFIXES.get(page.media_type)
    if suffix is None and (page.media_type in UNSAID or page.media_type.startswith("text/")):
        suffix = PurePosixPath(unquote(urlsplit(page.url).path)).suffix.lower()
        if page.media_type in UNSAID and not readable(Path(f"x{suffix}")) and b"<html" in page.content[:2_000].lower():
            suffix = ".html"
    if suffix and readable(Path(f"x{suffix}")):
        return suffix
    raise FetchError(f"it is '{page.media_type or 'of no stated type'}', which cannot be read; these can: {KINDS}")


def as_utf8(page: Page) -> bytes:
    """A text in UTF-8 with a byte-order mark where the server states its encoding: the header goes before what a page says of itself.

    Pure ASCII, and bytes that are not in the encoding stated, stay as they came.
    """
    content = page.content
    if page.charset is None or content.isascii() or content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content
    try:
        name = codecs.lookup(page.charset).name
        return codecs.BOM_UTF8 + content.decode(SUPERSETS.get(name, name)).encode()
    except (LookupError, ValueError):
        return content


def names_for(url: str, suffix: str, title: str | None) -> list[str]:
    """Sources under which a page may be kept, best first: HOST/words-of-its-address-or-title, then the same made unique by the address."""
    import hashlib

    parts = urlsplit(url)
    host = re.sub(r"[^\w.-]+", "-", (parts.hostname or "").removeprefix("www.")).strip("-.") or "web"
    segments = [PurePosixPath(part).stem for part in unquote(parts.path).split("/") if part]
    named = next((words for words in (_words(segment) for segment in reversed(segments)) if len(words) > 2), [])
    words = named or _words(title or "") or (_words(segments[-1]) if segments else []) or ["index"]
    stem = words[0][:MAX_NAME]
    for word in words[1:]:
        if len(f"{stem}-{word}") > MAX_NAME or len(f"{stem}-{word}".encode()) > 2 * MAX_NAME:
            break
        stem = f"{stem}-{word}"
    stem = f"page-{stem}" if RESERVED.fullmatch(stem) else stem
    digest = hashlib.sha256(url_key(url).encode()).hexdigest()[:8]
    return [f"{host}/{stem}{suffix}", f"{host}/{stem}-{digest}{suffix}"]


def _words(text: str) -> list[str]:
    """Words of letters and digits in lower case, without the long ones that only number or address something; none without letters."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", html.unescape(text)).lower())
    kept = [word for word in words if not re.fullmatch(r"\d{5,}|(?=\D*\d)[0-9a-f]{8,}", word)]
    return kept if any(char.isalpha() for word in kept for char in word) else []
