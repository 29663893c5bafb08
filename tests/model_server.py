"""A model's server on loopback that says what a test has scripted: streamed with real timing, broken off, refused.

It speaks OpenAI's API, or another of `tests.dialects`. It is a plain threaded HTTP server, so that a cut connection is really cut. What
it was asked is kept in `requests`.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.dialects import OPENAI, Dialect, Messages


@dataclass(frozen=True)
class Script:
    """What to do with one request.

    Attributes:
        text: The reply, streamed in pieces of `piece` characters, `pause_s` apart.
        hangs_up: The connection is closed in place of a reply.
        body: Of a failure, where it is not the usual one.
        cut_after: Pieces after which the connection is torn down without a word; None for never.
        silent_after: Pieces after which nothing more comes until the client leaves.
        malformed_after, trouble_after: Pieces after which something comes that cannot be read, or that says that the server failed.
    """

    text: str = ""
    status: int = 200
    hangs_up: bool = False
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    piece: int = 8
    pause_s: float = 0.0
    first_pause_s: float = 0.0
    finish: str | None = "stop"
    refusal: str | None = None
    usage: tuple[int, int] | None = (321, 45)
    cut_after: int | None = None
    silent_after: int | None = None
    malformed_after: int | None = None
    trouble_after: int | None = None


LEAVING_S = 30
ENDLESS = " More follows here and there." * 50_000
"""More than anybody waits for: a reply that goes on ends because the client leaves."""

Scripted = Script | Callable[[Messages], "Script | str"] | str


@dataclass
class ModelServer:
    """A running server. `scripts` are used in turn, the last one again and again."""

    url: str
    scripts: Sequence[Scripted]
    dialect: Dialect = OPENAI
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    left_early: threading.Event = field(default_factory=threading.Event)
    """A client went before its reply was whole. It is waited for no longer than LEAVING_S."""

    def script_for(self, messages: Messages) -> Script:
        scripted = self.scripts[min(len(self.requests), len(self.scripts)) - 1]
        if callable(scripted):
            scripted = scripted(messages)
        return Script(scripted) if isinstance(scripted, str) else scripted

    @property
    def prompts(self) -> list[str]:
        """What was sent, a text a request."""
        return ["\n\n".join(message["content"] for message in self.dialect.messages(request)) for request in self.requests]


@contextmanager
def serving(*scripts: Scripted, dialect: Dialect = OPENAI) -> Iterator[ModelServer]:
    """A server for as long as the block runs."""
    server = ModelServer("", scripts, dialect)

    class Handler(_Handler):
        model = server

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_address[1]}{dialect.path}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: ModelServer

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:  # a picture or link that should never be asked for
        self.model.paths.append(self.path)
        self.send_error(404)

    def do_POST(self) -> None:
        self.model.paths.append(self.path)
        self.model.keys.append(self.headers.get(self.model.dialect.key_header))
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.model.requests.append(request)
        script = self.model.script_for(self.model.dialect.messages(request))
        self.close_connection = True
        try:
            if script.hangs_up:
                return
            if script.status != 200:
                self._fail(script)
            else:
                self._stream(script)
        except (BrokenPipeError, ConnectionResetError):
            self.model.left_early.set()

    def _fail(self, script: Script) -> None:
        body = script.body or self.model.dialect.failure(script.status)
        self.send_response(script.status)
        for name, value in (("content-type", "application/json"), ("content-length", str(len(body))), ("connection", "close"), *script.headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, script: Script) -> None:
        dialect = self.model.dialect
        self.send_response(200)
        self.send_header("content-type", dialect.content_type)
        self.send_header("connection", "close")
        if dialect.chunked:
            self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        time.sleep(script.first_pause_s)
        pieces = [script.text[i : i + script.piece] for i in range(0, len(script.text), script.piece)]
        self._send(dialect.opening(script.usage))
        for n, piece in enumerate(pieces):
            if n == script.cut_after:
                self.connection.close()
                return
            if n == script.silent_after:
                self._wait_for_leaving()
                return
            if n == script.malformed_after:
                self._send(dialect.malformed)
            if n == script.trouble_after:
                self._send(dialect.trouble)
            self._send(dialect.piece(piece))
            time.sleep(script.pause_s)
        self._send(dialect.closing(script.finish, script.refusal, script.usage))
        if dialect.chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _send(self, data: bytes) -> None:
        if data:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if self.model.dialect.chunked else data)
            self.wfile.flush()

    def _wait_for_leaving(self) -> None:
        """Until the client closes its end."""
        self.connection.settimeout(LEAVING_S)
        if self.connection.recv(1) == b"":
            self.model.left_early.set()
