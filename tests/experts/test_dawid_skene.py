# SPDX-License-Identifier: Apache-2.0
"""Answers alone tell what is probably true, and who is how reliable."""

import numpy as np
import pytest
from tests.experts.builders import an_answer, an_item
from tests.experts.simulated import LABELS, simulate

from maalem.experts.dawid_skene import dawid_skene
from maalem.experts.votes import to_votes


def votes_of(*said):
    """Answers to item after item by a row of annotators: `votes_of("EE", "EB")`."""
    return to_votes(
        [
            an_answer(an_item(number=n), label, annotator=f"expert:{who}")
            for n, labels in enumerate(said)
            for who, label in enumerate(labels)
            if label != "."
        ]
    )


def test_chances_sum_to_one():
    model = dawid_skene(to_votes(simulate("random", 1).annotations, labels=LABELS))
    assert np.allclose(model.posterior.sum(axis=1), 1.0)
    assert np.allclose(model.confusion.sum(axis=2), 1.0)
    assert model.prior.sum() == pytest.approx(1.0)
    assert model.seen.sum() == pytest.approx(len(model.votes.label))


def test_two_who_lie_alike_do_not_become_the_truth():
    simulation = simulate("colluding", 3)
    model = dawid_skene(to_votes(simulation.annotations, labels=LABELS))
    bad = [one in simulation.bad for one in model.votes.annotators]
    diagonals = model.mean_diagonals()
    assert diagonals[bad].max() < 0.2
    assert diagonals[np.logical_not(bad)].min() > 0.8


def test_the_order_of_the_answers_does_not_matter():
    answers = simulate("random", 2).annotations

    def believed(answers):
        model = dawid_skene(to_votes(answers, labels=LABELS))
        return dict(zip(model.votes.items, model.posterior, strict=True))

    forwards, backwards = believed(answers), believed(answers[::-1])
    assert all(np.allclose(forwards[item], backwards[item]) for item in forwards)


def test_one_answer_makes_nobody_reliable():
    model = dawid_skene(votes_of("EE", "BB", "E.", "B."))
    published = dawid_skene(votes_of("EE", "BB", "E.", "B."), smoothing=0.0)
    assert published.confusion[1].max() == pytest.approx(1.0)
    assert model.confusion[1].max() < 0.8
    assert np.isnan(model.mean_diagonals(least=5.0)).all()


def test_the_rounds_end_at_the_most_that_is_asked_for():
    votes = to_votes(simulate("random", 1).annotations, labels=LABELS)
    assert dawid_skene(votes, rounds=3).rounds == 3
    assert 3 < dawid_skene(votes).rounds < 100


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # what crowd-kit brings along warns
@pytest.mark.parametrize("kind", ["honest", "random", "colluding"])
def test_without_smoothing_it_believes_what_crowd_kit_believes(kind):
    pandas = pytest.importorskip("pandas")
    aggregation = pytest.importorskip("crowdkit.aggregation")
    votes = to_votes(simulate(kind, 7).annotations, labels=LABELS)
    columns = {"task": votes.item, "worker": votes.annotator, "label": votes.label}
    # As many rounds for both: crowd-kit counts the prior once a vote where it stops.
    peer = aggregation.DawidSkene(n_iter=40, tol=-np.inf).fit(pandas.DataFrame(columns))
    ours = dawid_skene(votes, smoothing=0.0, rounds=40, tolerance=-np.inf)
    theirs = peer.probas_.sort_index()[range(len(LABELS))].to_numpy()
    assert np.abs(ours.posterior - theirs).max() < 1e-6
    for worker, matrix in enumerate(ours.confusion):
        known = peer.errors_.loc[worker].reindex(range(len(LABELS))).fillna(0.0)
        assert np.abs(known[range(len(LABELS))].to_numpy().T - matrix).max() < 1e-6
