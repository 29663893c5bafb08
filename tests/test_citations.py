from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.citations import Citations, is_verbatim, make_citation
from assistant.types import Citation, Document, Hit, Passage, Place, Span

TEXT = "First line.\nThe fund holds $40 million.\n\nIt is small. 🚢\n"
DOCUMENT = Document(
    "0123456789abcdef", "port/fund.md", TEXT, "A fund", "Port Gazette", "Ann Lee", "2024-05-02", "https://example.org/fund", "ab" * 32
)


def hit(document: Document, also_in: tuple[Place, ...] = ()) -> Hit:
    return Hit(Passage(document.id, 0, len(document.text), document.text), document, 1.0, 1, also_in=also_in)


def test_a_citation_carries_its_document_and_place() -> None:
    assert make_citation(3, DOCUMENT, Span(12, 39), [Place("copy.md", 0, 27)]) == Citation(
        number=3,
        document_id="0123456789abcdef",
        source="port/fund.md",
        start=12,
        end=39,
        quote="The fund holds $40 million.",
        line=2,
        title="A fund",
        publisher="Port Gazette",
        published="2024-05-02",
        url="https://example.org/fund",
        page=None,
        also_in=(Place("copy.md", 0, 27),),
    )


@given(st.text(min_size=1, max_size=40), st.integers(-3, 43), st.integers(-3, 43))
def test_a_citation_is_verbatim_or_is_not_made(text: str, start: int, end: int) -> None:
    document = replace(DOCUMENT, text=text)
    if 0 <= start < end <= len(text) and text[start:end].strip():
        made = make_citation(1, document, Span(start, end))
        assert (made.quote, made.line) == (text[start:end], text[:start].count("\n") + 1)
        assert is_verbatim(made, document)
    else:
        with pytest.raises(ValueError, match=r"^\[-?\d+:-?\d+\] quotes nothing of port/fund\.md, which has \d+ characters$"):
            make_citation(1, document, Span(start, end))


@pytest.mark.parametrize(
    "span", [(-1, 5), (0, 0), (5, 4), (0, len(TEXT) + 1), (len(TEXT), len(TEXT) + 3), (39, 41)], ids=str
)
def test_a_span_that_quotes_nothing_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="quotes nothing"):
        Citations(lambda source: None).cite(hit(DOCUMENT), Span(*span))


def test_citations_are_numbered_by_first_use_and_one_span_has_one_number() -> None:
    citations = Citations(lambda source: None)
    other = replace(DOCUMENT, id="fedcba9876543210", source="other.md")
    cited = [citations.cite(hit(d), Span(*span)) for d, span in ((DOCUMENT, (0, 11)), (other, (0, 11)), (DOCUMENT, (0, 11)), (DOCUMENT, (12, 39)))]
    assert [(c.number, c.source, c.quote, new) for c, new in cited] == [
        (1, "port/fund.md", "First line.", True),
        (2, "other.md", "First line.", True),
        (1, "port/fund.md", "First line.", False),
        (3, "port/fund.md", "The fund holds $40 million.", True),
    ]


def test_a_refused_span_uses_up_no_number() -> None:
    citations = Citations(lambda source: None)
    with pytest.raises(ValueError, match="quotes nothing"):
        citations.cite(hit(DOCUMENT), Span(0, 999))
    assert citations.cite(hit(DOCUMENT), Span(0, 11))[0].number == 1


def test_copies_are_named_only_where_the_same_words_stand() -> None:
    documents = {
        "same.md": replace(DOCUMENT, source="same.md", text="Note. The fund holds $40 million. End."),
        "changed.md": replace(DOCUMENT, source="changed.md", text="Note. The fund holds $41 million. End."),
        "outside.md": replace(DOCUMENT, source="outside.md", text="Note. And so on. The fund holds $40 million."),
    }
    places = (Place("same.md", 3, 38), Place("changed.md", 0, 38), Place("outside.md", 0, 17), Place("gone.md", 0, 38))
    citation, _ = Citations(documents.get).cite(hit(DOCUMENT, places), Span(12, 39))
    assert citation.also_in == (Place("same.md", 6, 33),)


def test_is_verbatim_asks_for_the_same_document_and_the_same_words() -> None:
    citation = make_citation(1, DOCUMENT, Span(0, 11))
    assert [
        is_verbatim(citation, DOCUMENT),
        is_verbatim(citation, None),
        is_verbatim(citation, replace(DOCUMENT, id="another")),
        is_verbatim(citation, replace(DOCUMENT, text=" " + TEXT)),
        is_verbatim(replace(citation, quote="First line"), DOCUMENT),
    ] == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("source", "warnings", "line"),
    [
        ("a.md", (), 2), ("deep.er/A.TXT", (), 2), ("a.txt", ("It is not UTF-8 and was read as Big5, unsure.",), 2), ("a.csv", (), None), ("a.html", (), None),
        ("a", (), None), ("a.txt/b", (), None), ("a.txt", ("Its name ends in .txt, but it is a PDF and was read as one.",), None),
    ],
)  # fmt: skip
def test_a_line_is_given_where_the_file_has_it(source: str, warnings: tuple[str, ...], line: int | None) -> None:
    document = replace(DOCUMENT, source=source, warnings=warnings)
    assert make_citation(1, document, Span(12, 39)).line == line


def test_a_citation_carries_the_page_it_starts_on() -> None:
    document = Document("d" * 16, "a.pdf", "First page.\n\nSecond page.\n\nThird page.", pages=(0, 13, 27))
    spans = [Span(0, 5), Span(6, 20), Span(13, 19), Span(27, 38)]
    assert [make_citation(1, document, span).page for span in spans] == [1, 1, 2, 3]
    assert make_citation(1, replace(document, pages=()), spans[0]).page is None


def test_a_copy_is_named_also_where_the_quote_reaches_beyond_its_passage() -> None:
    text = "The fund was approved. However, no vote was held."
    copy = Document("copy", "copy.md", f"Norvia. {text}")
    cited = Hit(Passage("a", 0, 22, text[:22]), Document("a", "a.md", text), 1.0, 1, also_in=(Place("copy.md", 8, 30),))
    citations = Citations({"copy.md": copy}.get)
    assert citations.cite(cited, Span(0, len(text)))[0].also_in == (Place("copy.md", 8, len(copy.text)),)
