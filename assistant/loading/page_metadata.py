"""What a web page says about itself: JSON-LD, OpenGraph and other meta elements, its heading, its canonical address.

In: a page's tree. Out: `Metadata`; what the page does not state stays None. trafilatura's own reading guesses (a date from the
address, a site's name from the title), so ours comes first and its is asked for title and author alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from assistant.loading.loaded import one_line
from assistant.loading.metadata import Metadata, parse_date

ARTICLE_TYPES = re.compile(r"(?:\w*Article|NewsArticle|BlogPosting|Report|WebPage|\w*Posting|Review|Recipe|Book)")
TITLES = ("og:title", "twitter:title", "dc.title", "dcterms.title", "citation_title", "headline", "parsely-title", "sailthru.title")
AUTHORS = ("author", "article:author", "dc.creator", "dcterms.creator", "citation_author", "parsely-author", "sailthru.author", "byl")
DATES = (
    "article:published_time", "og:article:published_time", "datepublished", "date", "pubdate", "publishdate", "publish-date", "publish_date",
    "dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date", "dcterms.date", "citation_publication_date", "citation_date",
    "parsely-pub-date", "sailthru.date", "published-date", "article.published", "last-published", "ptime",
)  # fmt: skip
PUBLISHERS = ("og:site_name", "dc.publisher", "dcterms.publisher", "citation_publisher", "article:publisher_name", "publisher", "copyright-holder")
URLS = ("og:url", "twitter:url", "parsely-link")
SEPARATOR = re.compile(r"\s+[-|–—·•:»«]\s+")


def page_metadata(tree: Any) -> Metadata:
    """Read the head of a page; called before anything is taken out of it."""
    stated = _json_ld(tree)
    metas = _metas(tree)
    publisher = stated.get("publisher") or _first(metas, PUBLISHERS)
    return Metadata(
        title=stated.get("headline") or _title(tree, metas, publisher),
        publisher=publisher,
        author=stated.get("author") or _author(tree, metas),
        published=_published(tree, metas, stated),
        url=_url(tree, metas, stated),
    )


def _metas(tree: Any) -> dict[str, str]:
    """Meta elements by name, in lower case; of two with one name the first."""
    found: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop")
        content = one_line(meta.get("content"))
        if name and content:
            found.setdefault(name.strip().lower(), content)
    return found


def _first(metas: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((metas[name] for name in names if name in metas), None)


def _title(tree: Any, metas: dict[str, str], publisher: str | None) -> str | None:
    """What the page calls itself elsewhere, its one first heading, or its `title` without the site's name."""
    given = _first(metas, TITLES)
    title = one_line(next((e.text for e in tree.iter("title") if e.text), None))
    headings = [one_line(e.text_content()) for e in tree.iter("h1")]
    if not given and len(headings) == 1 and headings[0] and len(headings[0]) >= 4:
        given = headings[0]
    given = given or title
    if given and publisher:
        parts = SEPARATOR.split(given)
        if len(parts) > 1 and parts[-1].casefold() == publisher.casefold():
            given = given[: given.rfind(parts[-1])].rstrip(" -|–—·•:»«\t")
    return given or None


def _author(tree: Any, metas: dict[str, str]) -> str | None:
    named = _first(metas, AUTHORS)
    if named is None:
        marked = [e for e in tree.iter() if isinstance(e.tag, str) and ("author" in (e.get("rel") or "").split() or e.get("itemprop") == "author")]
        names = list(dict.fromkeys(filter(None, (one_line(e.text_content()) for e in marked))))
        named = ", ".join(names) if 0 < len(names) <= 5 else None
    return _as_author(named)


def _as_author(name: str | None) -> str | None:
    """A name without its `By`; an address or a profile's URL is none."""
    name = re.sub(r"^by\s+", "", name or "", flags=re.IGNORECASE).strip(" ,;|")
    return name if name and len(name) <= 200 and "://" not in name and re.search(r"[^\W\d_]", name) else None


def _published(tree: Any, metas: dict[str, str], stated: dict[str, str]) -> str | None:
    candidates = [stated.get("datePublished"), *(metas.get(name) for name in DATES)]
    for e in tree.iter("time"):
        marked = e.get("itemprop") == "datePublished" or "pubdate" in e.attrib or re.search(r"publish|posted|entry-date", e.get("class") or "")
        if marked:
            candidates.append(e.get("datetime") or one_line(e.text_content()))
    marked_up = [e.get("content") or e.get("datetime") for e in tree.iter() if isinstance(e.tag, str) and e.get("itemprop") == "datePublished"]
    times = [e.get("datetime") for e in tree.iter("time") if any(a.tag in ("header", "article") for a in e.iterancestors())]
    candidates += marked_up + (times[:1] if len(set(times)) == 1 else [])
    return next((day for text in candidates if text and (day := parse_date(_iso(text)))), None)


def _iso(text: str) -> str:
    """`20250409` and `2025-04-09T20:00:00+0900` in the forms that `parse_date` knows."""
    if match := re.fullmatch(r"(\d{4})(\d\d)(\d\d)", text.strip()):
        return "-".join(match.groups())
    return text


def _url(tree: Any, metas: dict[str, str], stated: dict[str, str]) -> str | None:
    links: list[str | None] = [e.get("href") for e in tree.iter("link") if "canonical" in (e.get("rel") or "").lower().split()]
    for url in (*links, _first(metas, URLS), stated.get("url")):
        if url and _is_web(url.strip()):
            return url.strip()
    return None


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not re.search(r"\s", url) and len(url) <= 2_000


def _json_ld(tree: Any) -> dict[str, str]:
    """Headline, author, date, publisher and address of the page's own article in its linked data."""
    found: dict[str, str] = {}
    for script in tree.iter("script"):
        if (script.get("type") or "").split(";")[0].strip().lower() != "application/ld+json":
            continue
        try:
            data = json.loads((script.text or "").strip(), strict=False)
        except (ValueError, RecursionError):
            continue
        nodes = [node for node in _nodes(data) if _is_article(node)]
        for node in sorted(nodes, key=lambda node: "WebPage" in _types(node)):
            for key, value in _stated(node).items():
                found.setdefault(key, value)
    return found


def _nodes(data: Any) -> Iterator[dict[str, Any]]:
    """The objects at the top of linked data: alone, in a list, or in a graph."""
    pending = [data]
    for _ in range(1_000):
        if not pending:
            return
        value = pending.pop(0)
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            yield value
            pending.extend(value[key] for key in ("@graph", "mainEntity") if isinstance(value.get(key), list | dict))


def _types(node: dict[str, Any]) -> list[str]:
    kinds = node.get("@type")
    return [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)]


def _is_article(node: dict[str, Any]) -> bool:
    return any(ARTICLE_TYPES.fullmatch(kind) for kind in _types(node))


def _stated(node: dict[str, Any]) -> dict[str, str]:
    author = _as_author(_names(node.get("author")))
    url = node.get("url")
    values = {
        "headline": node.get("headline"),
        "author": author,
        "datePublished": node.get("datePublished"),
        "publisher": _names(node.get("publisher")),
        "url": url if isinstance(url, str) else None,
    }
    return {key: line for key, value in values.items() if isinstance(value, str) and (line := one_line(value))}


def _names(value: Any) -> str | None:
    """One or several people or organisations, by name."""
    named = value if isinstance(value, list) else [value]
    names = [each.get("name") if isinstance(each, dict) else each for each in named[:10]]
    return ", ".join(dict.fromkeys(name for name in names if isinstance(name, str) and name.strip())) or None
