# SPDX-License-Identifier: Apache-2.0
"""No flipped bit of a project is used unnoticed: sixty of them, the same each time.

`benchmarks/bench_flips.py` flips a thousand.
"""

import random

import pytest
from tests import flips

NAMES = ("blobs", "dataset", "model", "release", "database", "ledger files")


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("name", NAMES)
def test_a_flipped_bit_is_found_before_its_use_or_says_nothing(copied, name, seed):
    (target,) = (one for one in flips.targets(copied) if one.name == name)
    place = flips.a_bit(target, random.Random(seed))
    outcome = flips.strike(copied, target, place)
    assert outcome != flips.MISSED, place
    if name in ("blobs", "dataset", "model", "release"):
        assert outcome == flips.FOUND


def test_every_target_of_a_flip_has_files(copied):
    found = flips.targets(copied)
    assert [target.name for target in found] == list(NAMES)
    assert all(target.files for target in found)
