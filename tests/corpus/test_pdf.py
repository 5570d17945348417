# SPDX-License-Identifier: Apache-2.0
"""What is read from a PDF."""

import time
from pathlib import Path

from tests.corpus.builders import a_flate_bomb, a_pdf, read_all, shown, write

PRINTED = Path(__file__).parent / "data" / "arabic-printed-by-a-browser.pdf"


def test_pages_come_in_order(parser, tmp_path):
    path = write(tmp_path / "x.pdf", a_pdf(shown("first page"), shown("second page")))
    raws, _ = read_all(parser, path)
    assert raws[0].text == "first page\n\nsecond page"


def test_arabic_words_dates_and_numbers_are_not_turned_around(parser):
    raws, refusals = read_all(parser, PRINTED)
    assert refusals == []
    lines = raws[0].text.split("\n")
    assert lines == [
        "المحرك معطل منذ الصباح والمضخة لا تعمل.",
        "La pompe n° 3 est réparée.",
        "رقم الهاتف ٠٦١٢٣٤٥٦٧٨ في الورشة",
        "بتاريخ ٢٠٢٤/٠٣/٠٥ الضغط ١٢٫٥ بار",
        "المضخة رقم 123 من نوع ABC-45 جديدة (مهم)",
    ]


def test_white_text_on_a_dark_ground_is_not_hidden(parser, tmp_path):
    content = "0 0 0.5 rg 0 0 600 800 re f 1 1 1 rg " + shown("white on blue")
    raws, _ = read_all(parser, write(tmp_path / "x.pdf", a_pdf(content)))
    assert (raws[0].text, raws[0].flags) == ("white on blue", ())


def test_a_bomb_costs_less_than_two_seconds(parser, tmp_path):
    path = write(tmp_path / "x.pdf", a_flate_bomb())
    started = time.process_time()
    _, refusals = read_all(parser, path)
    assert [one.code for one in refusals] == ["corpus.pdf-bomb"]
    assert time.process_time() - started < 2.0
