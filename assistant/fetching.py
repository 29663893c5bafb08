"""URL -> page: one document from the web, with every bound a stranger's server needs. Owns httpx and httpcore.

In: an address. Out: the bytes that stood there, and what the server said they are; or a `FetchError`. Each redirect is checked like the
first address. No cookies, no credentials, no proxy from the environment, no second request behind anybody's back.
"""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpcore
import httpx

from assistant import __version__
from assistant.addresses import Resolve, checked_addresses, checked_url, resolve
from assistant.errors import FetchError

TIMEOUT_S = 30.0
"""For one page, from the first connection to the last byte, redirects included."""
CONNECT_S = 8.0
"""For one address of a host; a host that has several gets several tries within TIMEOUT_S."""
MAX_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)
HEADERS = {
    "User-Agent": f"assistant-with-sources/{__version__} (a reader that fetches single pages when its user asks)",
    "Accept": "text/html, application/xhtml+xml, application/pdf, application/rss+xml, application/atom+xml, */*;q=0.5",
    "Accept-Encoding": "gzip",
    "Connection": "close",
}
REASONS = {
    401: "it wants a login; save the page from your browser and add the file",
    402: "it wants a subscription; save the page from your browser and add the file",
    403: "it does not let programs in; save the page from your browser and add the file",
    404: "there is no such page; check the address",
    410: "the page was taken down",
    429: "it was asked too often; try again later",
    451: "the page may not be shown here, for legal reasons",
    503: "it is busy or closed; try again later",
}


@dataclass(frozen=True, slots=True)
class Page:
    """What a server sent.

    Attributes:
        asked: The address that was asked for.
        url: Where it was found, after redirects.
        content: Decompressed, otherwise as it came.
        media_type: `text/html`, in lower case; empty where the server does not say.
        charset: As the server states it; None where it does not.
    """

    asked: str
    url: str
    content: bytes
    media_type: str
    charset: str | None = None


class BusyError(FetchError):
    """The host asks to be left alone for now."""


class Fetcher:
    """Fetches pages; safe to use from several threads."""

    def __init__(
        self,
        *,
        max_bytes: int,
        timeout_s: float = TIMEOUT_S,
        allow_private: bool = False,
        resolve: Resolve = resolve,
        network: httpcore.NetworkBackend | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """Store the bounds and, for tests, who resolves names, opens connections and trusts certificates.

        Args:
            max_bytes: Of one page, after decompression.
            timeout_s: For one page in all; a host that is being looked up when it is over has the rest of LOOKUP_S.
            allow_private: Let addresses of this machine and private networks pass.
        """
        self._max_bytes, self._timeout_s, self._allow_private = max_bytes, timeout_s, allow_private
        self._resolve = resolve
        self._network = network or httpcore.SyncBackend()
        self._ssl_context = ssl_context

    def fetch(self, address: str) -> Page:
        """The page at `address`.

        Raises:
            FetchError: If the address, or one it redirects to, is refused, or no page came within the bounds.
        """
        url = checked_url(address)
        deadline = _Deadline(self._timeout_s)
        seen = {url}
        for _ in range(MAX_REDIRECTS + 1):
            with self._answer(url, deadline) as response:
                headers = httpx.Headers(response.headers)
                if response.status not in REDIRECTS or "location" not in headers:
                    return self._page(address.strip(), url, response.status, headers, response)
                url = self._next(url, headers["location"])
            if url in seen:
                raise FetchError(f"the server redirects in a circle, back to {url}")
            seen.add(url)
        raise FetchError(f"the server redirected more than {MAX_REDIRECTS} times, at last to {url}; try that address itself")

    def _next(self, url: httpx.URL, location: str) -> httpx.URL:
        try:
            return checked_url(str(url.join(location)))
        except (FetchError, httpx.InvalidURL) as exc:
            raise FetchError(f"{url} redirects to '{location[:200]}': {exc}") from exc

    @contextmanager
    def _answer(self, url: httpx.URL, deadline: _Deadline) -> Iterator[httpcore.Response]:
        """Ask one address; network failures come out as FetchErrors."""
        addresses = checked_addresses(url, self._resolve, allow_private=self._allow_private)
        if self._ssl_context is None and url.scheme == "https":
            self._ssl_context = httpx.create_ssl_context()
        request = httpx.Request("GET", url, headers=HEADERS)
        pinned = _PinnedNetwork(addresses, deadline, self._network)
        try:
            with (
                httpcore.ConnectionPool(ssl_context=self._ssl_context, network_backend=pinned) as pool,
                pool.stream("GET", _core_url(url), headers=request.headers.raw) as response,
            ):
                yield response
        except httpcore.TimeoutException as exc:
            raise FetchError(self._too_slow(url, deadline)) from exc
        except (httpcore.NetworkError, OSError) as exc:
            if deadline.over:
                raise FetchError(self._too_slow(url, deadline)) from exc
            raise FetchError(_unreachable(url, exc)) from exc
        except httpcore.ProtocolError as exc:
            raise FetchError(f"the connection to '{url.host}' broke off or was no HTTP ({exc}); try again later") from exc

    def _too_slow(self, url: httpx.URL, deadline: _Deadline) -> str:
        if deadline.over:
            return f"'{url.host}' took longer than {self._timeout_s:g} s; try again later, or save the page from your browser and add the file"
        return f"'{url.host}' does not answer; check the address, and that this machine is online"

    def _page(self, asked: str, url: httpx.URL, status: int, headers: httpx.Headers, response: httpcore.Response) -> Page:
        if status != 200:
            phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "unknown"
            said = f"the server answered {status} ({phrase})"
            message = f"{said}: {REASONS[status]}" if status in REASONS else f"{said} and no page; try again later"
            raise BusyError(message) if status in (429, 503) else FetchError(message)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._max_bytes:
            raise FetchError(self._too_large())
        content = b"".join(_decoded(response.iter_stream(), headers.get("content-encoding", ""), self._max_bytes, self._too_large()))
        if not content.strip():
            raise FetchError("the server sent an empty page")
        media_type, charset = _content_type(headers.get("content-type", ""))
        return Page(asked, str(url), content, media_type, charset)

    def _too_large(self) -> str:
        return f"the page has more than {self._max_bytes / 1e6:g} MB, the limit; raise max_file_mb, or download the file and add that"


def _core_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _unreachable(url: httpx.URL, exc: Exception) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(exc):
        return f"'{url.host}' has no valid certificate, so that nobody can tell who answers ({exc})"
    return f"'{url.host}' cannot be reached ({exc}); check the address, and that this machine is online without a proxy, for none is used"


def _content_type(value: str) -> tuple[str, str | None]:
    """Media type and charset of a Content-Type header."""
    from email.message import Message

    message = Message()
    message["content-type"] = value
    charset = message.get_param("charset")
    known = isinstance(charset, str) and charset.strip(" '\"")
    return value.partition(";")[0].strip().lower(), str(charset).strip(" '\"").lower() if known else None


def _decoded(blocks: Iterable[bytes], coding: str, max_bytes: int, too_large: str) -> Iterator[bytes]:
    """The body without its compression; never more than `max_bytes` and one block in memory, whatever it claims to unpack to."""
    coding = coding.strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        raise FetchError(f"the server sent the page packed as '{coding}', which was not asked for; save it from your browser and add the file")
    inflater = zlib.decompressobj(wbits=31) if "gzip" in coding else None
    n_bytes = 0
    for block in blocks:
        try:
            # One byte more than may be taken, so that a bomb is seen and not unpacked; a limit of 0 would mean none.
            data = inflater.decompress(block, max_bytes - n_bytes + 1) if inflater else block
        except zlib.error as exc:
            raise FetchError(f"the page cannot be unpacked ({exc}); try again later") from exc
        n_bytes += len(data)
        if n_bytes > max_bytes:
            raise FetchError(too_large)
        yield data
    if inflater and not inflater.eof:
        raise FetchError("the page came incomplete; try again later")


class _Deadline:
    """A moment after which nothing is waited for."""

    def __init__(self, timeout_s: float) -> None:
        self._end = time.monotonic() + timeout_s

    @property
    def over(self) -> bool:
        return time.monotonic() >= self._end

    def left(self) -> float:
        """Seconds left.

        Raises:
            httpcore.ReadTimeout: If there are none.
        """
        if self.over:
            raise httpcore.ReadTimeout
        return max(self._end - time.monotonic(), 0.001)


class _PinnedNetwork(httpcore.NetworkBackend):
    """Connects to addresses that were checked, whatever the name stands for by now. Host, SNI and certificate go by the name."""

    def __init__(self, addresses: Sequence[str], deadline: _Deadline, network: httpcore.NetworkBackend) -> None:
        self._addresses, self._deadline, self._network = addresses, deadline, network

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None, socket_options: Any = None
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("no address")
        for address in self._addresses:
            try:
                stream = self._network.connect_tcp(address, port, min(CONNECT_S, self._deadline.left()), None, socket_options)
                return _TimedStream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                failure = exc
        raise failure


class _TimedStream(httpcore.NetworkStream):
    """A connection on which nothing waits past the deadline, so that a byte now and then does not keep it open."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        # A handshake reads many times under one socket timeout each, so it gets the shorter bound.
        stream = self._stream.start_tls(ssl_context, server_hostname, min(CONNECT_S, self._deadline.left()))
        return _TimedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()
