"""Web pages -> the article's text, with title, author, publisher, date and address. Owns trafilatura and lxml.html.

In: the bytes of a page. Out: its paragraphs, parted by blank lines. What a browser would not show is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assistant.errors import SourceError
from assistant.loading.encoding import decode_any
from assistant.loading.loaded import Loaded, clean, joined, one_line
from assistant.loading.page_metadata import page_metadata
from assistant.loading.rows import table_lines

if TYPE_CHECKING:
    from lxml.html import HtmlElement

DECLARED = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})|<\?xml[^>]{0,100}encoding\s*=\s*["']([\w.:-]{2,40})""", re.IGNORECASE)
UNSHOWN_STYLE = re.compile(
    r"(?<![\w-])(?:display\s*:\s*none|font-size\s*:\s*0(?![\d.])|(?:max-)?(?:width|height)\s*:\s*0(?![\d.%]))", re.IGNORECASE
)
FADED_STYLE = re.compile(r"(?<![\w-])(?:visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0+)?(?![\d.]))", re.IGNORECASE)
"""Kept out of sight with its place kept free: so scripts leave what they fade in as a reader scrolls."""
STYLE_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
CLASS_OR_ID = re.compile(r"\s*([.#])([\w-]+)\s*")
ZERO = re.compile(r"0(?:px)?")
UNREAD = ("script", "style", "template", "noscript", "svg", "iframe", "object", "select", "button", "textarea", "title")
BLOCKS = frozenset(
    "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr"
    " li main nav ol p pre section summary table tbody td tfoot th thead tr ul"
    " head item list quote row cell graphic".split()
)
BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
SMALL = 250
"""An article of fewer characters is doubted: where the page shows three times as much, all of it is read."""


def load_html(data: bytes) -> Loaded:
    """Read a web page: its article, or all that it shows where it has none.

    Raises:
        SourceError: If it shows no text.
    """
    text, warnings = decode_page(data)
    tree = parse(text)
    metadata = page_metadata(tree)
    drop_unshown(tree)
    article = _article(tree)
    shown = shown_text(tree)
    if len(article) < SMALL and len(shown) > 3 * len(article):
        if article:
            warnings += ("No article could be told from the page around it, so that all text of the page was read.",)
        article = shown
    if not article.strip():
        raise SourceError("the page shows no text; if a script fills it in, save it from the browser as a complete page")
    return Loaded(article, metadata, warnings=warnings)


def decode_page(data: bytes) -> tuple[str, tuple[str, ...]]:
    """A page's text by its byte-order mark, what it declares, or what it looks like; and a warning where unsure."""
    match = DECLARED.search(data[:4096])
    declared = (match[1] or match[2]).decode("ascii", "ignore") if match else None
    text, warning = decode_any(data, declared=declared)
    return text, (warning,) if warning else ()


def parse(text: str) -> HtmlElement:
    """The tree of a page or of a fragment.

    Raises:
        SourceError: If it holds nothing.
    """
    from lxml import etree, html

    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    data = UNXML.sub("", text).encode("utf-8", "replace")
    try:
        tree = html.document_fromstring(data, parser=parser)
    except etree.LxmlError as exc:
        raise SourceError("the file is no web page: nothing of it can be read") from exc
    return tree


UNXML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def drop_unshown(tree: HtmlElement) -> None:
    """Take out what a browser does not show, so that nobody is answered from what no reader saw.

    What style sheets, `aria-hidden`, opacity or visibility hide is kept where it is most of the page: there a script would show it.
    """
    _drop(tree, [e for e in tree.iter() if isinstance(e.tag, str) and _is_unshown(e)])
    classes, ids = _hidden_by_sheets(tree)
    _drop(tree, list(tree.iter(*UNREAD)))
    for hidden in (
        [e for e in tree.iter() if e.get("aria-hidden", "").strip().lower() == "true"],
        [e for e in tree.iter() if FADED_STYLE.search(e.get("style") or "")],
        [e for e in tree.iter() if e.get("id") in ids or classes.intersection((e.get("class") or "").split())],
    ):
        lost = sum(len(e.text_content()) for e in _outermost(hidden))
        if lost * 2 < len(tree.text_content()):
            _drop(tree, hidden)
            continue
        for element in hidden:  # trafilatura would take it out by these
            element.attrib.pop("style", None)
            element.attrib.pop("aria-hidden", None)


def _drop(tree: HtmlElement, elements: list[Any]) -> None:
    for element in elements:
        if element.tag not in ("html", "body") and element.getparent() is not None:
            element.drop_tree()


def _outermost(elements: list[Any]) -> list[Any]:
    chosen = set(elements)
    return [e for e in elements if not any(parent in chosen for parent in e.iterancestors())]


def _is_unshown(element: HtmlElement) -> bool:
    style = element.get("style") or ""
    return (
        "hidden" in element.attrib
        or bool(style and UNSHOWN_STYLE.search(style))
        or any(ZERO.fullmatch((element.get(side) or "").strip()) for side in ("width", "height"))
    )


def _hidden_by_sheets(tree: HtmlElement) -> tuple[set[str], set[str]]:
    """Classes and ids that a style sheet of the page itself hides, on every screen."""
    classes: set[str] = set()
    ids: set[str] = set()
    for sheet in tree.iter("style"):
        rules = re.sub(r"/\*.*?\*/", "", sheet.text or "", flags=re.DOTALL)
        rules = re.sub(r"@[^{};]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", rules)
        for selectors, style in STYLE_RULE.findall(rules):
            if not (UNSHOWN_STYLE.search(style) or FADED_STYLE.search(style)):
                continue
            for selector in selectors.split(","):
                if match := CLASS_OR_ID.fullmatch(selector):
                    (classes if match[1] == "." else ids).add(match[2])
    return classes, ids


def _article(tree: HtmlElement) -> str:
    """What trafilatura takes for the article, rendered by us: its own text glues what it does not expect."""
    from copy import deepcopy

    from trafilatura import bare_extraction

    try:
        found = bare_extraction(
            deepcopy(tree), include_comments=False, include_tables=True, include_formatting=True, with_metadata=False
        )
    except (ValueError, TypeError, AttributeError, IndexError, RecursionError):
        return ""
    body = getattr(found, "body", None)
    return render(body) if body is not None else ""


def shown_text(tree: HtmlElement) -> str:
    """All that a page shows, menus included."""
    body = tree.find("body")
    return render(tree if body is None else body)


def render(root: Any) -> str:
    """An element's text: blocks parted by blank lines, headings marked `#`, a row of a table a line."""
    return joined(_blocks(root))


def _blocks(root: Any) -> Iterator[str]:
    """The blocks of a tree in reading order; walked without recursion, since nesting is the page's to choose."""
    buffer: list[str] = []
    prefix = ""

    def flush() -> Iterator[str]:
        nonlocal prefix
        pieces = BLANK_LINE.split("".join(buffer))
        buffer.clear()
        for piece in pieces:
            lines = (one_line(line) for line in piece.split("\n"))
            if text := "\n".join(line for line in lines if line):
                yield prefix + text
                prefix = ""

    stack: list[tuple[Any, bool]] = [(root, False)]
    while stack:
        element, leaving = stack.pop()
        tag = element.tag
        if leaving:
            if tag in BLOCKS:
                yield from flush()
                prefix = "" if tag in HEADINGS or tag == "head" else prefix
            if element is not root:
                buffer.append(_flat(element.tail, element))
            continue
        if not isinstance(tag, str) or tag in UNREAD:
            buffer.append(_flat(element.tail, element) if element is not root else "")
            continue
        if tag in BLOCKS:
            yield from flush()
        if tag == "table" and not _holds_layout(element):
            yield "\n".join(table_lines(_rows(element), header=_has_header(element)))
            if element is not root:
                buffer.append(_flat(element.tail, element))
            continue
        if tag in HEADINGS or tag == "head":
            prefix = "#" * _level(element) + " "
        elif tag in ("br", "lb"):
            buffer.append("\n")
        buffer.append(_flat(element.text, element))
        stack.append((element, True))
        stack.extend((child, False) for child in reversed(element))
    yield from flush()


def _level(element: Any) -> int:
    name = element.get("rend", element.tag) if element.tag == "head" else element.tag
    return HEADINGS.get(name, 2)


def _flat(text: str | None, element: Any) -> str:
    """Newlines of the markup are blanks, but for those of preformatted text."""
    if not text:
        return ""
    text = clean(text)
    return text if element.tag in ("pre", "code") else text.replace("\n", " ")


def _holds_layout(table: Any) -> bool:
    """Whether a table only places things: another table in it, one column, or cells with paragraphs."""
    rows = [[cell for cell in row if cell.tag in ("td", "th", "cell")] for row in table.iter("tr", "row")]
    widest = max((len(row) for row in rows), default=0)
    nested = any(inner is not table for inner in table.iter("table"))
    return nested or widest < 2 or any(len(_text(cell)) > 400 for row in rows for cell in row)


def _rows(table: Any) -> list[list[str]]:
    return [[_text(cell) for cell in row if cell.tag in ("td", "th", "cell")] for row in table.iter("tr", "row")]


def _has_header(table: Any) -> bool | None:
    """True where the first row is marked as one; None where nothing says."""
    for row in table.iter("tr", "row"):
        cells = [cell for cell in row if cell.tag in ("td", "th", "cell")]
        if cells:
            marked = all(cell.tag == "th" or cell.get("role") == "head" for cell in cells)
            return True if marked and len(_rows(table)) > 1 else None
    return None


def _text(element: Any) -> str:
    return one_line(" ".join(part for part in element.itertext())) or ""
