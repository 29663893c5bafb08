"""Who may talk to the page, and what every response carries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistant.interfaces.security import (
    CONTENT_SECURITY_POLICY,
    guard,
    is_same_origin,
    is_trusted_host,
)
from assistant.web.uploads import Uploads, safe_name, safe_path, upload_route

HOME = "http://127.0.0.1:7860"


def client_of(app: FastAPI) -> TestClient:
    return TestClient(app, base_url=HOME)


@pytest.fixture
def client() -> TestClient:
    """A small application behind the guard."""
    app = FastAPI()
    app.add_api_route("/", lambda: "page")
    app.add_api_route("/change", lambda: "changed", methods=["POST"])
    guard(app, host="127.0.0.1")
    return client_of(app)


def test_every_response_carries_the_headers(client: TestClient) -> None:
    foreign = {"host": "evil.example"}
    for response in (client.get("/"), client.get("/nowhere"), client.get("/", headers=foreign)):
        assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"


def test_policy_is_the_one_of_the_design() -> None:
    assert CONTENT_SECURITY_POLICY == (
        "default-src 'self'; img-src 'self' data: blob:; "
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost", "LOCALHOST:1", "[::1]:7860"])
def test_loopback_names_are_served(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.0.7", "[", ""])
def test_foreign_host_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize(
    ("host", "served", "trusted"),
    [
        ("chat.lan:7860", "chat.lan", True),
        ("other.lan", "chat.lan", False),
        ("192.168.0.7:7860", "0.0.0.0", True),
        ("evil.example", "0.0.0.0", False),
        ("", "", False),
    ],
)
def test_served_host_is_trusted(host: str, served: str, trusted: bool) -> None:
    assert is_trusted_host(host, served=served) is trusted


def test_change_from_this_page_or_from_no_page_is_let_through(client: TestClient) -> None:
    assert client.post("/change").status_code == 200
    assert client.post("/change", headers={"origin": HOME}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:8000", "http://localhost:7860", "null", ""]
)
def test_change_from_another_page_is_refused(client: TestClient, origin: str) -> None:
    assert client.post("/change", headers={"origin": origin}).status_code == 403


def test_request_a_browser_calls_cross_site_is_refused(client: TestClient) -> None:
    fetched = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/", headers=fetched).status_code == 403
    assert client.get("/", headers=followed).status_code == 200


def test_origin_without_a_host_is_foreign() -> None:
    assert is_same_origin("", "") is False
    assert is_same_origin("http://[x", "[x") is False


@pytest.fixture
def uploads() -> Uploads:
    return Uploads(max_bytes=1024 * 1024)


@pytest.fixture
def uploading(uploads: Uploads) -> TestClient:
    app = FastAPI()
    app.add_api_route("/upload", upload_route(uploads, came=lambda batch: None), methods=["POST"])
    return client_of(app)


def test_upload_waits_under_a_token_until_dropped(uploads: Uploads, uploading: TestClient) -> None:
    token = uploading.post("/upload?name=Größe (1).txt", content=b"text").json()["token"]
    [path] = uploads.paths([token])
    assert (path.name, path.read_bytes()) == ("Größe (1).txt", b"text")
    uploads.drop([token])
    assert not path.parent.exists()
    assert uploads.paths([token]) == []


def test_path_is_not_a_token(uploads: Uploads) -> None:
    assert uploads.paths(["/etc/passwd", "../x"]) == []


def test_too_large_upload_is_refused_and_leaves_nothing(
    uploads: Uploads, uploading: TestClient
) -> None:
    def unannounced() -> object:
        yield from (b"x" * 600_000 for _ in range(3))

    for content in (b"x" * 1_800_000, unannounced()):
        response = uploading.post("/upload?name=a.txt", content=content)  # type: ignore[arg-type]
        assert response.status_code == 413
        assert response.json() == {"error": "Larger than 1 MB, the most this page takes."}
    assert uploads._paths == {}


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a.txt", "a.txt"),
        (".hidden", "hidden"),
        ("a\0b\n.txt", "ab.txt"),
        ("", "untitled"),
        ("..", "untitled"),
        ("新聞.md", "新聞.md"),
        ("é" * 200 + ".txt", "é" * 98 + ".txt"),
    ],
)
def test_uploaded_names_become_plain_file_names(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("trip/deep/a.txt", "trip/deep/a.txt"),
        ("trip//./a.txt", "trip/a.txt"),
        ("trip/../../a.txt", "a.txt"),
        ("/etc/passwd", "passwd"),
        ("C:/Users/me/a.txt", "a.txt"),
        ("C:a.txt", "a.txt"),
        (".git/config", "git/config"),
        ("/".join("abcdefghijklmnop") + "/x.txt", "/".join("efghijklmnop") + "/x.txt"),
        ("/", "untitled"),
    ],
)
def test_folders_of_an_upload_stay_below_its_own(name: str, safe: str) -> None:
    assert safe_path(name) == safe


def test_importing_the_package_does_not_import_gradio() -> None:
    code = "import sys, assistant.web; print('gradio' in sys.modules)"
    root = Path(__file__).parents[2]
    told = subprocess.check_output([sys.executable, "-c", code], cwd=root, text=True)
    assert told.strip() == "False"
