"""`load`: the registry, files that are not what their names say, and what is done in the worker."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from assistant.errors import SourceError
from assistant.loading import LOADERS, load, loader, read
from assistant.loading.kinds import is_page_folder, kind_of
from assistant.loading.worker import shared_worker
from tests.loading.makers import MAKERS, SENTENCES, docx, html, pdf, rtf, scanned_pdf, xlsx, zipped


def loaded_from(folder: Path, name: str, data: bytes) -> tuple[str, tuple[str, ...]]:
    (folder / name).write_bytes(data)
    document = load(folder / name, name)
    return document.text, document.warnings


def reason(data: bytes, suffix: str) -> str:
    with pytest.raises(SourceError) as caught:
        read(data, suffix)
    return str(caught.value)


def test_every_suffix_has_a_loader() -> None:
    assert [suffix for suffix in LOADERS if not callable(loader(suffix))] == []


@pytest.mark.parametrize("suffix", MAKERS)
def test_a_file_of_every_format_is_read(tmp_path: Path, suffix: str) -> None:
    text, warnings = loaded_from(tmp_path, f"a{suffix.upper()}", MAKERS[suffix]())
    assert ("24 percent" if suffix in (".csv", ".tsv", ".xlsx") else SENTENCES[0]) in text
    assert [warning for warning in warnings if "dated by the file's properties" not in warning] == []


@pytest.mark.parametrize(
    ("data", "suffix", "said"),
    [
        (pdf(), ".docx", "Its name ends in .docx, but it is a PDF and was read as one."),
        (docx(), ".pdf", "Its name ends in .pdf, but it is a Word document and was read as one."),
        (pdf(), ".txt", "Its name ends in .txt, but it is a PDF and was read as one."),
        (xlsx(), ".csv", "Its name ends in .csv, but it is a workbook and was read as one."),
        (rtf(), ".docx", "Its name ends in .docx, but it is RTF and was read as one."),
        (html(), ".pdf", "Its name ends in .pdf, but it is a web page and was read as one."),
        (docx(), ".html", "Its name ends in .html, but it is a Word document and was read as one."),
        (b"A fee of 24 percent: 66 million.", ".pdf", "Its name ends in .pdf, but it is plain text and was read as such."),
        ("A fee of 24 percent: 66 million.\r\n".encode("utf-16"), ".docx", "Its name ends in .docx, but it is plain text and was read as such."),
        (b"---\ntitle: Fees\n---\nA fee of 24 percent: 66 million.", ".epub", "Its name ends in .epub, but it is plain text and was read as such."),
    ],
)
def test_a_file_is_read_as_what_it_is(data: bytes, suffix: str, said: str) -> None:
    loaded = read(data, suffix)
    assert loaded.warnings[0] == said
    assert "66 million" in loaded.text or "24 percent" in loaded.text


def test_plain_text_stays_what_it_is_whatever_it_looks_like(tmp_path: Path) -> None:
    for text in ("<!doctype html><p>a", "%PDF-1.7 is how a PDF begins", "{\\rtf1 a}", "PK\x03\x04", "a\x0cb\xadc\u200b"):
        assert loaded_from(tmp_path, "a.txt", text.encode()) == (text, ())


@pytest.mark.parametrize(
    ("data", "suffix", "said"),
    [
        (b"1 0 obj << /Type /Page >> endobj", ".pdf", "it is not a PDF, though its name says so; if it is text, rename it to .txt"),
        (rtf()[6:], ".rtf", "it is not RTF, though its name says so; if it is text, rename it to .txt"),
        (b"12 34", ".docx", "it is not a Word document, though its name says so; if it is text, rename it to .txt"),
        ("Zürich spart Energie".encode("latin-1"), ".odt", "it is not an OpenDocument text, though its name says so; if it is text, rename it to .txt"),
        (b"\x89PNG\r\n", ".pdf", "it is a PNG picture, not a document; to read words in a picture, make a PDF of it with OCR first"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".docx", "it is in the format of old Office versions; save it as .docx, .xlsx or .pptx and try again"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), ".xlsx",
         "it is encrypted; open it with its password, save it without one and try again"),
        (zipped({"a.txt": "a"}), ".docx", "it is a zip archive of other files; to take them in, name it .zip and run: assistant add FILE.zip"),
        (docx()[:3_000], ".docx", "it is damaged: the archive that it is made of cannot be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_what_it_is_and_what_to_do(data: bytes, suffix: str, said: str) -> None:
    assert reason(data, suffix) == said


@pytest.mark.parametrize("suffix", LOADERS)
def test_an_empty_file_of_any_kind_is_empty(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"a{suffix}").write_bytes(b"")
    with pytest.raises(SourceError, match=r"^the file is empty$"):
        load(tmp_path / f"a{suffix}", "a")


@pytest.mark.parametrize(("name", "way_out"), [("a.doc", "save it as .docx"), ("a.zip", "to take in the files in it, add it in the page, or in a terminal: assistant add FILE.zip")])
def test_old_formats_and_archives_are_told_the_way(tmp_path: Path, name: str, way_out: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(SourceError, match=f"^'{name[1:]}' files cannot be read; {way_out}$"):
        load(tmp_path / name, name)


def test_plain_text_needs_no_worker(tmp_path: Path) -> None:
    shared_worker().close()
    loaded_from(tmp_path, "a.md", SENTENCES[0].encode())
    assert shared_worker().pid is None
    loaded_from(tmp_path, "a.pdf", pdf())
    assert shared_worker().pid is not None


def test_a_scan_is_told_through_the_worker(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="ocrmypdf"):
        loaded_from(tmp_path, "scan.pdf", scanned_pdf())


def test_reading_by_the_worker_is_quick_once_it_is_there(tmp_path: Path) -> None:
    data = docx()
    loaded_from(tmp_path, "first.docx", data)
    started = time.monotonic()
    for n in range(10):
        loaded_from(tmp_path, f"{n}.docx", data)
    assert time.monotonic() - started < 20  # some 0.03 s each where nobody else is working


def test_a_kind_is_told_by_the_first_bytes() -> None:
    found = {suffix: kind_of(make()) for suffix, make in MAKERS.items()}
    assert found == {suffix: None if suffix in (".txt", ".md", ".csv", ".tsv", ".eml") else suffix for suffix in MAKERS}


def test_the_folder_of_a_saved_page_is_known() -> None:
    assert is_page_folder("News_files", {"News.html"})
    assert not is_page_folder("News_files", {"Other.html", "News.txt"})
    assert not is_page_folder("files", {"files.html"})
