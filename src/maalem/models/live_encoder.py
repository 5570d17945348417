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
from maalem.models.weights import FloatArray

HASHED = "hashed"
WIDTH = 512  # a power of two; few answers cannot use more

__all__ = ["HASHED", "HashedEncoder", "KeptVectors", "open_live_encoder"]


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

    def __init__(self, encoder: TextEncoder, *, name: str) -> None:
        self.name = name
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
                self._kept.update(zip(new, self._encoder.encode(new), strict=True))
        if not texts:
            return self._encoder.encode(())
        return np.stack([self._kept[text] for text in texts])


def open_live_encoder(base: str, folder: Path) -> KeptVectors:
    """Open what encodes at the desk, without torch.

    Args:
        base: Name of a packed base.
        folder: Where the base is unpacked, or will be.

    Returns:
        The base; hashed features where its package is not installed and the folder does
        not exist. `name` says which.

    Raises:
        SettingsError: There is no such base.
        IntegrityError: The packed file or the folder is not what it should be.
    """
    if find_packed(base_named(base)) is None and not folder.exists():
        return KeptVectors(HashedEncoder(), name=HASHED)
    prepare_base(base, folder)
    return KeptVectors(open_encoder(folder), name=base)
