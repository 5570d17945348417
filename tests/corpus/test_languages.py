# SPDX-License-Identifier: Apache-2.0
"""Which language a text is in."""

import pytest

from maalem.corpus.languages import identify_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The hydraulic pump has been leaking since yesterday.", "en"),
        ("REPLACE ENGINE OIL AND FILTER", "en"),
        ("La pompe hydraulique est en panne depuis hier.", "fr"),
        ("المحرك معطل والمضخة لا تعمل منذ الصباح", "ar"),
        ("الماكينة خاسرة وخاصها تصاوب دابا", "ar"),
        ("lmakina khasra w khassha tsawb daba", "ary-Latn"),
        ("ta7t lmakina kayn lma 3la lard", "ary-Latn"),
        ("jat l3andi w 9alt liya chnou w9e3", "ary-Latn"),
        ("wash the 3rd and 7th unit, 9mm bolts", "en"),
        ("oil leak", "und"),
        ("", "und"),
        ("12345 67890", "und"),
        ("A-7 B9 X3", "und"),
    ],
)
def test_the_language_is_told_or_left_open(text, language):
    assert identify_language(text) == language
