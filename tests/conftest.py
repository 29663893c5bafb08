"""What all tests share: the real encoder, opened once, disks of any size, and how hypothesis looks for counter-examples."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

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


Disk = Callable[..., None]
"""Mount a disk of some kilobytes at a folder, or with `again` change the one that is there."""


@pytest.fixture
def disk() -> Iterator[Disk]:
    """Disks of the tests' own; needs the right to mount."""
    mounted: list[Path] = []

    def mount(folder: Path, options: str, *, again: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        remount = ["-o", f"remount,{options}"] if again else ["-t", "tmpfs", "-o", options, "tmpfs"]
        try:
            subprocess.run(["mount", *remount, str(folder)], check=True, capture_output=True, timeout=20)
        except (OSError, subprocess.SubprocessError) as exc:
            pytest.skip(f"no disk can be mounted here ({exc})")
        if not again:
            mounted.append(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True, timeout=20)
