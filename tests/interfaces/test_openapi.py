"""The server keeps what its OpenAPI document promises, whatever is sent: schemathesis makes the requests up, the same ones in every run."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

CHECKS = [
    schemathesis.checks.not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    response_headers_conformance, unsupported_method,
]  # fmt: skip
OPERATIONS = (
    ("POST", "/api/ask"), ("POST", "/api/ask/stream"), ("GET", "/api/search"), ("GET", "/api/sources"),
    ("GET", "/api/passages/{document}/{start}-{end}"), ("GET", "/api/health"), ("POST", "/v1/chat/completions"), ("GET", "/v1/models"),
    ("GET", "/v1/models/{model}"),
)  # fmt: skip


@pytest.fixture(scope="module")
def schema(api: str) -> Any:
    return schemathesis.openapi.from_url(f"{api}/api/openapi.json")


NOTHING_WRONG = ("/api/health", "/v1/models", "/v1/models/{model}")
"""Where nothing, or any string, is sent: there is no wrong request to make up."""


@pytest.mark.parametrize(
    ("mode", "method", "path"),
    [(mode, *operation) for operation in OPERATIONS for mode in GenerationMode if mode is GenerationMode.POSITIVE or operation[1] not in NOTHING_WRONG],
)
def test_every_reply_is_as_described(schema: Any, api: str, method: str, path: str, mode: GenerationMode) -> None:
    operation = schema[path][method]
    checks = [*CHECKS, negative_data_rejection] if path.startswith("/api/ask") else CHECKS
    seen: list[int] = []

    @seed(20241122)
    @settings(max_examples=25, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def inner(case: Any) -> None:
        if mode is GenerationMode.POSITIVE and path == "/v1/chat/completions":
            case.body["messages"].append({"role": "user", "content": "How large is the harbour fund?"})  # else chance seldom asks
        seen.append(case.call_and_validate(checks=checks, timeout=20).status_code)

    inner()
    assert seen
    if mode is GenerationMode.POSITIVE and path != "/api/passages/{document}/{start}-{end}" and path != "/v1/models/{model}":
        assert 200 in seen


def test_the_document_is_read_whole(schema: Any, api: str) -> None:
    there = {(result.ok().method.upper(), result.ok().path) for result in schema.get_all_operations()}
    assert there == set(OPERATIONS)
    assert httpx.get(f"{api}/api/openapi.json").json()["openapi"].startswith("3.1")
