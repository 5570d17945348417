# SPDX-License-Identifier: Apache-2.0
"""What is told of personal data, with what nobody looked for, in three languages."""

import pytest
from tests.corpus.builders import add, write

from maalem.corpus.privacy import PersonalData, count_personal, tell_personal
from maalem.corpus.pseudonyms import Pseudonyms

TEXTS = "text\nwrite to a@b.org and c@d.org or 06 12 34 56 78\nnothing here\n"


def passages_of(path, **given):
    return [one for batch in add(path, **given)[0] for one in batch.passages]


def test_what_stands_in_the_texts_and_what_was_replaced_are_counted_apart(tmp_path):
    path = write(tmp_path / "x.csv", TEXTS)
    counts = (("email", 2), ("phone", 1))
    assert count_personal(passages_of(path)) == PersonalData(left=counts)
    replaced = passages_of(path, pseudonyms=Pseudonyms(b"k" * 32))
    assert count_personal(replaced) == PersonalData(replaced=counts)


def test_what_only_looks_like_a_pseudonym_is_no_replaced_value(tmp_path):
    path = write(tmp_path / "x.csv", "text\nsee [email-kqvtbwxzrmph] or a@b.org\n")
    assert count_personal(passages_of(path)) == PersonalData(left=(("email", 1),))


@pytest.mark.parametrize(
    ("language", "names", "births", "none"),
    [
        ("en", "names of persons", "dates of birth", "none"),
        ("fr", "noms de personnes", "dates de naissance", "aucune"),
        ("ar", "أسماء الأشخاص", "تواريخ الميلاد", "لا شيء"),
    ],
)
def test_every_language_says_what_was_not_looked_for(language, names, births, none):
    found = PersonalData(left=(("email", 2),))
    told = tell_personal(found, language=language)
    assert names in told
    assert births in told
    assert "email 2" in told
    assert none in told
