"""One page from a real server: followed, bounded, checked, and refused in words."""

from __future__ import annotations

import gzip
import ssl
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import FetchError
from assistant.fetching import BusyError, Fetcher, Page
from tests.webserver import PUBLIC, Detour, Reply, Web, article, gzipped, redirect, serving

PAGE = article("The harbour fund grows", "The harbour fund of Norvia has grown to 40 million crowns, the council said.")


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as served:
        yield served


def local(**options: Any) -> Fetcher:
    return Fetcher(**{"max_bytes": 1_000_000, "timeout_s": 5.0, "allow_private": True, **options})


def refusal(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(url)
    return str(caught.value)


def test_a_page_comes_as_it_was_sent(web: Web) -> None:
    web.pages["/a"] = Reply(PAGE, "text/HTML; Charset=UTF-8")
    assert local().fetch(web.url("/a#part")) == Page(web.url("/a#part"), web.url("/a"), PAGE, "text/html", "utf-8")


def test_the_request_says_who_asks_and_carries_nothing_else(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    web.pages.update({"/a": Reply(b"", status=302, headers={"Location": "/b", "Set-Cookie": "id=1; Path=/"}), "/b": Reply(PAGE)})
    local().fetch(web.url("/a"))
    (path, first), (_, second) = web.asked
    assert path == "/a"
    assert set(first) == {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}
    assert first["User-Agent"].startswith("assistant-with-sources/")
    assert second == first


def test_redirects_are_followed_to_the_last_address(web: Web) -> None:
    web.pages.update({f"/{n}": redirect(f"/{n + 1}", status) for n, status in enumerate((301, 302, 303, 307, 308))})
    web.pages["/5"] = Reply(PAGE)
    page = local().fetch(web.url("/0"))
    assert (page.asked, page.url, web.paths) == (web.url("/0"), web.url("/5"), [f"/{n}" for n in range(6)])


def test_six_redirects_are_too_many(web: Web) -> None:
    web.pages.update({f"/{n}": redirect(f"/{n + 1}") for n in range(8)})
    assert refusal(local(), web.url("/0")) == f"the server redirected more than 5 times, at last to {web.url('/6')}; try that address itself"
    assert len(web.asked) == 6


def test_a_circle_is_seen(web: Web) -> None:
    web.pages.update({"/a": redirect("/b"), "/b": redirect("/a")})
    assert refusal(local(), web.url("/a")) == f"the server redirects in a circle, back to {web.url('/a')}"
    assert len(web.asked) == 2


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/", "javascript:alert(1)", "https://me:secret@example.org/"])
def test_a_redirect_to_another_scheme_or_with_a_password_is_refused(web: Web, target: str) -> None:
    web.pages["/a"] = redirect(target)
    assert refusal(local(), web.url("/a")).startswith(f"{web.url('/a')} redirects to '{target}': ")


# Addresses


def test_a_redirect_to_a_private_address_is_refused(web: Web) -> None:
    network = Detour()
    addresses = {"news.example": PUBLIC, "inside.example": "192.168.0.9"}
    web.pages["/a"] = redirect(f"http://inside.example:{web.port}/secret")
    fetcher = local(allow_private=False, resolve=lambda host, port: [addresses[host]], network=network)
    assert refusal(fetcher, web.url("/a", "news.example")).startswith("'inside.example' stands for 192.168.0.9, an address of a private network.")
    assert (network.connected, web.paths) == ([PUBLIC], ["/a"])


def test_the_real_resolver_and_this_machine_are_refused(web: Web) -> None:
    web.pages["/a"] = Reply(PAGE)
    for host in ("127.0.0.1", "localhost", "[::1]"):
        assert "address of this machine" in refusal(local(allow_private=False), web.url("/a", host))
    assert web.asked == []


def test_a_name_is_resolved_once_and_what_was_checked_is_connected_to(web: Web) -> None:
    """DNS rebinding: the second answer, which is never asked for, is this machine."""
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    network = Detour()
    web.pages["/a"] = Reply(PAGE)
    fetcher = local(allow_private=False, resolve=lambda host, port: next(answers), network=network)
    assert fetcher.fetch(web.url("/a", "news.example")).content == PAGE
    assert network.connected == [PUBLIC]
    assert next(answers) == ["127.0.0.1"]
    assert web.asked[0][1]["Host"] == f"news.example:{web.port}"


def test_each_redirect_is_resolved_and_checked_anew(web: Web) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    network = Detour()
    web.pages["/a"] = redirect("/b")
    fetcher = local(allow_private=False, resolve=lambda host, port: next(answers), network=network)
    assert "stands for 127.0.0.1" in refusal(fetcher, web.url("/a", "news.example"))
    assert (network.connected, web.paths) == ([PUBLIC], ["/a"])


def test_the_next_address_is_tried_where_one_does_not_answer(web: Web) -> None:
    network = Detour(refused=("2606:4700::1111",))
    web.pages["/a"] = Reply(PAGE)
    fetcher = local(allow_private=False, resolve=lambda host, port: ["2606:4700::1111", PUBLIC], network=network)
    assert fetcher.fetch(web.url("/a", "news.example")).content == PAGE
    assert network.connected == ["2606:4700::1111", PUBLIC]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("certificate")
    key, made = folder / "key.pem", folder / "made.pem"
    try:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=news.example",
             "-addext", "subjectAltName=DNS:news.example", "-keyout", key, "-out", made],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    return key, made


def test_the_certificate_is_checked_against_the_name_not_the_address(certificate: tuple[Path, Path]) -> None:
    key, made = certificate
    serving_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving_context.load_cert_chain(made, key)
    names: list[str | None] = []
    serving_context.sni_callback = lambda connection, name, context: names.append(name)
    trusting = ssl.create_default_context(cafile=made)
    with serving({"/a": Reply(PAGE)}, serving_context) as web:
        options = {"allow_private": False, "resolve": lambda host, port: [PUBLIC], "network": Detour()}
        fetcher = local(ssl_context=trusting, **options)
        assert fetcher.fetch(f"https://news.example:{web.port}/a").content == PAGE
        assert "has no valid certificate" in refusal(fetcher, f"https://other.example:{web.port}/a")
        assert "has no valid certificate" in refusal(local(**options), f"https://news.example:{web.port}/a")
        assert names[:2] == ["news.example", "other.example"]
        assert web.paths == ["/a"]


# Bounds


def test_a_page_over_the_limit_is_refused_by_what_it_announces(web: Web) -> None:
    web.pages["/a"] = Reply(b"short", headers={"Content-Length": "2000000"})
    assert refusal(local(), web.url("/a")) == "the page has more than 1 MB, the limit; raise max_file_mb, or download the file and add that"


def test_a_page_over_the_limit_is_refused_by_what_comes(web: Web) -> None:
    web.pages.update({"/large": Reply([b"x" * 100_000] * 100), "/fits": Reply([b"x" * 100_000] * 10)})
    assert refusal(local(), web.url("/large")).startswith("the page has more than 1 MB, the limit;")
    assert len(local().fetch(web.url("/fits")).content) == 1_000_000


def test_a_bomb_is_not_unpacked(web: Web) -> None:
    web.pages["/a"] = gzipped(b"\0" * 60_000_000)
    tracemalloc.start()
    try:
        assert refusal(local(), web.url("/a")).startswith("the page has more than 1 MB, the limit;")
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_compressed_pages_are_read_and_broken_ones_said(web: Web) -> None:
    whole = gzip.compress(PAGE)
    packed = {"Content-Encoding": "gzip"}
    web.pages.update({
        "/a": gzipped(PAGE), "/cut": Reply(whole[:-20], headers=packed), "/damaged": Reply(b"nonsense", headers=packed),
        "/twice": Reply(gzip.compress(whole), headers={"Content-Encoding": "gzip, gzip"}), "/brotli": Reply(b"?", headers={"Content-Encoding": "br"}),
    })  # fmt: skip
    assert local().fetch(web.url("/a")).content == PAGE
    assert refusal(local(), web.url("/cut")) == "the page came incomplete; try again later"
    assert refusal(local(), web.url("/damaged")).startswith("the page cannot be unpacked (")
    for path, coding in (("/twice", "gzip, gzip"), ("/brotli", "br")):
        assert refusal(local(), web.url(path)).startswith(f"the server sent the page packed as '{coding}', which was not asked for;")


@pytest.mark.parametrize(
    "reply",
    [
        Reply([b"x"] * 1_000, delay_s=0.1),
        Reply([b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 1_000], delay_s=0.1, raw=True),
        Reply([b"", b""], delay_s=30.0, raw=True),
    ],
    ids=["slow body", "slow head", "silence"],
)
def test_a_slow_server_is_left_when_the_time_is_up(web: Web, reply: Reply) -> None:
    web.pages["/a"] = reply
    started = time.monotonic()
    assert refusal(local(timeout_s=0.6), web.url("/a")) == (
        "'127.0.0.1' took longer than 0.6 s; try again later, or save the page from your browser and add the file"
    )
    assert time.monotonic() - started < 20


def test_redirects_share_one_time_limit(web: Web) -> None:
    def slow() -> Reply:
        time.sleep(0.3)
        return redirect(f"/{len(web.asked)}")

    web.pages.update({f"/{n}": slow for n in range(9)})
    assert "took longer than 0.5 s" in refusal(local(timeout_s=0.5), web.url("/0"))
    assert len(web.asked) <= 3


def test_a_host_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as web:
        pass
    said = refusal(local(), web.url("/a"))
    assert said.startswith("'127.0.0.1' cannot be reached (")
    assert said.endswith("); check the address, and that this machine is online without a proxy, for none is used")


# What is no page


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (404, "the server answered 404 (Not Found): there is no such page; check the address"),
        (403, "the server answered 403 (Forbidden): it does not let programs in; save the page from your browser and add the file"),
        (401, "the server answered 401 (Unauthorized): it wants a login; save the page from your browser and add the file"),
        (500, "the server answered 500 (Internal Server Error) and no page; try again later"),
        (204, "the server answered 204 (No Content) and no page; try again later"),
        (599, "the server answered 599 (unknown) and no page; try again later"),
    ],
)
def test_a_status_that_is_no_page_is_said_in_words(web: Web, status: int, message: str) -> None:
    web.pages["/a"] = Reply(PAGE if status not in (204,) else b"", status=status)
    assert refusal(local(), web.url("/a")) == message


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_host_is_told_from_a_missing_page(web: Web, status: int) -> None:
    web.pages["/a"] = Reply(b"wait", status=status)
    with pytest.raises(BusyError):
        local().fetch(web.url("/a"))


def test_an_empty_page_and_a_broken_connection_are_said(web: Web) -> None:
    web.pages.update({"/empty": Reply(b" \n"), "/cut": Reply(b"half", headers={"Content-Length": "100"}), "/noise": Reply(b"\0\1\2 nonsense\r\n\r\n", raw=True)})
    assert refusal(local(), web.url("/empty")) == "the server sent an empty page"
    for path in ("/cut", "/noise"):
        assert refusal(local(), web.url(path)).startswith("the connection to '127.0.0.1' broke off or was no HTTP (")


@pytest.mark.parametrize(
    ("header", "media_type", "charset"),
    [
        ("text/html; charset=EUC-KR", "text/html", "euc-kr"),
        ('text/html; charset="utf-8"; x=y', "text/html", "utf-8"),
        ("TEXT/plain", "text/plain", None),
        ("text/html; charset=", "text/html", None),
        (None, "", None),
        (";;;", "", None),
    ],
)
def test_media_type_and_charset_are_read_as_stated(web: Web, header: str | None, media_type: str, charset: str | None) -> None:
    web.pages["/a"] = Reply(PAGE, header)
    page = local().fetch(web.url("/a"))
    assert (page.media_type, page.charset) == (media_type, charset)


def test_several_threads_share_a_fetcher(web: Web) -> None:
    web.pages.update({f"/{n}": Reply(f"page {n}".encode()) for n in range(20)})
    fetcher, found = local(), dict[int, bytes]()
    threads = [threading.Thread(target=lambda n=n: found.update({n: fetcher.fetch(web.url(f"/{n}")).content})) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == {n: f"page {n}".encode() for n in range(20)}

