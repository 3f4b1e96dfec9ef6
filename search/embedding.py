"""Texts as vectors: what an embedding is, and the one that is used, read from the files of its package."""

import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


class EmbeddingError(Exception):
    """An embedding cannot be opened. The message is one sentence that says what to do."""


class Embedding(Protocol):
    """Vectors of one length for texts: equal texts have equal vectors, in every process."""

    @property
    def name(self) -> str:
        """Return name and version: vectors of another one are not compared with its own."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a row of length 1 for each text; zeros where nothing of it is known."""


class WordLlama:
    """The mean of a fixed vector for each token: 256 numbers, no network, no hub.

    Its package is not imported: that sets up the logging of the whole process, and looks for the tokenizer in
    another folder than it ships, to fetch it from a hub then.
    """

    def __init__(self) -> None:
        # The tokenizer's package takes a while to load, which is for who embeds only.
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        found = importlib.util.find_spec("wordllama")
        if found is None or found.origin is None:
            raise EmbeddingError("The package wordllama is missing: install the lock file of this service.")
        folder = Path(found.origin).parent
        weights = folder / "weights" / "l2_supercat_256.safetensors"
        self._vectors: npt.NDArray[np.float16] = load_file(weights)["embedding.weight"]
        self._tokenizer = Tokenizer.from_file(
            str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json")
        )
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        digest = hashlib.sha256(self._vectors.tobytes()).hexdigest()
        self.name = f"wordllama-{importlib.metadata.version('wordllama')}-256-{digest[:12]}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        if len(texts) == 1:  # nothing to share among threads
            tokens = [self._tokenizer.encode(texts[0], add_special_tokens=False)]
        else:
            tokens = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        rows = np.zeros((len(texts), self._vectors.shape[1]), np.float32)
        for row, one in zip(rows, tokens, strict=True):
            if one.ids:
                row[:] = self._vectors[one.ids].astype(np.float32).mean(axis=0)
        return normalised(rows)


@cache
def open_embedding() -> Embedding:
    """Return the embedding of this process, read once; raise `EmbeddingError`."""
    return WordLlama()


def normalised(rows: Vectors) -> Vectors:
    """Return rows of length 1; zeros stay."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Vectors = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return scaled
