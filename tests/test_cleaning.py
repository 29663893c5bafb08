"""Which paragraphs are article."""

from __future__ import annotations

import pytest
from hypothesis import given

from assistant.cleaning import article_paragraphs, fold, is_furniture
from assistant.loading.metadata import metadata_from_text
from assistant.loading.text import body_start
from assistant.types import Document, Span
from tests.strategies import file_texts

FIRST = "The council met on Monday and spoke of the new bridge for three hours."
SECOND = "It will cost 40 million crowns, the treasurer said, and open in two years."
THIRD = "Those who live beside the river had asked for it since the flood."


def kept(text: str, **stated: str) -> list[str]:
    document = Document("0" * 16, "a.txt", text, **stated)
    return [text[start:end] for start, end in article_paragraphs(document)]


@given(file_texts())
def test_paragraphs_lie_in_the_body_in_order_apart_and_without_outer_blanks(text: str) -> None:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    metadata = metadata_from_text(text[body_start(text) :])
    found = article_paragraphs(Document("0" * 16, "a.txt", text, title=metadata.title, author=metadata.author))
    end = body_start(text)
    for span in found:
        assert end <= span.start < span.end <= len(text)
        assert text[slice(*span)] == text[slice(*span)].strip()
        end = span.end


def test_lines_and_blocks_are_paragraphs() -> None:
    assert kept(f"{FIRST}\n{SECOND}\n\n{THIRD}") == [FIRST, SECOND, THIRD]


def test_a_hard_wrapped_paragraph_is_one() -> None:
    wrapped = "The council met on Monday and spoke of the new bridge\nfor three hours, and nobody who was there could say\nwhy."
    assert kept(f"{wrapped}\n\n{SECOND}") == [wrapped, SECOND]


def test_list_items_are_paragraphs_of_their_own() -> None:
    items = [f"- item {n} is about the bridge and those who live beside the" for n in range(3)]
    assert kept("\n".join(items)) == items


def test_offsets_are_code_points_of_the_whole_text() -> None:
    text = f"---\ntitle: 🚢\n---\n🚢\n\n{FIRST}\n"
    assert article_paragraphs(Document("0" * 16, "a.txt", text, title="🚢")) == [
        Span(text.index(FIRST), text.index(FIRST) + len(FIRST))
    ]


def test_front_matter_and_title_are_left_out() -> None:
    text = f"---\ntitle: Bridge agreed\n---\n# Bridge agreed\n\n{FIRST}\n\nBRIDGE AGREED!\n\n{SECOND}\n"
    assert kept(text, title="Bridge agreed") == [FIRST, SECOND]


def test_headings_are_left_out() -> None:
    assert kept(f"{FIRST}\n\n## What it costs\n\n{SECOND}\n\nA long wait\n\n{THIRD}") == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize(
    "line",
    ["Median salary: $62,500", "Opening year 2027", "A short line with its full stop.", "Who will pay for it?"],
)
def test_short_lines_that_say_something_are_kept(line: str) -> None:
    assert kept(f"{FIRST}\n\n{line}\n\n{SECOND}") == [FIRST, line, SECOND]


@pytest.mark.parametrize(
    "line",
    [
        "Comments", "0 comments", "3 shares", "0 / 300", "Close", "Sentences Mode", "ADVERTISEMENT", "Read more »",
        "You must be logged in to add a comment.", "Are you sure you want to delete this comment?",
        "Copyright ⓒ Daily Post All rights reserved.", "© 2025 Daily Post", "Daily Post https://www.post.example/a?b=1",
        "Ann Lee reports.", "Ann Lee has more.", "April 9, 2025", "Published on: 2025/04/09 20:00", "Updated : April 15, 2025",
        "Published 2025-04-09", "Posted on 9 April 2025", "Published 9:01 a.m. ET April 9, 2025", "Last updated 9 April 2025 at 10:00 BST", "Updated 5:03 PM EDT, Wed April 9, 2025",
        "By Ann Lee", "By Ann Lee Posted : April 15, 2025, 10:03 Updated : April 15, 2025, 10:03",
        "이미지 확대", "기사 이미지 확대 보기", "닫기", "关闭", "![caption](image.png)", "<!-- note -->", "---", "* * *",
        "Sign up for our daily newsletter", "Read also: Bridge agreed",
    ],
)  # fmt: skip
def test_furniture(line: str) -> None:
    assert is_furniture(line)
    assert kept(f"{FIRST}\n\n{line}\n\n{SECOND}") == [FIRST, SECOND]


@pytest.mark.parametrize(
    "line",
    [
        "Close to the bridge, 40 houses were sold.", "Comments by the treasurer drew anger.", "Share prices fell by 3%.",
        "By Monday the water had fallen.", "By Ann Lee's count, 40 houses were lost in the flood, and 300 more were damaged.",
        "Copyright law protects authors for 70 years after they die, and longer in some countries.",
        "More stories are told of the bridge than of the town.", "Ann Lee reports that the bridge is closed.", "2024", "$66 billion",
        "Published on 9 April 2025, the report names no one.", "Posted in 1997", "Updated rules apply from 9 April 2025.",
    ],
)  # fmt: skip
def test_what_only_looks_like_furniture(line: str) -> None:
    assert not is_furniture(line)


def test_lines_in_the_script_of_a_korean_article_are_kept() -> None:
    lines = ["협상이 시작됐다.", "대통령은 관세가 문제라고 말했다.", "닫힌 문은 없다."]
    assert kept("\n\n".join(lines)) == lines


def test_a_repeated_paragraph_is_kept_once_where_it_stands_first() -> None:
    text = "\n\n".join([FIRST, SECOND, FIRST, THIRD, SECOND])
    assert article_paragraphs(Document("0" * 16, "a.txt", text)) == [
        Span(0, len(FIRST)),
        Span(len(FIRST) + 2, len(FIRST) + 2 + len(SECOND)),
        Span(text.index(THIRD), text.index(THIRD) + len(THIRD)),
    ]


def test_short_lines_may_stand_twice() -> None:
    line = "Median salary: $62,500"
    assert kept("\n\n".join([FIRST, line, SECOND, line, THIRD])) == [FIRST, line, SECOND, line, THIRD]


def test_of_a_caption_told_twice_the_punctuated_one_is_kept() -> None:
    bare = "Mayor Ann Lee 2nd to left and Treasurer Bo Kim look at the new bridge over the river in the north of Paris April 9 2025"
    caption = "Mayor Ann Lee, second from left, and Treasurer Bo Kim look at the new bridge over the river in the north of Paris, April 9, 2025."
    assert kept(f"{bare}\n{caption} AFP-Yonhap\n\n{FIRST}") == [caption, FIRST]


def test_a_photo_credit_is_cut_off_and_a_sentence_about_an_agency_is_not() -> None:
    assert kept(f"A bridge in Paris. Ann/Reuters\n\n{FIRST}") == ["A bridge in Paris.", FIRST]
    assert kept(f"She told the story. It was told to Reuters\n\n{FIRST}") == ["She told the story. It was told to Reuters", FIRST]


def test_a_sign_off_is_left_out_where_it_names_the_author() -> None:
    text = f"{FIRST}\n\n{SECOND}\n\nAnn Lee, Daily Post, Paris."
    assert kept(text, author="Ann Lee") == [FIRST, SECOND]
    assert kept(text, author="Bo Kim") == [FIRST, SECOND, "Ann Lee, Daily Post, Paris."]


def test_fold_leaves_words_alone() -> None:
    assert fold("  “Ｂridge”, AGREED:\tStraße & 25% ") == "bridge agreed strasse 25"
    assert fold("!?") == ""


def test_lines_that_differ_in_a_number_say_different_things() -> None:
    lines = [f"Total exports of cars and their parts from the port to the islands in the year {year} in tonnes" for year in (2022, 2023, 2024)]
    assert kept("\n\n".join([FIRST, *lines, SECOND])) == [FIRST, *lines, SECOND]
