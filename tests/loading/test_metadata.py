"""What texts say about themselves, and what they only seem to say."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.loading.metadata import Metadata, metadata_from_text, parse_date, title_of
from tests.strategies import anything, file_texts

BODY = "The council met on Monday and spoke of the bridge for three hours.\n\nNo decision was taken.\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("April 15, 2025, 10:03", "2025-04-15T10:03"),
        ("2025/04/09 20:00", "2025-04-09T20:00"),
        ("2025-04-09T20:00:59", "2025-04-09T20:00"),
        ("2025.4.9", "2025-04-09"),
        ("9 April 2025", "2025-04-09"),
        ("Apr. 9, 2025", "2025-04-09"),
        ("Sept. 1st, 2024 at 9:05 p.m.", "2024-09-01T21:05"),
        ("3rd March 2024, 12:15 am", "2024-03-03T00:15"),
        ("March 3, 2024 12:15 PM", "2024-03-03T12:15"),
        ("29 February 2024", "2024-02-29"),
        ("29 February 2023", None),
        ("2025-13-45", None),
        ("2025-04-09 25:00", "2025-04-09"),
        ("2025-04-09 10:75", "2025-04-09"),
        ("Apr. 14", None),
        ("April 2025", None),
        ("Monday", None),
        ("", None),
    ],
)
def test_dates(text: str, expected: str | None) -> None:
    assert parse_date(text) == expected


@example("2025-04-09 10:٠٣")
@given(
    st.one_of(
        anything,
        st.from_regex(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}[T ]\d{1,2}:\d{2} ?(am|p\.m\.)?", fullmatch=True),
        st.from_regex(r"(Jan|may|SEPT)[a-z]{0,6}\.? \d{1,2}(st|th)?,? \d{4}", fullmatch=True),
    )
)
def test_a_date_is_iso_8601_or_none(text: str) -> None:
    found = parse_date(text)
    if found is not None:
        assert found.isascii()
        parsed = datetime.fromisoformat(found)
        assert found in (parsed.date().isoformat(), parsed.isoformat(timespec="minutes"))


@given(file_texts() | anything)
def test_nothing_stated_is_empty(text: str) -> None:
    for value in metadata_from_text(text):
        assert value is None or value.strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A heading #\n\n" + BODY, Metadata(title="A heading")),
        ("Council weighs new bridge\n\n" + BODY, Metadata(title="Council weighs new bridge")),
        ("Lead sentence.\nCouncil weighs bridge\nCouncil weighs bridge\n" + BODY, Metadata(title="Council weighs bridge")),
        (BODY, Metadata()),
        ("By Ann Lee\n\n" + BODY, Metadata(author="Ann Lee")),
        ("By Ann Lee, Daily Post\n\n" + BODY, Metadata(author="Ann Lee")),
        ("Written by Ann van Dyk | 9 April 2025\n\n" + BODY, Metadata(author="Ann van Dyk")),
        ("9 April 2025\n\n" + BODY, Metadata(published="2025-04-09")),
        ("Wednesday, April 9, 2025 20:00 GMT\n\n" + BODY, Metadata(published="2025-04-09T20:00")),
        ("Posted on April 9, 2025\nUpdated: May 1, 2025\n" + BODY, Metadata(published="2025-04-09")),
        ("Updated: May 1, 2025\n" + BODY, Metadata()),
        ("By Ann Lee Posted : April 9, 2025, 10:03 Updated : May 1, 2025, 10:03\n" + BODY, Metadata(author="Ann Lee", published="2025-04-09T10:03")),
        ("By Ann Lee Posted April 9, 2025, 10:03 Updated May 1, 2025\n" + BODY, Metadata(author="Ann Lee", published="2025-04-09T10:03")),
        ("By Ann Lee, published 9 April 2025\n" + BODY, Metadata(author="Ann Lee", published="2025-04-09")),
        ("Ann Lee Posted 9 April 2025\n" + BODY, Metadata(published="2025-04-09")),
        ("Daily Post | published 9 April 2025 | 5 min read\n" + BODY, Metadata(published="2025-04-09")),
        ("Posted on April 9, 2025 by admin\n" + BODY, Metadata(published="2025-04-09")),
        ("Posted on April 9, 2025 Leave a comment\n" + BODY, Metadata(published="2025-04-09")),
        ("_First published 9 April 2025, updated 1 May 2025_\n" + BODY, Metadata(published="2025-04-09")),
        ("Editor's note: This story was originally published on April 9, 2025, by the Post.\n" + BODY, Metadata(published="2025-04-09")),
        ("Published April 9, 2025 at 8 pm EST\n" + BODY, Metadata(published="2025-04-09")),
        ("Published 2025-04-09T20:00:00Z\n" + BODY, Metadata(published="2025-04-09T20:00")),
    ],
)
def test_head(text: str, expected: Metadata) -> None:
    assert metadata_from_text(text) == expected


FILLER = "\n\n".join(f"The council met again, for the {n}th time, and spoke of it." for n in range(12)) + "\n\n"


@pytest.mark.parametrize(
    ("foot", "expected"),
    [
        ("© 2025 Daily Post. All rights reserved.", Metadata(publisher="Daily Post")),
        ("Copyright (c) 2024-2025 by Daily Post", Metadata(publisher="Daily Post")),
        ("Copyright 2025. All rights reserved.", Metadata()),
        ("Post https://www.post.example/a/1", Metadata(publisher="Post", url="https://www.post.example/a/1")),
        ("Facebook https://www.post.example/a/1", Metadata()),
        ("https://www.post.example/a/1", Metadata()),
        ("Post http://[post", Metadata()),
        ("Ann Lee, Daily Post, Paris.", Metadata(author="Ann Lee")),
        ("Published on 2025-04-09", Metadata(published="2025-04-09")),
        ("Originally published April 9, 2025", Metadata(published="2025-04-09")),
        ("The full report was published April 9, 2025. Read it here.", Metadata()),
    ],
)
def test_foot(foot: str, expected: Metadata) -> None:
    assert metadata_from_text(f"{FILLER}{foot}\n") == expected


def test_a_sign_off_lends_its_outlet_to_an_address() -> None:
    foot = "Ann Lee, Post TV, Paris.\n\nPOST TV\n\nhttps://www.post.example/a\n"
    assert metadata_from_text(FILLER + foot) == Metadata(
        publisher="Post TV", author="Ann Lee", url="https://www.post.example/a"
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "Ministers met on April 14, 2025 in the capital and agreed on a plan.",
        "The Daily Post reported on 9 April 2025 that talks had failed.",
        "Photo by Ann Lee, Daily Post.",
        "She was born on 1 May 1950 and died on 2 June 2020.",
        "A study published 12 March 2019 says coffee is good for the heart.",
        "The first plan, published on 3 May 2019, was rejected by the council.",
        "The committee was created on 4 June 1998 and has met ever since.",
        "Published on 3 May 2019, the first plan was rejected.",
        "Editor's note: This is an updated version of an article published on 3 May 2019.",
        "Created on 4 June 1998 the committee has met ever since.",
        "The study was the first of the ministry, which was,\npublished on 3 May 2019",
        "The council kept to its plan — published 3 May 2019 — for a year.",
        "The minister said so in a video that was posted on 3 May 2019.",
    ],
)
def test_an_event_a_mention_and_a_photo_credit_are_no_metadata(sentence: str) -> None:
    assert metadata_from_text(f"{sentence}\n\n{BODY}") == Metadata()


@pytest.mark.parametrize(
    "line",
    ["Ann Lee", "Ann Lee and Bo Kim", "Ann Lee, Daily Post", "https://post.example/a", "9 April 2025", "- an item", "Short", "12345678 9 10 11"],
)
def test_a_first_line_that_is_no_headline(line: str) -> None:
    assert title_of([line, *BODY.split("\n\n")]) is None


def test_one_line_alone_is_text_not_title() -> None:
    assert title_of(["Council weighs new bridge"]) is None
    assert title_of([]) is None


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2025-04-09T20:00+09:00", "2025-04-09T11:00Z"),
        ("2025-04-09T03:00:15+09:00", "2025-04-08T18:00Z"),
        ("2025-04-09 20:00Z", "2025-04-09T20:00Z"),
    ],
)
def test_a_time_with_a_zone_is_kept_in_utc(text: str, utc: str) -> None:
    assert parse_date(text) == utc
