"""The providers of language models: whose package, which key, which address, which options.

In: `PROVIDER:NAME`, perhaps a URL. Out: an `Endpoint`. Nothing of a provider is imported here.
"""

from __future__ import annotations

import importlib.util
import os
import re
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from assistant.errors import SettingsError
from assistant.installing import pip

LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})
THIS_MACHINE = "this machine"
URL_PROVIDER = "openai"
"""What a server named by URL speaks, unless a provider is named too."""
KEY_FOR_URL = "ASSISTANT_MODEL_KEY"
"""The key for a server named by URL. The provider's own key never goes to another server."""
NO_KEY = "none"
"""Sent where a server wants no key but its client does."""
MAX_REPLY_TOKENS = 4_000
"""An answer takes some 200; what a model thinks before it counts too."""
LEAST_CONTEXT = 8_192
"""Tokens that Ollama keeps room for; by itself it keeps so few that it drops the beginning of a prompt without a word."""


class Provider(NamedTuple):
    """One of LangChain's providers.

    Attributes:
        package: What it comes in, and `extra`, ours that brings it.
        key: The variable that its key is in; it is not `needed` where it may run on this machine.
        urls: The variables where its package looks for another address than `url`.
    """

    package: str
    extra: str
    key: str
    url: str
    urls: tuple[str, ...] = ()
    needed: bool = True


PROVIDERS = {
    "openai": Provider("langchain_openai", "openai", "OPENAI_API_KEY", "https://api.openai.com/v1", ("OPENAI_API_BASE", "OPENAI_BASE_URL")),
    "anthropic": Provider("langchain_anthropic", "anthropic", "ANTHROPIC_API_KEY", "https://api.anthropic.com", ("ANTHROPIC_API_URL", "ANTHROPIC_BASE_URL")),
    "google_genai": Provider("langchain_google_genai", "google", "GOOGLE_API_KEY", "https://generativelanguage.googleapis.com", ("GOOGLE_GEMINI_BASE_URL",)),
    "ollama": Provider("langchain_ollama", "ollama", "OLLAMA_API_KEY", "http://127.0.0.1:11434", ("OLLAMA_HOST",), needed=False),
}
BASES = {"openai": None, "anthropic": r"/v1$", "google_genai": r"/v1(?:beta)?$", "ollama": r"/(?:v1|api)$"}
"""The end of a URL that a provider's package puts there itself."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is asked.

    Attributes:
        provider: A key of PROVIDERS.
        model: Its name there.
        url: Always given to the provider's package, so that no other variable of the environment sends passages elsewhere.
        named: The user named the URL.
        key: What is sent; None for none.
    """

    provider: str
    model: str
    url: str
    named: bool
    key: str | None

    @property
    def where(self) -> str:
        """`this machine`, or the host that the sources' passages are sent to."""
        host = _host(self.url) or self.url
        return THIS_MACHINE if host in LOCAL else host

    @property
    def key_variable(self) -> str:
        return KEY_FOR_URL if self.named else PROVIDERS[self.provider].key

    @property
    def bears_temperature(self) -> bool:
        """OpenAI's reasoning models refuse the parameter; others that do say so when they are asked."""
        return not re.match(r"(?:o\d|gpt-5)", self.model)

    def options(self, *, timeout_s: float, temperature: float | None) -> dict[str, Any]:
        """What `init_chat_model` is given. Retrying is done by us, where it can be told and stopped."""
        given: dict[str, Any] = {"base_url": self.url}
        if temperature is not None or self.provider == "google_genai":  # its package has a temperature of its own
            given["temperature"] = temperature
        match self.provider:
            case "ollama":
                headers = {"authorization": f"Bearer {self.key}"} if self.key else {}
                return given | {"client_kwargs": {"timeout": timeout_s, "headers": headers}}
            case "google_genai":  # its timeout is for the whole reply; 0 retries would be 5, and a variable could send it to another service
                return given | {"api_key": self.key, "max_tokens": MAX_REPLY_TOKENS, "max_retries": 1, "vertexai": False}
            case "openai":
                given["stream_usage"] = True
        return given | {"api_key": self.key, "max_tokens": MAX_REPLY_TOKENS, "timeout": timeout_s, "max_retries": 0}

    def options_for(self, n_chars: int, *, temperature: float | None) -> dict[str, Any]:
        """What goes with one request of `n_chars`: for Ollama the room it needs, in steps, since each change loads the model anew."""
        if self.provider != "ollama":
            return {}
        room, needed = LEAST_CONTEXT, n_chars // 3 + MAX_REPLY_TOKENS
        while room < needed:
            room *= 2
        options = {"num_ctx": room, "num_predict": MAX_REPLY_TOKENS}
        return {"options": options | ({} if temperature is None else {"temperature": temperature})}


def _host(url: str) -> str | None:
    """The host of a URL, also of one without a scheme; None where it has none."""
    try:
        return urlsplit(url if "//" in url else f"//{url}").hostname
    except ValueError:
        return None


def endpoint(name: str, url: str | None) -> Endpoint:
    """Where the model `name` is asked.

    Args:
        name: `PROVIDER:NAME`; with a `url`, NAME alone will do.
        url: Of an OpenAI-compatible server, or of one that speaks as the provider does.

    Raises:
        SettingsError: If the provider is not known, its package not installed, its key not set, or the URL none.
    """
    if url and not _host(url):
        raise SettingsError(f"'{url}' is no address of a server. Give one such as --model-url http://127.0.0.1:8080/v1")
    provider, _, model = name.partition(":")
    if url and provider not in PROVIDERS:
        provider, model = URL_PROVIDER, name
    if provider not in PROVIDERS or not model:
        known = ", ".join(f"{each}:NAME" for each in PROVIDERS)
        raise SettingsError(f"model is '{name}'; it must be one of {known}, or a name with --model-url URL (or ASSISTANT_MODEL_URL).")
    _check_installed(provider)
    known_url = url or next((os.environ[each] for each in PROVIDERS[provider].urls if os.environ.get(each)), "") or PROVIDERS[provider].url
    return Endpoint(provider, model, _base(provider, known_url), url is not None, _key(provider, url))


def _base(provider: str, url: str) -> str:
    """The URL as the provider's package wants it."""
    url = url.rstrip("/")
    end = BASES[provider]
    return re.sub(end, "", url) if end else url


def _check_installed(provider: str) -> None:
    for package in ("langchain", PROVIDERS[provider].package):
        if importlib.util.find_spec(package) is None:
            extra = PROVIDERS[provider].extra
            raise SettingsError(f"The package for {provider} models is not installed. In the project's folder: {pip()} install -c constraints.txt -e '.[{extra}]'")


def _key(provider: str, url: str | None) -> str | None:
    """The key to send; a server named by URL may do without."""
    if url:
        return os.environ.get(KEY_FOR_URL) or NO_KEY
    variable = PROVIDERS[provider].key
    if PROVIDERS[provider].needed and not os.environ.get(variable):
        raise SettingsError(f"{variable} is not set; {provider} models need a key. Set it, or name another model.")
    return os.environ.get(variable)
