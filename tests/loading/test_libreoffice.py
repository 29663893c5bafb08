"""Files as LibreOffice itself writes them: each format read back as what its author saw on the screen."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable

import pytest

from assistant.loading import load
from assistant.loading.dating import BY_PROPERTIES
from assistant.types import Document

SOFFICE = shutil.which("soffice")
pytestmark = [
    pytest.mark.libreoffice,
    pytest.mark.timeout(900),
    pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed; CONTRIBUTING.md names its packages"),
]

NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "office": "office", "text": "text", "table": "table", "style": "style", "draw": "drawing", "presentation": "presentation",
        "meta": "meta", "svg": "svg-compatible", "fo": "xsl-fo-compatible",
    }.items()
)  # fmt: skip
TITLE, AUTHOR, DAY = "The harbour of Norvia", "Harbour Office", "2025-04-15"
ARABIC = (
    "قال الوزير إن الميناء سيفتح في الخامس عشر من أبريل 2025.",
    "تملك شركة World Bank Group نسبة 24% من الأسهم (أي 5 ملايين سهم)، بحسب بيان صدر في 12/04/2025 عن الوزارة نفسها، وستعمل العبارات كلها بالبطاريات بحلول عام 2030.",
)
HEBREW = ("הנמל ייפתח מחדש ב-15 באפריל 2025.", "הקרן (World Bank) מחזיקה 24% מהמניות, כלומר $5 מיליון.")
JAPANESE = "港は四月十五日に再開する、と大臣は述べた。"
FUND, NOTE = "The harbour fund holds 66 million crowns, the ministry said on Monday.", "As audited on the last day of March."
ITEMS = ("The southern basin comes first.", "The northern basin follows in May.")
DUES = (("Ship", "Length", "Dues"), ("Ferry", "90 m", "120 crowns"), ("Trawler", "24 m", "35 crowns"))
DUES_READ = "Ship: Ferry; Length: 90 m; Dues: 120 crowns.\nShip: Trawler; Length: 24 m; Dues: 35 crowns."
EMOJI = "Ferries run again 🚢 and the café reopens 👩‍🚒."
SURVEY = " ".join(f"Line {i} of the survey tells how deep berth {i} is and how many ships it took in spring." for i in range(1, 31))
LAST = "The lighthouse was painted green in 1987."


def flat(kind: str, body: str, *, styles: str = "", automatic: str = "", master: str) -> str:
    """A document of one XML file, which LibreOffice opens as its own."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {NAMESPACES} xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.3"'
        f' office:mimetype="application/vnd.oasis.opendocument.{kind}"><office:meta><meta:creation-date>{DAY}T08:00:00</meta:creation-date>'
        f"<dc:title>{TITLE}</dc:title><meta:initial-creator>{AUTHOR}</meta:initial-creator><dc:date>2026-01-02T03:04:05</dc:date></office:meta>"
        f"<office:styles>{styles}</office:styles><office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:master-styles>{master}</office:master-styles><office:body><office:{kind}>{body}</office:{kind}></office:body></office:document>"
    )


def report() -> str:
    """Three pages with a header and a footer: headings, a footnote, deleted and hidden words, a list, a table, four scripts, two columns."""

    def paragraph(text: str, style: str = "Standard") -> str:
        return f'<text:p text:style-name="{style}">{text}</text:p>'

    def heading(text: str, level: int) -> str:
        return f'<text:h text:style-name="Heading_20_{level}" text:outline-level="{level}">{text}</text:h>'

    def style(name: str, properties: str, *, family: str = "paragraph", more: str = "") -> str:
        return f'<style:style style:name="{name}" style:family="{family}"{more}>{properties}</style:style>'

    before, _, after = FUND.partition(", the ministry said")
    note = f'<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body>{paragraph(NOTE, "Footnote")}</text:note-body></text:note>'
    table = "".join(
        f"<table:table-row>{''.join(f'<table:table-cell>{paragraph(cell)}</table:table-cell>' for cell in row)}</table:table-row>" for row in DUES
    )
    body = (
        '<text:tracked-changes><text:changed-region text:id="c1"><text:deletion><office:change-info><dc:creator>Clerk</dc:creator>'
        f"<dc:date>2025-04-14T08:00:00</dc:date></office:change-info>{paragraph('<text:s/>unlawfully')}</text:deletion></text:changed-region>"
        "</text:tracked-changes>"
        + heading("Dredging begins", 1)
        + paragraph(f'{before}{note}, the ministry said<text:change text:change-id="c1"/>{after}<text:span text:style-name="Hidden"> Nobody sees.</text:span>')
        + "<text:list>" + "".join(f"<text:list-item>{paragraph(item)}</text:list-item>" for item in ITEMS) + "</text:list>"
        + heading("What ships pay", 2)
        + f'<table:table table:name="Dues"><table:table-column table:number-columns-repeated="3"/>{table}</table:table>'
        + "".join(paragraph(text, "RightToLeft") for text in (*ARABIC, *HEBREW))
        + paragraph(JAPANESE) + paragraph(EMOJI) + paragraph("The survey follows.", "NewPage")
        + f'<text:section text:style-name="Columns" text:name="Survey">{paragraph(SURVEY)}</text:section>' + paragraph(LAST, "NewPage")
    )  # fmt: skip
    edge = 'style:header-footer-properties fo:min-height="0.8cm"'
    return flat(
        "text",
        body,
        styles=style("Standard", '<style:paragraph-properties fo:margin-bottom="0.3cm"/>')
        + style("Footnote", '<style:paragraph-properties fo:margin-left="0.6cm" fo:text-indent="-0.6cm"/><style:text-properties fo:font-size="9pt"/>')
        + "".join(
            style(f"Heading_20_{n}", f'<style:text-properties fo:font-size="{size}pt"/>', more=f' style:display-name="Heading {n}" style:default-outline-level="{n}"')
            for n, size in ((1, 18), (2, 14))
        ),
        automatic='<style:page-layout style:name="A4"><style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm" fo:margin="2cm"/>'
        f"<style:header-style><{edge}/></style:header-style><style:footer-style><{edge}/></style:footer-style></style:page-layout>"
        + style("NewPage", '<style:paragraph-properties fo:break-before="page"/>')
        + style("RightToLeft", '<style:paragraph-properties style:writing-mode="rl-tb" fo:text-align="right" fo:margin-bottom="0.3cm"/>')
        + style("Hidden", '<style:text-properties text:display="none"/>', family="text")
        + style("Columns", '<style:section-properties><style:columns fo:column-count="2" fo:column-gap="0.8cm"/></style:section-properties>', family="section"),
        master='<style:master-page style:name="Standard" style:page-layout-name="A4"><style:header><text:p>Harbour Office circular</text:p></style:header>'
        "<style:footer><text:p>Page <text:page-number>1</text:page-number></text:p></style:footer></style:master-page>",
    )


SLIDES = (
    ("Ferry timetable", ("The first boat leaves at 5:40 on weekdays.", "The fund holds 66 million crowns."), "Thank the port authority."),
    (JAPANESE, (EMOJI, "Bicycles travel free."), "Show the chart last."),
    ("Questions", ("Write to the harbour office.",), ""),
)


def talk() -> str:
    """Three slides, two with notes."""

    def frame(kind: str, style: str, top: int, lines: tuple[str, ...]) -> str:
        text = "".join(f"<text:p>{line}</text:p>" for line in lines)
        return (
            f'<draw:frame presentation:style-name="Default-{style}" presentation:class="{kind}" draw:layer="layout" svg:width="20cm" svg:height="3cm"'
            f' svg:x="2cm" svg:y="{top}cm"><draw:text-box>{text}</draw:text-box></draw:frame>'
        )

    def slide(title: str, lines: tuple[str, ...], notes: str) -> str:
        below = f"<presentation:notes>{frame('notes', 'notes', 14, (notes,))}</presentation:notes>" if notes else ""
        return f'<draw:page draw:master-page-name="Default">{frame("title", "title", 1, (title,))}{frame("outline", "outline1", 6, lines)}{below}</draw:page>'

    return flat(
        "presentation",
        "".join(slide(*each) for each in SLIDES),
        styles="".join(f'<style:style style:name="Default-{name}" style:family="presentation"/>' for name in ("title", "outline1", "notes")),
        automatic='<style:page-layout style:name="Screen"><style:page-layout-properties fo:page-width="28cm" fo:page-height="15.75cm"/></style:page-layout>',
        master='<style:master-page style:name="Default" style:page-layout-name="Screen"/>',
    )


RATES = "Country,Rate,Since,Note\nJapan,24%,2025-04-09,車 and 鉄\nNorvia,17%,2025-04-15,\"café, 🚢\"\nمصر,10%,2025-04-05,قطن\n"
PAGE = (
    f'<!doctype html><html><head><meta charset="utf-8"><title>{TITLE}</title></head><body><h1>Dredging begins</h1><p>{FUND} 🚢</p>'
    f'<p dir="rtl">{ARABIC[0]}</p><table>{"".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in DUES)}</table></body></html>'
)

Read = Callable[[str], Document]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """A file by its name, once all have been written by LibreOffice, each kind in one run of it."""
    folder = tmp_path_factory.mktemp("office")
    written = {"report.fodt": report(), "talk.fodp": talk(), "rates.csv": RATES, "page.html": PAGE, "letter.txt": f"{FUND}\n\n{JAPANESE} 🚢\n"}
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")

    def convert(kind: str, *names: str, reader: str = "") -> None:
        done = subprocess.run(
            [str(SOFFICE), f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", *([f"--infilter={reader}"] if reader else []),
             "--convert-to", kind, "--outdir", str(folder), *(str(folder / name) for name in names)],
            capture_output=True, text=True, timeout=180,
        )  # fmt: skip
        missing = [name for name in names if not (folder / name).with_suffix(f".{kind}").is_file()]
        assert not missing, (done.stdout, done.stderr)

    for kind in ("docx", "odt", "rtf", "epub"):
        convert(kind, "report.fodt")
    for kind in ("pptx", "odp"):
        convert(kind, "talk.fodp")
    convert("pdf", "report.fodt", "talk.fodp")
    for kind in ("xlsx", "ods"):
        convert(kind, "rates.csv", reader="CSV:44,34,UTF-8,1")
    convert("docx", "page.html", reader="HTML (StarWriter)")
    convert("odt", "letter.txt")
    return lambda name: load(folder / name, name, seconds=60)


def facts(document: Document) -> tuple[str | None, str | None, str | None]:
    return document.title, document.author, document.published


WHOLE = ("# Dredging begins", FUND, *ITEMS, "## What ships pay", DUES_READ, *ARABIC, *HEBREW, JAPANESE, EMOJI, "The survey follows.", SURVEY, LAST)


@pytest.mark.parametrize("kind", ["docx", "odt", "rtf"])
def test_a_text_document_is_read_as_it_is_shown(read: Read, kind: str) -> None:
    document = read(f"report.{kind}")
    assert facts(document) == (TITLE, AUTHOR, DAY)
    assert (document.pages, document.warnings) == ((), (BY_PROPERTIES.format("2025-04-15"),))
    noted = {"odt": [f"{FUND}\n{NOTE}" if block == FUND else block for block in WHOLE]}.get(kind, [*WHOLE, NOTE])
    assert document.text.rstrip("\n").split("\n\n") == noted


def test_an_e_book_is_read_without_note_numbers_and_hidden_words(read: Read) -> None:
    """LibreOffice writes neither headings nor what was deleted as such."""
    document = read("report.epub")
    assert facts(document) == (TITLE, AUTHOR, None)
    blocks = [block.lstrip("# ").replace(" unlawfully", "").replace("unlawfully", "") for block in document.text.rstrip("\n").split("\n\n")]
    assert blocks == [*(block.lstrip("# ") for block in WHOLE), NOTE]


def test_a_pdf_is_read_in_order_with_its_pages(read: Read) -> None:
    """It shows deleted words; emoji are in it where a font of the machine has them."""
    document = read("report.pdf")
    assert facts(document)[:2] == (TITLE, AUTHOR)
    pages = [document.text[start:end].strip() for start, end in zip(document.pages, (*document.pages[1:], None), strict=True)]
    table = ["Ship Length Dues", *(" ".join(row) for row in DUES[1:])]
    first = pages[0].replace(" unlawfully", "").split("\n\n")
    assert [block for block in first if not block.startswith("Ferries run again")] == [
        "Dredging begins", FUND, *(f"• {item}" for item in ITEMS), "What ships pay", *table, *ARABIC, *HEBREW, JAPANESE, f"1 {NOTE}",
    ]  # fmt: skip
    assert pages[1:] == [f"The survey follows.\n\n{SURVEY}", LAST]
    assert document.page_of(document.text.index("berth 17 is")) == 2


@pytest.mark.parametrize("kind", ["pptx", "odp"])
def test_a_presentation_is_read_slide_by_slide_with_its_notes(read: Read, kind: str) -> None:
    document = read(f"talk.{kind}")
    assert facts(document) == (TITLE, AUTHOR, DAY)
    expected = ["\n\n".join(filter(None, (f"# {title}", *lines, notes))) for title, lines, notes in SLIDES]
    assert [document.text[start:end].strip() for start, end in zip(document.pages, (*document.pages[1:], None), strict=True)] == expected


def test_slides_printed_to_pdf_are_pages(read: Read) -> None:
    document = read("talk.pdf")
    assert [document.page_of(document.text.index(words)) for words in ("Ferry timetable", "66 million", "Bicycles", "Write to")] == [1, 1, 2, 3]


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_sheet_is_read_row_by_row(read: Read, kind: str) -> None:
    text = re.sub(r"\.00%", "%", read(f"rates.{kind}").text)
    assert text == (
        "## rates\n\nCountry: Japan; Rate: 24%; Since: 2025-04-09; Note: 車 and 鉄.\nCountry: Norvia; Rate: 17%; Since: 2025-04-15; Note: café, 🚢.\n"
        "Country: مصر; Rate: 10%; Since: 2025-04-05; Note: قطن.\n"
    )


def test_what_came_from_a_web_page_or_plain_text_is_read(read: Read) -> None:
    page, letter = read("page.docx"), read("letter.odt")
    assert (page.title, page.text) == (TITLE, "\n\n".join(("# Dredging begins", f"{FUND} 🚢", ARABIC[0], DUES_READ)) + "\n")
    assert letter.text == f"{FUND}\n\n{JAPANESE} 🚢\n"
