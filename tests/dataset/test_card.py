# SPDX-License-Identifier: Apache-2.0
"""The card says what is known, and "not recorded" where nothing is."""

import pytest
import yaml
from tests.dataset.builders import LABELS, an_example, frozen, some_examples

from maalem.corpus.privacy import PersonalData
from maalem.dataset.card import Provenance
from maalem.dataset.folder import dataset_folder


def card_of(into, examples=None, **changes):
    rows = some_examples() if examples is None else examples
    dataset = frozen(rows, into, **changes)
    return (dataset_folder(into, dataset.id) / "README.md").read_text(encoding="utf-8")


def front_matter(card):
    return yaml.safe_load(card.split("---")[1])


def test_the_front_matter_is_yaml_that_a_hub_understands(tmp_path):
    matter = front_matter(card_of(tmp_path))
    assert matter["license"] == "unknown"
    assert matter["language"] == ["en"]
    assert matter["size_categories"] == ["n<1K"]
    assert matter["configs"][0]["data_files"][0] == {
        "split": "teaching",
        "path": "teaching.parquet",
    }


@pytest.mark.parametrize(
    "title",
    ['a "quoted": title', "no", "عنوان", "two\nlines", "next\x85line", "😀 - #x"],
)
def test_any_title_survives_the_front_matter(tmp_path, title):
    card = card_of(tmp_path, provenance=Provenance(title=title))
    assert front_matter(card)["pretty_name"] == title


def test_norwegian_is_a_language_and_not_a_no(tmp_path):
    rows = [an_example(n, language="no") for n in range(12)]
    assert front_matter(card_of(tmp_path, rows))["language"] == ["no"]


def test_a_script_is_not_a_language_and_unknown_is_none(tmp_path):
    languages = ("ary-Latn", "und", "fr")
    rows = [an_example(n, language=languages[n % 3]) for n in range(12)]
    assert front_matter(card_of(tmp_path, rows))["language"] == ["ary", "fr"]


def test_what_is_not_known_is_not_recorded(tmp_path):
    card = card_of(tmp_path)
    for fact in ("Licence", "Creator", "Sources", "Frozen", "Later from"):
        assert f"- {fact}: not recorded\n" in card


def test_the_card_tells_of_personal_data_in_three_languages(tmp_path):
    found = PersonalData(left=(("phone", 3),), replaced=(("email", 7),))
    card = card_of(tmp_path, provenance=Provenance(personal=found))
    section = card.split("## Personal data")[1].split("\n## ")[0]
    for words in ("names of persons", "noms de personnes", "أسماء الأشخاص"):
        assert words in section
    assert (section.count("phone 3"), section.count("email 7")) == (3, 3)


def test_personal_data_that_nobody_counted_is_not_recorded(tmp_path):
    assert "## Personal data\n\nnot recorded\n" in card_of(tmp_path)


def test_the_card_counts_labels_in_texts_and_what_was_left_out(tmp_path):
    rows = some_examples()
    rows[0] = an_example(0, text="the engine is hot")
    card = card_of(tmp_path, rows, left_out=[("copy", 3)])
    assert "| Engine | 2 | 2 | 2 | 0 | 1 | 1 |" in card
    assert "- copy: 3" in card


def test_the_card_says_that_training_never_opens_the_exam(tmp_path):
    assert "training opens `teaching.parquet` alone (`read_split`)" in card_of(tmp_path)


def test_markup_in_a_label_is_shown_as_text(tmp_path):
    evil = "<script>alert(1)</script>|![x](http://x)"
    rows = [an_example(n, label=evil if n % 2 else "Engine") for n in range(12)]
    card = card_of(tmp_path, rows, labels=(*LABELS, evil))
    assert "<script>" not in card
    assert "![x]" not in card
