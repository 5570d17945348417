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
        ("MA64011519000001205000534921 ok", "iban", "MA64011519000001205000534921"),
        ("de89-3704-0044-0532-0130-00,", "iban", "de89-3704-0044-0532-0130-00"),
        ("RIB 30006 00001 12345678901 89", "rib", "30006 00001 12345678901 89"),
        ("RIB 011.519.0000012050005349.21", "rib", "011.519.0000012050005349.21"),
        ("rib 011519000001205000534921 9bel daba", "rib", "011519000001205000534921"),
        ("assuré 1.85.05.78.006.084.91", "nir", "1.85.05.78.006.084.91"),
        ("JCB 3530 1113 3330 0000", "card", "3530 1113 3330 0000"),
        ("carte 3056 930902 5904", "card", "3056 930902 5904"),
        ("4111\u20091111 1111 1111.", "card", "4111\u20091111 1111 1111"),
        ("CIN n° ab123456", "cin", "ab123456"),
        ("holder of identity card AB-123456", "cin", "AB-123456"),
        ("lakart nasional AB 123456", "cin", "AB 123456"),
        ("ب.ت.و رقم AB123456", "cin", "AB123456"),
        ("Tél.0612345678", "phone", "0612345678"),
        ("son numéro (+212 6 12 34 56 78) sonne", "phone", "+212 6 12 34 56 78"),
        ("appeler (+212) 612-345678", "phone", "(+212) 612-345678"),
        ("+212 (0) 6 12 34 56 78", "phone", "+212 (0) 6 12 34 56 78"),
        ("whatsapp 212612345678", "phone", "212612345678"),
        ("05\u201322\u201312-34-56", "phone", "05\u201322\u201312-34-56"),
        ("فاكس ٠٥٢٢١٢٣٤٥٦و", "phone", "٠٥٢٢١٢٣٤٥٦"),
        ("راسلنا بamal@example.org", "email", "amal@example.org"),
        ("contact o'brien@société.example.", "email", "o'brien@société.example"),
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
        "IMEI 356938035643809",
        "SIRET 36252187900034",
        "EAN 4006381333931",
        "ISBN 0137069332",
        "ISBN 0-306-40615-2",
        "07.09.2016 11:50:07",
        "address 0.123456789",
        "ICE 001525713000083",
        "بطاقة الأداء للقطعة AB123456",
        "MA64 0115 1900 0001 2050 0053 4922",
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


def test_two_numbers_side_by_side_are_two():
    text = "tel 0522123456/0612345678 ou +33 6 12 34 56 78 0612345679"
    assert found(text) == [
        ("phone", "0522123456"),
        ("phone", "0612345678"),
        ("phone", "+33 6 12 34 56 78"),
        ("phone", "0612345679"),
    ]


@pytest.mark.parametrize(
    "number", ["0612345678", "06 12 34 56 78", "05-22-12-34-56", "00212612345678"]
)
def test_a_list_of_numbers_is_a_list_of_findings(number):
    assert found(" ".join([number] * 5)) == [("phone", number)] * 5


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("phone", "0612345678"),
        ("phone", "+212612345678"),
        ("phone", "212612345678"),
        ("email", "amal@example.org"),
        ("iban", "DE89370400440532013000"),
        ("card", "4111111111111111"),
        ("rib", "011519000001205000534921"),
    ],
)
@pytest.mark.parametrize("between", [", ", ",", ";", "\n", " / ", "\t"])
def test_values_of_a_list_are_each_found(what, value, between):
    assert found(between.join([value] * 3)) == [(what, value)] * 3


def test_an_address_behind_a_dash_is_found_without_it():
    assert found("mail -amal@example.org") == [("email", "amal@example.org")]


def test_a_year_behind_a_number_hides_it_not():
    assert found("0612345678 2024, puis 06 12 34 56 78 2025") == [
        ("phone", "0612345678"),
        ("phone", "06 12 34 56 78"),
    ]


def test_several_in_one_text_are_all_found():
    text = "a@b.org or +33 6 12 34 56 78, FR76 3000 6000 0112 3456 7890 189"
    assert [what for what, _ in found(text)] == ["email", "phone", "iban"]
