# SPDX-License-Identifier: Apache-2.0
import dataclasses

import numpy as np
import pytest
from tests.release.builders import a_dataset, a_model
from tests.release.dossier.builders import RECIPE, a_dossier, runs_with

from maalem.models.contrastive_batches import class_balanced
from maalem.release.dossier import BaseCompute
from maalem.release.dossier.compute import count_parameters, most_compute
from maalem.release.dossier.fields import STATED, UNRECORDED


@pytest.fixture
def learned(tmp_path):
    dataset = a_dataset(tmp_path / "dataset", counts=(("teaching", 100), ("exam", 9)))
    return dataset, a_model(tmp_path / "model")


def test_a_tuned_body_takes_six_operations_a_parameter_and_token(learned):
    """By hand: 2 epochs of 3 steps of 48 texts, 3 readings of 100, 10 tokens a text."""
    found = most_compute(runs_with(*learned), learned[0], 1000)
    assert found.operations == (6 * 2 * 3 * 48 + 2 * 100 * 3) * 10 * 1000
    assert (found.texts, found.epochs, found.runs) == (100, 2, 1)


def test_a_frozen_body_only_reads(learned):
    runs = runs_with(*learned, recipe={**RECIPE, "gear": '"quick"'})
    found = most_compute(runs, learned[0], 1000)
    assert found.operations == 2 * 100 * 10 * 1000
    assert found.epochs == 0


def test_every_seed_and_every_resumption_counts(learned):
    one = most_compute(runs_with(*learned), learned[0], 1000)
    runs = runs_with(*learned) + runs_with(*learned, resumed=1)
    both = most_compute(runs, learned[0], 1000)
    again = (6 * 20 * 48 + 2 * 100 * 2) * 10 * 1000
    assert both.operations == 2 * one.operations + again
    assert both.runs == 2


@pytest.mark.parametrize("labels", [2, 7, 40])
def test_the_bound_is_never_below_the_texts_that_tuning_draws(learned, labels):
    targets = np.arange(100) % labels
    drawn = sum(
        len(batch)
        for epoch in range(2)
        for batch in class_balanced(targets, batch_size=48, seed=0, epoch=epoch)
    )
    found = most_compute(runs_with(*learned), learned[0], 1000)
    assert 6 * drawn * 10 * 1000 <= found.operations


@pytest.mark.parametrize(
    ("changes", "parameters"),
    [
        ({"model_kind": "tiny.v1"}, 1000),
        ({"recipe": {"gear": '"full"'}}, 1000),
        ({}, None),
    ],
)
def test_what_the_records_do_not_say_is_not_guessed(learned, changes, parameters):
    recipe = changes.pop("recipe", RECIPE)
    runs = runs_with(*learned, recipe=recipe, **changes)
    assert most_compute(runs, learned[0], parameters) is None


def test_parameters_are_counted_from_the_header(tmp_path):
    a_model(tmp_path)
    assert count_parameters(tmp_path / "model.safetensors") == 4


def test_without_the_owners_number_the_share_is_not_recorded(tmp_path):
    facts = a_dossier(tmp_path).by_field
    assert facts["compute"].value[0].value > 0
    assert facts["base_compute"].state == facts["compute_share"].state == UNRECORDED


@pytest.mark.parametrize(
    ("factor", "side"), [(3.1, "below_third"), (2.9, "may_be_above_third")]
)
def test_the_share_is_compared_with_one_third(tmp_path, factor, side):
    bound = a_dossier(tmp_path).by_field["compute"].value[0].value
    said = BaseCompute(operations=factor * bound, source="the model card")
    facts = a_dossier(tmp_path, base_compute=said).by_field
    share, found, formula = facts["compute_share"].value
    assert share.value == pytest.approx(1 / factor)
    assert (found.value, formula.value) == (side, "formula_share")
    assert facts["base_compute"].state == STATED
    assert "the model card" in facts["base_compute"].statement.text


def test_a_run_is_never_counted_with_another_body(learned):
    other = dataclasses.replace(runs_with(*learned)[0], model_kind="tiny.v1")
    assert most_compute((*runs_with(*learned), other), learned[0], 1000) is None
