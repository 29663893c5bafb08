"""Bytes -> text in whatever encoding they are: by mark, by what is declared, as UTF-8, or by what they look like.

In: the bytes of a text. Out: the text with newlines `\\n`, and a sentence where the encoding is a guess. Owns charset-normalizer.
"""

from __future__ import annotations

import codecs
import io
import re

from assistant.errors import SourceError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""UTF-32's little-endian mark begins with UTF-16's, so it is looked for first."""
SUPERSETS = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949", "shift_jis": "cp932"}
"""What browsers read in place of a declared encoding: the larger set that files so declared really use."""
CANDIDATES = (
    "cp932", "euc_jp", "cp949", "gb18030", "big5", "cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp874",
)  # fmt: skip
NAMES = {
    "cp932": "Shift-JIS", "euc_jp": "EUC-JP", "cp949": "EUC-KR", "gb18030": "GB18030", "big5": "Big5", "koi8_r": "KOI8-R", "utf_16_le": "UTF-16",
    "utf_16_be": "UTF-16",
}  # fmt: skip
NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
SAMPLE = 200_000
"""Bytes that an encoding is guessed from."""
CENTRAL_EUROPEAN = re.compile(r"[^\W\d_][³¹¿¼¾][^\W\d_]|[^\W\d_]{2}[³¹]|[šžŠŽ]")
"""What Polish and Czech text in Windows-1250 looks like when read as Windows-1252, which fits any bytes as well."""
CLOSE = 0.05
"""Two encodings whose texts come this near to a language are not told apart for sure."""


def decode_any(data: bytes, *, declared: str | None = None) -> tuple[str, str | None]:
    """Decode a text.

    Args:
        data: The whole of it.
        declared: The encoding it claims; not believed where the bytes do not fit.

    Returns:
        The text, and a warning where the encoding was guessed without being sure.

    Raises:
        SourceError: If it is no text in any encoding that is known.
    """
    for mark, name in MARKS:
        if data.startswith(mark):
            if (text := _decoded(data, name)) is None:
                raise SourceError(f"the file says it is {name.upper().removesuffix('-SIG')} but is damaged; save it anew as UTF-8")
            return text, None
    text = _decoded(data, "utf-8") if b"\0" not in data else None
    # Bytes above ASCII make UTF-8 by no accident; without them a declaration may mean one that shifts by escapes.
    if text is not None and (not declared or not data.isascii()):
        return text, None
    if declared and (as_declared := _declared(data, declared)) is not None:
        return as_declared, None
    if text is not None:
        return text, None
    if b"\0" not in data:
        return _guessed(data)
    for name, zeros in (("utf_16_le", data[1:4000:2]), ("utf_16_be", data[0:4000:2])):
        if zeros.count(0) * 4 > len(zeros) and (text := _decoded(data, name)) is not None and not NO_TEXT.search(text):
            return text, "It has no mark of its encoding and was read as UTF-16; if words look wrong, save it as UTF-8."
    raise SourceError("the file is binary, not text")


def _decoded(data: bytes, encoding: str) -> str | None:
    """The text with its newlines made `\\n`; None where the bytes do not fit."""
    try:
        return io.TextIOWrapper(io.BytesIO(data), encoding=encoding).read()
    except (UnicodeError, LookupError):
        return None


def _declared(data: bytes, name: str) -> str | None:
    try:
        encoding = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    if encoding in ("utf-16", "utf-32", "utf-16-le", "utf-16-be"):
        return None  # a declaration that could be read as ASCII is none of UTF-16
    text = _decoded(data, SUPERSETS.get(encoding, encoding))
    return text if text is not None and "\0" not in text else None


def _guessed(data: bytes) -> tuple[str, str | None]:
    """The text in the encoding under which it reads most like a language."""
    from charset_normalizer import from_bytes

    matches = list(from_bytes(_sample(data), cp_isolation=list(CANDIDATES)))
    ranked = sorted(matches, key=lambda m: (round(m.chaos, 2), -round(m.coherence, 1), CANDIDATES.index(m.encoding)))
    western = _decoded(data, "cp1252")
    if western and CENTRAL_EUROPEAN.search(western):
        ranked = [m for m in ranked if m.encoding != "cp1252"]
    elif western and any(m.encoding == "cp1252" for m in ranked):
        ranked = [m for m in ranked if m.encoding not in ("cp1250", "cp1254")]
    for match in ranked:
        if (text := _decoded(data, match.encoding)) is None:
            continue
        shown = str(match)
        rivals = [m for m in ranked if str(m) != shown and m.chaos <= match.chaos + CLOSE and m.coherence >= match.coherence - CLOSE]
        if match.coherence >= 0.1 and not rivals:
            return text, None
        name = NAMES.get(match.encoding, match.encoding.replace("cp", "Windows-"))
        return text, f"It is not UTF-8 and was read as {name}, unsure; if words look wrong, save it as UTF-8."
    at = _first_bad_byte(data)
    raise SourceError(f"the file is not UTF-8 (byte {at}) nor in another encoding that can be told; save it as UTF-8 and try again")


def _sample(data: bytes) -> bytes:
    """Whole lines from where the first byte above ASCII stands: a long English opening says nothing of the encoding."""
    if len(data) <= SAMPLE:
        return data
    start = data.rfind(b"\n", 0, _first_bad_byte(data)) + 1
    sample = data[start : start + SAMPLE]
    end = sample.rfind(b"\n")
    return sample[:end] if end > 0 else sample


def _first_bad_byte(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as exc:
        return exc.start
    return 0
