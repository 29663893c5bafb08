"""Lines of Arabic and Hebrew: what is drawn from left to right comes out as it was typed."""

from __future__ import annotations

import re

import pytest

from assistant.loading.bidi import from_drawn, is_rtl


def drawn(marked: str) -> str:
    """A line from left to right as a screen shows it; what runs forward in it stands between bars."""
    turned = str.maketrans("()", ")(")
    pieces = [piece if i % 2 else piece[::-1].translate(turned) for i, piece in enumerate(marked.split("|"))]
    return "".join(reversed(pieces))


@pytest.mark.parametrize(
    "marked",
    [
        "הנמל ייפתח מחדש ב-|15| באפריל |2025|.",
        "הקרן (|World Bank|) מחזיקה |24%| מהמניות, כלומר |$5| מיליון, לפי הודעה מיום |12.4.2025|.",
        "قال الوزير إن الميناء سيفتح في |12/04/2025|، بحسب التقرير.",
        "تملك شركة |World Bank Group| نسبة |24|% من الأسهم (أي |5.5| ملايين سهم)!",
    ],
)
def test_a_line_is_read_as_it_was_typed(marked: str) -> None:
    typed = marked.replace("|", "")
    assert drawn(marked) != typed
    assert (from_drawn(drawn(marked)), is_rtl(typed)) == (typed, True)


def test_letters_drawn_as_one_and_shapes_of_letters_are_letters_again() -> None:
    assert from_drawn(["م", "لا", "س"]) == "سلام"
    assert from_drawn("ﻡﻼﺳ") == "سلام"


def test_a_word_of_hebrew_in_a_line_of_english_is_turned_and_nothing_else() -> None:
    assert from_drawn("The word םולש (2025) means peace.") == "The word שלום (2025) means peace."
    assert from_drawn("Nothing (2025), at all.") == "Nothing (2025), at all."


def test_a_stop_that_a_paragraph_of_the_other_direction_puts_last_is_last() -> None:
    assert from_drawn("םולש.") == "שלום."


def test_a_pair_of_brackets_of_which_one_is_stored_unturned_is_a_pair() -> None:
    line = drawn("הקרן (|World Bank|) מחזיקה הכול")
    assert from_drawn(re.sub(r"[()]", ")", line)) == "הקרן (World Bank) מחזיקה הכול"
