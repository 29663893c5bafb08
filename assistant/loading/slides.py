"""PPTX -> the text of each slide and its notes; a slide is a page. Owns python-pptx.

In: the bytes of a presentation. Out: its text and where each slide starts.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from assistant.errors import SourceError
from assistant.loading.archive import check_holds
from assistant.loading.dating import dated
from assistant.loading.loaded import Loaded, clean, joined, one_line
from assistant.loading.properties import core_metadata
from assistant.loading.rows import table_lines

MAX_DEPTH = 20
"""Groups within groups; deeper ones are no drawing of a person's."""


def load_pptx(data: bytes) -> Loaded:
    """Read a presentation.

    Raises:
        SourceError: If it is damaged or holds no text.
    """
    check_holds(data, "ppt/presentation.xml")
    from pptx import Presentation

    presentation = Presentation(io.BytesIO(data))
    slides = [joined(_slide_blocks(slide)) for slide in presentation.slides]
    text, starts = paged(slides)
    if not text:
        raise SourceError("the presentation holds no text, only pictures; to read those, make a PDF of it with OCR")
    first = next((block for block in slides[0].split("\n\n") if block.startswith("# ")), None)
    metadata, warnings = dated(core_metadata(presentation.core_properties, heading=(first or "").lstrip("# ")), text)
    return Loaded(text, metadata, starts, warnings)


def paged(pages: list[str]) -> tuple[str, tuple[int, ...]]:
    """Pages as one text, parted by blank lines, and where each starts."""
    text = ""
    starts = []
    for page in pages:
        text += "\n" if text and page else ""
        starts.append(len(text))
        text += page
    return text, tuple(starts)


def _slide_blocks(slide: Any) -> Iterator[str]:
    title = slide.shapes.title
    if title is not None and (heading := one_line(title.text_frame.text)):
        yield f"# {heading}"
    for shape in slide.shapes:
        if title is None or shape.shape_id != title.shape_id:
            yield from _shape_blocks(shape)
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None:
        yield from filter(None, (one_line(paragraph.text) for paragraph in frame.paragraphs))


def _shape_blocks(shape: Any, depth: int = 0) -> Iterator[str]:
    from pptx.enum.shapes import MSO_SHAPE_TYPE, PP_PLACEHOLDER

    if shape.is_placeholder and shape.placeholder_format.type in (
        PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.HEADER,
    ):  # fmt: skip
        return
    if shape.shape_type == MSO_SHAPE_TYPE.GROUP and depth < MAX_DEPTH:
        for inner in shape.shapes:
            yield from _shape_blocks(inner, depth + 1)
    elif getattr(shape, "has_table", False) and shape.has_table:
        yield "\n".join(table_lines([cell.text for cell in row.cells] for row in shape.table.rows))
    elif shape.has_text_frame:
        lines = [one_line(clean(paragraph.text)) for paragraph in shape.text_frame.paragraphs]
        yield from filter(None, lines)
