"""Where the assistant looks and what it uses: defaults < assistant.toml < ASSISTANT_* environment < arguments.

In: a TOML file, the environment, explicit values. Out: one frozen `Settings`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from assistant.errors import SettingsError

CONFIG_FILE = "assistant.toml"
BUNDLED_ENCODER = "all-MiniLM-L6-v2"
BUNDLED_READER = "bundled"
NO_READER = "none"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a user can set. Each field is also a key of assistant.toml and `ASSISTANT_<FIELD>`.

    Attributes:
        sources: The folder that is answered from.
        data: Where the index and what a person made are kept.
        encoder: `all-MiniLM-L6-v2` (bundled) or any sentence-transformers model by name or path.
        reader: Who judges which sentences answer: `bundled`, `none`, or any cross-encoder or question-answering model by name or path.
        neighbours: Who proposes neighbours: `auto`, `exact` or `chroma`.
        answerer: Who writes answers where no model is named; a key of `assistant.answering.ANSWERERS`.
        top_k: Hits an answer is drawn from and `--json` lists.
        max_file_mb: Larger files are reported, not read.
        max_file_seconds: A file that takes longer to read is reported; one second more for each of its megabytes.
        model: The language model that writes answers, `PROVIDER:NAME`; `none` for none.
        model_url: Where the model runs, an OpenAI-compatible server or one that speaks as its provider does; `none` for the provider's own.
        model_timeout_s: The longest silence of a model's server that is borne.
    """

    sources: Path = Path("sources")
    data: Path = Path(".assistant")
    encoder: str = BUNDLED_ENCODER
    reader: str = BUNDLED_READER
    neighbours: str = "auto"
    answerer: str = "quoting"
    top_k: int = 10
    max_file_mb: int = 50
    max_file_seconds: int = 10
    model: str = "none"
    model_url: str = "none"
    model_timeout_s: int = 60

    def __post_init__(self) -> None:
        if self.neighbours not in NEIGHBOURS:
            raise SettingsError(
                f"neighbours is '{self.neighbours}', which is none of: {', '.join(NEIGHBOURS)}."
            )
        if self.model_url != "none" and not self.model_url.startswith(("http://", "https://")):
            raise SettingsError(f"model_url is '{self.model_url}'; it must begin with http:// or https://, for example http://127.0.0.1:8080/v1.")
        for name in ("top_k", "max_file_mb", "max_file_seconds", "model_timeout_s"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} is {getattr(self, name)}; it must be at least 1.")

    @property
    def index(self) -> Path:
        """What can be rebuilt from the sources."""
        return self.data / "index"

    @property
    def keep(self) -> Path:
        """What a person made and no rebuild can bring back."""
        return self.data / "keep"

    @property
    def sources_from_data(self) -> str:
        """Where the sources lie as seen from the data folder, so that both can be moved together."""
        return os.path.relpath(self.sources.resolve(), self.data.resolve())


NEIGHBOURS = ("auto", "exact", "chroma")


def load_settings(
    *,
    config: Path | None = None,
    environ: Mapping[str, str] | None = None,
    **given: Any,
) -> Settings:
    """Merge the four layers; a None in `given` counts as not given.

    Args:
        config: A TOML file; by default `assistant.toml` in the working directory, if there is one.
        environ: By default `os.environ`.
        **given: Fields of `Settings`, the strongest layer.

    Raises:
        SettingsError: If a file cannot be read, or a name or value is not one of `Settings`.
    """
    environ = os.environ if environ is None else environ
    settings = Settings()
    for origin, values in (
        (str(config or CONFIG_FILE), _read_toml(config)),
        ("the environment", _read_environment(environ)),
        ("the arguments", {name: value for name, value in given.items() if value is not None}),
    ):
        settings = replace(settings, **_typed(values, origin))
    return settings


def _read_toml(config: Path | None) -> dict[str, Any]:
    path = config or Path(CONFIG_FILE)
    if config is None and not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        if isinstance(exc, FileNotFoundError):
            raise SettingsError(f"There is no settings file '{path}'.") from exc
        raise SettingsError(f"{path} cannot be read as TOML: {exc}. Mend it or move it away.") from exc


def _read_environment(environ: Mapping[str, str]) -> dict[str, str]:
    prefixed = {field.name: f"ASSISTANT_{field.name.upper()}" for field in fields(Settings)}
    return {name: environ[key] for name, key in prefixed.items() if environ.get(key)}


def _typed(values: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """Turn each value into its field's type, naming where a wrong one came from."""
    defaults = Settings()
    typed: dict[str, Any] = {}
    for name, value in values.items():
        if name not in {field.name for field in fields(Settings)}:
            known = ", ".join(field.name for field in fields(Settings))
            raise SettingsError(f"{origin} sets '{name}', which is no setting. Settings: {known}.")
        kind = type(getattr(defaults, name))
        kind = Path if issubclass(kind, Path) else kind
        try:
            if kind is int and not isinstance(value, int | str):
                raise TypeError
            typed[name] = kind(value)
        except (TypeError, ValueError) as exc:
            raise SettingsError(
                f"{origin} sets {name} to {value!r}, which is not {'a path' if kind is Path else 'a whole number'}."
            ) from exc
        if kind is Path:
            typed[name] = typed[name].expanduser()
    return typed
