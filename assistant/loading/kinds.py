"""What a file really is, by its first bytes, whatever its name says: people rename, and programs save pages as `.doc`.

In: bytes. Out: the suffix of a format that can be read, or a `SourceError` that names what cannot.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Container

from assistant.errors import SourceError

HTML = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
PICTURES = {
    b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture", b"GIF8": "a GIF picture", b"II*\0": "a TIFF picture",
    b"MM\0*": "a TIFF picture", b"\x7fELF": "a program", b"SQLite format 3\0": "a database",
}  # fmt: skip
MEMBERS = {"word/document.xml": ".docx", "ppt/presentation.xml": ".pptx", "xl/workbook.xml": ".xlsx", "META-INF/container.xml": ".epub"}
OPENDOCUMENT = {"text": ".odt", "spreadsheet": ".ods", "presentation": ".odp"}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FAMILIES = {".htm": ".html", ".xhtml": ".html", ".mht": ".eml", ".mhtml": ".eml", ".docm": ".docx", ".pptm": ".pptx", ".xlsm": ".xlsx", ".tsv": ".csv"}
NAMES = {
    ".pdf": "a PDF", ".docx": "a Word document", ".pptx": "a presentation", ".xlsx": "a workbook", ".epub": "an e-book", ".rtf": "RTF",
    ".odt": "an OpenDocument text", ".ods": "an OpenDocument spreadsheet", ".odp": "an OpenDocument presentation", ".html": "a web page",
    ".zip": "a zip archive", ".eml": "an e-mail", ".csv": "a table",
}  # fmt: skip
PAGE_FOLDER = re.compile(r"(.+)[_-]files")
"""Browsers save what belongs to `Page.html` into `Page_files`: scripts, pictures, style sheets."""
PAGES = (".html", ".htm", ".xhtml")

OLD = {
    ".doc": "save it as .docx", ".xls": "save it as .xlsx", ".ppt": "save it as .pptx", ".pages": "export it as .docx or .pdf",
    ".numbers": "export it as .xlsx or .csv", ".key": "export it as .pptx or .pdf", ".mobi": "convert it to .epub", ".azw3": "convert it to .epub",
    ".msg": "save it as .eml", ".zip": "to take in the files in it, add it in the page, or in a terminal: assistant add FILE.zip",
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".webp"), "to read words in a picture, make a PDF of it with OCR first"),
}  # fmt: skip
"""Formats that are not read, with the way to one that is."""


def is_page_folder(name: str, beside: Container[str]) -> bool:
    """Whether a folder holds the pictures and scripts of a saved page that lies beside it."""
    match = PAGE_FOLDER.fullmatch(name)
    return match is not None and any(match[1] + suffix in beside for suffix in PAGES)


def family(suffix: str) -> str:
    """The suffix that stands for all that are read alike: `.html` for `.htm`."""
    return FAMILIES.get(suffix, suffix)


def kind_of(data: bytes) -> str | None:
    """The suffix of what the bytes are; None where they do not say.

    Raises:
        SourceError: If they are of a kind that is known not to be readable.
    """
    if data.startswith(b"PK\x03\x04"):
        return _kind_of_zip(data)
    if b"%PDF-" in data[:1024] and not HTML.match(data[:4096]):
        return ".pdf"
    if data.startswith(b"{\\rtf"):
        return ".rtf"
    if data.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise SourceError("it is encrypted; open it with its password, save it without one and try again")
        raise SourceError("it is in the format of old Office versions; save it as .docx, .xlsx or .pptx and try again")
    for start, name in PICTURES.items():
        if data.startswith(start):
            raise SourceError(f"it is {name}, not a document" + (_OCR if "picture" in name else ""))
    return ".html" if HTML.match(data[:4096].removeprefix(b"\xef\xbb\xbf")) else None


_OCR = "; to read words in a picture, make a PDF of it with OCR first"


def _kind_of_zip(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                declared = archive.read("mimetype").decode("ascii", "ignore").strip()
                if match := re.fullmatch(r"application/vnd\.oasis\.opendocument\.(\w+)(?:-template)?", declared):
                    return OPENDOCUMENT.get(match[1], ".zip")
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, NotImplementedError, EOFError):
        raise SourceError("it is damaged: the archive that it is made of cannot be read") from None
    return next((suffix for member, suffix in MEMBERS.items() if member in names), ".zip")
