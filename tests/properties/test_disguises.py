# SPDX-License-Identifier: Apache-2.0
"""No disguise that a reader does not see hides a copy on the other side."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataset.builders import LABELS, an_example

from maalem.dataset import find_leaks

HARAKAT = "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652"
ALPHABET = "abcdeéçàœ ابتجحخدرسصعفقكلمنهوي0123456789"
TEXTS = st.text(ALPHABET, min_size=3, max_size=40).filter(lambda text: text.strip())


def is_arabic(letter):
    return "\u0621" <= letter <= "\u064a"


def with_tatweel(text):
    return "".join(c + "ـ" if is_arabic(c) else c for c in text)


def with_marks(text):
    return "".join(
        c + HARAKAT[n % len(HARAKAT)] if is_arabic(c) else c for n, c in enumerate(text)
    )


def with_arabic_digits(text):
    return "".join(
        chr(0x0660 + int(c)) if c.isascii() and c.isdigit() else c for c in text
    )


DISGUISES = {
    "upper": str.upper,
    "spaces": lambda text: "  " + text.replace(" ", " \t\n ") + "\u00a0",
    "tatweel": with_tatweel,
    "diacritics": with_marks,
    "digits": with_arabic_digits,
    "persian digits": lambda text: with_arabic_digits(text).translate(
        {0x0660 + n: 0x06F0 + n for n in range(10)}
    ),
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "full width": lambda text: "".join(
        chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text
    ),
    "alef": lambda text: text.replace("ا", "أ"),
    "zero width": "\u200b".join,
    "turned": lambda text: f"\u202e{text}\u202c",
}


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.lists(st.sampled_from(sorted(DISGUISES)), max_size=4))
def test_a_disguised_copy_is_a_leak(text, names):
    disguised = text
    for name in names:
        disguised = DISGUISES[name](disguised)
    rows = [an_example(0, text=text), an_example(2, text=disguised)]
    leaks = find_leaks(rows, labels=LABELS)
    assert [leak.reason for leak in leaks] == ["copy"]
