# SPDX-License-Identifier: Apache-2.0
"""Which vectors lie nearest to one."""

import numpy as np
import pytest

from maalem.models.neighbours import nearest_of

VECTORS = np.array([[1, 0], [0, 1], [2, 2], [-1, 0]], np.float32)


def test_direction_counts_and_length_does_not():
    found = nearest_of(VECTORS, np.array([3, 0], np.float32), count=4)
    assert [place for place, _ in found] == [0, 2, 1, 3]
    assert [near for _, near in found] == pytest.approx([1, 0.5**0.5, 0, -1])


def test_of_equals_the_first_comes_first_and_no_more_than_asked_for():
    twins = np.ones((5, 2), np.float32)
    found = nearest_of(twins, np.array([1, 1], np.float32), count=3)
    assert [place for place, _ in found] == [0, 1, 2]


def test_with_nothing_taught_nothing_is_near():
    empty = np.zeros((0, 2), np.float32)
    assert nearest_of(empty, np.array([1, 0], np.float32), count=3) == ()
