"""Which web addresses may be asked for a page. In: a URL. Out: its parts, and addresses of the public internet, or a refusal.

A name is resolved once and what came out is what is connected to, so that a name cannot be checked as one address and reached as
another. A URL from a feed or a redirect is a stranger's wish: it must not reach this machine or the network around it.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from assistant.errors import FetchError

if TYPE_CHECKING:
    import httpx

LOOKUP_S = 5.0
"""For one host in DNS; the system's own bound is half a minute and more."""
Resolve = Callable[[str, int], Sequence[str]]
"""Host and port to addresses, as texts, best first; OSError where there are none, TimeoutError where nobody said in time."""

WAY_OUT = "Pages are fetched from the public internet only; for others, start the assistant with --allow-private-hosts."
MAX_URL_CHARS = 4_000
LIKE_A_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
NUMERIC_HOST = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)\.?", re.IGNORECASE)
"""A last label that is a number makes the whole host an IPv4 address to many resolvers, be it octal, hex or one number.

Source: WHATWG URL, section 3.5, "ends in a number".
"""
PLATFORM = frozenset({"168.63.129.16"})
"""Public in form, but answered by the machine's own host: the platform address of one cloud."""
NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
COMPATIBLE = ipaddress.IPv6Network("::/96")
TRACKING = re.compile(r"utm_\w+|at_(?:medium|campaign)\w*|\w*clid|gbraid|wbraid|mc_[ce]id|igshid|_ga", re.IGNORECASE)


def is_url(text: str) -> bool:
    """Whether a person who writes this means an address, not a file."""
    return bool(LIKE_A_URL.match(text))


def checked_url(text: str) -> httpx.URL:
    """`text` as a URL without its fragment.

    Raises:
        FetchError: If it is none, of another scheme than http and https, or carries a password.
    """
    import httpx

    if len(text) > MAX_URL_CHARS:
        raise FetchError(f"the address has {len(text)} characters; the most is {MAX_URL_CHARS}")
    try:
        url = httpx.URL(text.strip()).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError) as exc:
        raise FetchError(f"this is no address that can be read ({exc}); write it as https://example.org/article") from exc
    if url.scheme not in ("http", "https"):
        scheme = f"'{url.scheme}' addresses" if url.scheme else "addresses without https://"
        raise FetchError(f"{scheme} cannot be fetched, only http and https; download the file and add that")
    if not url.host:
        raise FetchError("the address names no host; write it as https://example.org/article")
    if url.userinfo:
        raise FetchError("the address carries a user name or password; save the page from your browser and add the file")
    return url


def resolve(host: str, port: int, *, timeout_s: float = LOOKUP_S, look_up: Callable[..., Any] = socket.getaddrinfo) -> list[str]:
    """What the system's resolver says, each address once.

    Raises:
        OSError: If there is none.
        TimeoutError: If it said nothing in time.
    """
    found: list[Any] = []
    failed: list[Exception] = []

    def ask() -> None:
        try:
            found.extend(look_up(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as exc:
            failed.append(exc)

    # A daemon: the resolver cannot be told to stop, and nobody waits for it to.
    thread = threading.Thread(target=ask, name="assistant-lookup", daemon=True)
    thread.start()
    thread.join(timeout_s)
    if failed:
        raise failed[0]
    if thread.is_alive():
        raise TimeoutError(f"no answer within {timeout_s:g} s")
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked_addresses(url: httpx.URL, resolve: Resolve, *, allow_private: bool) -> list[str]:
    """Where to connect for `url`; its host is resolved once.

    Raises:
        FetchError: If the host has no address, or one that is not of the public internet.
    """
    host = url.raw_host.decode("ascii").strip("[]")
    port = url.port or (443 if url.scheme == "https" else 80)
    if not allow_private and not _is_plain_address(host) and NUMERIC_HOST.fullmatch(host):
        raise FetchError(f"'{host}' is a number where the name of a host belongs. {WAY_OUT}")
    try:
        addresses = list(resolve(host, port))
    except TimeoutError as exc:
        raise FetchError(f"looking up the host '{host}' took too long ({exc}); check that this machine is online, and try again") from exc
    except (OSError, UnicodeError) as exc:
        raise FetchError(f"the host '{host}' cannot be found; check the spelling, and that this machine is online") from exc
    if not addresses:
        raise FetchError(f"the host '{host}' has no address; check the spelling")
    for address in addresses:
        if not allow_private and (kind := private_kind(address)):
            named = f"'{host}' is" if host == address else f"'{host}' stands for {address},"
            raise FetchError(f"{named} {kind}. {WAY_OUT}")
    return addresses


def _is_plain_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def private_kind(address: str) -> str | None:
    """What an address is in words where it is not one of the public internet; None where it is.

    >>> private_kind("127.0.0.1"), private_kind("192.168.1.1"), private_kind("1.1.1.1")
    ('an address of this machine', 'an address of a private network', None)
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "no address that can be checked"
    if isinstance(parsed, ipaddress.IPv6Address) and (inner := _carried(parsed)) is not None:
        return private_kind(str(inner))
    if parsed.is_loopback or parsed.is_unspecified:
        return "an address of this machine"
    if parsed.is_link_local:
        return "a link-local address, where machines keep their own data"
    if parsed.is_multicast or parsed.is_reserved:
        return "a multicast or reserved address"
    if not parsed.is_global or address in PLATFORM or getattr(parsed, "is_site_local", False):
        return "an address of a private network"
    return None


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, translated, tunnelled or in the old compatible form."""
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    carries = any(address in network for network in NAT64) or (address in COMPATIBLE and int(address) > 1)
    return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF) if carries else None


def untracked(url: str) -> str:
    """`url` without the parameters that only tell the site where a reader came from.

    >>> untracked("https://example.org/a?utm_source=feed&id=7")
    'https://example.org/a?id=7'
    """
    path, mark, query = url.partition("?")
    kept = [pair for pair in query.split("&") if not TRACKING.fullmatch(pair.partition("=")[0])]
    return path + mark * bool(kept) + "&".join(kept) if mark else url


def url_key(url: str) -> str:
    """What two spellings of one address share: no scheme, fragment, tracking parameters, `www.` or last slash.

    >>> url_key("http://www.Example.org/a/?utm_source=x&b=1#top") == url_key("https://example.org/a?b=1")
    True
    """
    try:
        parts = urlsplit(url.strip())
        port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    except ValueError:
        return url.strip()
    host = (parts.hostname or "").removeprefix("www.").rstrip(".")
    kept = sorted(pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not TRACKING.fullmatch(pair[0]))
    query = f"?{urlencode(kept)}" if kept else ""
    return f"{host}{port}{parts.path.rstrip('/')}{query}"
