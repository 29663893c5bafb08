"""Web pages: the article, its paragraphs apart, nothing a browser hides, and what the page says about itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import SourceError
from assistant.loading.html import load_html, parse, shown_text
from assistant.loading.metadata import Metadata
from tests.loading.makers import SENTENCES, html

LONG = "".join(f"<p>{sentence} {sentence[:-1]} again.</p>" for sentence in SENTENCES)


def text_of(body: str) -> str:
    return load_html(html(body)).text


def metadata_of(head: str, body: str = LONG) -> Metadata:
    return load_html(html(body, head=head)).metadata


def test_an_article_is_its_paragraphs_parted_by_blank_lines() -> None:
    page = (
        "<html><body><nav><ul><li><a href=/>Home</a><li><a href=/w>World</a></ul></nav>"
        f"<article><h1>The harbour grows</h1>{''.join(f'<p>{s}</p>' for s in SENTENCES)}<h2>What comes next</h2>"
        "<ul><li>Lamps in May.</li><li>A lift in 2027.</li></ul></article><footer>Copyright Norvia Post</footer></body></html>"
    )
    assert load_html(page.encode()).text == (
        "# The harbour grows\n\n" + "\n\n".join(SENTENCES) + "\n\n## What comes next\n\nLamps in May.\n\nA lift in 2027.\n"
    )


@pytest.mark.parametrize("glue", ["</p><p>", "</div><div>", "<br><br>", "</li><li>", "</td></tr><tr><td>", "</h2><p>", "</section><section>"])
def test_neighbours_are_never_glued(glue: str) -> None:
    shown = shown_text(parse(f"<body><section><div><p>one{glue}two</p></div></section></body>"))
    assert shown.split() == ["one", "two"]


def test_a_table_is_rows_with_their_columns_names() -> None:
    rows = "".join(f"<tr><td>{name}</td><td>{rate}</td></tr>" for name, rate in (("Japan", "24%"), ("Norvia", "17%")))
    table = f"<table><thead><tr><th>Country</th><th>Rate</th></tr></thead>{rows}</table>"
    assert "Country: Japan; Rate: 24%.\nCountry: Norvia; Rate: 17%.\n" in text_of(LONG + table)


@pytest.mark.parametrize(
    "hidden",
    [
        '<p style="display:none">SECRET words.</p>', '<p style="color:red; DISPLAY : none !important">SECRET words.</p>', "<p hidden>SECRET words.</p>",
        '<p aria-hidden="true">SECRET words.</p>', '<p style="font-size:0">SECRET words.</p>', '<div style="height:0;overflow:hidden">SECRET words.</div>',
        '<p style="visibility: hidden">SECRET words.</p>', '<p style="opacity:0">SECRET words.</p>', '<p class="gone">SECRET words.</p>', "<p id=away>SECRET words.</p>",
        "<template><p>SECRET words.</p></template>", "<noscript>SECRET words.</noscript>", "<!-- SECRET words. -->", '<div hidden><p>In it: <b>SECRET</b></p></div>',
    ],
)  # fmt: skip
def test_what_a_browser_hides_is_not_read(hidden: str) -> None:
    style = "<style>/* a { b } */ .gone, #away { margin: 0; display: none } @media print { .shown { display: none } }</style>"
    found = load_html(html(f'{LONG}{hidden}<p class="shown">The last paragraph stands in the page as any reader sees it.</p>', head=style)).text
    assert "SECRET" not in found
    assert found.endswith("The last paragraph stands in the page as any reader sees it.\n")


@pytest.mark.parametrize("style", ["opacity:0.9", "font-size:0.9em", "width:0.5px", "height:05%", "max-width:100%", "line-height:0", "border-width:0"])
def test_what_is_merely_styled_is_read(style: str) -> None:
    assert "SHOWN" in text_of(f'{LONG}<p style="{style}">This is SHOWN to every reader of the page.</p>')


def test_a_page_that_a_script_uncovers_is_read() -> None:
    assert load_html(f'<html><head><style>.page{{display:none}}</style></head><body><div class="page" aria-hidden="true">{LONG}</div></body>'.encode()).text


@pytest.mark.parametrize("style", ["opacity:0", "OPACITY : 0.00; transform: translateY(20px)", "visibility:hidden"])
@pytest.mark.parametrize("each", [False, True])
def test_an_article_that_fades_in_as_a_reader_scrolls_is_read(style: str, each: bool) -> None:
    menu = f'<nav style="{style}"><a href=/>Home</a> <a href=/w>World</a></nav>'
    article = LONG.replace("<p>", f'<p style="{style}">') if each else f'<div style="{style}">{LONG}</div>'
    found = load_html(f"<html><body>{menu}<article><h1>The harbour grows</h1>{article}</article><footer>Imprint</footer></body></html>".encode())
    assert found.text == "# The harbour grows\n\n" + "\n\n".join(f"{s} {s[:-1]} again." for s in SENTENCES) + "\n"
    assert found.warnings == ()


def test_a_page_without_an_article_is_read_whole() -> None:
    page = "<body>" + "".join(f"<div><span>Label {n}</span> <b>{n * 7} crowns</b></div>" for n in range(60)) + "</body>"
    found = load_html(page.encode()).text
    assert "Label 59 413 crowns" in found


def test_a_page_without_text_is_an_error() -> None:
    for page in (b"<html><body><script>var a = 'words';</script></body></html>", b"<p hidden>words</p>", b"<html></html>", b" "):
        with pytest.raises(SourceError):
            load_html(page)


LINKED = '<script type="application/ld+json">%s</script>'


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("", Metadata()),
        ("<title>The harbour grows</title>", Metadata(title="The harbour grows")),
        ("<title>The harbour grows | Norvia Post</title><meta property=og:site_name content='Norvia Post'>", Metadata("The harbour grows", "Norvia Post")),
        ("<meta property=og:title content='A &amp; B'><title>Other</title>", Metadata(title="A & B")),
        ("<meta name=author content='By Ann Lee'>", Metadata(author="Ann Lee")),
        ("<meta name=author content='https://norvia.example/ann'>", Metadata()),
        ("<meta property=article:published_time content='2025-04-09T20:00:00+09:00'>", Metadata(published="2025-04-09T11:00Z")),
        ("<meta name=date content=20250409>", Metadata(published="2025-04-09")),
        ("<meta property=article:modified_time content=2025-04-09>", Metadata()),
        ("<link rel=canonical href=https://norvia.example/a>", Metadata(url="https://norvia.example/a")),
        ("<link rel=canonical href='javascript:alert(1)'>", Metadata()),
        ("<link rel=canonical href='/a'>", Metadata()),
        (
            LINKED % '{"@type":"NewsArticle","headline":"Grows","datePublished":"2025-04-09","author":[{"name":"Ann Lee"},{"name":"Bo Kim"}],"publisher":{"name":"Post"}}',
            Metadata("Grows", "Post", "Ann Lee, Bo Kim", "2025-04-09"),
        ),
        (LINKED % '{"@graph":[{"@type":"WebSite","name":"no"},{"@type":["Report"],"headline":"Grows"}]}', Metadata(title="Grows")),
        (LINKED % '{"@type":"NewsArticle","headline":', Metadata()),
        (LINKED % ("[" * 100_000), Metadata()),
        (LINKED % '{"@type":"NewsArticle","headline":7,"author":{"name":{}},"publisher":[null]}', Metadata()),
    ],
)
def test_metadata_is_what_the_page_states(head: str, expected: Metadata) -> None:
    assert metadata_of(head) == expected


def test_the_one_heading_is_a_title_and_a_date_in_the_text_is_none() -> None:
    assert metadata_of("<title>Home</title>", f"<h1>The harbour grows</h1><p>On 9 April 2025 talks failed.</p>{LONG}") == Metadata(title="The harbour grows")


@pytest.mark.parametrize(
    ("encoding", "declared"), [("shift_jis", "Shift_JIS"), ("euc-kr", "euc-kr"), ("windows-1251", "windows-1251"), ("utf-16", "utf-16"), ("utf-8", "latin-9000")]
)
def test_a_page_is_read_as_it_declares(encoding: str, declared: str) -> None:
    words = {"shift_jis": "日本の首相は月曜日に話し合う予定である。", "euc-kr": "한국 정부는 월요일 우려를 표명했다.", "windows-1251": "Министр поехал в Вашингтон."}.get(encoding, "Café.")
    page = f'<html><head><meta http-equiv=Content-Type content="text/html; charset={declared}"></head><body><p>{words}</p></body></html>'
    loaded = load_html(page.encode(encoding))
    assert (loaded.text, loaded.warnings) == (words + "\n", ())


@given(st.text(st.sampled_from("<>/pbdivulstable=\"' \n&#;0aé漢!-"), max_size=200))
def test_any_tags_are_read_or_refused(body: str) -> None:
    try:
        loaded = load_html(f"<html><body>{body}</body></html>".encode())
    except SourceError:
        return
    assert loaded.text.strip()
    loaded.text.encode()
