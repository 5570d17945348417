# SPDX-License-Identifier: Apache-2.0
"""Shuffled labels teach nothing, or the exam leaks."""

from tests.evaluation.builders import answers_to, examples_of, some_right

from maalem.evaluation import shuffled_control


def test_a_model_that_learned_nothing_falls_to_chance():
    examples = examples_of(300)
    control = shuffled_control(examples, answers_to(examples, some_right(300, 1 / 3)))
    assert control.is_clean is True
    assert control.chance == 1 / 3
    assert "falls to chance" in control.reason


def test_a_model_that_knows_what_it_cannot_know_betrays_the_exam():
    examples = examples_of(300)
    control = shuffled_control(examples, answers_to(examples, some_right(300, 0.6)))
    assert control.is_clean is False
    assert "the exam leaks" in control.reason


def test_with_few_groups_the_control_says_nothing():
    examples = examples_of(30, per_group=3)
    control = shuffled_control(examples, answers_to(examples, some_right(30, 0.9)))
    assert control.is_clean is None
    assert "10 groups" in control.reason
