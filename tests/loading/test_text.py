"""Bytes -> text, front matter -> metadata, and the reasons why a file has neither."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import SourceError
from assistant.loading import KINDS, LOADERS, document_id, load, readable
from assistant.loading.encoding import decode_any
from assistant.loading.metadata import Metadata
from assistant.loading.text import body_start, load_text
from assistant.types import Document
from tests.strategies import anything, file_texts


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("texts")


def reason(path: Path, **options: int) -> str:
    with pytest.raises(SourceError) as caught:
        load(path, path.name, **options)
    return str(caught.value)


# Text


@given(text=file_texts() | anything.filter(str.strip), bom=st.booleans())
def test_text_is_what_open_reads(folder: Path, text: str, bom: bool) -> None:
    path = folder / "a.txt"
    path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + text.encode())
    expected = path.open(encoding="utf-8-sig").read()
    if expected.strip():
        assert load(path, "a.txt").text == expected


def test_every_kind_of_newline_becomes_a_line_feed() -> None:
    assert decode_any(b"a\r\nb\rc\nd\n\re\r\r\nf") == ("a\nb\nc\nd\n\ne\n\nf", None)


def test_only_a_leading_byte_order_mark_is_dropped() -> None:
    assert decode_any("\ufeff\ufeffa\ufeff".encode()) == ("\ufeffa\ufeff", None)


def test_document_carries_name_content_and_what_it_states(folder: Path) -> None:
    data = "---\ntitle: Café\npublisher: Post\nauthor: Ann Lee\ndate: 2025-04-09\nurl: https://a.example/b\n---\n\nText.\n".encode()
    (folder / "d.md").write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    assert load(folder / "d.md", "in/d.md") == Document(
        id=hashlib.sha256(f"in/d.md\0{sha256}".encode()).hexdigest()[:16],
        source="in/d.md",
        text=data.decode(),
        title="Café",
        publisher="Post",
        author="Ann Lee",
        published="2025-04-09",
        url="https://a.example/b",
        sha256=sha256,
    )


def test_id_depends_on_name_and_content_only() -> None:
    ids = {document_id(source, sha256) for source in ("a.txt", "b.txt") for sha256 in ("0" * 64, "1" * 64)}
    assert len(ids) == 4
    assert document_id("a.txt", "0" * 64) == document_id("a.txt", "0" * 64)
    assert {len(one) for one in ids} == {16}


# Front matter


UNUSABLE = ("date: 2025-13-45", "date: soon", "date: !!timestamp soon", "title: A\nno: yaml: at: all", "title: A\n'")


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ("title: One\npublished: 2025-04-09", Metadata("One", None, None, "2025-04-09", None)),
        ("Headline: One\nSite_Name: Post", Metadata("One", "Post", None, None, None)),
        ("date: 2025-04-09 20:00:00", Metadata(None, None, None, "2025-04-09T20:00", None)),
        ("date: 9 April 2025", Metadata(None, None, None, "2025-04-09", None)),
        ("authors: [Ann Lee, Bo Kim]", Metadata(None, None, "Ann Lee, Bo Kim", None, None)),
        ("title: >\n  folded\n  lines", Metadata("folded lines", None, None, None, None)),
        ("title: 2025", Metadata("2025", None, None, None, None)),
        ("title:\nheadline: Two", Metadata("Two", None, None, None, None)),
        ("title: {a: b}", Metadata()),
        ("link: https://a.example/b", Metadata(None, None, None, None, "https://a.example/b")),
        ("date: 2025-13-45", Metadata()),
        ("date: soon", Metadata()),
        ("title: A\nno: yaml: at: all", Metadata()),
        ("title: A\n'", Metadata()),
        ("title: !!python/object:os.system x", Metadata("x", None, None, None, None)),
        ("title: ~\nheadline: yes\ndate: null", Metadata("yes", None, None, None, None)),
        ("title: &a [one, two]\nauthor: [*a, Ann Lee]", Metadata("one, two", None, "Ann Lee", None, None)),
        ("date: 2025-04-09T20:00:00.5+09:00", Metadata(None, None, None, "2025-04-09T11:00Z", None)),
        ("date: !!timestamp soon", Metadata()),
        ("title: \"a\\nb\\u0007\"", Metadata("a b", None, None, None, None)),
    ],
)
def test_front_matter_is_read(front: str, expected: Metadata) -> None:
    text, metadata, pages, warnings = load_text(f"---\n{front}\n---\nA sentence of the body.\n".encode())
    assert metadata == expected
    assert (text, pages) == (f"---\n{front}\n---\nA sentence of the body.\n", ())
    assert len(warnings) == (front in UNUSABLE)


def test_front_matter_that_cannot_be_used_is_said_with_the_way_out() -> None:
    told = {front: load_text(f"---\n{front}\n---\nA sentence.\n".encode()).warnings for front in UNUSABLE}
    assert told["date: soon"] == (
        "Its front matter dates it 'soon', which is no full date; write it as 2025-04-15, or correct the source (Edit in the page, assistant edit --date in a terminal)",
    )
    assert told["title: A\nno: yaml: at: all"] == (
        "Its front matter is no valid YAML (line 3: mapping values are not allowed here) and was passed over; "
        "mend it, or correct the source (Edit in the page, assistant edit in a terminal)",
    )


def test_front_matter_wins_over_the_body_and_the_body_fills_its_gaps() -> None:
    body = "# Heading\n\nPublished: April 9, 2025\n\nA sentence.\n"
    assert load_text(f"---\ntitle: Stated\n---\n{body}".encode()).metadata == Metadata(title="Stated", published="2025-04-09")


@pytest.mark.parametrize("opener", ["[", "{a: ", "- ", "? "])
def test_deeply_nested_front_matter_is_passed_over(opener: str) -> None:
    """The parser in C, which other programs take for its speed, ends the process here."""
    depth = 19_000 // len(opener)
    loaded = load_text(f"---\na: x\nb: \n {opener * depth}\n---\nA sentence.\n".encode())
    assert (loaded.metadata, loaded.warnings) == (
        Metadata(), ("Its front matter is nested too deeply and was passed over; mend it, or correct the source (Edit in the page, assistant edit in a terminal)",),
    )  # fmt: skip


def test_front_matter_that_would_grow_without_end_is_read_as_it_is_written() -> None:
    names = "abcdefghij"
    lists = [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in pairwise(names)]
    merges = [f"m{b}: &m{b} {{<<: [{', '.join([f'*m{a}'] * 9)}]}}" for a, b in pairwise(names)]
    front = "\n".join(["a: &a [x]", *lists, "ma: &ma {k: v}", *merges, "title: *j"])
    assert load_text(f"---\n{front}\n---\nA sentence.\n".encode()) == (f"---\n{front}\n---\nA sentence.\n", Metadata(), (), ())


def test_rules_far_apart_are_no_front_matter() -> None:
    text = "---\nNote: a rule.\n" + "A sentence.\n" * 2_000 + "---\nMore.\n"
    assert body_start(text) == 0


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("---\na: b\n---\nText", 13),
        ("\n---\na: b\n--- \nText", 15),
        ("---\na: b\n---", 12),
        ("Text\n---\na: b\n---\n", 0),
        ("--- a\nb\n---\n", 0),
        ("---\na: b\n", 0),
    ],
)
def test_body_starts_after_the_front_matter(text: str, start: int) -> None:
    assert body_start(text) == start


def test_text_between_two_rules_is_no_front_matter() -> None:
    assert body_start("---\nThe ship left at noon.\n\n---\nIt came back.\n") == 0


# Reasons


def test_missing_file(folder: Path) -> None:
    assert reason(folder / "none.txt") == "there is no such file"


def test_empty_and_blank_files(folder: Path) -> None:
    for content in (b"", b" \n\t\r\n", b"\xef\xbb\xbf"):
        (folder / "empty.txt").write_bytes(content)
        assert reason(folder / "empty.txt") == "the file is empty"


def test_binary_file(folder: Path) -> None:
    (folder / "b.txt").write_bytes(b"BIN\0\1")
    assert reason(folder / "b.txt") == "the file is binary, not text"


def test_too_large_file(folder: Path) -> None:
    (folder / "large.txt").write_bytes(b"a" * 2_000_001)
    assert reason(folder / "large.txt", max_bytes=2_000_000) == (
        "the file has 2.0 MB and the limit is 2 MB; raise max_file_mb or split it"
    )
    assert len(load(folder / "large.txt", "large.txt", max_bytes=2_000_001).text) == 2_000_001


def test_other_suffixes_are_refused_and_the_readable_ones_named(folder: Path) -> None:
    for name in ("a.blend", "README"):
        (folder / name).write_bytes(b"words")
    assert reason(folder / "a.blend") == f"'.blend' files cannot be read; these can: {KINDS}"
    assert reason(folder / "README") == f"files without a suffix cannot be read; these can: {KINDS}"


def test_kinds_that_are_told_are_those_that_are_read() -> None:
    named = {
        "text": ".txt .text .md .markdown", "web pages": ".html .htm .xhtml .mht .mhtml", "PDF": ".pdf",
        "office documents": ".docx .docm .pptx .pptm .xlsx .xlsm .odt .ods .odp .rtf .csv .tsv", "e-books": ".epub", "e-mail": ".eml",
    }  # fmt: skip
    assert re.split(", | and ", KINDS) == list(named)
    assert {suffix for suffixes in named.values() for suffix in suffixes.split()} == set(LOADERS)


def test_suffixes_are_compared_without_case() -> None:
    assert [readable(Path(f"a{suffix.upper()}")) for suffix in LOADERS] == [True] * len(LOADERS)
    assert not readable(Path("a.txt.bak"))


def test_folder_with_a_readable_name(folder: Path) -> None:
    (folder / "f.txt").mkdir(exist_ok=True)
    assert reason(folder / "f.txt") == "it is no ordinary file"


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that a user without rights can reach; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="file permissions are POSIX's")
def test_file_without_permission(open_to_all: Path) -> None:
    path = open_to_all / "secret.txt"
    path.write_text("A sentence.")
    path.chmod(0)
    as_root = os.geteuid() == 0
    if as_root:
        os.seteuid(65534)  # root may read anything: be nobody for a moment
    try:
        assert reason(path) == "no permission to read it"
    finally:
        if as_root:
            os.seteuid(0)


def test_what_is_not_there_is_said_to_be_missing_whatever_its_name(folder: Path) -> None:
    assert reason(folder / "nowhere.blend") == "there is no such file"


def test_a_pipe_is_refused_and_not_waited_for(folder: Path) -> None:
    pipe = folder / "pipe.txt"
    os.mkfifo(pipe)
    assert reason(pipe) == "it is no ordinary file"
    pipe.unlink()
