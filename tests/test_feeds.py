"""Lists of addresses and feeds: each article's address once, whatever the feed is like."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import SourceError
from assistant.feeds import feed_urls, is_list, listed_urls
from tests.fakes import write

BASE = "https://news.example/feed.xml"
A, B = "https://news.example/a", "https://news.example/b"

RSS = f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand -->
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>News</title><link>https://news.example/</link>
<atom:link href="{BASE}" rel="self"/>
<item><title>A &amp; more</title><link>{A}</link><guid isPermaLink="false">tag:1</guid></item>
<item><title>B</title><guid>{B}</guid></item>
<item><title>A again</title><link> {A}?utm_source=feed </link></item>
<item><title>No address</title><guid isPermaLink="false">{B}2</guid></item>
<item><link>mailto:desk@news.example</link></item>
</channel></rss>"""
ATOM = f"""<?xml version='1.0'?><feed xmlns="http://www.w3.org/2005/Atom"><link href="https://news.example/"/>
<entry><link rel="enclosure" href="https://news.example/a.mp3"/><link rel="alternate" href="/a"/></entry>
<entry><link href="{B}"/></entry></feed>"""
RDF = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel><link>https://news.example/</link></channel><item><link>{A}</link></item><item><link>{B}</link></item></rdf:RDF>"""


@pytest.mark.parametrize("feed", [RSS, ATOM, RDF, "\ufeff" + ATOM, "\n\n " + RDF], ids=["rss", "atom", "rdf", "atom with mark", "rdf after blanks"])
def test_a_feed_gives_each_article_once_in_order(feed: str) -> None:
    assert feed_urls(feed.encode(), BASE) == [A, B]


def test_a_feed_in_utf16_is_read() -> None:
    assert feed_urls(RSS.replace("UTF-8", "UTF-16").encode("utf-16"), BASE) == [A, B]


def test_a_feed_that_breaks_off_or_is_not_quite_xml_is_read_as_far_as_it_goes() -> None:
    assert feed_urls(RSS[: RSS.index("<item><title>A again")].encode(), BASE) == [A, B]
    assert feed_urls(RSS.replace("&amp;", "&nbsp; &").encode(), BASE) == [A, B]


def test_a_link_that_is_no_address_costs_no_other() -> None:
    assert feed_urls(RSS.replace("mailto:desk@news.example", "http://[news").encode(), BASE) == [A, B, "http://[news"]


def test_a_feed_without_articles_is_a_feed() -> None:
    assert feed_urls(b"<rss><channel/></rss>", BASE) == []


@pytest.mark.parametrize(
    "content",
    [
        b"", b"<", b"<!doctype html><html><body><rss></rss></body></html>", b"plain text about <rss> feeds",
        b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>', b"<opml><body/></opml>", b"\0\1\2", b"%PDF-1.7 <rss>",
    ],
)  # fmt: skip
def test_what_is_no_feed_is_not_taken_for_one(content: bytes) -> None:
    assert feed_urls(content, BASE) is None


def test_entities_are_neither_fetched_nor_multiplied(tmp_path: Path) -> None:
    write(tmp_path, {"secret.txt": "https://news.example/secret"})
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    for declared in (f'<!ENTITY l SYSTEM "file://{tmp_path}/secret.txt">', f'<!ENTITY l0 "https://x.example/">{lol}<!ENTITY l "&l9;">'):
        feed = f"<!DOCTYPE rss [{declared}]><rss><item><link>&l;</link></item><item><link>{A}</link></item></rss>"
        assert feed_urls(feed.encode(), BASE) in (None, [A])


def test_a_list_names_one_address_a_line(tmp_path: Path) -> None:
    write(tmp_path, {"mine.urls": f"\ufeff# mine\n\n{A}\r\n  {B} \n{A}#part\nnonsense\n"})
    assert listed_urls(tmp_path / "mine.urls") == [A, B, "nonsense"]
    assert [is_list(Path(name)) for name in ("mine.urls", "MINE.URLS", "urls", "urls.txt")] == [True, True, False, False]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"# nothing\n\n", "the list names no address; write one a line"),
        (b"\xff\xfe\x00", "the list is not UTF-8 text; save it as UTF-8 and try again"),
        (None, "the list cannot be read: No such file or directory"),
    ],
)
def test_a_list_that_is_none_is_said(tmp_path: Path, content: bytes | None, message: str) -> None:
    write(tmp_path, {} if content is None else {"mine.urls": content})
    with pytest.raises(SourceError) as caught:
        listed_urls(tmp_path / "mine.urls")
    assert str(caught.value) == message
