"""What can go wrong that a user can meet. Each message says what happened and the way out.

AssistantError
├── SettingsError    a setting, flag or environment value that cannot be used
├── SourceError      a file that cannot be read, found, added or removed
├── FetchError       a page that cannot, or must not, be fetched from the web
├── LibraryError     the index and the folder do not fit, or another process holds the index
│   ├── OtherEncoderError the index was built with another encoder
│   ├── VanishedError most or all sources are gone at once, as when a drive is not mounted
│   └── DamagedError the index is no longer readable; it can be made anew
├── EncoderError     the embedding model cannot be loaded or is not the one it claims to be
└── ModelError       the language model cannot be used, or broke off
"""


class AssistantError(Exception):
    """Base of every error meant for the user's eyes."""


class SettingsError(AssistantError):
    """A setting that cannot be used."""


class SourceError(AssistantError):
    """A source that cannot be read, found, added or removed."""


class FetchError(AssistantError):
    """A page that cannot be fetched, or an address that is refused."""


class LibraryError(AssistantError):
    """The index cannot serve the sources folder as it stands."""


class OtherEncoderError(LibraryError):
    """The index was built with another encoder than the one at hand: nothing can be added to it."""


class VanishedError(LibraryError):
    """Most or all sources are gone at once; nothing was dropped. `found` says so without the way out by command."""

    def __init__(self, found: str, way_out: str) -> None:
        super().__init__(f"{found} {way_out}")
        self.found = found


class DamagedError(LibraryError):
    """The index cannot be read any more; the sources can make a new one."""


class EncoderError(AssistantError):
    """The embedding model cannot be used."""


class ModelError(AssistantError):
    """The language model that was named cannot be used, or did not finish.

    Attributes:
        retry_after_s: When the server says to ask again; None where it does not.
        passing: Asking again may help: the server was busy, or could not be reached.
    """

    def __init__(self, message: str, *, passing: bool = False, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.passing, self.retry_after_s = passing, retry_after_s
