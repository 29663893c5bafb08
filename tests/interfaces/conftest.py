"""Real servers on loopback ports around a real assistant, and what tests ask them with."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn

from assistant.interfaces import server
from assistant.interfaces.serving import free_socket
from tests.asking import NORVIA, AssistantWith, assistant_in

TOKEN = "a-token-of-the-tests-0123456789"


@contextmanager
def running(make_app: Callable[[], Any]) -> Iterator[str]:
    """The application served from a thread; yields its address, without a slash at the end."""
    listener = free_socket("127.0.0.1", 8100)
    serving = uvicorn.Server(uvicorn.Config(make_app(), log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not serving.started:
        assert thread.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    serving.should_exit = True
    thread.join(10)
    listener.close()
    assert not thread.is_alive()


@pytest.fixture(scope="package")
def norvia(tmp_path_factory: pytest.TempPathFactory, encoder: Any) -> AssistantWith:
    return assistant_in(tmp_path_factory.mktemp("norvia"), encoder, NORVIA)


@pytest.fixture(scope="package")
def api(norvia: AssistantWith) -> Iterator[str]:
    """The address of the HTTP API, open to this machine."""
    with running(lambda: server.build_app(norvia)) as url:
        yield url


@pytest.fixture
def client(api: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=api, timeout=20) as client:
        yield client
