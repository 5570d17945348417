# SPDX-License-Identifier: Apache-2.0
"""Letters by where they stand become text as it is read."""

import pytest

from maalem.corpus.visual import Glyph, text_of


def printed(line):
    """Lay out what stands on the paper from left to right."""
    return [
        Glyph(letter, 5.0 * place, 5.0 * place + 5.0, 0.0, 10.0)
        for place, letter in enumerate(line)
        if letter != " "
    ]


@pytest.mark.parametrize(
    ("paper", "text"),
    [
        ("كرحملا", "المحرك"),
        ("لطعم كرحملا", "المحرك معطل"),
        ("123 مقر ةخضملا", "المضخة رقم 123"),
        ("رأب 12,5 طغضلا", "الضغط 12,5 بأر"),
        ("ABC-45 عون", "نوع ABC-45"),
        ("(مهم) ديدج", "جديد (مهم)"),
        ("La pompe n° 3", "La pompe n° 3"),
        ("The word كرحم means motor", "The word محرك means motor"),
        ("The word لطعم كرحم here", "The word محرك معطل here"),
    ],
)
def test_a_line_is_read_in_its_direction(paper, text):
    assert text_of(printed(paper)) == text


def test_a_mark_follows_the_letter_it_stands_on():
    letters = [*printed("بر"), Glyph("\u064e", 6.0, 9.0, 1.0, 10.0)]
    assert text_of(letters) == "رَب"
