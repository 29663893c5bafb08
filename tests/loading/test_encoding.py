"""Text in the encodings that people still have, and bytes that are no text in any."""

from __future__ import annotations

import pytest

from assistant.errors import SourceError
from assistant.loading.encoding import decode_any

TEXTS = {
    "shift_jis": "日本の首相は月曜日に関税について話し合うためワシントンを訪れる予定である。",
    "euc_jp": "日本の首相は月曜日に関税について話し合うためワシントンを訪れる予定である。",
    "euc_kr": "한국 정부는 월요일 미국의 관세 조치에 대해 깊은 우려를 표명했다. 장관은 워싱턴으로 향했다.",
    "gb18030": "中国政府星期一对美国的关税措施表示严重关切。部长前往华盛顿进行谈判。",
    "big5": "台灣政府星期一對美國的關稅措施表示嚴重關切。部長前往華盛頓進行談判。",
    "cp1252": "Le café où l’été dernière naïve façade coûtait 5 € — très cher, dit le maire “en colère”.",
    "cp1250": "Vláda v pondělí vyjádřila znepokojení nad americkými cly. Ministr řekl, že odletí na jednání.",
    "cp1251": "Правительство в понедельник выразило обеспокоенность тарифами. Министр поехал в Вашингтон.",
    "koi8_r": "Правительство в понедельник выразило обеспокоенность тарифами. Министр поехал в Вашингтон.",
    "cp1253": "Η κυβέρνηση εξέφρασε τη Δευτέρα την ανησυχία της για τους δασμούς των ΗΠΑ.",
    "cp1255": "הממשלה הביעה ביום שני דאגה מהמכסים האמריקאיים. השר טס לוושינגטון לשיחות.",
    "cp1256": "أعربت الحكومة يوم الاثنين عن قلقها من الرسوم الجمركية الأمريكية. سافر الوزير إلى واشنطن.",
    "utf-16": "Café, 漢字 and \N{GRINNING FACE}.",
    "utf-32": "Café, 漢字 and \N{GRINNING FACE}.",
    "utf-8-sig": "Café, 漢字 and \N{GRINNING FACE}.",
}


@pytest.mark.parametrize("encoding", TEXTS)
def test_an_encoding_is_told(encoding: str) -> None:
    text = "\n".join([TEXTS[encoding]] * 20)
    assert decode_any(text.replace("\n", "\r\n").encode(encoding))[0] == text


def test_an_encoding_that_only_shows_late_is_told() -> None:
    text = "A line of plain English words that says nothing.\n" * 10_000 + TEXTS["shift_jis"]
    assert decode_any(text.encode("shift_jis"))[0] == text


def test_a_guess_is_said_to_be_one() -> None:
    assert decode_any(b"na\xefve") == ("naïve", "It is not UTF-8 and was read as Windows-1252, unsure; if words look wrong, save it as UTF-8.")


def test_utf_16_without_a_mark_is_said_to_be_a_guess() -> None:
    assert decode_any("Plain words, wide.".encode("utf-16-be")) == (
        "Plain words, wide.", "It has no mark of its encoding and was read as UTF-16; if words look wrong, save it as UTF-8.",
    )  # fmt: skip


@pytest.mark.parametrize("declared", ["shift_jis", "ascii", "utf-16", "no such", "rot13", "base64", "idna", "\0"])
def test_a_declaration_that_does_not_fit_is_not_believed(declared: str) -> None:
    assert decode_any("Größe, 漢字".encode(), declared=declared)[0] == "Größe, 漢字"


def test_a_declared_latin_1_is_windows_1252_as_in_browsers() -> None:
    assert decode_any("“5 €”".encode("cp1252"), declared="iso-8859-1") == ("“5 €”", None)


@pytest.mark.parametrize("data", [b"\0\1", b"PK\3\4\0\0", bytes(range(256)), b"\0" * 100, b"\xff\xfe\0\xd8"])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError):
        decode_any(data)
