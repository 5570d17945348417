# SPDX-License-Identifier: Apache-2.0
"""A classifier in 8 bits keeps the contract, and a batch gives its texts' very bits."""

import shutil

import numpy as np
import pytest
from tests.contracts.kind import KindContract, describe, teach
from tests.models.builders import an_encoder_folder
from tests.training.builders import a_lesson

from maalem.errors import UnsafeWeightsError
from maalem.models import Recipe
from maalem.models.classify import ClassifyKind
from maalem.models.classify_int8 import ClassifyInt8Kind
from maalem.models.encoder_numpy import Linear
from maalem.models.int8_weights import FILE, LEVELS, rounded
from maalem.models.tiny import TinyKind

pytest.importorskip("maalem.models.fast_silence")

QUICK = Recipe(gear="quick")
MIXED = [row.text for row in a_lesson(24, seed=5)]
MIXED += ["", "pump " * 15, "oil", "زيت المضخة", "bucket tooth worn " * 3]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A classifier in 32-bit floats."""
    place = tmp_path_factory.mktemp("base")
    encoder = an_encoder_folder(place / "encoder", prefix="query: ")
    teach(ClassifyKind(), encoder, QUICK, place)
    return place / "checkpoint"


@pytest.fixture(scope="module")
def kind():
    return ClassifyInt8Kind()


class TestInt8Classify(KindContract):
    @pytest.fixture(scope="class")
    @classmethod
    def recipe(cls):
        return QUICK


@pytest.fixture(scope="module")
def made(base, tmp_path_factory):
    into = tmp_path_factory.mktemp("made")
    teach(ClassifyInt8Kind(), base, QUICK, into)
    return into / "checkpoint"


def opened(kind, folder):
    return kind.load(describe(kind, folder), folder)


def test_a_batch_gives_the_very_bits_of_its_texts_one_by_one(kind, made):
    model = opened(kind, made)
    together = model.predict(MIXED)
    alone = [model.predict([text])[0] for text in MIXED]
    for one, other in zip(together, alone, strict=True):
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-12)


def test_it_answers_nearly_as_what_it_was_made_from(kind, base, made):
    floats = opened(ClassifyKind(), base).predict(MIXED)
    ints = opened(kind, made).predict(MIXED)
    same = [a.label == b.label for a, b in zip(floats, ints, strict=True)]
    assert np.mean(same) >= 0.9


def test_the_weights_take_a_quarter_of_the_room(base, made):
    folders = {"floats": base / "model.safetensors", "ints": made / FILE}
    sizes = {name: path.stat().st_size for name, path in folders.items()}
    assert sizes["ints"] < sizes["floats"]
    assert not (made / "model.safetensors").exists()


def test_a_map_is_rounded_to_half_a_step_of_each_output():
    chance = np.random.default_rng(3)
    matrix = chance.normal(size=(16, 8)).astype(np.float32)
    linear = Linear(matrix=matrix, bias=np.zeros(8, np.float32))
    largest = chance.uniform(0.5, 20.0, 16).astype(np.float32)
    made = rounded(linear, largest)
    back = made.matrix * made.scale[:, None] / made.spread
    step = made.scale[:, None] / made.spread
    assert (np.abs(back - matrix.T) <= step * 0.501).all()
    assert np.abs(made.matrix).max() == LEVELS
    assert made.reach == pytest.approx((largest / made.spread).max())


def test_only_an_encoder_in_floats_can_be_quantised(kind, made, tmp_path):
    teach(TinyKind(), made, QUICK, tmp_path / "tiny")
    for folder in (tmp_path / "tiny" / "checkpoint", made):
        with pytest.raises(UnsafeWeightsError) as refusal:
            teach(kind, folder, QUICK, tmp_path / "again")
        assert refusal.value.code == "models.not-quantised"


@pytest.mark.parametrize("name", [FILE, "3_Dense/model.safetensors"])
def test_weights_of_another_shape_are_refused(kind, base, made, tmp_path, name):
    folder = shutil.copytree(made, tmp_path / "model")
    shutil.copyfile(base / "model.safetensors", folder / name)
    with pytest.raises(UnsafeWeightsError) as refusal:
        opened(kind, folder)
    assert refusal.value.code == "weights.shape"
