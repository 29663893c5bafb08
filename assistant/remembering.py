"""An encoder that keeps the vectors it made last: of a question, asked for by retrieval and by scoring, and of sentences met before."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from assistant.types import Encoder

if TYPE_CHECKING:
    from assistant.types import Vectors

VECTORS_KEPT = 20_000
"""Of a kilobyte and a half each."""


class Remembering:
    """Encodes as another encoder does, each text once while it is kept. Safe to use from several threads."""

    def __init__(self, encoder: Encoder) -> None:
        self.id, self.dim = encoder.id, encoder.dim
        self._encoder = encoder
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit rows, float32, shape `(len(texts), dim)`."""
        with self._lock:
            known = {text: self._vectors[text] for text in texts if text in self._vectors}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known.update(zip(missing, self._encoder.encode(missing), strict=True))
            with self._lock:
                self._vectors.update((text, known[text]) for text in missing)
                while len(self._vectors) > VECTORS_KEPT:
                    self._vectors.popitem(last=False)
        return np.array([known[text] for text in texts], dtype=np.float32).reshape(len(texts), self.dim)
