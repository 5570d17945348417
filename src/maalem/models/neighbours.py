# SPDX-License-Identifier: Apache-2.0
"""Which vectors lie nearest to one."""

import numpy as np

from maalem.models.baselines import unit
from maalem.models.weights import FloatArray


def nearest_of(
    vectors: FloatArray, asked: FloatArray, *, count: int
) -> tuple[tuple[int, float], ...]:
    """Find the nearest vectors by their cosine.

    Args:
        vectors: Shape (n, dimension).
        asked: Shape (dimension,).
        count: How many to give; fewer where there are fewer.

    Returns:
        Pairs of number and cosine in [-1, 1], the nearest first; of equals the first.
    """
    cosines = np.clip(unit(vectors) @ unit(asked[None, :])[0], -1.0, 1.0)
    order = np.argsort(-cosines, kind="stable")[:count]
    return tuple((int(place), float(cosines[place])) for place in order)
