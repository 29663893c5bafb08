"""A real HTTP server on 127.0.0.1 whose every answer a test sets, and a network in which any name leads to it."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpcore

PUBLIC = "93.184.215.14"
"""An address of the public internet; no test connects to it."""


@dataclass
class Reply:
    """What the server answers: sent piece by piece, `delay_s` apart."""

    body: bytes | Sequence[bytes] = b""
    content_type: str | None = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    raw: bool = False
    """The pieces are all that is sent, status line included."""


def article(title: str, *paragraphs: str, published: str | None = "2025-04-15") -> bytes:
    """A news page as sites serve them."""
    date = f'<meta property="article:published_time" content="{published}T08:00:00Z">' if published else ""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{date}'
        f'<meta property="og:site_name" content="Port Gazette"><meta property="og:title" content="{title}"></head>'
        f"<body><nav><a href='/'>Home</a></nav><article><h1>{title}</h1>{body}</article><footer>Contact</footer></body></html>"
    ).encode()


def redirect(location: str, status: int = 302) -> Reply:
    return Reply(b"", status=status, headers={"Location": location})


def gzipped(body: bytes, content_type: str = "text/html") -> Reply:
    return Reply(gzip.compress(body), content_type, headers={"Content-Encoding": "gzip"})


@dataclass
class Web:
    """The server. `asked` keeps each request: its path and headers, in order."""

    port: int
    pages: dict[str, Reply | Callable[[], Reply]]
    asked: list[tuple[str, dict[str, str]]]

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@contextmanager
def serving(pages: dict[str, Reply | Callable[[], Reply]] | None = None, ssl_context: Any = None) -> Iterator[Web]:
    """Serve `pages` by path; what is not there is 404."""
    asked: list[tuple[str, dict[str, str]]] = []
    served = {} if pages is None else pages
    stopping = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append((self.path, dict(self.headers)))
            reply = served.get(self.path) or served.get(self.path.partition("?")[0]) or Reply(b"none", status=404)
            reply = reply() if callable(reply) else reply
            pieces = [reply.body] if isinstance(reply.body, bytes) else reply.body
            try:
                if not reply.raw:
                    self.send_response(reply.status)
                    if reply.content_type is not None:
                        self.send_header("Content-Type", reply.content_type)
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.send_header("Connection", "close")
                    self.end_headers()
                for piece in pieces:
                    self.wfile.write(piece)
                    self.wfile.flush()
                    if reply.delay_s and stopping.wait(reply.delay_s):
                        break
            except OSError:
                pass  # the reader went away, as it should
            self.close_connection = True

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if ssl_context:
        server.socket = ssl_context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Web(server.server_address[1], served, asked)
    finally:
        stopping.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


class Detour(httpcore.SyncBackend):
    """A network that leads every address to the server, and keeps which were connected to."""

    def __init__(self, refused: Sequence[str] = ()) -> None:
        self.connected: list[str] = []
        self._refused = refused

    def connect_tcp(self, host: str, port: int, *rest: Any, **more: Any) -> httpcore.NetworkStream:
        self.connected.append(host)
        if host in self._refused:
            raise httpcore.ConnectError("refused")
        return super().connect_tcp("127.0.0.1", port, *rest, **more)


def waited(started: float) -> float:
    return time.monotonic() - started
