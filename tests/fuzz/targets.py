"""What is fuzzed: for each reader a function from any bytes to checks that hold whatever the bytes are.

In: bytes. Out: nothing; an exception where a reader broke off, or gave what no document may be. Needs no fuzzer: the seeds, and what a
fuzzer found, run as ordinary tests.
"""

from __future__ import annotations

import json
import re
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.alignment import windows
from assistant.chunking import chunk
from assistant.citations import Citations, is_verbatim
from assistant.cleaning import article_paragraphs
from assistant.errors import SourceError
from assistant.feeds import feed_urls
from assistant.loading.encoding import decode_any
from assistant.loading.epub import load_epub
from assistant.loading.html import load_html
from assistant.loading.kinds import kind_of
from assistant.loading.loaded import Loaded, clean
from assistant.loading.mail import load_mail
from assistant.loading.metadata import Metadata, parse_date
from assistant.loading.opendocument import load_opendocument
from assistant.loading.rtf import load_rtf
from assistant.loading.sheets import load_csv
from assistant.loading.text import load_text
from assistant.loading.unpacking import unpacked
from assistant.sentences import sentences
from assistant.sidecar import FIELDS, read_about, sidecar_of, write_about
from assistant.types import Document, Hit, Passage, Place, Span
from assistant.values import values
from tests.fakes import HashingEncoder
from tests.loading.makers import SENTENCES, eml, html, odt, rtf, table, zipped

ISO = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\dZ?)?")
LONGEST_REASON = 400
PART = b"\0\0--\0\0"
"""Between the members of an archive: its own format would keep a fuzzer busy with checksums."""
DECLARED = (None, "utf-8", "windows-1252", "iso-2022-jp", "shift_jis", "utf-7", "utf-16", "idna", "hz", "nonsense")


@dataclass(frozen=True, slots=True)
class Target:
    """A reader: what takes any bytes, whole files to begin with, and words that a file of the kind holds."""

    check: Callable[[bytes], None]
    seeds: Callable[[], Sequence[bytes]]
    words: Sequence[str]


def check_loaded(loaded: Loaded, *, as_it_stands: bool = False) -> None:
    """What is read can be stored, shown and counted in; a text `as_it_stands` may hold control characters."""
    text = loaded.text
    assert text.encode().decode() == text
    assert as_it_stands or clean(text) == text
    assert "\r" not in text
    check_metadata(loaded.metadata)
    assert list(loaded.pages) == sorted(set(loaded.pages))
    assert all(0 <= start <= len(text) for start in loaded.pages)
    for warning in loaded.warnings:
        check_sentence(warning)
    assert json.loads(json.dumps(loaded._asdict()))["text"] == text  # as the worker sends it


def check_metadata(metadata: Metadata) -> None:
    """Each field is a line with something in it, or None; a date is one."""
    for name, value in metadata._asdict().items():
        assert value is None or (value.strip() and "\n" not in value and value.encode().decode() == value), (name, value)
    if metadata.published is not None:
        assert ISO.fullmatch(metadata.published), metadata.published
        assert parse_date(metadata.published) == metadata.published


def check_sentence(said: str) -> None:
    """What a person is told: one line, none too long."""
    assert said.strip()
    assert "\n" not in said
    assert len(said) <= LONGEST_REASON
    assert said.encode().decode() == said


def reader(load: Callable[[bytes], Loaded], *, as_it_stands: bool = False) -> Callable[[bytes], None]:
    """The check of a loader: it reads, or says in a sentence why not, and raises nothing else."""

    def check(data: bytes) -> None:
        try:
            loaded = load(data)
        except SourceError as exc:
            check_sentence(str(exc))
            return
        check_loaded(loaded, as_it_stands=as_it_stands)

    return check


def check_encoding(data: bytes) -> None:
    """By each declaration, and kinds by their first bytes."""
    declared = DECLARED[data[0] % len(DECLARED)] if data else None
    try:
        text, warning = decode_any(data[1:], declared=declared)
    except SourceError as exc:
        check_sentence(str(exc))
    else:
        assert text.encode().decode() == text
        assert "\r" not in text
        if warning:
            check_sentence(warning)
    try:
        kind = kind_of(data)
    except SourceError as exc:
        check_sentence(str(exc))
    else:
        assert kind is None or kind.startswith(".")


def check_epub(data: bytes) -> None:
    """A package file and pages, made an e-book."""
    package, *pages = data.split(PART)
    container = b'<container><rootfiles><rootfile full-path="O/b.opf"/></rootfiles></container>'
    members = {"META-INF/container.xml": container, "O/b.opf": package, **{f"O/{n}.xhtml": page for n, page in enumerate(pages[:8])}}
    reader(load_epub)(zipped(members))


def check_opendocument(data: bytes) -> None:
    """Content and properties, made an OpenDocument file."""
    content, _, properties = data.partition(PART)
    reader(load_opendocument)(zipped({"content.xml": content, **({"meta.xml": properties} if properties else {})}))


def check_archive(data: bytes) -> None:
    """Names and contents, made an archive: what is unpacked has a name that leads nowhere else, and each once."""
    parts = [part for part in data.split(PART)[:12] if part]
    names = [part.partition(b"\n")[0].decode("utf-8", "replace").replace("\0", "") or "-" for part in parts]
    contents = [part.partition(b"\n")[2] for part in parts]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.zip")
        path.write_bytes(data if data.startswith(b"PK") else zipped(dict(zip(names, contents, strict=True))))
        try:
            with unpacked(path) as (members, refused):
                for name, file in members:
                    assert not name.startswith("/")
                    assert ".." not in name.split("/")
                    assert file.is_file()
                    assert name.encode().decode() == name
                    Path(folder, "sources", name).parent.mkdir(parents=True, exist_ok=True)
                for _, reason in refused:
                    check_sentence(reason)
                assert data.startswith(b"PK") or all(file.read_bytes() in contents for _, file in members)
        except SourceError as exc:
            check_sentence(str(exc))


def check_sidecar(data: bytes) -> None:
    """It is read, or passed over with a word; what is set in it is read back, and what else stands there stays."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.txt")
        beside = sidecar_of(path)
        beside.write_bytes(data)
        before = read_about(path)
        for warning in before.warnings:
            assert "\n" not in warning
        check_metadata(Metadata(before.title or None, before.publisher or None, before.author or None, before.published or None))
        try:
            write_about(path, {"title": "Set", "published": "2025-04-09", "author": None})
        except SourceError:
            assert beside.read_bytes() == data
            return
        after = read_about(path)
        assert (after.title, after.published, after.author) == ("Set", "2025-04-09", None)
        assert (after.publisher, after.url) == (before.publisher, before.url)
        old, new = (tomllib.loads(text) for text in (data.decode("utf-8-sig"), beside.read_text("utf-8")))
        assert {k: str(v) for k, v in old.items() if k not in FIELDS} == {k: str(v) for k, v in new.items() if k not in FIELDS}


def check_feed(data: bytes) -> None:
    """Addresses, each once."""
    found = feed_urls(data, "https://example.org/feed.xml")
    assert found is None or len(found) == len(set(found))


def check_citations(data: bytes) -> None:
    """Paragraphs, sentences, passages and quotes of any text lie where they say, in order, and slice back."""
    title, _, text = data.decode("utf-8", "replace").replace("\r", "\n").partition("\n")
    document = Document("0" * 16, "a.txt", text, title=title or None)
    counter, end = HashingEncoder(), 0
    for paragraph in article_paragraphs(document):
        assert end <= paragraph.start < paragraph.end <= len(text)
        end = paragraph.end
        found = sentences(text, paragraph)
        inside = "".join(text[slice(*span)] for span in found)
        assert "".join(inside.split()) == "".join(text[slice(*paragraph)].split())
        for span in found:
            assert text[slice(*span)] == text[slice(*span)].strip()
            for value in values(text[slice(*span)]):
                assert value.text
    copy = Document("1" * 16, "b.txt", text[1:])
    citations = Citations({"b.txt": copy}.get)
    for rank, passage in enumerate(chunk(document, counter), start=1):
        assert text[passage.start : passage.end] == passage.text == passage.text.strip()
        assert counter.count_tokens(passage.text) + 2 <= counter.max_tokens
        place = Place("b.txt", max(0, passage.start - 1), len(copy.text))
        hit = Hit(Passage(document.id, passage.start, passage.end, passage.text), document, 0.5, rank, 0.5, (place,))
        for window in windows(title, hit)[:8]:
            assert passage.start <= window.span.start < window.span.end <= passage.end
            assert (0 <= window.covered <= 1.0, 0 <= window.in_context <= 1.0) == (True, True)
            citation, _ = citations.cite(hit, Span(*window.span))
            assert is_verbatim(citation, document)
            assert document.line_of(citation.start) == citation.line
            assert all(copy.text[other.start : other.end] == citation.quote for other in citation.also_in)


PAGE = html(
    "<h1>The harbour</h1><p hidden>no</p><p style='display:none'>no</p><table><tr><th>a<th>b<tr><td>1<td>2</table><pre>x\ny</pre>"
    + "".join(f"<p>{sentence}</p>" for sentence in SENTENCES * 2),
    head='<title>The harbour - Gazette</title><meta property="og:title" content="The harbour"><meta name=author content="By Port Authority">'
    '<link rel=canonical href="https://example.org/a"><style>.x{display:none}</style><time datetime="2025-04-09T20:00:00+0900" pubdate></time>'
    '<script type="application/ld+json">{"@graph":[{"@type":"NewsArticle","headline":"The harbour","datePublished":"2025-04-09",'
    '"author":[{"name":"Port Authority"}],"publisher":{"name":"Gazette"},"url":"https://example.org/a"}]}</script>',
)
ARTICLE = (
    "The harbour fund of Norvia grows\n\nBy The Port Authority\nPublished: April 9, 2025, 10:03 pm\n\n"
    + "\n\n".join(SENTENCES * 3)
    + '\n\n"We had it," the mayor said. "No." U.S. Mr. A. 25% of $3.5 million on 3 June.\n\nThe port, Gazette, Norvia.\n'
    "Gazette https://www.gazette.example/a\n© 2025 Gazette. All rights reserved.\n"
)
FRONT = '---\ntitle: "A: b"\ndate: 2025-04-09 20:00:00+09:00\nauthors: [One, Two]\nurl: https://example.org/a\nx: {y: [1, &a 2, *a]}\n---\n'
PACKAGE = (
    b'<package><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>T</dc:title><dc:creator>A</dc:creator><dc:date>2025-04-09</dc:date></metadata>'
    b'<manifest><item id="a" href="0.xhtml" media-type="application/xhtml+xml"/><item id="b" href="%31.xhtml" media-type="text/html"/></manifest>'
    b'<spine><itemref idref="a"/><itemref idref="b"/></spine></package>'
)
FEED = (
    b'<?xml version="1.0"?><rss><channel><item><link>https://example.org/a</link></item><item><guid isPermaLink="true">https://example.org/b</guid></item></channel></rss>',
    b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link rel="alternate" href="c"/></entry></feed>',
)
SIDECAR = b'# kept\ntitle = "A"\npublisher = ""\nauthor = ["B", "C"]\npublished = 2025-04-09T20:00:00+09:00\nurl = \'https://example.org\'\n[other]\nx.y = [1, {z = 2}]\n[[more]]\n'


def opendocument_seed() -> bytes:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(odt(("# Head", *SENTENCES), title="The harbour", rows=(("a", "b"), ("1", "2"))))) as archive:
        return archive.read("content.xml") + PART + archive.read("meta.xml")


TARGETS: dict[str, Target] = {
    "text": Target(
        reader(load_text, as_it_stands=True),
        lambda: [ARTICLE.encode(), (FRONT + ARTICLE).encode(), ARTICLE.encode("utf-16"), "Čau, žluťoučký kůň. ".encode("cp1250") * 9],
        ("---\n", "title:", "date:", "\n\n", "By ", "Published: ", "2025-04-09", "https://", "http://[", "© 2025 ", "&a ", "*a", "!!", "? ", "<<: "),
    ),
    "encoding": Target(check_encoding, lambda: [b"\1" + ARTICLE.encode(), b"\4" + "関税".encode("shift_jis") * 9, b"\xff\xfea\0b\0", b"%PDF-1.4", b"{\\rtf1 a}"], ("\0", "%PDF-", "{\\rtf", "<!doctype html>", "PK\3\4", "\x1b$B")),
    "html": Target(
        reader(load_html),
        lambda: [PAGE, html(), b"<table><tr><td>a<td><table><tr><td>b</table></table>", "<meta charset=euc-kr><p>관세 협상".encode("euc-kr") * 30],
        ("<p>", "</p>", "<div ", "<table>", "<tr>", "<td>", "<style>", "display:none", "hidden", "itemprop=", "<script type=application/ld+json>", "charset=", "<svg>", "<math>", "<template>", "<h1>", "&#0;"),
    ),
    "mail": Target(
        reader(load_mail),
        lambda: [eml(), eml(html_part="<p>Hello there.</p>", attachments=("a.pdf",)), eml(Subject="=?utf-8?b?w6TDtg==?=", From='"A, B" <a@b.example>'), b"MIME-Version: 1.0\nSnapshot-Content-Location: https://example.org\nContent-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n<p>Hello=20there.</p>\n--x--\n"],
        ("Content-Type: ", "multipart/mixed; boundary=", "message/rfc822", "text/html", "charset=", "Content-Transfer-Encoding: base64", "=?utf-8?q?", "?=", "Date: ", "From: ", "filename*0*=", "Content-Disposition: attachment"),
    ),
    "rtf": Target(
        reader(load_rtf),
        lambda: [rtf(info="{\\info{\\title A b}{\\author C}{\\creatim\\yr2025\\mo4\\dy9}}"), rtf(("a|b|c|", "1|2|3|", "Ünïcode – 関税")), b"{\\rtf1\\ansi\\ansicpg932 \\'8a\\'d6\\trowd a\\cell b\\cell\\row}"],
        ("{\\info", "{\\title ", "\\'", "\\u-123?", "\\uc2", "\\ansicpg", "\\fonttbl", "\\fcharset", "\\cell", "\\row", "\\bin9", "\\*", "\\par", "\\field", "HYPERLINK"),
    ),
    "csv": Target(reader(load_csv), lambda: [table(), table(delimiter=";"), b'"a\nb","c""d",\n1,2\n\n'], ('"', '""', ",", ";", "\t", "|", "\n")),
    "epub": Target(check_epub, lambda: [PART.join((PACKAGE, b"<html><body><h1>One</h1><p>Words.</p></body></html>", b"<p>More"))], ("<item ", "href=", "media-type=", "idref=", "dc:date", "%2e%2e/")),
    "opendocument": Target(check_opendocument, lambda: [opendocument_seed()], ("<table:table>", "number-columns-repeated=", "<text:p>", "<text:note>", "<draw:page>", "<text:s/>", "<office:body>")),
    "archive": Target(
        check_archive,
        lambda: [PART.join((b"a.txt\nWords.", b"in/b.md\n# Words", b"../out.txt\nx", b"C:\\x.txt\ny", b"Page.html\nz", b"Page_files/x.js\nw")), zipped({"a.txt": "Words.", "b/c.zip": zipped({"d": "e"})})],
        ("../", "/", "\\", ".zip", "_files/", "__MACOSX/", "PK\3\4", "PK\1\2", "PK\5\6"),
    ),
    "sidecar": Target(check_sidecar, lambda: [SIDECAR, b"", b"title = 'A'"], ("title", "published", " = ", '"""', "'''", "[", "]", "{", "}", "[[", "\\u0000", "1979-05-27T07:32:00Z", "nan", "\r\n", "a.b")),
    "feed": Target(check_feed, lambda: list(FEED), ("<rss", "<item>", "<link>", "<guid>", "https://", "http://[", "<!DOCTYPE", "<!ENTITY", "rel=", "href=")),
    "citations": Target(
        check_citations, lambda: [ARTICLE.encode(), (FRONT + ARTICLE).encode(), "제목\n관세 협상이 시작됐다. 「好」関税。 “So,” he said.\n\n".encode() * 3], ('"', "“", "”", ". ", "? ", "\n\n", "U.S. ", "Mr. ", "- ", "# ", "$3.5 million", "25%", "。")
    ),
}  # fmt: skip
"""By name."""
