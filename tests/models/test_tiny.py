# SPDX-License-Identifier: Apache-2.0
"""The smallest real classifier learns, and its pieces do not depend on the batch."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contracts.kind import KindContract, describe, teach
from tests.training.builders import a_lesson

from maalem.errors import UnsafeWeightsError
from maalem.models import Recipe, kind_named
from maalem.models.tiny import TinyKind, tiny_features
from maalem.models.tiny_features import character_marks, folded, word_marks


class TestTinyKind(KindContract):
    @pytest.fixture(scope="class")
    @classmethod
    def kind(cls):
        return TinyKind()

    @pytest.fixture(scope="class")
    @classmethod
    def base(cls, tmp_path_factory):
        return tmp_path_factory.mktemp("ignored")

    @pytest.fixture(scope="class")
    @classmethod
    def recipe(cls):
        return Recipe()


def test_it_is_found_by_its_name():
    assert isinstance(kind_named("tiny.v1"), TinyKind)


def test_it_learns_what_words_give_away(tmp_path):
    kind = TinyKind()
    teach(kind, tmp_path, Recipe(), tmp_path)
    folder = tmp_path / "checkpoint"
    predictor = kind.load(describe(kind, folder), folder)
    unseen = a_lesson(60, seed=7)
    answers = predictor.predict([row.text for row in unseen])
    right = [a.label == row.label for a, row in zip(answers, unseen, strict=True)]
    assert np.mean(right) > 0.9


def test_weights_of_another_shape_are_refused(tmp_path):
    kind = TinyKind()
    teach(kind, tmp_path, Recipe(), tmp_path)
    about = tmp_path / "checkpoint" / "maalem.json"
    said = json.loads(about.read_bytes())
    about.write_text(json.dumps({**said, "labels": ["a", "b"]}))
    with pytest.raises(UnsafeWeightsError):
        kind.load(describe(kind, about.parent), about.parent)


@given(texts=st.lists(st.text(max_size=30), min_size=1, max_size=6))
def test_a_row_is_the_same_alone_and_among_others(texts):
    together = tiny_features(texts)
    weights = np.random.default_rng(0).normal(size=(together.width, 2))
    alone = [tiny_features([text]).times(weights)[0] for text in texts]
    np.testing.assert_allclose(together.times(weights), alone, atol=1e-12)


def test_marks_are_the_same_for_ever():
    # Released heads are rows of weights behind these numbers.
    assert [int(mark) for mark in character_marks("ab", [2])] == CHARACTERS
    assert [int(mark) for mark in word_marks("oil leak")] == PAIR


def test_case_and_compatible_forms_are_one():
    assert folded("  ÉTÉ\tＯＩＬ ﷲ ") == folded("été oil الله")


CHARACTERS = [17884863252444276663, 1370771784341146668, 296733736594750338]
PAIR = [804601311322632171, 5600577804082756360, 10763014113374420021]
