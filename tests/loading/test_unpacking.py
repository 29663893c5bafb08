"""Archives of documents: unpacked within limits, each file reported, nothing outside the folder touched."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from assistant.errors import SourceError
from assistant.folder import Failure
from assistant.loading import archive as limits
from assistant.loading.unpacking import unpacked
from tests.fakes import library_in, story, write
from tests.loading.makers import SENTENCES, pdf, zipped


def contents(path: Path) -> tuple[dict[str, bytes], dict[str, str]]:
    with unpacked(path) as (members, refused):
        return {name: file.read_bytes() for name, file in members}, dict(refused)


def test_members_come_out_by_name_without_what_systems_add(tmp_path: Path) -> None:
    members = {"a.txt": b"a", "in/b.txt": b"b", "in/.hidden": b"h", "__MACOSX/a.txt": b"m", ".DS_Store": b"d", "page.html": b"p", "page_files/x.js": b"x"}
    (tmp_path / "a.zip").write_bytes(zipped(members))
    assert contents(tmp_path / "a.zip") == ({"a.txt": b"a", "in/b.txt": b"b", "page.html": b"p"}, {})


def test_what_is_dangerous_is_refused_and_the_rest_comes_out(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("../up.txt", "/root.txt", "C:\\windows.txt", "a/../../b.txt", "/".join("x" * 13) + "/deep.txt", "in.zip", "good.txt"):
            archive.writestr(name, b"words")
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    (tmp_path / "a.zip").write_bytes(file.getvalue())
    members, refused = contents(tmp_path / "a.zip")
    assert members == {"good.txt": b"words"}
    assert set(refused.values()) == {
        "its name leads out of the archive", "it is a link, not a file", "it lies more than 12 folders deep",
        "an archive in an archive is not opened; unpack it and add it by itself",
    }  # fmt: skip
    assert len(refused) == 7
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]


def test_a_damaged_member_costs_itself_alone(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.txt": "first words" * 9, "b.txt": "other words" * 9}, compress=zipfile.ZIP_STORED))
    data[data.index(b"first")] ^= 1
    (tmp_path / "a.zip").write_bytes(data)
    members, refused = contents(tmp_path / "a.zip")
    assert (list(members), list(refused)) == (["b.txt"], ["a.txt"])


def test_an_encrypted_member_is_told(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.txt": "words"}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    assert contents(tmp_path / "a.zip") == ({}, {"a.txt": "it is encrypted; unpack the archive with its password and add the files"})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("MAX_MEMBERS", 2, "it holds 3 files and the limit is 2"), ("MAX_INFLATED_MB", 0, "it unpacks to 0 MB and the limit is 0 MB"), ("SMALL_MB", 0, "a zip bomb")],
)
def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: int, said: str) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({f"{n}.txt": b"a" * 90_000 for n in range(3)}))
    monkeypatch.setattr(limits, name, value)
    with pytest.raises(SourceError, match=said):
        contents(tmp_path / "a.zip")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"words", zipped({"a": "b"})[:-8]])
def test_what_is_no_archive_is_damaged(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(SourceError, match="it is damaged"):
        contents(tmp_path / "a.zip")


def test_an_archive_is_added_under_its_name_and_each_file_told(tmp_path: Path) -> None:
    write(tmp_path, {"news.zip": zipped({"a.txt": story(1), "sub/b.pdf": pdf((SENTENCES[1],)), "c.blend": "x", "d.pdf": b"%PDF-1.4"})})
    library = library_in(tmp_path)
    report = library.add([tmp_path / "news.zip"])
    assert report.added == ("news/a.txt", "news/sub/b.pdf")
    assert [failure.source for failure in report.failed] == [f"{tmp_path}/news.zip/c.blend", f"{tmp_path}/news.zip/d.pdf"]
    assert library.add([tmp_path / "news.zip"]).unchanged == 2
    library.store.close()


def test_an_archive_that_lies_in_the_folder_is_told(tmp_path: Path) -> None:
    library = library_in(tmp_path, {"news.zip": zipped({"a.txt": "a"})})
    assert library.sync(mirror=False).failed == (
        Failure("news.zip", "'.zip' files cannot be read; to take in the files in it, add it in the page, or in a terminal: assistant add FILE.zip"),
    )
