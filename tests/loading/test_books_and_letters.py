"""EPUB, RTF, OpenDocument and e-mail: their text, and what they say about themselves."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from assistant.errors import SourceError
from assistant.loading.dating import BY_PROPERTIES
from assistant.loading.epub import load_epub
from assistant.loading.loaded import Loaded
from assistant.loading.mail import load_mail
from assistant.loading.metadata import Metadata
from assistant.loading.opendocument import load_opendocument
from assistant.loading.rtf import load_rtf
from tests.loading.bombs import replaced
from tests.loading.makers import SENTENCES, eml, epub, odt, rtf, zipped

WORDS = "한국 정부, أعربت, Größe, e\u0301 and \N{GRINNING FACE} \N{MAN}\u200d\N{WOMAN}."


@pytest.mark.parametrize(
    ("load", "make"),
    [(load_rtf, lambda text: rtf((text,))), (load_opendocument, lambda text: odt((text,))), (load_epub, lambda text: epub((f"<p>{text}</p>",))), (load_mail, eml)],
)
def test_any_script_comes_out_as_it_went_in(load: Callable[[bytes], Loaded], make: Callable[[str], bytes]) -> None:
    assert load(make(WORDS)).text == WORDS + "\n"


# EPUB

STATED = "<dc:title>The harbour</dc:title><dc:creator>Ann Lee</dc:creator><dc:creator>Bo Kim</dc:creator><dc:publisher>Norvia Press</dc:publisher><dc:date>2025-04-09T00:00:00Z</dc:date>"


def test_chapters_stand_in_the_order_of_the_spine() -> None:
    chapters = ("<h1>One</h1><p>First.</p>", "<p>Second.</p><p hidden>No.</p>", "<p>Third.</p>")
    assert load_epub(epub(chapters, metadata=STATED)) == (
        "# One\n\nFirst.\n\nSecond.\n\nThird.\n", Metadata("The harbour", "Norvia Press", "Ann Lee, Bo Kim", "2025-04-09"), (), (),
    )  # fmt: skip


def test_a_protected_book_says_so() -> None:
    data = zipped({"META-INF/container.xml": "<a/>", "META-INF/encryption.xml": '<e><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></e>'})
    with pytest.raises(SourceError, match="copy-protected"):
        load_epub(data)


def test_a_missing_chapter_is_told() -> None:
    package = '<package><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/><item id="b" href="b%20.xhtml#x" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/><itemref idref="b"/></spine></package>'
    loaded = load_epub(zipped({"book.opf": package, "b .xhtml": "<p>Here.</p>"}))
    assert (loaded.text, loaded.warnings) == ("Here.\n", ("1 of its chapters are missing from the file.",))


def test_numbers_of_notes_and_what_a_style_sheet_hides_are_not_read() -> None:
    chapter = (
        '<link rel="stylesheet" href="s.css"/><p>It cost 12 million<sup id="c1"><a epub:type="noteref" href="#n1">1</a></sup>, said the'
        ' council<span class="gone"> never</span>.</p><p>See <a href="#n1">the note on cost</a>.</p>'
        '<aside id="n1"><p><sup><a href="#c1">1</a></sup>In crowns.</p></aside>'
    )
    book = io.BytesIO(epub((chapter,)))
    with zipfile.ZipFile(book, "a") as archive:
        archive.writestr("OEBPS/s.css", ".gone { display: none; }")
    assert load_epub(book.getvalue()).text == "It cost 12 million, said the council.\n\nSee the note on cost.\n\nIn crowns.\n"


# RTF


def test_rich_text_is_read_as_it_is_shown() -> None:
    body = (
        "\\pard\\plain\\outlinelevel1{\\listtext 1.\\tab}{\\*\\bkmkstart x}{\\b What ships pay}\\par\\pard Ferries pay"
        "{\\deleted  nothing}{\\v \\u233?\\'e9\\tab unseen} 12 crowns{\\super\\chftn{\\*\\footnote\\pard\\plain\\chftn\\tab In \\b winter.}}\\v  more\\v0  a day."
        "\\par{\\listtext\\u61589?\\tab}Boats\\~pay\\tab 3.\\par{\\pict\\bin9 {\\v }}\\v }\\pard Last.\\par"
    )
    loaded = load_rtf(f"{{\\rtf1\\ansi{{\\fonttbl{{\\f0 Arial;}}}}{body}}}".encode())
    assert loaded.text == "## What ships pay\n\nFerries pay 12 crowns a day.\n\nBoats pay 3.\n\nLast.\n\nIn winter.\n"


def test_rich_text_is_paragraphs_and_information() -> None:
    info = "{\\info{\\title Harbour \\'e9t\\'e9}{\\author Ann Lee}{\\creatim\\yr2025\\mo4\\dy9}}"
    assert load_rtf(rtf(info=info)) == ("\n\n".join(SENTENCES) + "\n", Metadata("Harbour été", None, "Ann Lee", "2025-04-09"), (), (BY_PROPERTIES.format("2025-04-09"),))


def test_rich_text_without_text_is_an_error() -> None:
    with pytest.raises(SourceError):
        load_rtf(b"{\\rtf1 }")


def test_rich_text_that_the_parser_breaks_off_at_is_told_in_words() -> None:
    with pytest.raises(SourceError, match=r"^it is damaged: its RTF cannot be read;"):
        load_rtf(b"{\\rtf1\\uc Words.}")
    assert load_rtf(rtf(info="{\\info{\\title A\\uc  b}}")).metadata == Metadata()


# OpenDocument


def test_a_text_is_headings_paragraphs_and_tables() -> None:
    loaded = load_opendocument(odt(("# The harbour", SENTENCES[0]), title="Report", rows=(("Year", "Cost"), ("2023", "5 million"))))
    assert loaded == (
        f"# The harbour\n\n{SENTENCES[0]}\n\nYear: 2023; Cost: 5 million.\n", Metadata("Report", None, "The port authority", "2025-04-09"), (),
        (BY_PROPERTIES.format("2025-04-09"),),
    )  # fmt: skip


def opendocument(kind: str, body: str) -> bytes:
    names = "".join(f' xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for prefix, name in
                    (("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("presentation", "presentation"), ("style", "style")))  # fmt: skip
    content = f"<office:document-content{names}><office:body>{body}</office:body></office:document-content>"
    return zipped({"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": content})


def test_a_spreadsheet_is_rows_and_its_padding_nothing() -> None:
    row = "<table:table-row>%s</table:table-row>"
    cell = "<table:table-cell%s><text:p>%s</text:p></table:table-cell>"
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    rows = row % (cell % ("", "Name") + cell % ("", "City") + empty) + row % (cell % ("", "Ann") + cell % ("", "Paris") + empty)
    padding = f'<table:table-row table:number-rows-repeated="1048574">{empty}</table:table-row>'
    body = f'<office:spreadsheet><table:table table:name="People">{rows}{padding}</table:table></office:spreadsheet>'
    assert load_opendocument(opendocument("spreadsheet", body)).text == "## People\n\nName: Ann; City: Paris.\n"


def table_of(*rows: tuple[str, ...]) -> str:
    cells = ("".join(f"<table:table-cell>{cell}</table:table-cell>" for cell in row) for row in rows)
    return "<table:table>" + "".join(f"<table:table-row>{row}</table:table-row>" for row in cells) + "</table:table>"


AS_OF_MAY = "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>As of May.</text:p></text:note-body></text:note>"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("<office:annotation><text:p>Wrong, should be 15%</text:p></office:annotation><text:p>24%</text:p>", "Rate; 24%.\n"),
        (f"<text:p>24%{AS_OF_MAY}</text:p>", "Rate; 24% As of May.\n"),
        (f"<text:p>Dues</text:p>{table_of(('<text:p>Ferry</text:p>', '<text:p>120</text:p>'))}", "Rate; Dues Ferry 120.\n"),
        ("<text:p>One</text:p><text:list><text:list-item><text:p>two</text:p></text:list-item></text:list>", "Rate; One two.\n"),
    ],
)
def test_a_cell_is_read_once_and_without_its_comments(cell: str, expected: str) -> None:
    body = f"<office:text>{table_of(('<text:p>Rate</text:p>', cell))}</office:text>"
    assert load_opendocument(opendocument("text", body)).text == expected


def test_the_lines_of_a_text_box_stand_apart() -> None:
    box = "<draw:frame><draw:text-box><text:p>Figure 1: The <text:span>harbour</text:span></text:p><text:p>Photo: Ann Berg</text:p></draw:text-box></draw:frame>"
    body = f"<office:text><text:p>Before. {box}The council\nvoted.</text:p></office:text>"
    assert load_opendocument(opendocument("text", body)).text == "Before.\nFigure 1: The harbour\nPhoto: Ann Berg\nThe council voted.\n"


def test_a_slide_is_a_page() -> None:
    pages = "".join(f"<draw:page><draw:frame><draw:text-box><text:p>{s}</text:p></draw:text-box></draw:frame></draw:page>" for s in SENTENCES[:2])
    loaded = load_opendocument(opendocument("presentation", f"<office:presentation>{pages}</office:presentation>"))
    assert (loaded.text, loaded.pages) == (f"{SENTENCES[0]}\n\n{SENTENCES[1]}\n", (0, len(SENTENCES[0]) + 2))


def test_blanks_notes_and_deleted_words() -> None:
    paragraph = (
        "<text:tracked-changes><text:p>gone</text:p></text:tracked-changes><text:p>A<text:s/>word<text:line-break/>and <text:span>more</text:span> "
        "here<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>A note.</text:p></text:note-body></text:note>.</text:p>"
    )
    assert load_opendocument(opendocument("text", f"<office:text>{paragraph}</office:text>")).text == "A word\nand more here.\nA note.\n"


def test_words_that_a_style_hides_are_not_read() -> None:
    hidden = '<office:automatic-styles><style:style style:name="T1"><style:text-properties text:display="none"/></style:style></office:automatic-styles>'
    body = f'{hidden}<office:text><text:p>The fund<text:span text:style-name="T1"> is <text:span>empty</text:span></text:span> grew.</text:p></office:text>'
    assert load_opendocument(opendocument("text", body)).text == "The fund grew.\n"


def test_the_title_of_a_slide_is_a_heading() -> None:
    frame = "<draw:frame presentation:class='{}'><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    body = f"<office:presentation><draw:page>{frame.format('title', 'Ferries')}{frame.format('outline', 'They run.')}</draw:page></office:presentation>"
    loaded = load_opendocument(opendocument("presentation", body))
    assert (loaded.text, loaded.metadata.title) == ("# Ferries\n\nThey run.\n", "Ferries")


def test_an_encrypted_text_says_so() -> None:
    with pytest.raises(SourceError, match="it is encrypted"):
        load_opendocument(replaced(odt(), "META-INF/manifest.xml", b"<manifest><encryption-data/></manifest>"))


# E-mail


def test_a_message_is_its_text_with_subject_sender_and_date() -> None:
    assert load_mail(eml()) == ("\n\n".join(SENTENCES) + "\n", Metadata("Harbour news", None, "The Port Authority", "2025-04-09T11:00Z"), (), ())


def test_the_plain_part_is_read_and_a_page_where_there_is_none() -> None:
    page = f"<html><body><p>{SENTENCES[0]}</p><p style='display:none'>hidden</p></body></html>"
    assert load_mail(eml("Plain words.", html_part="<p>Other words.</p>")).text == "Plain words.\n"
    assert load_mail(eml("", html_part=page)).text == SENTENCES[0] + "\n"


def test_attachments_are_named() -> None:
    loaded = load_mail(eml(attachments=("a.pdf", "b.xlsx")))
    assert loaded.warnings == ("Attachments were not read: a.pdf, b.xlsx. Save and add them by themselves.",)


def message(*parts: str, kind: str = "mixed", boundary: str = "b") -> str:
    """A message, or a part of one, of parts that are written with their headers; a boundary of its own for each that holds others."""
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n' + "".join(f"--{boundary}\n{part}\n" for part in parts) + f"--{boundary}--"


def part(kind: str, content: str, disposition: str = "inline") -> str:
    return f"Content-Type: {kind}\nContent-Disposition: {disposition}\n\n{content}\n"


PLAN = part("application/pdf", "x", "inline; filename=plan.pdf")
PLAN_UNREAD = "Attachments were not read: plan.pdf. Save and add them by themselves."
PIXEL = part("text/html", "<img src=a.gif>")


@pytest.mark.parametrize(
    ("body", "expected", "warnings"),
    [
        (message(part("text/plain", "The plan:"), PLAN, part("text/plain", "The vote is on 3 May.")), "The plan:\n\nThe vote is on 3 May.\n", (PLAN_UNREAD,)),
        (message(part("text/html", "<p>The plan:</p>"), PLAN, part("text/html", "<p>The vote.</p>")), "The plan:\n\nThe vote.\n", (PLAN_UNREAD,)),
        (message(part("text/html", "<p>The vote is on 3 May.</p>"), part("text/plain", "Ports mailing list")), "The vote is on 3 May.\n\nPorts mailing list\n", ()),
        (message(part("text/plain", "The vote is on 3 May."), PIXEL), "The vote is on 3 May.\n", ()),
        (
            message(part("text/plain", "Plain."), message(part("text/html", "<p>Styled.</p>"), PLAN, part("text/html", "<p>More.</p>"), boundary="c"), kind="alternative"),
            "Plain.\n", (PLAN_UNREAD,),
        ),
        (message(message(part("text/html", "<p>Styled.</p>"), part("text/plain", "Plain."), kind="alternative", boundary="c"), part("text/plain", "A list")), "Plain.\n\nA list\n", ()),
        (message(part("text/plain; charset=utf-8", "\N{NO-BREAK SPACE}\N{ZERO WIDTH SPACE}"), part("text/html", "<p>Styled.</p>"), kind="alternative"), "Styled.\n", ()),
        (message(part("text/plain", "The vote."), part("text/plain", "\0\1")), "The vote.\n", ()),
        (message(part("text/html", "<p>Words.</p>"), part("text/html", "<p>A frame.</p>"), kind="related"), "Words.\n", ()),
        (message(part("text/plain", "Read this."), part("text/plain", "Not this.", "attachment")), "Read this.\n", ("Attachments were not read: text/plain. Save and add them by themselves.",)),
        (message(part("text/plain", "See the table."), part("text/csv", "a,b", "inline; filename=dues.csv")), "See the table.\n", (PLAN_UNREAD.replace("plan.pdf", "dues.csv"),)),
    ],
)  # fmt: skip
def test_every_part_of_a_message_is_read_once_or_named(body: str, expected: str, warnings: tuple[str, ...]) -> None:
    loaded = load_mail(f"Subject: Minutes\nMIME-Version: 1.0\n{body}\n".encode())
    assert (loaded.text, loaded.warnings) == (expected, warnings)


@pytest.mark.parametrize(("name", "called"), [("; name=budget.eml", "budget.eml"), ("", "The budget")])
def test_an_attached_message_is_named_and_not_read(name: str, called: str) -> None:
    inner = f"Content-Type: message/rfc822{name}\n\nFrom: Bo <bo@norvia.example>\nSubject: The budget\nContent-Type: text/plain\n\nIt is 40 million crowns.\n"
    data = f"Subject: Fwd\nMIME-Version: 1.0\n{message(part('text/plain', 'See below.'), inner)}\n".encode()
    warning = f"Attachments were not read: {called}. Save and add them by themselves."
    assert (load_mail(data).text, load_mail(data).warnings) == ("See below.\n", (warning,))
    with pytest.raises(SourceError, match=rf"holds no text; attached: {called}$"):
        load_mail(data.replace(b"See below.", b""))


def test_a_saved_page_in_one_file_is_a_page() -> None:
    data = (
        b"From: <Saved by a browser>\nSnapshot-Content-Location: https://norvia.example/a\nSubject: The harbour\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/related; type="text/html"; boundary="b"\n\n--b\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n'
        + f"<html><body><p>{SENTENCES[0]} caf=C3=A9</p></body></html>\n--b\nContent-Type: image/png\nContent-Location: https://norvia.example/a.png\n\nx\n--b--\n".encode()
    )
    assert load_mail(data) == (f"{SENTENCES[0]} café\n", Metadata(title="The harbour", url="https://norvia.example/a"), (), ())


@pytest.mark.parametrize(
    ("header", "value", "expected"),
    [
        ("Date", "no date at all", Metadata("Harbour news", None, "The Port Authority", None)),
        ("From", "port@norvia.example", Metadata("Harbour news", None, "port@norvia.example", "2025-04-09T11:00Z")),
        ("Subject", "Größe und Straße", Metadata("Größe und Straße", None, "The Port Authority", "2025-04-09T11:00Z")),
    ],
)
def test_headers_that_are_odd(header: str, value: str, expected: Metadata) -> None:
    assert load_mail(eml(**{header: value})).metadata == expected


def test_what_is_no_message_is_an_error() -> None:
    for data in (b"Just words.\n\nMore words.", b"", b"\n\n"):
        with pytest.raises(SourceError, match="it is no e-mail"):
            load_mail(data)
    with pytest.raises(SourceError, match=r"holds no text; attached: a\.pdf"):
        load_mail(eml(" ", attachments=("a.pdf",)))
