# SPDX-License-Identifier: Apache-2.0
"""The head is scikit-learn's optimum, however its features are kept."""

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from maalem.models import head_design
from maalem.models.calibration import softmax
from maalem.models.head import fit_head
from maalem.models.head_design import design_of
from maalem.models.head_strength import choose_strength, deal_groups
from maalem.models.sparse import SparseRows, sparse_rows


def some_features(rows, width, *, seed=0, labels=4):
    """Unit rows around a common mean, as encoders give them, and noisy labels."""
    chance = np.random.default_rng(seed)
    features = chance.normal(size=(rows, width)) + 1.0
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    scores = features @ chance.normal(size=(width, labels)) * 8.0
    targets = (scores + chance.gumbel(size=scores.shape)).argmax(axis=1)
    targets[:labels] = np.arange(labels)
    return features, targets


def made_sparse(dense: np.ndarray) -> SparseRows:
    rows = [(np.flatnonzero(row), row[np.flatnonzero(row)]) for row in dense]
    return sparse_rows(rows, width=dense.shape[1])


def scikit(features, targets, strength):
    model = LogisticRegression(
        C=strength, tol=1e-10, max_iter=10_000, solver="newton-cg"
    )
    return model.fit(features, targets)


@pytest.mark.parametrize("strength", [0.1, 1.0, 30.0])
@pytest.mark.parametrize(("rows", "width"), [(200, 12), (30, 60), (60, 60)])
def test_dense_features_give_the_optimum_of_scikit_learn(rows, width, strength):
    features, targets = some_features(rows, width)
    ours = fit_head(features, targets, classes=4, strength=strength)
    theirs = scikit(features, targets, strength)
    np.testing.assert_allclose(ours.weights.T, theirs.coef_, atol=1e-5)
    shift = theirs.intercept_ - theirs.intercept_.mean()
    np.testing.assert_allclose(ours.bias, shift, atol=1e-5)


@pytest.mark.parametrize("small", [0, 2500])
def test_sparse_features_give_the_same_optimum_either_way(small, monkeypatch):
    monkeypatch.setattr(head_design, "SMALL", small)
    features, targets = some_features(80, 40)
    features[features < 0.2] = 0.0
    features[3] = 0.0
    ours = fit_head(made_sparse(features), targets, classes=4, strength=5.0)
    theirs = scikit(features, targets, 5.0)
    np.testing.assert_allclose(ours.weights.T, theirs.coef_, atol=1e-5)


def test_two_labels_are_penalised_as_two():
    # With two labels scikit-learn fits one row of weights, the difference of ours.
    features, targets = some_features(100, 8, labels=2)
    ours = fit_head(features, targets, classes=2, strength=2.0)
    theirs = scikit(features, targets, 4.0)
    difference = ours.weights[:, 1] - ours.weights[:, 0]
    np.testing.assert_allclose(difference, theirs.coef_[0], atol=1e-5)
    assert ours.weights.sum(axis=1) == pytest.approx(np.zeros(8), abs=1e-8)


def test_where_the_search_begins_does_not_change_where_it_ends():
    features, targets = some_features(120, 20)
    cold = fit_head(features, targets, classes=4, strength=10.0)
    other = fit_head(features[:60], targets[:60], classes=4, strength=10.0)
    warm = fit_head(features, targets, classes=4, strength=10.0, start=other)
    np.testing.assert_allclose(warm.weights, cold.weights, atol=1e-6)


def test_labels_that_can_be_told_apart_still_have_an_optimum():
    features = np.repeat(np.eye(3), 5, axis=0)
    targets = np.repeat(np.arange(3), 5)
    head = fit_head(features, targets, classes=3, strength=1e4)
    assert np.isfinite(head.weights).all()
    assert (head.logits(features).argmax(axis=1) == targets).all()


def test_features_that_do_not_differ_give_the_shares_of_the_labels():
    targets = np.array([0, 0, 0, 1])
    head = fit_head(np.ones((4, 3)), targets, classes=2, strength=1.0)
    chances = softmax(head.logits(np.ones((1, 3))))
    np.testing.assert_allclose(chances, [[0.75, 0.25]], atol=1e-6)


def test_a_label_without_an_example_has_no_optimum():
    with pytest.raises(ValueError, match="every class"):
        fit_head(np.eye(3), np.array([0, 1, 1]), classes=3, strength=1.0)


@given(seed=st.integers(0, 2**16), rows=st.integers(1, 40), width=st.integers(1, 60))
def test_sparse_rows_are_a_matrix_like_any_other(seed, rows, width):
    chance = np.random.default_rng(seed)
    dense = scipy.sparse.random(
        rows, width, density=chance.uniform(), rng=chance
    ).toarray()
    sparse, other = made_sparse(dense), chance.normal(size=(width, 3))
    np.testing.assert_allclose(sparse.times(other), dense @ other, atol=1e-12)
    np.testing.assert_allclose(sparse.gram(), dense @ dense.T, atol=1e-12)
    back = chance.normal(size=(rows, 2))
    np.testing.assert_allclose(
        sparse.transposed().times(back), dense.T @ back, atol=1e-12
    )
    some = chance.integers(0, rows, size=5)
    np.testing.assert_allclose(
        sparse.take(some).times(other), dense[some] @ other, atol=1e-12
    )
    lengths = np.linalg.norm(dense, axis=1, keepdims=True)
    unit = dense / np.where(lengths > 0, lengths, 1.0)
    np.testing.assert_allclose(sparse.unit().times(other), unit @ other, atol=1e-12)


def test_columns_with_many_entries_count_in_the_products_of_rows():
    dense = np.random.default_rng(0).normal(size=(90, 7))
    np.testing.assert_allclose(made_sparse(dense).gram(), dense @ dense.T, atol=1e-9)


@given(
    groups=st.lists(st.integers(0, 12), min_size=1, max_size=60),
    seed=st.integers(0, 9),
)
def test_a_group_is_never_in_two_folds(groups, seed):
    names = [str(group) for group in groups]
    folds = deal_groups(names, np.array(groups) % 3, folds=4, seed=seed)
    pairs = set(zip(names, folds.tolist(), strict=True))
    assert len(pairs) == len(set(names))


def test_noise_is_fitted_weakly_and_a_law_strongly():
    chance = np.random.default_rng(1)
    features, targets = some_features(300, 10, seed=2)
    folds = deal_groups([str(n) for n in range(300)], targets, folds=4, seed=0)
    noise = chance.permutation(targets)
    lawful = features @ chance.normal(size=(10, 4)) * 40.0
    weak = choose_strength(features, noise, folds=folds)
    strong = choose_strength(features, lawful.argmax(axis=1), folds=folds)
    assert weak < strong


def test_without_a_fold_to_judge_the_middle_strength_is_taken():
    folds = np.array([0, 1])
    strengths = (1.0, 2.0, 3.0)
    chosen = choose_strength(
        np.eye(2), np.array([0, 1]), folds=folds, strengths=strengths
    )
    assert chosen == 2.0


def test_a_design_may_be_fitted_more_than_once():
    features, targets = some_features(90, 10)
    design = design_of(features)
    once = fit_head(design, targets, classes=4, strength=3.0)
    again = fit_head(design, targets, classes=4, strength=3.0)
    np.testing.assert_array_equal(once.weights, again.weights)
