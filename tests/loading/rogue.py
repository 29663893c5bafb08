"""Loaders that do what no loader should; the worker's tests run them in its process."""

from __future__ import annotations

import ctypes
import os
import sys
import time

from assistant.errors import SourceError
from assistant.loading.loaded import Loaded
from assistant.loading.metadata import Metadata


def good(data: bytes, *arguments: str) -> Loaded:
    """The process and what it was given."""
    return Loaded(data.decode() + "".join(arguments), Metadata(title=str(os.getpid())), (0, 1), ("a warning",))


def hang(data: bytes) -> Loaded:
    while True:
        time.sleep(0.01)


def hang_after_being_good(data: bytes) -> Loaded:
    time.sleep(float(data))
    return Loaded("late")


def eat(data: bytes) -> Loaded:
    hoard = []
    while True:
        hoard.append(bytearray(10_000_000))


def leave(data: bytes) -> Loaded:
    os._exit(int(data))


def crash(data: bytes) -> Loaded:
    ctypes.string_at(8)  # reads where nothing is: a segmentation fault
    raise AssertionError


def nest(data: bytes) -> Loaded:
    return nest(data)


def refuse(data: bytes) -> Loaded:
    raise SourceError("no, thank you")


def stumble(data: bytes) -> Loaded:
    raise KeyError("a key\nthat is not there")


def chat(data: bytes) -> Loaded:
    print("x" * 100_000)
    print("y" * 100_000, file=sys.stderr)
    os.write(1, b"z" * 100_000)
    return Loaded(sys.stdin.read() + "quiet")


def imported(data: bytes) -> Loaded:
    """Which of the named modules this process has imported."""
    return Loaded(" ".join(name for name in data.decode().split() if sys.modules.get(name)) or "none")
