# SPDX-License-Identifier: Apache-2.0
"""Tuning follows the paper's loss, and ends with the same bits wherever it was left."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.builders import an_encoder_folder
from tests.training.builders import LABELS, a_lesson

from maalem.errors import EngineError
from maalem.models import Recipe
from maalem.models.contrastive_batches import class_balanced
from maalem.models.encoder import open_encoder, read_shape
from maalem.models.tokens import open_tokens

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from maalem.models.contrastive import (  # noqa: E402  # torch first
    Pupil,
    contrastive_loss,
    tune_body,
    tuned_tensors,
)
from maalem.models.contrastive_adam import DECAY, Adam  # noqa: E402
from maalem.models.contrastive_body import Body  # noqa: E402

RECIPE = Recipe(batch_size=9, epochs=2, save_every=2, precision="fp32")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return an_encoder_folder(tmp_path_factory.mktemp("base") / "encoder")


@pytest.fixture(scope="module")
def pupil(base):
    rows = a_lesson(36)
    numbers = open_tokens(base).read([row.text for row in rows])[0]
    targets = np.array([LABELS.index(row.label) for row in rows])
    return Pupil(numbers=numbers, targets=targets, held=np.arange(36) % 6 == 5)


def tune(base, pupil, folder, recipe=RECIPE):
    return list(tune_body(base, pupil, recipe=recipe, seed=0, folder=folder))


def same(first, second):
    return first.keys() == second.keys() and all(
        (first[name] == second[name]).all() for name in first
    )


@pytest.fixture(scope="module")
def tuned(base, pupil, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tuned")
    tune(base, pupil, folder)
    return tuned_tensors(folder)


def loss_of_the_paper(vectors, targets, contrast):
    """Equation 2 of Khosla et al. (2020), written as it stands there."""
    total, anchors = 0.0, 0
    for i, vector in enumerate(vectors):
        others = [a for a in range(len(vectors)) if a != i]
        positives = [p for p in others if targets[p] == targets[i]]
        if not positives:
            continue
        below = sum(np.exp(vector @ vectors[a] / contrast) for a in others)
        terms = [
            np.log(np.exp(vector @ vectors[p] / contrast) / below) for p in positives
        ]
        total -= sum(terms) / len(positives)
        anchors += 1
    return total / anchors


def test_the_loss_is_that_of_the_paper():
    chance = np.random.default_rng(0)
    vectors = chance.normal(size=(9, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    targets = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3])
    ours = contrastive_loss(
        torch.from_numpy(vectors), torch.from_numpy(targets), contrast=0.2
    )
    assert float(ours) == pytest.approx(loss_of_the_paper(vectors, targets, 0.2))


def test_without_two_of_a_label_there_is_nothing_to_draw_together():
    vectors = torch.eye(3, requires_grad=True)
    loss = contrastive_loss(vectors, torch.arange(3), contrast=0.1)
    loss.backward()
    assert float(loss.detach()) == 0.0
    assert torch.isfinite(vectors.grad).all()


def test_the_body_that_learns_is_the_encoder_that_answers(base):
    texts = [row.text for row in a_lesson(12)] + ["", "oil " * 60]
    encoder = open_encoder(base)
    body = Body(base / "model.safetensors", read_shape(base), bfloat16=False)
    vectors = body.embed_all(open_tokens(base).read(texts)[0])
    np.testing.assert_allclose(vectors, encoder.encode(texts), atol=1e-6)


def test_a_step_is_that_of_torch():
    chance = torch.Generator().manual_seed(0)
    ours = {name: torch.randn(5, 3, generator=chance) for name in "ab"}
    theirs = {name: tensor.clone() for name, tensor in ours.items()}
    optimiser = Adam(ours)
    peer = torch.optim.AdamW(theirs.values(), weight_decay=DECAY)
    for step in range(6):
        rate = 0.01 * (step + 1)
        for name in "ab":
            ours[name].grad = torch.randn(5, 3, generator=chance)
            theirs[name].grad = ours[name].grad.clone()
        peer.param_groups[0]["lr"] = rate
        optimiser.step(rate)
        peer.step()
    for name in "ab":
        torch.testing.assert_close(ours[name], theirs[name], rtol=1e-6, atol=1e-7)


def test_the_word_table_stays_as_it_is(tuned):
    assert "embeddings.word_embeddings.weight" not in tuned
    assert "encoder.layer.0.output.dense.weight" in tuned


def test_texts_of_one_label_draw_together(base, pupil, tmp_path):
    recipe = Recipe(batch_size=9, epochs=6, learning_rate=2e-3, precision="fp32")
    first, *_, last = tune(base, pupil, tmp_path, recipe)
    assert last.loss < first.loss - 0.05


@pytest.mark.parametrize("precision", ["fp32", "auto"])
@pytest.mark.parametrize("steps", [1, 3, 4, 5, 7])
def test_a_tuning_that_was_left_ends_with_the_same_bits(
    base, pupil, tmp_path, steps, precision
):
    recipe = Recipe(batch_size=9, epochs=2, save_every=2, precision=precision)
    tune(base, pupil, tmp_path / "whole", recipe)
    left = tmp_path / "left"
    running = tune_body(base, pupil, recipe=recipe, seed=0, folder=left)
    list(islice(running, steps))
    running.close()
    rest = tune(base, pupil, left, recipe)
    assert len(rest) == 8 - 2 * (steps // 2)
    assert same(tuned_tensors(left), tuned_tensors(tmp_path / "whole"))


def test_a_damaged_state_is_refused(base, pupil, tmp_path):
    running = tune_body(base, pupil, recipe=RECIPE, seed=0, folder=tmp_path)
    list(islice(running, 2))
    running.close()
    (file,) = tmp_path.glob("step-*.safetensors")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(EngineError) as refusal:
        tune(base, pupil, tmp_path)
    assert refusal.value.code == "training.damaged-state"


def test_a_tuning_that_runs_away_is_stopped_with_the_way_out(base, pupil, tmp_path):
    recipe = Recipe(
        batch_size=9, epochs=40, patience=40, learning_rate=0.99, contrast=1e-40
    )
    with pytest.raises(EngineError) as refusal:
        tune(base, pupil, tmp_path, recipe)
    assert refusal.value.code == "training.diverged"
    assert "learning_rate" in refusal.value.hint


def test_only_the_last_state_is_kept(base, pupil, tmp_path):
    tune(base, pupil, tmp_path)
    kinds = sorted(path.name.split("-")[0] for path in tmp_path.iterdir())
    assert kinds == ["best", "state.json", "step"]


def test_an_unfinished_tuning_leaves_torch_as_it_was(base, pupil, tmp_path):
    running = tune_body(base, pupil, recipe=RECIPE, seed=0, folder=tmp_path)
    next(running)
    running.close()
    assert not torch.are_deterministic_algorithms_enabled()


@given(
    targets=st.lists(st.integers(0, 5), min_size=1, max_size=60),
    batch_size=st.integers(2, 20),
    seed=st.integers(0, 3),
)
def test_no_text_stands_twice_in_a_batch(targets, batch_size, seed):
    batches = class_balanced(
        np.array(targets), batch_size=batch_size, seed=seed, epoch=1
    )
    assert len(batches) == -(-len(targets) // batch_size)
    for batch in batches:
        assert 0 < len(batch) <= batch_size
        assert len(set(batch.tolist())) == len(batch)


def test_order_is_a_function_of_seed_and_epoch():
    targets = np.arange(40) % 4
    same_order = [
        np.concatenate(class_balanced(targets, batch_size=8, seed=s, epoch=e)).tolist()
        for s, e in [(0, 0), (0, 0), (1, 0), (0, 1)]
    ]
    assert same_order[0] == same_order[1]
    assert same_order[0] != same_order[2]
    assert same_order[0] != same_order[3]


def test_equally_frequent_labels_are_seen_once_an_epoch():
    targets = np.arange(48) % 4
    batches = class_balanced(targets, batch_size=8, seed=0, epoch=0)
    assert sorted(np.concatenate(batches).tolist()) == list(range(48))
    assert all(np.bincount(targets[batch]).tolist() == [2] * 4 for batch in batches)
