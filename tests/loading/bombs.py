"""Files made to hurt: archives and XML that grow, nesting without end, pages that cost more than they hold."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from tests.loading.makers import docx, epub, odt, xlsx, zipped

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
DOCTYPE = f'<!DOCTYPE bomb [<!ENTITY l0 "ha"><!ENTITY file SYSTEM "file:///etc/passwd">{LAUGHS}]>'
NEST = 200_000


def replaced(document: bytes, member: str, content: bytes | Callable[[bytes], bytes]) -> bytes:
    """An archive with one member's content put in place of its own."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            if info.filename == member:
                data = content(data) if callable(content) else content
            new.writestr(info.filename, data)
    return file.getvalue()


def declaration(data: bytes) -> tuple[bytes, bytes]:
    """XML parted after its declaration, which it may do without."""
    end = data.index(b"?>") + 2 if data.startswith(b"<?xml") else 0
    return data[:end], data[end:]


def with_entities(data: bytes) -> bytes:
    """The XML with entities that grow tenfold at each step, and one that names a file, put before and into it."""
    declared, rest = declaration(data)
    root_ends = rest.index(b">", rest.index(b"<")) + 1
    return declared + DOCTYPE.encode() + rest[:root_ends] + b"&l11;&file;" + rest[root_ends:]


def within_text(data: bytes) -> bytes:
    """The XML with such entities in the words of the document."""
    declared, rest = declaration(data)
    return declared + DOCTYPE.encode() + rest.replace(b"Monday", b"&l11;&file;").replace(b"Japan", b"&l11;")


def zeros(megabytes: int) -> bytes:
    return b"\0" * (megabytes * 1_000_000)


def overlapping() -> bytes:
    """An archive whose directory names one packed member two thousand times, each time as another file."""
    packed = zipped({"word/document.xml": zeros(5)})
    end = packed.rindex(b"PK\x05\x06")
    start = int.from_bytes(packed[end + 16 : end + 20], "little")
    directory = packed[start:end] * 2_000
    record = packed[end : end + 8] + (2_000).to_bytes(2, "little") * 2 + len(directory).to_bytes(4, "little") + packed[end + 16 :]
    return packed[:start] + directory + record


def lying() -> bytes:
    """An archive that declares ten bytes where sixty megabytes are packed."""
    packed = bytearray(zipped({"word/document.xml": zeros(60)}))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = packed.index(mark)
        packed[start + at : start + at + 4] = (10).to_bytes(4, "little")
    return bytes(packed)


def wide_sheet() -> bytes:
    """A sheet whose two cells stand at its opposite corners."""
    cells = b'<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Japan</t></is></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return replaced(xlsx(), "xl/worksheets/sheet1.xml", lambda data: data[: data.index(b"<sheetData>")] + cells + data[data.index(b"</sheetData>") + 12 :])


def nested_pdf() -> bytes:
    return b"%PDF-1.4\n1 0 obj\n" + b"[" * NEST + b"]" * NEST + b"\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF"


def looping_pdf() -> bytes:
    """A PDF whose tree of pages holds itself."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 1000000>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF"
    )


BOMBS: dict[str, Callable[[], bytes]] = {
    "zip.docx": lambda: zipped({"word/document.xml": zeros(60)}),
    "zip.xlsx": lambda: zipped({"xl/workbook.xml": "<a/>", "xl/worksheets/sheet1.xml": zeros(60)}),
    "zip.epub": lambda: zipped({"META-INF/container.xml": zeros(60)}),
    "zip.odt": lambda: zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": zeros(60)}),
    "blanks.docx": lambda: replaced(docx(), "word/document.xml", b"<a>" + b" " * 19_000_000 + b"</a>"),
    "overlapping.docx": overlapping,
    "lying.docx": lying,
    "many.docx": lambda: zipped({f"word/{n}.xml": "" for n in range(12_000)} | {"word/document.xml": "<a/>"}),
    "laughs.docx": lambda: replaced(docx(), "word/document.xml", with_entities),
    "laughing.docx": lambda: replaced(docx(), "word/document.xml", within_text),
    "laughing.xlsx": lambda: replaced(xlsx(), "xl/worksheets/sheet1.xml", within_text),
    "laughs.xlsx": lambda: replaced(xlsx(), "xl/workbook.xml", with_entities),
    "laughing.odt": lambda: replaced(odt(), "content.xml", within_text),
    "laughing.epub": lambda: replaced(epub(), "OEBPS/c0.xhtml", within_text),
    "laughs.epub": lambda: replaced(epub(), "OEBPS/book.opf", lambda data: b"<?xml version='1.0'?>" + DOCTYPE.encode() + data),
    "wide.xlsx": wide_sheet,
    "nested.html": lambda: b"<div>" * NEST + b"deep" + b"</div>" * NEST,
    "lists.html": lambda: b"<ul><li>item" * 30_000,
    "tables.html": lambda: b"<table><tr><td>cell" * 5_000,
    "attributes.html": lambda: b"<p " + b"".join(b"a%d=1 " % n for n in range(100_000)) + b">text that is shown</p>",
    "tags.html": lambda: b"<html>" + b"<p>a<b>b<i>c" * 100_000,
    "unclosed.html": lambda: b"<html><!--" + b"<!-- " * 200_000,
    "spaces.html": lambda: b"<html><body><p style='" + b"display " * 100_000 + b"'>seen</p></body>",
    "sheet.html": lambda: b"<html><style>" + b"@a{" * 50_000 + b"</style><body>seen</body>",
    "nested.docx": lambda: replaced(docx(), "word/document.xml", b"<w:p>" * NEST),
    "nested.odt": lambda: replaced(odt(), "content.xml", b"<a>" * NEST),
    "nested.rtf": lambda: b"{\\rtf1 " + b"{" * NEST + b"deep" + b"}" * NEST,
    "unclosed.rtf": lambda: b"{\\rtf1 " + b"{\\*\\x" * 100_000,
    "info.rtf": lambda: b"{\\rtf1{\\info{\\title " + b"\\a" * 100_000 + b"}}text\\par}",
    "nested.pdf": nested_pdf,
    "looping.pdf": looping_pdf,
    "nested.eml": lambda: b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\n\n" + b"--a\nContent-Type: multipart/mixed; boundary=a\n\n" * 5_000,
    "parts.eml": lambda: b"Subject: x\nContent-Type: multipart/mixed; boundary=a\n\n" + b"--a\n\npart\n" * 50_000,
    "header.eml": lambda: b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\nFrom: " + b"<" * 50_000 + b"\n\ntext",
    "quotes.csv": lambda: b'"' + b'a""' * 500_000,
    "columns.csv": lambda: b"," * 2_000_000 + b"\n" + b"1," * 500_000,
    "line.csv": lambda: b"a,b\n" * 300_000,
}  # fmt: skip
"""By name, with the suffix that it is to be read by."""
