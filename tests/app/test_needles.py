# SPDX-License-Identifier: Apache-2.0
"""Looking for many strings at once finds what looking for each would find."""

import random

import pytest

from maalem.app.steps import needles
from maalem.app.steps.needles import Needles

ALPHABET = b"a\x00\xff"


def test_a_file_holds_what_a_plain_search_finds_in_it(tmp_path):
    chance = random.Random(7)
    path = tmp_path / "file"
    found = 0
    for _ in range(300):
        content = bytes(chance.choices(ALPHABET, k=chance.randint(1, 300)))
        several = {
            bytes(chance.choices(ALPHABET, k=chance.randint(8, 11))) for _ in range(40)
        }
        path.write_bytes(content)
        expected = any(one in content for one in several)
        assert Needles(several).are_in(path) is expected
        found += expected
    assert 30 < found < 270


@pytest.mark.parametrize("shift", range(-12, 3))
def test_a_string_across_two_pieces_of_a_file_is_found(tmp_path, shift):
    path, string = tmp_path / "file", b"planted string"
    path.write_bytes(b"." * (needles._PIECE + shift) + string)  # the edge
    assert Needles([string, b"something else"]).are_in(path)
    assert not Needles([string + b"!"]).are_in(path)


def test_nothing_is_found_where_nothing_is_looked_for(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"some content")
    assert not Needles([]).are_in(path)
    path.write_bytes(b"")
    assert not Needles([b"some content"]).are_in(path)


def test_a_string_that_would_be_found_everywhere_is_refused():
    with pytest.raises(ValueError, match="at least 8"):
        Needles([b"short"])
