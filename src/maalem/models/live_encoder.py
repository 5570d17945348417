# SPDX-License-Identifier: Apache-2.0
"""What encodes at the desk: the installed base, or hashed features on any machine."""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from maalem.models.bases import base_named, find_packed, prepare_base
from maalem.models.encoder import open_encoder
from maalem.models.quick import TextEncoder
from maalem.models.tiny import tiny_features
from maalem.models.vector_file import VectorFile, made_by
from maalem.models.weights import FloatArray
from maalem.records import Digest

HASHED = "hashed"
WIDTH = 512  # a power of two; few answers cannot use more

__all__ = [
    "HASHED",
    "HashedEncoder",
    "KeptVectors",
    "kept_from",
    "open_live_encoder",
]


class HashedEncoder:
    """Turns texts into sums of signed, hashed runs of characters; needs no weights.

    Source:
        Weinberger et al. (2009), "Feature Hashing for Large Scale Multitask Learning",
        section 2: with a random sign for each piece, products stay right on average.
    """

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Give one vector of length 1 for each text, shape (len(texts), 512)."""
        rows = tiny_features(texts)
        lines = np.repeat(np.arange(len(texts)), np.diff(rows.starts))
        signs = 1.0 - 2.0 * (rows.columns // WIDTH % 2)
        vectors = np.zeros((len(texts), WIDTH))
        np.add.at(vectors, (lines, rows.columns % WIDTH), signs * rows.values)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: FloatArray = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
        return unit


class KeptVectors:
    """An encoder that computes each text once and may serve several threads.

    Attributes:
        name: What computes: the name of a base, or `hashed`.
    """

    def __init__(
        self, encoder: TextEncoder, *, name: str, file: VectorFile | None = None
    ) -> None:
        """Begin with what a file has, or with nothing.

        Args:
            encoder: What computes.
            name: Its name.
            file: Where vectors outlive the process, if anywhere.
        """
        self.name = name
        self._file = file
        self._encoder = encoder
        self._kept: dict[str, FloatArray] = {}
        self._computing = threading.Lock()

    def __contains__(self, text: str) -> bool:
        """Tell whether a text has its vector already."""
        return text in self._kept

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Give one vector for each text, in order, shape (len(texts), dimension)."""
        if any(text not in self._kept for text in texts):
            with self._computing:
                new = [text for text in dict.fromkeys(texts) if text not in self._kept]
                self._kept.update(self._computed(new))
        if not texts:
            return self._encoder.encode(())
        return np.stack([self._kept[text] for text in texts])

    def forget(self, texts: Sequence[str]) -> None:
        """Drop the vectors of texts, from the file too."""
        with self._computing:
            for text in texts:
                self._kept.pop(text, None)
            if self._file is not None:
                self._file.forget(texts)

    def _computed(self, texts: Sequence[str]) -> dict[str, FloatArray]:
        """Give vectors that are not in memory: from the file, or from the encoder."""
        found = self._file.read(texts) if self._file is not None else {}
        new = [text for text in texts if text not in found]
        made = dict(zip(new, self._encoder.encode(new), strict=True)) if new else {}
        if self._file is not None and made:
            self._file.keep(made)
        return found | made


def kept_from(folder: Path, *, name: str, base: Digest, file: Path) -> KeptVectors:
    """Open a base whose vectors are kept in a file.

    Args:
        folder: The base.
        name: What it is called.
        base: Its digest.
        file: The cache file; its folder is there.
    """
    encoder = open_encoder(folder)
    of = made_by(base, max_tokens=encoder.max_tokens, backend=encoder.backend)
    return KeptVectors(encoder, name=name, file=VectorFile(file, of=of))


def open_live_encoder(base: str, folder: Path, *, file: Path) -> KeptVectors:
    """Open what encodes at the desk, without torch.

    Args:
        base: Name of a packed base.
        folder: Where the base is unpacked, or will be.
        file: Where the base's vectors are kept from one start to the next.

    Returns:
        The base; hashed features where its package is not installed and the folder does
        not exist. `name` says which.

    Raises:
        SettingsError: There is no such base.
        IntegrityError: The packed file or the folder is not what it should be.
    """
    if find_packed(base_named(base)) is None and not folder.exists():
        return KeptVectors(HashedEncoder(), name=HASHED)
    checkpoint = prepare_base(base, folder)
    return kept_from(folder, name=base, base=checkpoint.id, file=file)
