"""Lists of addresses: a file with one a line, an RSS or Atom feed. In: its text or bytes. Out: addresses, each once, in order.

Read here in a few lines rather than by feedparser, whose other 40 fields nobody asks for. The parser resolves no entity and opens no
file and no connection, whatever the feed says.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urljoin

from assistant.addresses import is_url, url_key
from assistant.errors import SourceError

LIST_SUFFIX = ".urls"
FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/xml", "text/xml")
ROOTS = ("rss", "feed", "rdf")
ITEMS = ("item", "entry")
OPENING = re.compile(rb"\A[^<]{0,10}(?:<[?!][^>]*>\s*)*<(?:\w+:)?(?:rss|feed|rdf)\b", re.IGNORECASE)
"""What a feed opens with, after declarations and comments; UTF-16 without its zeros too."""


def is_list(path: Path) -> bool:
    """Whether a file of this name lists addresses, one a line."""
    return path.suffix.lower() == LIST_SUFFIX


def listed_urls(path: Path) -> list[str]:
    """The addresses in a file, one a line; blank lines and those that open with # are passed over.

    Raises:
        SourceError: If it cannot be read, or holds none.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as exc:
        raise SourceError(f"the list cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise SourceError("the list is not UTF-8 text; save it as UTF-8 and try again") from exc
    urls = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not urls:
        raise SourceError("the list names no address; write one a line")
    return once(urls)


def once(urls: list[str]) -> list[str]:
    """Each address once, whatever its spelling; the first is kept."""
    first: dict[str, str] = {}
    for url in urls:
        first.setdefault(url_key(url), url)
    return list(first.values())


def feed_urls(content: bytes, base: str) -> list[str] | None:
    """The addresses of a feed's articles, in the feed's order; None where this is no feed.

    Args:
        content: RSS 0.9 to 2.0 or Atom, sound or nearly so.
        base: Where the feed stood, for relative links.
    """
    if not OPENING.search(content[:2_000].replace(b"\0", b"")):
        return None
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        return None
    if root is None or _name(root) not in ROOTS:
        return None
    links = [_link(item) for item in root.iter() if _name(item) in ITEMS]
    found = [_joined(base, link) for link in links if link]
    return once([url for url in found if is_url(url)])


def _joined(base: str, link: str) -> str:
    """A link of a feed as an address; what cannot be one, as it stands, to be refused when it is fetched."""
    try:
        return urljoin(base, link)
    except ValueError:  # e.g. "http://[x"
        return link


def _link(item: object) -> str | None:
    """Where the article of an `item` or `entry` stands: RSS says it in <link> or a permalink <guid>, Atom in an attribute."""
    from lxml import etree

    assert isinstance(item, etree._Element)
    guid = None
    for child in item:
        name, text = _name(child), (child.text or "").strip()
        if name == "link" and child.get("rel", "alternate") == "alternate" and (child.get("href") or text):
            return str(child.get("href") or text).strip()
        if name == "guid" and child.get("isPermaLink", "true").lower() == "true" and is_url(text):
            guid = text
    return guid


def _name(element: object) -> str:
    """An element's name without its namespace, in lower case; empty for comments and the like."""
    tag = getattr(element, "tag", None)
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""
