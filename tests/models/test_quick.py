# SPDX-License-Identifier: Apache-2.0
"""The quick gear follows every answer, and where it began is forgotten."""

import numpy as np
import pytest
from tests.models.builders import an_encoder_folder
from tests.training.builders import LABELS, a_lesson

from maalem.models.calibration import softmax
from maalem.models.encoder import open_encoder
from maalem.models.head import fit_head
from maalem.models.quick import QuickGear

ROWS = a_lesson(45)
TEXTS, ANSWERS = [row.text for row in ROWS], [row.label for row in ROWS]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return open_encoder(an_encoder_folder(tmp_path_factory.mktemp("quick") / "e"))


def probabilities(gear, texts=TEXTS):
    return np.array([answer.probabilities for answer in gear.predict(texts)])


def test_before_any_answer_all_labels_are_equal(encoder):
    gear = QuickGear(encoder, LABELS)
    gear.refit()
    np.testing.assert_allclose(probabilities(gear, ["pump"]), 1 / 3)


def test_with_one_label_answered_it_is_certain(encoder):
    gear = QuickGear(encoder, LABELS)
    gear.learn(["pump"], ["Bucket"])
    gear.refit()
    assert gear.predict(["oil"])[0].probabilities == (0.0, 1.0, 0.0)


def test_a_label_without_answers_has_probability_zero(encoder):
    gear = QuickGear(encoder, LABELS)
    gear.learn(["pump", "lamp"], ["Pump", "Light"])
    gear.refit()
    assert (probabilities(gear)[:, 1] == 0.0).all()


def test_it_is_the_head_that_a_fit_from_nothing_gives(encoder):
    gear = QuickGear(encoder, LABELS, strength=5.0)
    for end in range(9, len(TEXTS) + 1, 4):
        gear.learn(TEXTS[:end], ANSWERS[:end])
        gear.refit()
    gear.learn(TEXTS, ANSWERS)
    gear.refit()
    vectors = encoder.encode(TEXTS)
    targets = np.array([LABELS.index(answer) for answer in ANSWERS])
    head = fit_head(vectors, targets, classes=3, strength=5.0)
    np.testing.assert_allclose(
        probabilities(gear), softmax(head.logits(vectors)), atol=0.01
    )


def test_the_last_answer_to_a_text_counts(encoder):
    changed, fresh = QuickGear(encoder, LABELS), QuickGear(encoder, LABELS)
    changed.learn(TEXTS, ANSWERS[::-1])
    changed.refit()
    for gear in (changed, fresh):
        gear.learn(TEXTS, ANSWERS)
        gear.refit()
    np.testing.assert_allclose(probabilities(changed), probabilities(fresh), atol=0.01)


def test_an_answer_taken_back_is_forgotten(encoder):
    changed, fresh = QuickGear(encoder, LABELS), QuickGear(encoder, LABELS)
    changed.learn([*TEXTS, "lamp lamp"], [*ANSWERS, "Pump"])
    changed.refit()
    changed.forget(["lamp lamp", "never seen"])
    fresh.learn(TEXTS, ANSWERS)
    for gear in (changed, fresh):
        gear.refit()
    np.testing.assert_allclose(probabilities(changed), probabilities(fresh), atol=0.01)


def test_an_unknown_label_is_refused_and_nothing_is_learned(encoder):
    gear = QuickGear(encoder, LABELS)
    with pytest.raises(KeyError):
        gear.learn(["pump", "oil"], ["Pump", "Engine"])
    gear.refit()
    np.testing.assert_allclose(probabilities(gear, ["pump"]), 1 / 3)


def test_a_strength_is_chosen_from_the_answers(encoder):
    gear = QuickGear(encoder, LABELS, strength=7.0)
    assert gear.choose_strength() == 7.0
    gear.learn(TEXTS, ANSWERS)
    assert gear.choose_strength() in {0.3, 3.0, 30.0, 300.0}


def test_no_input_has_no_answer(encoder):
    assert QuickGear(encoder, LABELS).predict([]) == ()
