# SPDX-License-Identifier: Apache-2.0
"""Texts as counts of hashed pieces: characters in a row, and words."""

import re
import unicodedata
import zlib
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Marks: TypeAlias = NDArray[np.uint64]

WORD = re.compile(r"\w\w+")
SPACE = re.compile(r"\s+")
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio, odd
FOLD = np.uint64(0xFF51AFD7ED558CCD)  # MurmurHash3's finaliser
HALF = np.uint64(33)


def folded(text: str) -> str:
    """Give a text as pieces are counted in it: compatible forms, no case, one blank."""
    clean = unicodedata.normalize("NFKC", text).casefold()
    return SPACE.sub(" ", clean).strip()


def character_marks(text: str, lengths: Sequence[int]) -> Marks:
    """Give a 64-bit mark for every run of characters of the given lengths.

    The text gets a blank at either end: beginnings and ends differ from middles.

    Args:
        text: A folded text.
        lengths: Lengths of the runs, each at least 1.
    """
    raw = f" {text} ".encode("utf-32-le", "replace")
    points = np.frombuffer(raw, "<u4").astype(np.uint64)
    runs = [_runs(points, length) for length in lengths if length <= len(points)]
    return np.concatenate([np.zeros(0, np.uint64), *runs])


def word_marks(text: str) -> Marks:
    """Give a 64-bit mark for every word of two letters or more, and for every pair."""
    words = np.array(
        [zlib.crc32(word.encode("utf-8", "replace")) for word in WORD.findall(text)],
        np.uint64,
    )
    pairs = _mixed(_mixed(words[:-1]) + words[1:])
    return np.concatenate([_mixed(words), pairs])


def _runs(points: Marks, length: int) -> Marks:
    marks = np.full(len(points) - length + 1, length, np.uint64)
    for shift in range(length):
        marks = _mixed(marks + points[shift : shift + len(marks)])
    return marks


def _mixed(marks: Marks) -> Marks:
    marks = (marks + MIX) * FOLD  # wraps around, as it should
    mixed: Marks = marks ^ (marks >> HALF)
    return mixed
