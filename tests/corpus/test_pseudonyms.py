# SPDX-License-Identifier: Apache-2.0
"""One name for a value of personal data, however it is written, and no way back."""

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from hypothesis import given
from hypothesis import strategies as st
from tests.corpus.builders import add, write

from maalem.corpus import ColumnMap
from maalem.corpus.personal import find_personal_data
from maalem.corpus.pseudonyms import Pseudonyms, find_pseudonyms
from maalem.records import digest_file

OURS, THEIRS = Pseudonyms(b"a" * 32), Pseudonyms(b"b" * 32)
KEYS = st.binary(min_size=32, max_size=32)
KINDS = st.sampled_from(["email", "phone", "iban", "card", "nir", "cin", "rib"])


@pytest.mark.parametrize(
    ("what", "spellings"),
    [
        ("email", ["amal@example.org", "Amal@EXAMPLE.org", "amal＠example.org"]),
        (
            "phone",
            [
                "0612345678",
                "06 12 34 56 78",
                "06-12-34-56-78",
                "06.12.34.56.78",
                "٠٦ ١٢ ٣٤ ٥٦ ٧٨",
                "۰۶۱۲۳۴۵۶۷۸",
                "+212 6 12 34 56 78",
                "00212612345678",
                "(+212) 612-345678",
                "+212 (0) 6 12 34 56 78",
            ],
        ),
        ("iban", ["DE89 3704 0044 0532 0130 00", "de89370400440532013000"]),
        ("card", ["4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111"]),
        ("nir", ["1 85 05 78 006 084 91", "185057800608491"]),
        ("cin", ["AB123456", "ab123456", "AB-123456", "AB ١٢٣٤٥٦"]),
        ("rib", ["011 519 0000012050005349 21", "011519000001205000534921"]),
    ],
)
def test_a_value_has_one_pseudonym_however_it_is_written(what, spellings):
    names = {OURS.name(what, spelling) for spelling in spellings}
    assert len(names) == 1
    assert names.pop().startswith(f"[{what}-")


def test_values_kinds_and_projects_have_pseudonyms_of_their_own():
    names = {
        OURS.name("phone", "0612345678"),
        OURS.name("phone", "0612345679"),
        OURS.name("card", "0612345678"),
        THEIRS.name("phone", "0612345678"),
    }
    assert len(names) == 4


def test_a_pseudonym_is_the_hmac_of_the_normal_form_in_twelve_letters():
    mac = HMAC(b"a" * 32, SHA256())
    mac.update(b"phone\x00+212612345678")
    number, letters = int.from_bytes(mac.finalize(), "big"), ""
    for _ in range(12):
        letters += "bcdfghjklmnpqrstvwxz"[number % 20]
        number //= 20
    assert OURS.name("phone", "06 12 34 56 78") == f"[phone-{letters}]"


@given(KEYS, KINDS, st.text(min_size=1))
def test_a_pseudonym_is_itself_no_personal_data(key, what, value):
    name = Pseudonyms(key).name(what, value)
    text = f"CIN {name} {name}@example.org 06{name}"
    assert find_personal_data(text) == ()
    assert [one.what for one in find_pseudonyms(name)] == [what]


@given(st.text(), st.text())
def test_replacing_twice_changes_nothing_more(before, after):
    text = f"{before} 06 12 34 56 78 / amal@example.org {after}"
    once, counts = OURS.replace(text)
    assert counts["email"] == 1
    assert OURS.replace(once) == (once, {})


def test_what_one_value_hid_is_replaced_too():
    text = "FR76 3000 6000 0112 3456 7890 189 4111 1111 1111 1111 a@b.org@c.org"
    replaced, counts = OURS.replace(text)
    assert find_personal_data(replaced) == ()
    assert not any(character.isdigit() for character in replaced)
    assert dict(counts) == {"iban": 1, "card": 1, "email": 1}


def test_a_part_number_near_a_pseudonym_of_a_cin_stays():
    text = "CIN AB123456, given at the desk last week, part BK654321 fitted"
    replaced, counts = OURS.replace(text)
    assert replaced.endswith("part BK654321 fitted")
    assert dict(counts) == {"cin": 1}


def test_a_key_has_thirty_two_bytes():
    with pytest.raises(ValueError, match="32 bytes, got 5"):
        Pseudonyms(b"short")


COLUMNS = ColumnMap(text=("text",), label="who", group="unit", keep=("mail",))
CSV = (
    "text,who,unit,mail\n"
    "call 06 12 34 56 78 or +212612345678,0612345678,06.12.34.56.78,a@b.org\n"
)


def test_every_column_and_the_name_of_the_file_have_pseudonyms(tmp_path):
    path = write(tmp_path / "0612345678.csv", CSV)
    ((batch,), report) = add(path, columns=COLUMNS, pseudonyms=OURS)
    (document,), (passage,) = batch.documents, batch.passages
    name = OURS.name("phone", "0612345678")
    assert document.text == f"call {name} or {name}"
    assert (document.label, document.group) == (name, name)
    assert document.fields == (("mail", OURS.name("email", "a@b.org")),)
    assert document.source == f"{name}.csv"
    assert report.replaced == {"email": 1, "phone": 5}
    assert report.personal == {"phone": 2}
    places = [passage.text[one.start : one.end] for one in passage.personal]
    assert places == [name, name]


def test_the_digest_of_the_file_does_not_let_values_be_guessed(tmp_path):
    path = write(tmp_path / "x.csv", CSV)
    ((batch,), _) = add(path, columns=COLUMNS, pseudonyms=OURS)
    assert batch.documents[0].file not in (
        digest_file(path),
        THEIRS.digest(digest_file(path)),
    )
    assert batch.files_done == ((path, digest_file(path)),)


def test_a_file_added_twice_with_pseudonyms_brings_the_same_documents(tmp_path):
    path = write(tmp_path / "x.csv", CSV + CSV.split("\n", 1)[1])
    known: set[str] = set()
    _, first = add(path, columns=COLUMNS, known=known, pseudonyms=OURS)
    _, again = add(path, columns=COLUMNS, known=known, pseudonyms=OURS)
    assert (first.new, again.new, again.known) == (2, 0, 2)
    assert again.replaced == {}


def test_a_value_written_in_two_ways_makes_copies_of_one_text(tmp_path):
    path = write(tmp_path / "x.csv", "text\nring 0612345678\nring 06-12-34-56-78\n")
    _, plain = add(path)
    _, report = add(path, pseudonyms=OURS)
    assert (plain.exact_duplicates, report.exact_duplicates) == (0, 1)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("المضخة معطلة منذ أمس a@b.org c@d.org e@f.org", "ar"),
        ("la pompe est en panne 0612345678 0522123456 a@b.org", "fr"),
        ("lmakina khasra daba 0612345678 a@b.org c@d.org e@f.org", "ary-Latn"),
    ],
)
def test_personal_data_and_pseudonyms_are_of_no_language(tmp_path, text, language):
    path = write(tmp_path / "x.csv", f"text\n{text}\n")
    for pseudonyms in (None, OURS):
        ((batch,), _) = add(path, pseudonyms=pseudonyms)
        assert batch.passages[0].language == language
