# SPDX-License-Identifier: Apache-2.0
"""Where personal data stands in a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maalem.corpus.personal import find_personal_data


def found(text):
    return [(one.what, text[one.start : one.end]) for one in find_personal_data(text)]


@pytest.mark.parametrize(
    ("text", "what", "value"),
    [
        ("write to amal.b@example.org, please", "email", "amal.b@example.org"),
        ("tel 06 12 34 56 78", "phone", "06 12 34 56 78"),
        ("appelez le +212 6 61 23 45 67 svp", "phone", "+212 6 61 23 45 67"),
        ("ring +49 30 901820 now", "phone", "+49 30 901820"),
        ("هاتف ٠٦١٢٣٤٥٦٧٨ في الورشة", "phone", "٠٦١٢٣٤٥٦٧٨"),
        ("FR7630006000011234567890189 MERCI", "iban", "FR7630006000011234567890189"),
        ("DE89 3704 0044 0532 0130 00 OK", "iban", "DE89 3704 0044 0532 0130 00"),
        ("iban de89370400440532013000.", "iban", "de89370400440532013000"),
        ("carte 4111 1111 1111 1111", "card", "4111 1111 1111 1111"),
        ("amex 378282246310005", "card", "378282246310005"),
        ("RIB 011 519 0000012050005349 21", "rib", "011 519 0000012050005349 21"),
        ("NIR 1 85 05 78 006 084 91", "nir", "1 85 05 78 006 084 91"),
        ("CIN: AB123456", "cin", "AB123456"),
        ("رقم البطاقة الوطنية BK٤٥٦٧٨٩", "cin", "BK٤٥٦٧٨٩"),
    ],
)  # fmt: skip
def test_each_kind_is_found_where_it_stands(text, what, value):
    assert found(text) == [(what, value)]


@pytest.mark.parametrize(
    "text",
    [
        "part AB123456 replaced",
        "carte 4111 1111 1111 1112",
        "RIB 011 519 0000012050005349 22",
        "NIR 1 85 05 78 006 084 92",
        "FR76 3000 6000 0112 3456 7890 188",
        "2004-07-01 12:30 order 12345678",
        "cost 1,234,567.89 and 12.5 bar",
        "user@localhost",
        "SHD24 rule 1_3_5_19_115_214_434_509",
    ],
)
def test_numbers_that_only_look_alike_are_not_taken(text):
    assert found(text) == []


@given(st.text(), st.text())
def test_offsets_are_code_points_of_the_original_and_never_overlap(before, after):
    text = f"{before} amal@example.org {after}"
    ends = 0
    for one in find_personal_data(text):
        assert ends <= one.start < one.end <= len(text)
        ends = one.end


def test_several_in_one_text_are_all_found():
    text = "a@b.org or +33 6 12 34 56 78, FR76 3000 6000 0112 3456 7890 189"
    assert [what for what, _ in found(text)] == ["email", "phone", "iban"]
