"""What a PDF says about itself: its own fields, its first page, the opening of its text -> `Metadata`.

In: the fields of the file (`Title`, `Author`, `CreationDate`), the lines of the first page, the whole text. Out: what a person put
there; what programs write of themselves is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.loading.columns import Line
from assistant.loading.dating import dated
from assistant.loading.layout import title_line
from assistant.loading.loaded import clean, one_line
from assistant.loading.metadata import Metadata, metadata_from_text, parse_date

NO_TITLE = re.compile(
    r"(?i)(?:microsoft (?:word|powerpoint|excel) -.*|untitled.*|title|document\d*|.*\.(?:docx?|pptx?|xlsx?|odt|indd|qxd|tex|dvi|ps|pdf|html?|rtf|p65)|\(?anonymous\)?|slide \d+"
    r"|print(?:ing)?|about:blank|unspecified|no title|[\W\d_]*|powerpoint presentation)"
)
NO_AUTHOR = re.compile(r"(?i)(?:\(?anonymous\)?|unspecified|unknown|admin(?:istrator)?|user|owner|root|python-docx|openpyxl|microsoft.*|[\W\d_]*)")
PDF_DATE = re.compile(r"(?:D:)?((?:19|20)\d\d)(0[1-9]|1[0-2])([0-2]\d|3[01])")


def pdf_metadata(stated: dict[str, str], first_page: Sequence[Line], text: str) -> tuple[Metadata, tuple[str, ...]]:
    """What the file's own fields say where that is sane, then what the first page says, and warnings; a date by the text first."""
    said = metadata_from_text(text[:20_000])
    title = one_line(clean(stated.get("Title", "")))
    if title is None or NO_TITLE.fullmatch(title) or len(title) < 4:
        title = title_line(first_page)
    author = one_line(clean(stated.get("Author", "")))
    if author is not None and (NO_AUTHOR.fullmatch(author) or len(author) > 200):
        author = None
    match = PDF_DATE.match(stated.get("CreationDate", ""))
    created = parse_date("-".join(match.groups())) if match else None
    return dated(Metadata(title, said.publisher, author or said.author, created, said.url), text)
