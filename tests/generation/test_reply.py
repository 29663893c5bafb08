"""A reply cut anywhere gives the same sentences; numbers, markup and links become what they should."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.generation.reply import Reply, Said

MIXED = """\
Here it is: **Han** said the U.S. would pay $4.2 million [1]. Dr. Lee of Inc. agreed [2][3]. It rose 3.5 percent. [1, 2] "No," he said. [4]
- A list item with ![a picture](http://evil.example/a.png) in it [2-4].
See [this page](http://evil.example/) and `code` now [1](http://evil.example/x). 【2】
[3]
```python
## Heading
```
The last one has no end [9]"""
SAID = [
    Said("Here it is: Han said the U.S. would pay $4.2 million.", (1,)),
    Said("Dr. Lee of Inc. agreed.", (2, 3)),
    Said("It rose 3.5 percent.", (1, 2)),
    Said('"No," he said.', (4,)),
    Said("A list item with a picture (http://evil.example/a.png) in it.", (2, 3, 4)),
    Said("See this page (http://evil.example/) and code now (http://evil.example/x).", (1, 2, 3)),
    Said("Heading", ()),
    Said("The last one has no end", (9,)),
]


def read(text: str, cuts: list[int] | None = None, *, broken: bool = False) -> list[Said]:
    reply, said, start = Reply(), [], 0
    for cut in [*sorted(cuts or []), len(text)]:
        said += reply.feed(text[start:cut])
        start = cut
    return said + reply.finish(broken=broken)


def test_reply_is_read_into_plain_sentences() -> None:
    assert read(MIXED) == SAID


@given(st.lists(st.integers(0, len(MIXED)), max_size=80))
def test_where_a_reply_is_cut_changes_nothing(cuts: list[int]) -> None:
    assert read(MIXED, cuts) == SAID


PARTS = st.sampled_from([
    "The bridge opened on 9. April 2025 [1].", "9. April 2025 wurde sie eröffnet [1].", "1. First", "5. The list", "2) Two", "- 12. Mai 2025", "# Heading", "> quoted", "* star", "• round",
    "```x", "---", "He was No. 5.", "It fell to $3.", "It rose to 9.", '"No. He went," she said [2].', 'He said "it', "U.S. talks", "[3]", "【2】", "It cost **4. Then",
    "[a page. More](http://e.example/a)", "![x. Y](http://e.example/b)", "That is all that there was to be said of it.", "\n", "",
])  # fmt: skip
REPLIES = st.lists(st.tuples(PARTS, st.sampled_from([" ", "\n", ""])).map("".join), max_size=12).map("".join)


@given(REPLIES, st.data())
def test_where_any_reply_is_cut_changes_nothing(text: str, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=40))
    assert read(text, cuts) == read(text, list(range(len(text)))) == read(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9. April 2025 [1].", ["9. April 2025."]), ("31. Mai [1].", ["31. Mai."]), ("1.  März 2025 [1].", ["1. März 2025."]), ("- 9. May 2025 [1].", ["9. May 2025."]),
        ("1. May rises.", ["May rises."]), ("1. First.\n2) Second.", ["First.", "Second."]), ("1. 9. Juni 2025 [1].", ["9. Juni 2025."]),
        ("Zwei Tage zählen hier [1]. 9. April 2025 und 12. Mai 2025 sind es [1]. Das war es dann auch schon.",
         ["Zwei Tage zählen hier.", "9. April 2025 und 12. Mai 2025 sind es.", "Das war es dann auch schon."]),
    ],
)  # fmt: skip
def test_day_of_a_date_is_no_number_of_a_list(text: str, said: list[str]) -> None:
    assert [each.text for each in read(text)] == said
    assert [each.text for each in read(text, list(range(len(text))))] == said


def test_sentence_that_begins_with_a_number_keeps_it_while_streaming() -> None:
    reply = Reply()
    begun = reply.feed("The whole number is told after this full stop. 12) is the one that was asked for by them. And so on it goes.")
    assert [said.text for said in begun + reply.finish()] == ["The whole number is told after this full stop.", "12) is the one that was asked for by them.", "And so on it goes."]


def test_sentence_comes_as_soon_as_the_next_has_begun() -> None:
    reply = Reply()
    assert reply.feed("The tax falls to 3.5 percent [1]. ") == []
    assert reply.feed("It lasts until the end of June") == [Said("The tax falls to 3.5 percent.", (1,))]


def test_number_after_the_full_stop_is_waited_for() -> None:
    reply = Reply()
    assert reply.feed("The tax falls. [") == []
    assert reply.feed("2] It lasts until the end of June.") == [Said("The tax falls.", (2,))]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("So it is [1][2].", (1, 2)), ("So it is [2, 1].", (2, 1)), ("So it is [1–3].", (1, 2, 3)), ("So it is [^4].", (4,)), ("So it is [[5]].", (5,)),
        ("So it is [passage 6].", (6,)), ("So it is [Source 2 and 3].", (2, 3)), ("So it is [1][1].", (1,)), ("So it is [0].", (0,)), ("So it is.", ()),
    ],
)  # fmt: skip
def test_numbers_are_read_in_every_form(text: str, numbers: tuple[int, ...]) -> None:
    assert read(text) == [Said("So it is.", numbers)]


def test_huge_range_does_not_run_away() -> None:
    assert len(read("So it is [1-9999].")[0].numbers) == 20


@pytest.mark.parametrize("text", ["<https://evil.example/a>", "![](https://evil.example/a)", "![x][ref]", "# Title", "> quoted", "1. first"])
def test_no_markup_is_left(text: str) -> None:
    [said] = read(f"{text} and more words")
    assert not any(mark in said.text for mark in ("![", "](", "<", "# ", "> ", "1. "))


def test_hidden_characters_do_not_pass() -> None:
    assert read("The t\u200bax fa\u202ells\u0007 \U000e0041now. [1]") == [Said("The tax falls now.", (1,))]


def test_broken_off_sentence_is_not_whole() -> None:
    assert read("All is well [1]. And then the", broken=True)[-1] == Said("And then the", (), whole=False)
    assert read("All is well [1].", broken=True) == [Said("All is well.", (1,))]


def test_line_that_never_ends_is_cut() -> None:
    reply = Reply()
    assert sum(len(each.text) for each in reply.feed("word " * 2000)) > 4000


@pytest.mark.parametrize(
    ("text", "declines", "refuses"),
    [
        ("The passages do not answer this.", True, False), ("I'm sorry, but the provided passages do not contain this.", True, False),
        ("I'm sorry, but I can't help with that.", False, True), ("I cannot assist with this request.", False, True), ("The tax falls.", False, False),
        ("The passages do not give a price [1].", True, False), ("The passages do not give a price, but they may elsewhere.", True, False),
        ("I'm sorry, but I can't help with that [1].", False, True), ("I cannot answer this; ask me another.", False, True),
    ],
)  # fmt: skip
def test_declining_and_refusing_are_told_from_answering(text: str, declines: bool, refuses: bool) -> None:
    [said] = read(text)
    assert (said.declines, said.refuses) == (declines, refuses)


@pytest.mark.parametrize(
    "text",
    [
        "The passages do not give an exact day, but the bridge opened in June 2026. [1]", "I cannot provide an exact day, but the bridge opened in June 2026 [1].",
        "I'm sorry, the passages do not give a day; it opened in June 2026 [1].", "The sources don't mention a day, although it opened in June [1][2].",
        "The passages do not hold the day, only the month [1].", "I can't help with the day though it opened in June [1].",
    ],
)  # fmt: skip
def test_sentence_that_declines_a_part_and_answers_another_is_an_answer(text: str) -> None:
    said = read(text)[-1]
    assert said.numbers
    assert not said.declines
    assert not said.refuses
