"""Which addresses may be asked: the public internet's, and what was checked is what is connected to."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.addresses import (
    WAY_OUT,
    checked_addresses,
    checked_url,
    is_url,
    private_kind,
    resolve,
    untracked,
    url_key,
)
from assistant.errors import FetchError

MACHINE = "an address of this machine"
PRIVATE = "an address of a private network"
LINK_LOCAL = "a link-local address, where machines keep their own data"
RESERVED = "a multicast or reserved address"


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", MACHINE), ("127.8.9.1", MACHINE), ("0.0.0.0", MACHINE), ("::1", MACHINE), ("::", MACHINE),
        ("10.1.2.3", PRIVATE), ("172.16.0.1", PRIVATE), ("172.31.255.255", PRIVATE), ("192.168.1.1", PRIVATE), ("fc00::1", PRIVATE),
        ("fd00:ec2::254", PRIVATE), ("fec0::1", PRIVATE), ("100.64.0.1", PRIVATE), ("100.100.100.200", PRIVATE), ("198.18.0.1", PRIVATE),
        ("192.0.2.1", PRIVATE), ("2001:db8::1", PRIVATE), ("168.63.129.16", PRIVATE), ("0.1.2.3", PRIVATE),
        ("169.254.169.254", LINK_LOCAL), ("fe80::1", LINK_LOCAL), ("fe80::1%eth0", LINK_LOCAL),
        ("224.0.0.1", RESERVED), ("239.255.255.250", RESERVED), ("240.0.0.1", RESERVED), ("255.255.255.255", RESERVED), ("ff02::1", RESERVED),
        ("::ffff:127.0.0.1", MACHINE), ("::ffff:169.254.169.254", LINK_LOCAL), ("::ffff:192.168.0.1", PRIVATE), ("::127.0.0.1", MACHINE),
        ("64:ff9b::7f00:1", MACHINE), ("64:ff9b::a9fe:a9fe", LINK_LOCAL), ("64:ff9b:1::a00:1", PRIVATE), ("2002:7f00:1::", MACHINE),
        ("2002:a9fe:a9fe::1", LINK_LOCAL), ("2001:0:102:304:0:0:80ff:fffe", MACHINE), ("nonsense", "no address that can be checked"),
        ("93.184.215.14", None), ("8.8.8.8", None), ("172.32.0.1", None), ("100.128.0.1", None), ("2606:4700::1111", None),
        ("::ffff:8.8.8.8", None), ("64:ff9b::808:808", None), ("2002:808:808::", None),
    ],
)  # fmt: skip
def test_an_address_is_public_or_said_not_to_be(address: str, kind: str | None) -> None:
    assert private_kind(address) == kind


def refusal(url: str, addresses: Sequence[str]) -> str:
    with pytest.raises(FetchError) as caught:
        checked_addresses(checked_url(url), lambda host, port: addresses, allow_private=False)
    return str(caught.value)


def test_one_private_address_among_several_refuses_the_name() -> None:
    assert refusal("https://news.example/a", ["8.8.8.8", "10.0.0.5"]) == f"'news.example' stands for 10.0.0.5, {PRIVATE}. {WAY_OUT}"


def test_an_address_in_place_of_a_name_is_checked_too() -> None:
    assert refusal("http://169.254.169.254/latest/meta-data", ["169.254.169.254"]) == f"'169.254.169.254' is {LINK_LOCAL}. {WAY_OUT}"
    assert refusal("http://[::ffff:127.0.0.1]/", ["::ffff:127.0.0.1"]) == f"'::ffff:127.0.0.1' is {MACHINE}. {WAY_OUT}"


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0x7f.1", "127.1", "0x7f.0.0.0x1", "8.8.8.8.", "017700000001", "1.2.3", "news.0x1"])
def test_a_number_in_place_of_a_name_is_refused_whatever_it_resolves_to(host: str) -> None:
    asked: list[str] = []
    with pytest.raises(FetchError, match="is a number where the name of a host belongs"):
        checked_addresses(checked_url(f"http://{host}/"), lambda host, port: asked.append(host) or ["8.8.8.8"], allow_private=False)
    assert asked == []


@pytest.mark.parametrize("url", ["http://0177.0.0.1/", "http://１２７.0.0.1/", "http://①②⑦.0.0.1/", "http://[::1", "http://[fe80::1%25eth0]/", "https://a:b/"])
def test_other_spellings_of_addresses_are_no_urls_or_refused(url: str) -> None:
    with pytest.raises(FetchError):
        checked_addresses(checked_url(url), lambda host, port: [host], allow_private=False)


def test_full_width_dots_are_the_address_they_spell() -> None:
    assert refusal("http://127。0。0。1/", ["127.0.0.1"]) == f"'127.0.0.1' is {MACHINE}. {WAY_OUT}"


def test_the_flag_lets_private_addresses_pass() -> None:
    url = checked_url("http://printer.local:8080/")
    assert checked_addresses(url, lambda host, port: [f"10.0.0.{port - 8000}"], allow_private=True) == ["10.0.0.80"]


def test_a_name_without_address_is_said() -> None:
    def fails(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(FetchError, match=r"^the host 'no\.example' cannot be found; check the spelling"):
        checked_addresses(checked_url("https://no.example/"), fails, allow_private=False)
    assert refusal("https://no.example/", []) == "the host 'no.example' has no address; check the spelling"


def test_a_lookup_that_takes_too_long_is_given_up_and_said() -> None:
    released = threading.Event()

    def silent(host: str, port: int, *, type: int) -> list[tuple[object, ...]]:
        released.wait(20)
        return []

    began = time.monotonic()
    with pytest.raises(FetchError) as caught:
        checked_addresses(checked_url("https://slow.example/"), partial(resolve, timeout_s=0.2, look_up=silent), allow_private=False)
    assert time.monotonic() - began < 10
    released.set()
    assert str(caught.value) == (
        "looking up the host 'slow.example' took too long (no answer within 0.2 s); check that this machine is online, and try again"
    )


def test_the_systems_resolver_is_asked_and_what_it_lacks_is_an_error() -> None:
    assert resolve("127.0.0.1", 80) == ["127.0.0.1"]
    with pytest.raises(OSError, match=r"not known|No address|failure"):
        resolve("no-such-host.invalid", 80)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://example.org/a", "'ftp' addresses cannot be fetched, only http and https; download the file and add that"),
        ("file:///etc/passwd", "'file' addresses cannot be fetched, only http and https; download the file and add that"),
        ("gopher://example.org/", "'gopher' addresses cannot be fetched, only http and https; download the file and add that"),
        ("example.org/a", "addresses without https:// cannot be fetched, only http and https; download the file and add that"),
        ("https:///a", "the address names no host; write it as https://example.org/article"),
        ("https://me:secret@example.org/", "the address carries a user name or password; save the page from your browser and add the file"),
        ("https://example.org/" + "a" * 5_000, "the address has 5020 characters; the most is 4000"),
    ],
)
def test_what_is_no_address_of_a_page_is_refused_with_the_way_out(url: str, message: str) -> None:
    with pytest.raises(FetchError) as caught:
        checked_url(url)
    assert str(caught.value) == message


def test_a_refusal_does_not_repeat_the_password() -> None:
    with pytest.raises(FetchError) as caught:
        checked_url("https://me:secret@example.org/")
    assert "secret" not in str(caught.value)


@given(st.text())
def test_any_text_is_a_url_or_refused(text: str) -> None:
    with suppress(FetchError):
        assert checked_url(text).scheme in ("http", "https")
    url_key(text)


def test_files_and_urls_are_told_apart() -> None:
    assert [is_url(text) for text in ("https://a.org", "FTP://x", "a.txt", "C:\\notes\\a.txt", "./https:/x")] == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://Example.org", "https://www.example.org/"),
        ("https://example.org:443/a/", "https://example.org/a#part"),
        ("https://example.org/a?b=1&a=2&utm_source=x&fbclid=y", "https://example.org/a?a=2&b=1"),
    ],
)
def test_spellings_of_one_address_are_the_same(one: str, other: str) -> None:
    assert url_key(one) == url_key(other)


@pytest.mark.parametrize("other", ["https://example.org/b", "https://example.org/a?id=2", "https://example.org:8080/a?id=1", "https://m.example.org/a?id=1"])
def test_other_pages_are_not_the_same(other: str) -> None:
    assert url_key("https://example.org/a?id=1") != url_key(other)


def test_only_tracking_parameters_are_taken_off() -> None:
    assert untracked("https://e.org/a?utm_source=x&id=7&gclid=1&q=%20a") == "https://e.org/a?id=7&q=%20a"
    assert [untracked(url) for url in ("https://e.org/a?utm_medium=b", "https://e.org/a")] == ["https://e.org/a", "https://e.org/a"]
