"""The sources as the page lists and manages them: sorted, found, corrected, read again, taken out and brought back.

Each method takes and returns plain JSON, as the page's other calls do.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError, LibraryError, SourceError
from assistant.folder import Failure
from assistant.managing import edit, listing, removed_sources, reread, restore
from assistant.sidecar import EDITABLE, is_sidecar, read_about
from assistant.types import SORTS
from assistant.web import panel

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.scanning import ScanReport

log = logging.getLogger(__name__)

Json = dict[str, Any]


class Desk:
    """What a person does with the sources of one assistant."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant

    def list_sources(self, request: Json) -> Json:
        """The sources and their publishers, sorted, filtered and ticked as `request` says."""
        sort = text_of(request, "sort")
        documents = listing(self.assistant.library, sort=sort if sort in SORTS else "title")
        text, ticked = text_of(request, "text"), texts_of(request, "sources")
        library = self.assistant.library
        files = library.catalog.files()
        kept_in = library.settings.keep / "removed"
        added = {source: f"{datetime.fromtimestamp(state.mtime_ns / 1e9, UTC):%Y-%m-%d}" for source, state in files.items()}
        titles = {document.source: document.title or PurePosixPath(document.source).name for document in documents}
        return {
            "titles": {source: titles[source] for source in ticked if source in titles},
            "list": panel.sources(documents, text=text, ticked=ticked, added=added if sort == "added" else {}, superseded=self.assistant.superseded()),
            "publishers": panel.publishers(documents, ticked=texts_of(request, "publishers")),
            "aside": panel.aside(
                failed=[Failure(source, state.failure) for source, state in files.items() if state.failure],
                removed=[(each.kept.relative_to(kept_in).as_posix(), each) for each in removed_sources(library)],
            ),
        }

    def edit_form(self, request: Json) -> str:
        """The form to correct what was read of a source."""
        source = text_of(request, "source")
        summary = next((each for each in self.assistant.documents() if each.source == source), None)
        if summary is None:
            raise SourceError(f"'{source}' is not among the sources any more.")
        about = read_about(self.assistant.library.path_of(source))
        corrected = [name for name in EDITABLE if getattr(about, name) is not None]
        return panel.edit_form(summary, corrected=corrected)

    def edit(self, request: Json) -> None:
        """Keep corrections: `fields` by name, of those that were changed; with `clear` go by what the file says again."""
        source, fields = text_of(request, "source"), request.get("fields")
        if request.get("clear"):
            self._done(edit(self.assistant.library, source, {}, clear=EDITABLE))
            return
        stated = fields if isinstance(fields, dict) else {}
        changes = {name: value for name, value in stated.items() if isinstance(name, str) and isinstance(value, str)}
        try:
            self._done(edit(self.assistant.library, source, changes))
        except ValueError as exc:  # a date that is none
            raise SourceError(str(exc)) from exc

    def reread(self, request: Json) -> str:
        """Read a source again; what came of it, in a sentence."""
        source = text_of(request, "source")
        with self.assistant.turn:
            report = reread(self.assistant.library, [source])
        self._done(report)
        return "It was read again and has changed." if report.added or report.changed else "It was read again; nothing changed."

    def remove(self, request: Json) -> str:
        """Take a source out; the name under which `restore` brings it back."""
        _, kept = self.assistant.library.remove(text_of(request, "source"))
        self._mirror()
        return kept.relative_to(self.assistant.library.settings.keep / "removed").as_posix()

    def restore(self, request: Json) -> str:
        """Bring a removed source back, by its kept name; what is to be said of it, empty where nothing is."""
        report = restore(self.assistant.library, text_of(request, "kept"))
        self._done(report)
        return " ".join(f"{warning.source}: {warning.reason}." for warning in report.warnings if is_sidecar(warning.source))

    def _done(self, report: ScanReport) -> None:
        """Bring the vector store up to date too, and raise what a report says went wrong."""
        self._mirror()
        if report.failed:
            raise AssistantError(" ".join(f"{failure.source}: {failure.reason}." for failure in report.failed))

    def _mirror(self) -> None:
        """Mirror the catalog, unless somebody has the turn, who does so in the end. Search is exact meanwhile, so that nothing is lost by it."""
        if not self.assistant.turn.acquire(blocking=False):
            return
        try:
            self.assistant.library.mirror()
        except LibraryError as exc:
            log.warning("%s", exc)
        finally:
            self.assistant.turn.release()


def text_of(request: Mapping[str, Any], key: str) -> str:
    """A text of the request, empty where there is none."""
    value = request.get(key)
    return value if isinstance(value, str) else ""


def texts_of(request: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A list of texts of the request."""
    values = request.get(key)
    return tuple(each for each in values if isinstance(each, str)) if isinstance(values, list) else ()
