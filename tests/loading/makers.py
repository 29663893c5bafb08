"""Files of every format, made by the formats' own libraries: what the readers must cope with."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from email.message import EmailMessage
from typing import Any

SENTENCES = (
    "The harbour fund of Norvia holds 66 million crowns, the ministry said on Monday.",
    "Dredging of the southern basin began in March and will take eleven months.",
    "A third of the ferries run on batteries, and all of them will by 2030.",
)


def pdf(
    pages: Sequence[str] = (" ".join(SENTENCES),), *, title: str = "", author: str = "", head: str = "", columns: int = 1, password: str = ""
) -> bytes:
    """A PDF set by reportlab, each string a page or more of paragraphs parted by blank lines."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import BaseDocTemplate, Frame, PageBreak, PageTemplate, Paragraph

    def furnish(canvas: Any, document: Any) -> None:
        if head:
            canvas.setFont("Helvetica", 9)
            canvas.drawString(72, 805, head)
            canvas.drawCentredString(298, 30, f"Page {document.page}")

    file = io.BytesIO()
    encrypt = StandardEncryption(password) if password else None
    document = BaseDocTemplate(file, pagesize=A4, title=title or None, author=author or None, encrypt=encrypt)
    width = (A4[0] - 144 - 24 * (columns - 1)) / columns
    frames = [Frame(72 + i * (width + 24), 72, width, A4[1] - 144, leftPadding=0, rightPadding=0) for i in range(columns)]
    document.addPageTemplates(PageTemplate("page", frames=frames, onPage=furnish))
    style = ParagraphStyle("body", fontName="Times-Roman", fontSize=11, leading=13, spaceAfter=9)
    flow: list[Any] = []
    for i, page in enumerate(pages):
        flow += [PageBreak()] if i else []
        flow += [Paragraph(paragraph, style) for paragraph in page.split("\n\n")]
    document.build(flow)
    return file.getvalue()


def canvas_pdf(draw: Callable[[Any], None]) -> bytes:
    """A PDF drawn word by word."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen import canvas

    file = io.BytesIO()
    made = canvas.Canvas(file, pagesize=A4)
    draw(made)
    made.save()
    return file.getvalue()


def scanned_pdf(n_pages: int = 2) -> bytes:
    """Pages that are pictures."""
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    def draw(canvas: Any) -> None:
        for _ in range(n_pages):
            canvas.drawImage(ImageReader(Image.new("L", (200, 300), 220)), 0, 0, 595, 842)
            canvas.showPage()

    return canvas_pdf(draw)


def docx(paragraphs: Sequence[str] = SENTENCES, *, title: str = "", author: str = "", created: datetime | None = None) -> bytes:
    """A Word document; a paragraph that begins `# ` is a heading."""
    import docx as library

    document = library.Document()
    for text in paragraphs:
        if text.startswith("# "):
            document.add_heading(text[2:], level=1)
        else:
            document.add_paragraph(text)
    properties = document.core_properties
    properties.title = title
    if author:
        properties.author = author
    if created:
        properties.created = created
    return saved(document)


def pptx(slides: Sequence[tuple[str, Sequence[str], str]] = (("The harbour", SENTENCES, "Thank the port authority for its figures."),)) -> bytes:
    """A presentation of (title, bullets, notes)."""
    import pptx as library

    presentation = library.Presentation()
    for title, bullets, notes in slides:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text_frame.text = "\n".join(bullets)
        if notes:
            slide.notes_slide.notes_text_frame.text = notes
    return saved(presentation)


def xlsx(sheets: dict[str, Sequence[Sequence[Any]]] | None = None) -> bytes:
    """A workbook of named sheets."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, rows in (sheets or {"Tariffs": [("Country", "Rate"), ("Japan", "24 percent"), ("Norvia", "17 percent")]}).items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return saved(book)


def table(rows: Sequence[Sequence[str]] = (("Country", "Rate"), ("Japan", "24 percent")), delimiter: str = ",") -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue().encode()


def html(body: str = "", *, head: str = "") -> bytes:
    body = body or "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
    return f"<!doctype html><html><head><meta charset=utf-8>{head}</head><body><article>{body}</article></body></html>".encode()


def epub(chapters: Sequence[str] = (f"<h1>One</h1><p>{SENTENCES[0]}</p>", f"<p>{SENTENCES[1]}</p>"), *, metadata: str = "") -> bytes:
    """An e-book by hand, as the standard describes it: there is no library that may be used."""
    names = [f"c{i}.xhtml" for i in range(len(chapters))]
    items = "".join(f'<item id="i{n}" href="{n}" media-type="application/xhtml+xml"/>' for n in names)
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'{metadata}</metadata><manifest>{items}</manifest><spine>{"".join(f"<itemref idref={chr(34)}i{n}{chr(34)}/>" for n in names)}</spine></package>'
    )
    container = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    pages = {
        f"OEBPS/{name}": f'<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>c</title></head><body>{chapter}</body></html>'
        for name, chapter in zip(names, chapters, strict=True)
    }
    return zipped({"mimetype": "application/epub+zip", "META-INF/container.xml": container, "OEBPS/book.opf": package, **pages})


def rtf(paragraphs: Sequence[str] = SENTENCES, *, info: str = "") -> bytes:
    def escaped(text: str) -> str:
        return "".join(char if char.isascii() else "".join(f"\\u{int.from_bytes(unit, 'little', signed=True)}?" for unit in units(char)) for char in text)

    def units(char: str) -> list[bytes]:
        data = char.encode("utf-16-le")
        return [data[i : i + 2] for i in range(0, len(data), 2)]

    body = "".join(f"\\pard {escaped(text)}\\par\n" for text in paragraphs)
    return f"{{\\rtf1\\ansi\\ansicpg1252\\deff0{{\\fonttbl{{\\f0 Arial;}}}}{info}\n{body}}}".encode("ascii")


def odt(paragraphs: Sequence[str] = SENTENCES, *, title: str = "", rows: Sequence[Sequence[str]] = ()) -> bytes:
    from odf import dc, meta
    from odf.opendocument import OpenDocumentText
    from odf.table import Table, TableCell, TableRow
    from odf.text import H, P

    document = OpenDocumentText()
    for text in paragraphs:
        element = H(outlinelevel=1, text=text[2:]) if text.startswith("# ") else P(text=text)
        document.text.addElement(element)
    if rows:
        made = Table()
        for row in rows:
            line = TableRow()
            for cell in row:
                holder = TableCell()
                holder.addElement(P(text=cell))
                line.addElement(holder)
            made.addElement(line)
        document.text.addElement(made)
    if title:
        document.meta.addElement(dc.Title(text=title))
        document.meta.addElement(meta.InitialCreator(text="The port authority"))
        document.meta.addElement(meta.CreationDate(text="2025-04-09T10:00:00"))
    return saved(document)


def eml(text: str = "\n\n".join(SENTENCES), *, html_part: str = "", attachments: Sequence[str] = (), **headers: str) -> bytes:
    message = EmailMessage()
    stated = {"From": "The Port Authority <port@norvia.example>", "To": "x@y.example", "Subject": "Harbour news", "Date": "Wed, 09 Apr 2025 20:00:00 +0900"}
    for name, value in {**stated, **headers}.items():
        message[name] = value
    if text:
        message.set_content(text)
    if html_part and text:
        message.add_alternative(html_part, subtype="html")
    elif html_part:
        message.set_content(html_part, subtype="html")
    for name in attachments:
        message.add_attachment(b"\0\1", maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def zipped(members: dict[str, str | bytes], *, compress: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compress) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def saved(document: Any) -> bytes:
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


MAKERS: dict[str, Callable[[], bytes]] = {
    ".txt": lambda: "\n\n".join(SENTENCES).encode(),
    ".md": lambda: ("# The harbour\n\n" + "\n\n".join(SENTENCES)).encode(),
    ".html": html, ".pdf": pdf, ".docx": docx, ".pptx": pptx, ".xlsx": xlsx, ".csv": table, ".tsv": lambda: table(delimiter="\t"),
    ".epub": epub, ".rtf": rtf, ".odt": odt, ".eml": eml,
}  # fmt: skip
"""One plain file of each format that can be made whole, by suffix."""
