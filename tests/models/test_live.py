# SPDX-License-Identifier: Apache-2.0
"""The gear behind the desk learns in the background what the quick gear would learn."""

import threading

import numpy as np
import pytest
from tests.models.builders import an_encoder_folder
from tests.training.builders import LABELS, a_lesson

from maalem.models.encoder import open_encoder
from maalem.models.live import LiveGear
from maalem.models.live_encoder import (
    HASHED,
    HashedEncoder,
    KeptVectors,
    open_live_encoder,
)
from maalem.models.quick import QuickGear, strength_for

ROWS = a_lesson(45)
TEXTS, ANSWERS = [row.text for row in ROWS], [row.label for row in ROWS]


@pytest.fixture
def gear():
    with LiveGear(KeptVectors(HashedEncoder(), name=HASHED), LABELS) as live:
        yield live


def teach(gear, texts=TEXTS, answers=ANSWERS):
    for text, answer in zip(texts, answers, strict=True):
        gear.learn(text, answer)
    gear.settle()


class GatedEncoder(HashedEncoder):
    """Counts what it encodes, and encodes only while its gate is open."""

    def __init__(self):
        self.gate = threading.Event()
        self.encoded = []

    def encode(self, texts):
        assert self.gate.wait(30)
        self.encoded += texts
        return super().encode(texts)


def test_it_learns_what_the_quick_gear_learns(gear):
    teach(gear)
    quick = QuickGear(HashedEncoder(), LABELS, strength=strength_for(len(TEXTS)))
    quick.learn(TEXTS, ANSWERS)
    quick.refit()
    wanted = [answer.probabilities for answer in quick.predict(TEXTS)]
    np.testing.assert_allclose(gear.probabilities(TEXTS), wanted, atol=0.01)


def test_it_learns_from_its_answers(gear):
    teach(gear)
    for text, answer in zip(TEXTS[:6], ANSWERS[:6], strict=True):
        assert gear.suggestion(text).label == answer
        assert 1 / 3 < gear.suggestion(text).probability <= 1.0


def test_before_any_answer_there_is_no_suggestion(gear):
    gear.watch(TEXTS)
    gear.settle()
    assert gear.suggestion(TEXTS[0]) is None
    np.testing.assert_allclose(gear.probabilities(TEXTS), 1 / 3)


def test_an_answer_taken_back_is_forgotten(gear):
    teach(gear, [*TEXTS, "lamp lamp"], [*ANSWERS, "Pump"])
    gear.forget("lamp lamp")
    gear.forget("never seen")
    gear.settle()
    with LiveGear(KeptVectors(HashedEncoder(), name=HASHED), LABELS) as fresh:
        teach(fresh)
        wanted = fresh.probabilities(TEXTS)
    np.testing.assert_allclose(gear.probabilities(TEXTS), wanted, atol=0.01)


def test_a_card_is_not_kept_waiting_for_its_suggestion():
    encoder = GatedEncoder()
    gear = LiveGear(KeptVectors(encoder, name="gated"), LABELS)
    gear.learn("pump leaks", "Pump")
    gear.watch(TEXTS)
    assert not gear.is_ready(TEXTS[0])
    assert gear.suggestion(TEXTS[0]) is None
    encoder.gate.set()
    gear.settle()
    assert gear.is_ready(TEXTS[0])
    assert gear.suggestion(TEXTS[0]).label == "Pump"
    gear.close()


def test_every_text_is_encoded_once():
    encoder = GatedEncoder()
    encoder.gate.set()
    with LiveGear(KeptVectors(encoder, name="gated"), LABELS) as gear:
        gear.watch([*TEXTS, *TEXTS])
        teach(gear)
        gear.probabilities(TEXTS)
    assert sorted(encoder.encoded) == sorted(TEXTS)


def test_answers_given_during_a_refit_are_one_refit_more():
    encoder = GatedEncoder()
    gear = LiveGear(KeptVectors(encoder, name="gated"), LABELS)
    refits = []
    gear._gear.refit = lambda: refits.append(len(gear._answers))
    for text, answer in zip(TEXTS, ANSWERS, strict=True):
        gear.learn(text, answer)
    encoder.gate.set()
    gear.settle()
    assert len(refits) <= 2
    assert refits[-1] == len(TEXTS)
    gear.close()


def test_many_threads_may_answer_and_ask_at_once(gear):
    def work(part):
        for text, answer in list(zip(TEXTS, ANSWERS, strict=True))[part::4]:
            gear.learn(text, answer)
            assert np.isclose(gear.probabilities([text]).sum(), 1.0)
            gear.suggestion(text)

    threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gear.settle()
    assert [gear.suggestion(text).label for text in TEXTS[:3]] == ANSWERS[:3]


def test_when_all_answers_are_taken_back_nothing_is_suggested(gear):
    teach(gear, ["pump", "lamp"], ["Pump", "Light"])
    assert gear.suggestion("pump").label == "Pump"
    gear.forget("pump")
    gear.forget("lamp")
    gear.settle()
    assert gear.suggestion("pump") is None


def test_a_suggestion_leans_on_what_nobody_answered(gear):
    gear.watch(TEXTS)
    teach(gear, TEXTS[:12], ANSWERS[:12])
    gear.consider()
    gear.settle()
    plain, considered = gear.probabilities(TEXTS), gear.considered(TEXTS)
    assert np.abs(plain - considered).max() > 0.01
    places = [LABELS.index(answer) for answer in ANSWERS]
    right = considered.argmax(axis=1) == places
    assert right.mean() >= (plain.argmax(axis=1) == places).mean() > 0.6


def test_without_candidates_there_is_nothing_to_lean_on(gear):
    teach(gear)
    gear.consider()
    gear.settle()
    np.testing.assert_array_equal(gear.considered(TEXTS), gear.probabilities(TEXTS))


def test_an_unknown_label_is_refused_at_once(gear):
    with pytest.raises(KeyError, match="Engine"):
        gear.learn("pump", "Engine")


def test_what_goes_wrong_in_the_background_is_not_lost():
    class Broken(HashedEncoder):
        is_broken = True

        def encode(self, texts):
            if self.is_broken:
                raise OSError("the disk is gone")
            return super().encode(texts)

    encoder = Broken()
    with LiveGear(KeptVectors(encoder, name="broken"), LABELS) as gear:
        gear.learn("pump", "Pump")
        with pytest.raises(OSError, match="the disk is gone"):
            gear.settle()
        encoder.is_broken = False
        teach(gear, ["lamp"], ["Light"])
        assert gear.suggestion("pump").label == "Pump"


def test_the_curve_grows_with_the_answers(gear):
    assert gear.curve() == ()
    for end in (20, 21, 30, 45):
        teach(gear, TEXTS[:end], ANSWERS[:end])
    points = gear.curve()
    assert points[-1].answers <= 45
    assert all(one.judged == one.answers for one in points)
    counts = [one.answers for one in points]
    assert counts == sorted(set(counts))
    assert points[-1].accuracy > 0.8


def test_the_curve_is_judged_on_items_drawn_at_random(gear):
    for place, (text, answer) in enumerate(zip(TEXTS, ANSWERS, strict=True)):
        gear.learn(text, answer, group=f"group {place // 2}", is_random=place % 5 == 0)
    gear.settle()
    assert gear.curve()[-1].judged == len(range(0, gear.curve()[-1].answers, 5))


def test_a_machine_without_the_base_encodes_by_hashing(tmp_path, monkeypatch):
    monkeypatch.setattr("maalem.models.live_encoder.find_packed", lambda _: None)
    vectors = open_live_encoder("minilm-en", tmp_path / "base", file=tmp_path / "v")
    assert vectors.name == HASHED
    assert not (tmp_path / "base").exists()


@pytest.mark.weights
def test_a_machine_with_the_base_encodes_with_it(tmp_path):
    vectors = open_live_encoder("minilm-en", tmp_path / "base", file=tmp_path / "v")
    assert vectors.name == "minilm-en"
    wanted = open_encoder(tmp_path / "base").encode(["pump"])
    np.testing.assert_array_equal(vectors.encode(["pump"]), wanted)


def test_kept_vectors_are_those_of_the_encoder(tmp_path):
    encoder = open_encoder(an_encoder_folder(tmp_path / "e"))
    kept = KeptVectors(encoder, name="small")
    np.testing.assert_allclose(
        kept.encode(TEXTS), encoder.encode(TEXTS), rtol=1e-4, atol=1e-5
    )
    assert kept.encode([]).shape == (0, encoder.dimension)


def test_hashed_vectors_have_length_1_and_alike_texts_are_near():
    vectors = HashedEncoder().encode(["pump leaks oil", "pump leaks oil!", "تسرب زيت"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-6)
    assert vectors[0] @ vectors[1] > 0.8 > abs(vectors[0] @ vectors[2])
