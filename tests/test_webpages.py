"""Pages from a real server, kept in the sources folder: each once, under its own name, with where it stood and when it was fetched."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import FetchError
from assistant.fetching import Fetcher, Page
from assistant.folder import Failure
from assistant.library import Library
from assistant.managing import edit, restore
from assistant.page_files import as_utf8, names_for, suffix_of
from assistant.scanning import ScanReport
from assistant.sidecar import About, read_about
from assistant.webpages import HERE, LATER, TAKEN_OUT, add_urls
from tests.fakes import HashingEncoder, library_in, stories, story, write
from tests.webserver import Detour, Reply, Web, article, redirect, serving

NOT_FOUND = "the server answered 404 (Not Found): there is no such page; check the address"


def news(n: int, **changed: Any) -> Reply:
    title, *paragraphs = story(n).strip().split("\n\n")
    return Reply(article(title, *paragraphs, **changed))


@pytest.fixture
def web() -> Iterator[Web]:
    with serving({f"/news/story-number-{n}": news(n) for n in range(1, 7)}) as served:
        yield served


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return library_in(tmp_path)


def fetcher(**options: Any) -> Fetcher:
    return Fetcher(**{"max_bytes": 1_000_000, "timeout_s": 10.0, "allow_private": True, **options})


def add(library: Library, *urls: str, **options: Any) -> ScanReport:
    return add_urls(library, urls, **{"fetcher": fetcher(), "pause_s": 0.0, **options})


def feed(*urls: str) -> Reply:
    items = "".join(f"<item><link>{url}</link></item>" for url in urls)
    return Reply(f"<rss><channel>{items}</channel></rss>".encode(), "application/rss+xml")


def files(library: Library) -> list[str]:
    return sorted(path.relative_to(library.root).as_posix() for path in library.root.rglob("*") if path.is_file())


def named(*numbers: int) -> tuple[str, ...]:
    return tuple(f"127.0.0.1/story-number-{n}.html" for n in numbers)


def test_a_page_is_kept_as_it_came_with_its_address_and_date(library: Library, web: Web) -> None:
    web.pages["/old"] = redirect("/news/story-number-1?utm_source=x")
    assert add(library, web.url("/old")) == ScanReport(added=named(1))
    assert files(library) == [named(1)[0], f"{named(1)[0]}.about.toml"]
    path = library.path_of(named(1)[0])
    assert path.read_bytes() == news(1).body
    about = read_about(path)
    assert (about.url, about.asked) == (web.url("/news/story-number-1"), web.url("/old"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", about.fetched or "")
    (document,) = library.catalog.documents()
    assert (document.title, document.publisher, document.published, document.url, document.fetched) == (
        story(1).splitlines()[0], "Port Gazette", "2025-04-15T08:00Z", web.url("/news/story-number-1"), about.fetched,
    )  # fmt: skip


def test_the_same_page_again_changes_nothing(library: Library, web: Web) -> None:
    add(library, web.url("/news/story-number-1"))
    before = {name: library.path_of(name).read_bytes() for name in files(library)}
    assert add(library, web.url("/news/story-number-1?utm_medium=y#part")) == ScanReport(unchanged=1)
    assert {name: library.path_of(name).read_bytes() for name in files(library)} == before


def test_a_page_that_changed_replaces_its_own_file_and_the_old_one_is_kept(library: Library, web: Web) -> None:
    add(library, web.url("/news/story-number-1"))
    edit(library, named(1)[0], {"author": "The desk"})
    web.pages["/news/story-number-1"] = news(2)
    assert add(library, web.url("/news/story-number-1")) == ScanReport(changed=named(1))
    assert library.path_of(named(1)[0]).read_bytes() == news(2).body
    assert (library.settings.keep / "replaced" / named(1)[0]).read_bytes() == news(1).body
    (document,) = library.catalog.documents()
    assert (document.title, document.author) == (story(2).splitlines()[0], "The desk")


def test_a_page_never_takes_the_name_of_another_file(library: Library, web: Web) -> None:
    write(library.root, {named(1)[0]: "<html><body><p>Something that a person put here by hand, long enough.</p></body></html>"})
    before = library.path_of(named(1)[0]).read_bytes()
    web.pages["/else/story-number-1"] = news(3)
    (first,) = add(library, web.url("/news/story-number-1")).added
    assert re.fullmatch(r"127\.0\.0\.1/story-number-1-[0-9a-f]{8}\.html", first)
    assert library.path_of(named(1)[0]).read_bytes() == before
    (second,) = add(library, web.url("/else/story-number-1")).added
    assert second not in (first, named(1)[0])
    assert add(library, web.url("/news/story-number-1")) == ScanReport(unchanged=1)


def test_a_page_stays_itself_when_its_file_was_renamed_with_its_sidecar(library: Library, web: Web) -> None:
    add(library, web.url("/news/story-number-1"))
    for name in files(library):
        library.path_of(name).rename(library.root / name.rpartition("/")[2].replace("story-number-1", "mine"))
    web.pages["/news/story-number-1"] = news(2)
    assert add(library, web.url("/news/story-number-1")).failed == ()
    assert files(library) == ["mine.html", "mine.html.about.toml"]
    assert (library.root / "mine.html").read_bytes() == news(2).body


def test_progress_counts_pages_up_to_all_and_grows_only_by_what_a_feed_lists(library: Library, web: Web) -> None:
    urls = [web.url(f"/news/story-number-{n}") for n in (1, 2, 3)]
    web.pages["/feed"] = feed(*urls[1:])
    told: list[tuple[int, int, str]] = []
    add(library, urls[0], web.url("/feed"), web.url("/gone"), progress=lambda *each: told.append(each))
    assert told == [(1, 3, urls[0]), (2, 3, web.url("/feed")), (3, 3, web.url("/gone")), (4, 5, urls[1]), (5, 5, urls[2])]


def test_a_feed_adds_each_article_once(library: Library, web: Web) -> None:
    urls = [web.url(f"/news/story-number-{n}") for n in (1, 2, 3)]
    web.pages["/feed"] = feed(*urls, f"{urls[0]}?utm_source=feed", web.url("/gone"))
    assert add(library, web.url("/feed")) == ScanReport(added=named(1, 2, 3), failed=(Failure(web.url("/gone"), NOT_FOUND),))
    n_asked = len(web.asked)
    skipped = tuple(Failure(url, HERE) for url in urls)
    assert add(library, web.url("/feed")) == ScanReport(failed=(Failure(web.url("/gone"), NOT_FOUND),), skipped=skipped)
    assert len(web.asked) == n_asked + 2


def test_a_list_skips_what_is_here_be_it_by_front_matter(library: Library, web: Web) -> None:
    known = web.url("/news/story-number-1")
    write(library.root, {"own.md": f"---\nurl: {known}\n---\n{story(9)}"})
    library.sync(mirror=False)
    report = add(library, listed=[known, web.url("/news/story-number-2"), "nonsense"])
    assert (report.added, report.skipped) == (named(2), (Failure(known, HERE),))
    assert [failure.source for failure in report.failed] == ["nonsense"]


def test_a_feed_in_a_list_is_read_but_not_a_feed_in_a_feed_for_ever(library: Library, web: Web) -> None:
    web.pages["/feed"] = feed(web.url("/feed"), web.url("/inner"), web.url("/news/story-number-1"))
    web.pages["/inner"] = feed(web.url("/feed"), web.url("/news/story-number-2"))
    assert add(library, listed=[web.url("/feed")]) == ScanReport(added=named(1, 2))
    assert sorted(web.paths) == ["/feed", "/inner", "/news/story-number-1", "/news/story-number-2"]


def test_the_limit_is_of_listed_pages_and_the_rest_is_said(library: Library, web: Web) -> None:
    urls = [web.url(f"/news/story-number-{n}") for n in (1, 2, 3, 4)]
    web.pages["/feed"] = feed(*urls)
    report = add(library, web.url("/news/story-number-5"), web.url("/feed"), limit=2)
    assert report == ScanReport(added=named(1, 2, 5), skipped=(Failure(urls[2], LATER), Failure(urls[3], LATER)))
    assert add(library, web.url("/feed"), limit=2).added == named(3, 4)


def test_what_was_removed_does_not_come_back_by_a_feed_but_by_name(library: Library, web: Web) -> None:
    url = web.url("/news/story-number-1")
    web.pages["/feed"] = feed(url)
    add(library, url)
    library.remove(named(1)[0])
    assert add(library, web.url("/feed")) == ScanReport(skipped=(Failure(url, TAKEN_OUT),))
    assert files(library) == []
    restore(library, named(1)[0])
    assert add(library, web.url("/feed")) == ScanReport(skipped=(Failure(url, HERE),))
    library.remove(named(1)[0])
    assert add(library, url) == ScanReport(added=named(1))


def test_one_page_that_fails_stops_no_other(library: Library, web: Web) -> None:
    web.pages.update({
        "/video": Reply(b"\0\1", "video/mp4"), "/blank": Reply(b"<html><body><script>1</script></body></html>"), "/busy": Reply(b"", status=500),
        "/binary": Reply(b"\0\1\2", "text/plain"), "/empty": feed(),
    })  # fmt: skip
    report = add(library, *(web.url(path) for path in ("/video", "/blank", "/busy", "/binary", "/empty", "/news/story-number-1")), "http://no.invalid/")
    assert report.added == named(1)
    assert [failure.source.rpartition("/")[2] for failure in report.failed] == ["binary", "blank", "busy", "empty", "video", ""]
    reasons = {failure.source.rpartition("/")[2]: failure.reason for failure in report.failed}
    assert reasons["video"].startswith("it is 'video/mp4', which cannot be read; these can: ")
    assert (reasons["binary"], reasons["empty"]) == ("the file is binary, not text", "the feed lists no article")
    assert files(library) == [named(1)[0], f"{named(1)[0]}.about.toml"]


def test_a_host_that_is_busy_is_left_alone(library: Library, web: Web) -> None:
    web.pages["/news/story-number-2"] = Reply(b"", status=429)
    report = add(library, *(web.url(f"/news/story-number-{n}") for n in (1, 2, 3, 4)))
    assert (report.added, web.paths) == (named(1), ["/news/story-number-1", "/news/story-number-2"])
    assert [failure.reason.partition(",")[0] for failure in report.failed] == [
        "the server answered 429 (Too Many Requests): it was asked too often; try again later", "not asked for", "not asked for",
    ]  # fmt: skip


def test_hosts_are_asked_side_by_side_and_each_one_page_at_a_time(library: Library, web: Web) -> None:
    lock, now, most, by_host = threading.Lock(), [], [0], [0]

    def slow(host: str, n: int) -> Any:
        def reply() -> Reply:
            with lock:
                now.append(host)
                most[0], by_host[0] = max(most[0], len(now)), max(by_host[0], now.count(host))
            time.sleep(0.15)
            with lock:
                now.remove(host)
            return news(n)

        return reply

    hosts = ["one.example", "two.example", "three.example"]
    web.pages.update({f"/{host}-number-{n}": slow(host, n) for host in hosts for n in (1, 2)})
    urls = [web.url(f"/{host}-number-{n}", host) for host in hosts for n in (1, 2)]
    polite = fetcher(resolve=lambda host, port: ["8.8.8.8"], network=Detour(), allow_private=False)
    assert len(add(library, *urls, fetcher=polite).added) == 6
    assert (by_host, most[0] > 1) == ([1], True)


def test_names_do_not_depend_on_which_page_comes_first(tmp_path: Path, web: Web) -> None:
    def late() -> Reply:
        time.sleep(0.3)
        return news(1)

    def run(folder: str, first: Any) -> list[str]:
        web.pages.update({"/a/same-name-here": first, "/b/same-name-here": news(2)})
        library = library_in(tmp_path / folder)
        urls = [web.url("/a/same-name-here", "one.example"), web.url("/b/same-name-here", "www.one.example")]
        add(library, *urls, fetcher=fetcher(resolve=lambda host, port: ["8.8.8.8"], network=Detour(), allow_private=False))
        return [f"{name} {library.catalog.document_by_source(name).title}" for name in files(library) if not name.endswith(".toml")]

    assert run("late", late) == run("soon", news(1))


def test_the_encoding_that_the_server_states_is_honoured(library: Library, web: Web) -> None:
    page = "<html><head><meta charset='iso-8859-1'><title>부산 항구 소식</title></head><body><article><p>" + "부산 항구에 새 다리가 놓였다. " * 20 + "</p></article></body></html>"
    web.pages.update({
        "/cp949": Reply(page.encode("cp949"), "text/html; charset=EUC-KR"), "/utf8": Reply(page.encode(), "text/html; charset=utf-8"),
        "/latin": Reply("Très bien, la forêt et le château brûlé. ".encode("latin-1") * 5, "text/plain; charset=ISO-8859-1"),
    })  # fmt: skip
    report = add(library, *(web.url(path) for path in ("/cp949", "/utf8", "/latin")))
    assert (report.failed, report.warnings) == ((), ())
    titles = {document.url: document.title for document in library.catalog.documents()}
    assert (titles[web.url("/cp949")], titles[web.url("/utf8")]) == ("부산 항구 소식", "부산 항구 소식")
    (latin,) = [library.catalog.document_by_source(name) for name in report.added if name.endswith(".txt")]
    assert latin.text.startswith("Très bien, la forêt et le château brûlé.")


@pytest.mark.parametrize(
    ("content", "charset", "expected"),
    [
        (b"plain", "euc-kr", b"plain"),
        ("é".encode("latin-1"), "windows-1252", "\ufeffé".encode()),
        ("é".encode("latin-1"), None, "é".encode("latin-1")),
        ("é".encode("latin-1"), "utf-8", "é".encode("latin-1")),
        ("é".encode(), "utf-8", "\ufeffé".encode()),
        ("é".encode("latin-1"), "klingon", "é".encode("latin-1")),
        ("é".encode("utf-16"), "utf-8", "é".encode("utf-16")),
        ("“é”".encode("cp1252"), "iso-8859-1", "\ufeff“é”".encode()),
    ],
)
def test_a_text_is_kept_in_utf8_where_its_encoding_is_stated_and_fits(content: bytes, charset: str | None, expected: bytes) -> None:
    assert as_utf8(Page("u", "u", content, "text/html", charset)) == expected


@pytest.mark.parametrize(
    ("media_type", "url", "suffix"),
    [
        ("text/html", "https://e.org/a.php", ".html"),
        ("application/xhtml+xml", "https://e.org/a", ".html"),
        ("text/plain", "https://e.org/a", ".txt"),
        ("text/markdown", "https://e.org/a", ".md"),
        ("text/x-markdown", "https://e.org/a%20b.md?raw=1", ".md"),
        ("application/octet-stream", "https://e.org/notes.TXT", ".txt"),
        ("", "https://e.org/", ".html"),
        ("text/calendar", "https://e.org/a.ics", None),
        ("image/png", "https://e.org/a.html", None),
        ("application/json", "https://e.org/a.txt", None),
    ],
)
def test_what_the_server_says_decides_how_it_is_read(media_type: str, url: str, suffix: str | None) -> None:
    page = Page(url, url, b"<!doctype html><html></html>", media_type)
    if suffix:
        assert suffix_of(page) == suffix
        return
    with pytest.raises(FetchError, match=f"^it is '{media_type}', which cannot be read; these can: "):
        suffix_of(page)


@pytest.mark.parametrize(
    ("url", "title", "name"),
    [
        ("https://www.News.example/2025/04/15/tariff-talks-begin-in-seoul.html", "T", "news.example/tariff-talks-begin-in-seoul.html"),
        ("https://news.example/tariff-talks-begin/12345678", None, "news.example/tariff-talks-begin.html"),
        ("https://news.example/article?id=7", "Seoul & Tokyo: a first step", "news.example/seoul-tokyo-a-first-step.html"),
        ("https://news.example/", None, "news.example/index.html"),
        ("https://news.example/../../etc/passwd", None, "news.example/passwd.html"),
        ("https://news.example/..%2f..%2fetc%2fpasswd-and-more-words", None, "news.example/passwd-and-more-words.html"),
        ("https://news.example/con", None, "news.example/page-con.html"),
        ("https://news.example/x", "../../..", "news.example/x.html"),
        ("https://뉴스.example/기사-하나-둘", None, "xn--vg1b002a.example/기사-하나-둘.html"),
        ("http://[2606:4700::1]/a", "One two three", "2606-4700-1/one-two-three.html"),
    ],
)
def test_a_page_is_named_by_its_host_and_the_words_of_its_address_or_title(url: str, title: str | None, name: str) -> None:
    import httpx

    assert names_for(str(httpx.URL(url)), ".html", title)[0] == name


def test_a_long_name_is_cut_between_words_and_stays_within_what_file_systems_take() -> None:
    for word in ("word", "기사", "x" * 300):
        first, second = names_for("https://news.example/" + "-".join([word] * 60), ".html", None)
        assert len(first.encode()) < 255
        assert re.fullmatch(re.escape(first[:-5]) + r"-[0-9a-f]{8}\.html", second)


def test_a_page_that_cannot_be_written_leaves_nothing_behind(library: Library, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    import assistant.webpages as module

    def full(source: str, target: str) -> None:
        Path(target).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.shutil, "copyfile", full)
    report = add(library, web.url("/news/story-number-1"))
    assert report == ScanReport(failed=(Failure(web.url("/news/story-number-1"), "it cannot be written into the sources folder: No space left on device"),))
    assert files(library) == []


def test_pages_join_a_library_without_embedding_it_again(tmp_path: Path, web: Web) -> None:
    encoder = HashingEncoder()
    library = library_in(tmp_path, stories([7, 8]), encoder=encoder)
    library.sync(mirror=False)
    n_before = len(encoder.encoded)
    add(library, web.url("/news/story-number-1"))
    assert len(encoder.encoded) == n_before + 4
    assert About() == read_about(library.path_of("story-007.txt"))
