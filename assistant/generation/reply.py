"""A reply as it streams -> its sentences, each once it is whole, with the passage numbers it names.

In: pieces of text, cut anywhere. Out: `Said`s in plain text: no markup, link or image of the reply survives as anything but words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.generation.prompts import DECLINES, clean
from assistant.sentences import MONTH, sentences
from assistant.types import Span

LOOKAHEAD = 24
"""Characters of the next sentence that must be there before the one before it counts as whole: `U.S. The talks`, but `U.S. President`."""
MAX_HELD_CHARS = 4_000
"""A reply that never ends a sentence is cut here."""
MAX_NUMBERS = 20
NUMBERS = r"(?:passages?|sources?|no\.?)?\s*\^?\d{1,4}(?:\s*(?:,|;|and|&|–|-)\s*\^?\d{1,4})*"
MARKER = re.compile(rf"\[\[?\s*{NUMBERS}\s*\]\]?|【\s*{NUMBERS}[^】]{{0,12}}】", re.IGNORECASE)
UNFINISHED = re.compile(r"(?:\[[^\[\]\n]{0,120}(?:\](?:\([^)\n]{0,400})?)?|【[^】\n]{0,40}|!|\S*\]\([^)\s]{0,400})\Z")
"""What may yet become a marker or a link."""
FENCE_LINE = re.compile(r"^[ \t]*(?:```|~~~)[^\n]*$", re.MULTILINE)
IMAGE_OR_LINK = re.compile(r"!?\[(?P<text>[^\[\]\n]*)\]\(\s*<?(?P<url>[^)\s>]*)>?[^)\n]*\)")
REFERENCE = re.compile(r"!\[(?P<text>[^\[\]\n]*)\](?:\[[^\]\n]*\])?")
AUTOLINK = re.compile(r"<((?:https?|ftp|mailto|data|javascript):[^>\s]*)>", re.IGNORECASE)
LINE_MARKUP = re.compile(rf"^[ \t]*(?:#{{1,6}}[ \t]+|>[ \t]?|[-*+•][ \t]+|\d{{1,2}}\)[ \t]+|\d{{1,2}}\.[ \t]++(?!{MONTH}))+", re.MULTILINE)
EMPHASIS = re.compile(r"(\*{1,3}|_{2,3}|~~|`+)(?=\S)(.+?)(?<=\S)\1")
NUMBER_BELOW = re.compile(r"\s*\n\s*(?=\[\[?\^?\d|【\d)")
"""A number on the line below belongs to the sentence above."""
RULE = re.compile(r"^[ \t]*(?:[-*_=][ \t]*){3,}$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence of a reply, without its numbers.

    Attributes:
        numbers: As written, in order, each once; some may name no passage.
        whole: It was ended; False for the rest of a reply that broke off.
    """

    text: str
    numbers: tuple[int, ...]
    whole: bool = True

    @property
    def declines(self) -> bool:
        """It says that the passages hold no answer, and gives none from them all the same."""
        return self._no_more_than(DECLINE)

    @property
    def refuses(self) -> bool:
        """It says that the model will not answer, and goes on to no answer."""
        return self._no_more_than(REFUSAL)

    def _no_more_than(self, form: re.Pattern[str]) -> bool:
        match = form.match(self.text)
        return match is not None and not (self.numbers and GOES_ON.search(self.text, match.end()))


GOES_ON = re.compile(r";|\b(?:but|however|though|although)\b|, only\b", re.IGNORECASE)
"""`The passages do not give the day, but the bridge opened in June [1]` is an answer."""
DECLINE = re.compile(
    rf"{re.escape(DECLINES[:-1])}|(?:I(?:'m| am) sorry,? (?:but )?)?(?:the|these|your)(?: provided| given)? (?:passages|sources|documents)(?: provided| given)? (?:do not|don[’']t) "
    r"(?:contain|answer|hold|say|mention|provide|give|include)\b",
    re.IGNORECASE,
)
REFUSAL = re.compile(
    r"(?:I(?:'|’)m|I am) (?:very |really )?(?:sorry|unable)\b.{0,20}\b(?:can(?:no|['’])t|unable|not able|to (?:help|assist|answer))|"
    r"(?:Sorry, )?I (?:can(?:no|['’])t|won['’]t|will not) (?:help|assist|answer|comply|provide|do that|discuss|continue)",
    re.IGNORECASE,
)


class Reply:
    """A reply so far. Feed it pieces; it gives each sentence once."""

    def __init__(self) -> None:
        self._held = ""
        self._in_line = False  # whether what is held goes on a line whose beginning was given

    def feed(self, text: str) -> list[Said]:
        """The sentences that became whole with `text`."""
        self._held += text
        return self._take(final=False)

    def finish(self, *, broken: bool = False) -> list[Said]:
        """What is left. After a break an unended sentence comes out with `whole` False."""
        said = self._take(final=True)
        if broken and said and not re.search(r"[.!?…。！？][\"”’')\]]*$", said[-1].text):
            said[-1] = Said(said[-1].text, said[-1].numbers, whole=False)
        return said

    def _take(self, *, final: bool) -> list[Said]:
        lines = NUMBER_BELOW.sub(" ", self._held).split("\n")
        said: list[Said] = []
        while len(lines) > 1 and (final or _starts_afresh(lines[1:])):
            said += self._sentences(lines.pop(0))
            self._in_line = False
        rest = "\n".join(lines)
        if final or len(rest) > MAX_HELD_CHARS:
            self._held = ""
            for n, line in enumerate(lines):
                self._in_line = self._in_line and n == 0
                said += self._sentences(line)
            self._in_line = bool(lines[-1])
            return said
        if "\n" in rest or (FENCE_LINE.match(rest) and not self._in_line):
            self._held = rest
            return said
        cut = _whole_until(rest)
        said += self._sentences(rest[:cut])
        self._held, self._in_line = rest[cut:], self._in_line or cut > 0
        return said

    def _sentences(self, line: str) -> list[Said]:
        return _sentences(line if self._in_line else _without_line_markup(line))


def _starts_afresh(lines: list[str]) -> bool:
    """Whether what follows a line cannot belong to it: it is more than the beginning of a number in brackets."""
    following = "\n".join(lines).lstrip()
    return (bool(following) and following[0] not in "[【") or len(following) > 60


def _masked(text: str) -> str:
    """`text` with its numbers blanked, every other character in its place."""
    return MARKER.sub(lambda match: " " * len(match[0]), text)


def _whole_until(text: str) -> int:
    """Where the last sentence begins that may still grow."""
    if UNFINISHED.search(text):
        text = text[: UNFINISHED.search(text).start()]  # type: ignore[union-attr]
    masked = _masked(text)
    spans = sentences(masked, Span(0, len(masked)))
    links = [match.span() for match in IMAGE_OR_LINK.finditer(text)]
    starts = [following.start for following in spans[1:] if len(masked) - following.start >= LOOKAHEAD]
    whole = [start for start in starts if not any(begin < start < end for begin, end in links)]
    return whole[-1] if whole else 0


def _without_line_markup(line: str) -> str:
    return LINE_MARKUP.sub("", FENCE_LINE.sub("", RULE.sub("", clean(line))))


def _sentences(line: str) -> list[Said]:
    """The sentences of one line; numbers after a full stop belong to the sentence before it."""
    line = _links_as_text(clean(line))
    masked = _masked(line)
    spans = sentences(masked, Span(0, len(masked)))
    if not spans:
        return []
    ends = [following.start for following in spans[1:]] + [len(line)]
    said = []
    for span, end in zip(spans, ends, strict=True):
        start = 0 if span is spans[0] else span.start
        text = plain_text(masked[span.start : span.end])
        numbers = _numbers(line[start:end])
        if re.search(r"\w", text):
            said.append(Said(text, numbers))
        elif numbers and said:
            said[-1] = Said(said[-1].text, tuple(dict.fromkeys((*said[-1].numbers, *numbers))))
    return said


def _links_as_text(text: str) -> str:
    """Links and images as their words with the address in parentheses; numbers keep their brackets."""
    text = IMAGE_OR_LINK.sub(lambda m: f"[{m['text']}] ({m['url']})" if re.fullmatch(NUMBERS, m["text"]) else f"{m['text']} ({m['url']})", text)
    return AUTOLINK.sub(r"\1", REFERENCE.sub(lambda m: m["text"], text))


def plain_text(text: str) -> str:
    """One line without emphasis marks and doubled blanks."""
    for _ in range(3):
        text = EMPHASIS.sub(r"\2", text)
    text = " ".join(text.split())
    return re.sub(r" +([.,;:!?])(?=\s|$)", r"\1", text).strip()


def _numbers(text: str) -> tuple[int, ...]:
    """The numbers in brackets, in order, each once; `[1-3]` is three."""
    found: dict[int, None] = {}
    for marker in MARKER.finditer(text):
        for first, last in re.findall(r"(\d+)(?:\s*[–-]\s*\^?(\d+))?", marker[0]):
            upto = int(last) if last else int(first)
            found.update(dict.fromkeys(range(int(first), min(upto, int(first) + MAX_NUMBERS) + 1)))
    return tuple(found)[:MAX_NUMBERS]
