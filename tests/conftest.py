"""What all tests share: the real encoder, opened once, and how hypothesis looks for counter-examples."""

from __future__ import annotations

import os

os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is first imported; no test needs the network
os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")

import pytest
from hypothesis import HealthCheck, settings

from assistant.encoder import OnnxEncoder, open_encoder

settings.register_profile(
    "repeatable",  # the same examples in every run: a failure is there for the next person too
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def encoder() -> OnnxEncoder:
    """The bundled model; its graph is made first where this user has none."""
    opened = open_encoder()
    assert isinstance(opened, OnnxEncoder)
    return opened
