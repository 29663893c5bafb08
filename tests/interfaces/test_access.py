"""Who may use the servers: the token on every route, the log-in form, and what is refused beyond this machine."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from assistant.errors import SettingsError
from assistant.interfaces import mcp, server
from assistant.interfaces.access import COOKIE, check_exposure, is_loopback, token_from_environment
from assistant.interfaces.security import guard
from assistant.web import build_app
from tests.asking import AssistantWith, environment, run_command
from tests.interfaces.conftest import TOKEN, running

ROUTES = (
    ("POST", "/api/ask"), ("POST", "/api/ask/stream"), ("GET", "/api/search?query=x"), ("GET", "/api/sources"),
    ("GET", "/api/passages/fund.md/0-5"), ("GET", "/api/health"), ("GET", "/api/openapi.json"), ("POST", "/v1/chat/completions"),
    ("GET", "/v1/models"), ("GET", "/v1/models/x"), ("GET", "/api/nothing"), ("GET", "/"),
)  # fmt: skip
PAGE_ROUTES = (("GET", "/"), ("GET", "/reader/style.css"), ("POST", "/upload"), ("GET", "/config"), ("POST", "/gradio_api/queue/join"))
WRONG: tuple[dict[str, str], ...] = (
    {}, {"authorization": "Bearer"}, {"authorization": "Bearer wrong"}, {"authorization": f"Bearer {TOKEN}x"}, {"authorization": f"Bearer {TOKEN[:-1]}"},
    {"authorization": f"Basic {TOKEN}"}, {"authorization": TOKEN}, {"authorization": "Bearer \xfc"}, {"cookie": f"{COOKIE}={TOKEN}"}, {"cookie": f"{COOKIE}="},
    {"x-api-key": TOKEN},
)  # fmt: skip
RIGHT = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def closed(norvia: AssistantWith) -> Iterator[httpx.Client]:
    """The API behind a token."""
    with running(lambda: server.build_app(norvia, token=TOKEN)) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def page(norvia: AssistantWith) -> Iterator[httpx.Client]:
    """The page and the API behind a token."""
    with running(lambda: build_app(norvia, token=TOKEN)) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client


def test_every_route_is_in_the_matrix(api: str) -> None:
    described = httpx.get(f"{api}/api/openapi.json").json()["paths"]
    named = {(method, re.sub(r"\?.*", "", path)) for method, path in ROUTES}
    for path, operations in described.items():
        pattern = re.sub(r"\{[^}]*\}", "[^/]+", path)
        assert {method.upper() for method in operations} <= {method for method, route in named if re.fullmatch(pattern, route)}, path


@pytest.mark.parametrize(("method", "route"), ROUTES)
def test_without_the_token_nothing_is_served(closed: httpx.Client, method: str, route: str) -> None:
    for headers in WRONG:
        raw = {name: value.encode("latin-1") for name, value in headers.items()}
        refused = closed.request(method, route, headers=raw)  # type: ignore[arg-type]
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        error = refused.json()["error"]
        assert (error["code"], TOKEN in refused.text) == ("unauthorized", False)
        assert ("type" in error) == route.startswith("/v1/")


@pytest.mark.parametrize(("method", "route"), ROUTES)
def test_with_the_token_every_route_answers(closed: httpx.Client, method: str, route: str) -> None:
    bodies = {"/v1/chat/completions": {"messages": [{"role": "user", "content": "hello"}]}}
    body = bodies.get(route, {"question": "hello"}) if method == "POST" else None
    served = closed.request(method, route, headers=RIGHT, json=body)
    assert served.status_code == (404 if route in ("/api/nothing", "/v1/models/x", "/") else 200)
    assert closed.request(method, route, headers={"authorization": f"bearer  {TOKEN}"}, json=body).status_code == served.status_code


def test_without_a_token_set_none_is_asked_for(api: str) -> None:
    for headers in WRONG[:3]:
        assert httpx.get(f"{api}/api/health", headers=headers).status_code == 200


@pytest.mark.parametrize(("method", "route"), PAGE_ROUTES + ROUTES[:-1])
def test_the_page_is_closed_too(page: httpx.Client, method: str, route: str) -> None:
    assert page.request(method, route).status_code == 401
    assert page.request(method, route, headers=RIGHT).status_code != 401


def test_a_browser_is_shown_a_form_and_let_in_by_it(page: httpx.Client) -> None:
    asks = {"accept": "text/html,*/*"}
    with httpx.Client(base_url=page.base_url, headers=asks, timeout=20) as browser:
        form = browser.get("/")
        assert (form.status_code, form.headers["content-type"]) == (401, "text/html; charset=utf-8")
        assert 'action="/login"' in form.text
        assert "form-action 'self'" in form.headers["content-security-policy"]
        assert form.headers["x-content-type-options"] == "nosniff"
        wrong = browser.post("/login", data={"token": "wrong"})
        assert (wrong.status_code, "That is not the token." in wrong.text, dict(browser.cookies)) == (401, True, {})
        assert browser.post("/login", data={"token": "x" * 10_000}).status_code == 401
        assert browser.post("/login", content=b"\xff=&&token").status_code == 401
        right = browser.post("/login", data={"token": TOKEN})
        assert (right.status_code, right.headers["location"]) == (303, "/")
        cookie = right.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert TOKEN not in cookie
        assert browser.get("/").status_code == 200
        assert browser.get("/api/openapi.json").status_code == 200  # and the page may use the API
        elsewhere = {"origin": "http://evil.example"}
        assert browser.post("/api/ask", json={"question": "?"}, headers=elsewhere).status_code == 403
        assert browser.post("/login", data={"token": TOKEN}, headers=elsewhere).status_code == 403


def test_a_changed_token_ends_every_session(norvia: AssistantWith, page: httpx.Client) -> None:
    with httpx.Client(base_url=page.base_url) as browser:
        browser.post("/login", data={"token": TOKEN})
        session = browser.cookies[COOKIE]
    assert page.get("/api/openapi.json", headers={"cookie": f"{COOKIE}={session}"}).status_code == 200
    with running(lambda: server.build_app(norvia, token=TOKEN + "2")) as url:
        assert httpx.get(f"{url}/api/openapi.json", headers={"cookie": f"{COOKIE}={session}"}).status_code == 401


@pytest.mark.parametrize("route", ["/api/health", "/v1/models"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 400),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:1"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 403),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({}, 200),
    ],
)
def test_pages_of_other_origins_cannot_use_the_api(client: httpx.Client, route: str, headers: dict[str, str], status: int) -> None:
    told = client.get(route, headers=headers)
    assert told.status_code == status
    assert told.headers["content-type"] == "application/json"
    assert "access-control-allow-origin" not in told.headers
    assert "error" in told.json() or status == 200


def test_the_page_that_is_served_may_call_the_api(api: str) -> None:
    assert httpx.post(f"{api}/api/ask", json={"question": "hello"}, headers={"origin": api}).status_code == 200


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("localhost", True), ("LOCALHOST", True),
        ("0.0.0.0", False), ("::", False), ("", False), ("192.168.0.7", False), ("chat.lan", False), ("localhost.evil.example", False),
    ],
)  # fmt: skip
def test_beyond_this_machine_a_token_is_required(norvia: AssistantWith, host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
    for build in (lambda token: server.build_app(norvia, host=host, token=token), lambda token: mcp.build_app(norvia, host=host, token=token)):
        build(TOKEN)
        if loopback:
            build(None)
            continue
        with pytest.raises(SettingsError, match="needs a token"):
            build(None)


def test_behind_a_proxy_it_goes_by_the_names_it_was_told(norvia: AssistantWith) -> None:
    with pytest.raises(SettingsError, match=r"Serving on 'chat\.example\.org' lets other machines"):
        server.build_app(norvia, names=("chat.example.org",))
    with running(lambda: server.build_app(norvia, token=TOKEN, names=("Chat.example.org",))) as url:
        for host, origin, status in (
            ("chat.example.org", "https://chat.example.org", 200), ("chat.example.org:443", None, 200),
            ("chat.example.org", "https://evil.example", 403), ("www.chat.example.org", None, 400),
        ):  # fmt: skip
            headers = {**RIGHT, "host": host, **({"origin": origin} if origin else {})}
            assert httpx.get(f"{url}/api/health", headers=headers).status_code == status


def test_beside_the_page_the_api_answers_for_itself(page: httpx.Client) -> None:
    assert page.post("/api/ask", headers=RIGHT, json={"question": "hello"}).json()["abstained"]["reason"] == "not_a_question"
    assert page.get("/api/nothing", headers=RIGHT).json()["error"]["code"] == "not_found"
    assert page.get("/v1/chat/completions", headers=RIGHT).headers["allow"] == "POST"
    assert page.get("/docs", headers=RIGHT).status_code == 404


def test_the_guard_itself_refuses_to_stand_open() -> None:
    from fastapi import FastAPI

    with pytest.raises(SettingsError):
        guard(FastAPI(), host="0.0.0.0")
    check_exposure("0.0.0.0", TOKEN)


@pytest.mark.parametrize(
    ("value", "token"), [("", None), ("  ", None), (" secret \n", "secret"), ("a-Z_0~!", "a-Z_0~!")]
)
def test_the_token_comes_from_the_environment(value: str, token: str | None) -> None:
    assert token_from_environment({"ASSISTANT_TOKEN": value}) == token
    assert token_from_environment({}) is None


@pytest.mark.parametrize("value", ["two words", "schlüssel", "a\tb", "a\x7f"])
def test_a_token_that_no_header_carries_is_told_without_being_shown(value: str) -> None:
    with pytest.raises(SettingsError, match="may hold only ASCII") as caught:
        token_from_environment({"ASSISTANT_TOKEN": value})
    assert value not in str(caught.value)


@pytest.mark.parametrize("command", [("chat",), ("serve",), ("mcp", "--http")])
def test_the_command_refuses_other_machines_without_a_token(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "sources").mkdir()
    done = run_command(*command, "--host", "0.0.0.0", cwd=tmp_path, env={"PYTHONPATH": str(Path(__file__).parents[2])})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "assistant: Serving on '0.0.0.0' lets other machines read your sources, so it needs a token. Set one: "
        'export ASSISTANT_TOKEN=$(python3 -c "import secrets; print(secrets.token_urlsafe(32))") '
        "Or serve this machine only: --host 127.0.0.1\n"
    )
    assert not (tmp_path / ".assistant").exists()


def test_the_token_is_never_logged(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "a.txt").write_text("The fund holds $40 million.\n")
    env = environment(ASSISTANT_TOKEN=TOKEN, PYTHONPATH=str(root))
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant", "serve", "--host", "0.0.0.0", "--port", "8150", "-v"],
        cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    told: list[str] = []
    try:
        while not (told and "The API is on" in told[-1]):
            told.append(process.stdout.readline())
            assert told[-1], told
        url = re.findall(r"http://\S+", told[-1])[0].rstrip("/")
        assert httpx.get(f"{url}/api/health").status_code == 401
        assert httpx.get(f"{url}/api/health", headers={"authorization": "Bearer wrong"}).status_code == 401
        assert httpx.get(f"{url}/api/health", headers=RIGHT).json()["n_documents"] == 1
        assert httpx.get(f"{url}/api/health", headers={**RIGHT, "host": "evil.example"}).status_code == 400
        assert httpx.post(f"{url}/api/ask", headers=RIGHT, json={"question": "How much does the fund hold?"}, timeout=20).status_code == 200
    finally:
        process.terminate()
        rest, _ = process.communicate(timeout=20)
    assert TOKEN not in "".join(told) + rest
