"""What a person wrote beside a source wins over what was read, costs no embedding it need not, and loses no citation."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import SourceError
from assistant.folder import Failure
from assistant.fulltext import match
from assistant.library import Library
from assistant.records import DocumentSummary
from assistant.scanning import ScanReport
from assistant.sidecar import (
    About,
    edited,
    is_sidecar,
    read_about,
    sidecar_of,
    write_about,
)
from assistant.vectors import ExactNeighbours
from tests.fakes import HashingEncoder, library_in, retriever_of, story, write
from tests.three import encoder, three

__all__ = ["encoder", "three"]  # fixtures, found by their names

NAME = "story-002.txt"
BESIDE = f"{NAME}.about.toml"

def sync(library: Library) -> ScanReport:
    return library.sync(mirror=False)


def summary(library: Library, source: str = NAME) -> DocumentSummary:
    (found,) = [document for document in library.catalog.documents() if document.source == source]
    return found


def test_corrections_win_without_embedding_anything_and_citations_stay(three: Library, encoder: HashingEncoder) -> None:
    before = three.catalog.document_by_source(NAME)
    passages = three.catalog.passages(before.id)
    write(three.root, {BESIDE: 'publisher = "Port Gazette"\nauthor = ["Ann Lee", "Bo Kim"]\npublished = 2025-04-15\nurl = "https://e.org/a"\n'})
    assert sync(three) == ScanReport(changed=(NAME,), unchanged=2)
    after = three.catalog.document_by_source(NAME)
    assert (after.id, after.text, after.title, three.catalog.passages(after.id)) == (before.id, before.text, before.title, passages)
    assert (after.publisher, after.author, after.published, after.url) == ("Port Gazette", "Ann Lee, Bo Kim", "2025-04-15", "https://e.org/a")
    assert encoder.encoded == []
    assert sync(three) == ScanReport(unchanged=3)


def test_a_new_title_is_embedded_with_its_own_passages_alone(three: Library, encoder: HashingEncoder) -> None:
    write(three.root, {BESIDE: 'title = "Zebra crossing"\n'})
    assert sync(three) == ScanReport(changed=(NAME,), unchanged=2)
    assert [text.splitlines()[0] for text in encoder.encoded] == ["Zebra crossing"] * 4
    assert match(three.catalog, "zebra", limit=9, title_weight=1.0) != []
    assert three.catalog.check() == []


def test_a_new_title_reaches_searches_that_are_open_and_the_vector_store(three: Library, encoder: HashingEncoder) -> None:
    neighbours = ExactNeighbours(three.catalog)
    query = encoder.encode(["Zebra crossing"])[0]
    assert neighbours.nearest(query, top_k=1)[0].cosine < 0.3
    three.mirror()
    write(three.root, {BESIDE: 'title = "Zebra crossing"\n'})
    sync(three)
    nearest = neighbours.nearest(query, top_k=1)[0]
    assert (nearest.passage.document_id, nearest.cosine > 0.2) == (summary(three).id, True)
    assert nearest == ExactNeighbours(three.catalog).nearest(query, top_k=1)[0]
    assert three.store.difference(three.catalog) == (4, 4)
    assert three.mirror() == 8
    assert three.store.difference(three.catalog) == (0, 0)
    assert three.store.propose(query, 1) == [nearest.passage.id]
    three.store.close()


def test_a_sidecar_that_goes_leaves_what_the_file_says(three: Library, encoder: HashingEncoder) -> None:
    before = summary(three)
    write(three.root, {BESIDE: 'title = "Zebra crossing"\npublisher = ""\n'})
    sync(three)
    (three.root / BESIDE).unlink()
    assert sync(three) == ScanReport(changed=(NAME,), unchanged=2)
    assert summary(three) == before
    assert [text.splitlines()[0] for text in encoder.encoded[4:]] == [before.title] * 4


def test_an_empty_value_says_that_there_is_none(tmp_path: Path) -> None:
    library = library_in(tmp_path, {"a.md": "---\ntitle: A\npublisher: Post\ndate: 2025-04-09\n---\nSome sentence that stands here.\n"})
    write(library.root, {"a.md.about.toml": 'publisher = ""\npublished = ""\n'})
    sync(library)
    document = library.catalog.document_by_source("a.md")
    assert (document.title, document.publisher, document.published) == ("A", None, None)


def test_a_change_of_the_sidecar_within_the_clocks_grain_is_seen(three: Library) -> None:
    write(three.root, {BESIDE: 'author = "Ann"\n'}, age_ns=0)
    sync(three)
    stat = (three.root / BESIDE).stat()
    (three.root / BESIDE).write_text('author = "Bob"\n')
    os.utime(three.root / BESIDE, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert sync(three).changed == (NAME,)
    assert summary(three).author == "Bob"


def test_a_touched_sidecar_changes_nothing(three: Library) -> None:
    write(three.root, {BESIDE: 'author = "Ann"\n'})
    sync(three)
    generation = three.catalog.generation
    os.utime(three.root / BESIDE)
    assert (sync(three), three.catalog.generation) == (ScanReport(unchanged=3), generation)


@pytest.mark.parametrize(
    ("content", "warning"),
    [
        (b"title = no quotes", f"{BESIDE} is no valid TOML (Invalid value (at line 1, column 9)) and is passed over. Mend it, or delete it to go by what the file says."),
        (b"title = '\xff'", None),
        (b"a = " + b"[" * 50_000, None),
        (b"#" * 200_000, f"{BESIDE} cannot be read (it is larger than 100 kB) and is passed over."),
        (b"titel = 'x'", f"{BESIDE} sets 'titel', which is no field and is passed over. Fields: title, publisher, author, published, url, asked, fetched."),
        (b"title = 3", f"{BESIDE} sets title to something that is no text; it is passed over."),
        (b"published = 'last week'", f"{BESIDE} dates the source 'last week', which is no date of the form 2025-04-15; it is passed over."),
    ],
)  # fmt: skip
def test_a_broken_sidecar_is_said_and_the_file_read_without_it(three: Library, content: bytes, warning: str | None) -> None:
    before = summary(three)
    write(three.root, {BESIDE: content})
    report = sync(three)
    assert (report.changed, report.failed, len(report.warnings)) == ((NAME,), (), 1)
    if warning:
        assert report.warnings == (Failure(NAME, warning),)
    after = summary(three)
    assert (after.title, after.warnings) == (before.title, (report.warnings[0].reason,))
    write(three.root, {BESIDE: "publisher = 'Post'"})
    assert (sync(three).warnings, summary(three).publisher, summary(three).warnings) == ((), "Post", ())


def test_a_usable_field_is_taken_though_another_is_not(three: Library) -> None:
    write(three.root, {BESIDE: "author = 'Ann'\npublished = 'soon'\n"})
    sync(three)
    assert (summary(three).author, summary(three).published, len(summary(three).warnings)) == ("Ann", None, 1)


def test_a_file_moved_with_its_sidecar_keeps_all_and_embeds_nothing(three: Library, encoder: HashingEncoder) -> None:
    write(three.root, {BESIDE: 'title = "Zebra crossing"\npublisher = "Post"\n'})
    sync(three)
    encoder.encoded.clear()
    (three.root / "sub").mkdir()
    for name in (NAME, BESIDE):
        (three.root / name).rename(three.root / "sub" / name)
    assert sync(three) == ScanReport(added=(f"sub/{NAME}",), removed=(NAME,), unchanged=2)
    moved = summary(three, f"sub/{NAME}")
    assert (moved.title, moved.publisher, encoder.encoded) == ("Zebra crossing", "Post", [])


def test_a_sidecar_without_its_file_is_said_and_is_no_source(three: Library) -> None:
    write(three.root, {"gone.pdf.about.toml": "title = 'x'"})
    reason = "there is no 'gone.pdf' beside it to be about; move it there, or delete it"
    assert sync(three) == ScanReport(unchanged=3, warnings=(Failure("gone.pdf.about.toml", reason),))


def test_sidecars_are_no_sources_and_come_in_with_their_files(three: Library, tmp_path: Path) -> None:
    write(tmp_path / "in", {"a.txt": story(5), "a.txt.about.toml": "title = 'Mine'", "none.txt.about.toml": "title = 'x'"})
    assert three.add([tmp_path / "in"]) == ScanReport(added=("in/a.txt",))
    assert summary(three, "in/a.txt").title == "Mine"
    assert not (three.root / "in" / "none.txt.about.toml").exists()
    three.store.close()
    assert [is_sidecar(name) for name in ("a.txt.about.toml", "A.TXT.ABOUT.TOML", "a.toml", "about.toml")] == [True, True, False, False]


def test_the_index_made_anew_holds_the_same(three: Library, tmp_path: Path) -> None:
    write(three.root, {BESIDE: 'title = "Zebra crossing"\nfetched = "2026-01-02T03:04Z"\n'})
    sync(three)
    again = library_in(tmp_path / "again", sources=three.root)
    sync(again)
    assert again.catalog.documents() == three.catalog.documents()
    query = "zebra harbour"
    assert retriever_of(again).retrieve(query, top_k=9) == retriever_of(three).retrieve(query, top_k=9)


# Writing


def test_what_is_written_reads_back_and_comments_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_about(path, {"title": 'A "quoted" \\ title', "publisher": "부산 일보"})
    beside = sidecar_of(path)
    beside.write_text(beside.read_text() + "# checked by hand\n")
    write_about(path, {"publisher": None, "author": "Ann"})
    assert read_about(path).title == 'A "quoted" \\ title'
    assert (read_about(path).publisher, read_about(path).author, read_about(path).warnings) == (None, "Ann", ())
    lines = beside.read_text().splitlines()
    assert lines[0].startswith("# What was corrected about a.txt, ")
    assert "# checked by hand" in lines
    write_about(path, {"title": None, "author": None})
    assert not beside.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_sidecar_without_a_last_newline_is_added_to_on_a_line_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, {BESIDE: 'other.key = "kept"'})
    write_about(tmp_path / NAME, {"title": "Set"})
    assert (tmp_path / BESIDE).read_text() == 'other.key = "kept"\ntitle = "Set"\n'


@pytest.mark.parametrize("broken", ["title = no quotes", "# kept\n[[more]'\n", "a = " + "[" * 3_000 + "]" * 3_000, "#\n\r#", "a." * 45_000 + "b = 1"], ids=["value", "table", "nesting", "newline", "name"])
def test_a_broken_sidecar_is_not_written_over(tmp_path: Path, broken: str) -> None:
    (tmp_path / "a.txt.about.toml").write_bytes(broken.encode())
    with pytest.raises(SourceError, match=r"^a\.txt\.about\.toml cannot be read \(.*\)\. Mend it or delete it, and try again\.$"):
        write_about(tmp_path / "a.txt", {"title": "B"})
    assert (tmp_path / "a.txt.about.toml").read_bytes() == broken.encode()


@given(st.text(), st.text())
def test_any_text_survives_a_sidecar_on_one_line(tmp_path_factory: pytest.TempPathFactory, title: str, author: str) -> None:
    checked = edited({"title": title.encode("utf-8", "replace").decode(), "author": author.encode("utf-8", "replace").decode()})
    path = tmp_path_factory.mktemp("any") / "a.txt"
    write_about(path, checked)
    about = read_about(path)
    assert (about.title, about.author, about.warnings) == (checked["title"], checked["author"], ())
    assert "\n" not in (about.title or "") + (about.author or "")


def test_dates_are_kept_in_iso_form_and_others_refused() -> None:
    assert edited({"published": " April 15, 2025 "}) == {"published": "2025-04-15"}
    assert edited({"published": "2025-04-15T10:03+09:00"}) == {"published": "2025-04-15T01:03Z"}
    assert edited({"published": ""}) == {"published": ""}
    with pytest.raises(ValueError, match="'tomorrow' is no date"):
        edited({"published": "tomorrow"})
    with pytest.raises(ValueError, match="'url' cannot be edited; these can: title, publisher, author, published"):
        edited({"url": "https://e.org"})


def test_a_source_without_sidecar_has_nothing_said_about_it(tmp_path: Path) -> None:
    assert read_about(tmp_path / "a.txt") == About()
