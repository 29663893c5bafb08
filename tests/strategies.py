"""Texts as people and programs leave them in files: mixed newlines, scripts, markup, front matter, and no order at all."""

from __future__ import annotations

from hypothesis import strategies as st

LATIN = "The the minister ministers said that talks on tariffs began in 2024 , . and U.S. Mr. 25% Dr. it Co. € naïve café e\u0301".split(" ")
WORDS = {
    "latin": LATIN,
    "chinese": ["关税", "谈判开始了。", "总统说", "贸易", "。", "！", "「好」"],
    "hangul": ["관세", "협상이", "시작됐다.", "대통령은", "각각각각각각각,", "무역"],
    "kana": ["カタカナ", "がぎぐげご", "です。", "ｶﾞｷﾞ"],
    "thai": ["การเจรจา", "ภาษี", "เริ่มต้น"],
    "devanagari": ["व्यापार", "वार्ता।", "शुरू"],
    "rtl": ["מכסים", "שיחות.", "التعريفات", "بدأت؟", "\u202bمحادثات\u202c"],
    "emoji": ["🙂", "👩‍👩‍👧‍👦", "🇰🇷", "👍🏽", "🚢🚢🚢"],
    "long": ["x" * 150, "https://example.org/" + "a/b-c_d?e=f&" * 20, "ab" * 400, "word,word;" * 60],
    "markup": ["**bold**", "[link](https://example.org/a)", "`code`", "|", "#", "-", ">", '"quoted', 'words."', "“so”", "…", "!?", "(x)"],
    "control": ["\x0c", "a\x0cb", "\u200b", "\ufeff", "\x1f", "\x85", "\u2028", "\u00ad", "\ufffd", "\x1b[0m"],
}
NEWLINES = ["\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\n \t\n", "\n\n\n", "\r\r"]
BLANKS = [" ", " ", " ", "  ", "\t", "\u00a0", "\u3000", "", "\x0b"]
LINE_OPENERS = ["", "", "", "", "# ", "## ", "- ", "1. ", "> ", "| ", "    ", "Published: ", "By "]
FRONT_MATTER = [
    "",
    "",
    "---\ntitle: A title\npublished: 2025-04-09\n---\n",
    "---\r\ntitle: 'Quoted: with colon'\r\ndate: 9 April 2025\r\n---\r\n",
    "---\nauthors: [One Name, Other Name]\ndate: 2025-13-45\n---\n",
    "---\nno: yaml: at: all\n---\n",
    "---\n---\n",
]


@st.composite
def lines(draw: st.DrawFn, scripts: tuple[str, ...]) -> str:
    words = st.sampled_from([word for script in scripts for word in WORDS[script]])
    parts = [draw(st.sampled_from(LINE_OPENERS))]
    for _ in range(draw(st.integers(0, 3))):
        chosen = draw(st.lists(words, min_size=1, max_size=12))
        repeated = draw(st.sampled_from([1, 1, 1, 2, 8]))
        parts.extend((draw(st.sampled_from(BLANKS)).join(chosen) + " ") * repeated for _ in range(1))
        parts.append(draw(st.sampled_from(["", "", ". ", "." , "! ", '." '])))
    return "".join(parts)


@st.composite
def file_texts(draw: st.DrawFn) -> str:
    """What stands in a file, newlines as they are; never all blank."""
    scripts = tuple(draw(st.lists(st.sampled_from(sorted(WORDS)), min_size=1, max_size=4, unique=True)))
    pieces = [draw(st.sampled_from(FRONT_MATTER))]
    for _ in range(draw(st.integers(1, 12))):
        pieces.append(draw(lines(scripts)))
        pieces.append(draw(st.sampled_from(NEWLINES)))
    return "".join([*pieces, draw(st.sampled_from(["", "end", "\n"])), "."])


anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)
"""Any text that UTF-8 can hold, without NUL."""
