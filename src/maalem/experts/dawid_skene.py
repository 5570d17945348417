# SPDX-License-Identifier: Apache-2.0
"""What is probably true and who is how reliable, told from answers alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maalem.experts.votes import Votes

_LEAST = 1e-10  # so that a chance of 0 has a logarithm


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """What the model believes.

    Attributes:
        votes: The answers it rests on, which name items, annotators and labels.
        posterior: Chance of each label being true, shape (items, labels).
        confusion: What each annotator says, given the true label, shape (annotators,
            true labels, said labels); each row sums to 1.
        seen: How many answers each row of it rests on, by the posterior, shape
            (annotators, true labels).
        prior: Share of each label, shape (labels,).
        rounds: Rounds of expectation and maximisation.
    """

    votes: Votes
    posterior: NDArray[np.float64]
    confusion: NDArray[np.float64]
    seen: NDArray[np.float64]
    prior: NDArray[np.float64]
    rounds: int

    def mean_diagonals(self, least: float = 2.0) -> NDArray[np.float64]:
        """Give how often each annotator is right, averaged over the true labels.

        Args:
            least: Answers that a row must rest on to count; fewer say nothing.

        Returns:
            Shape (annotators,); NaN where no row rests on so many.
        """
        right = np.diagonal(self.confusion, axis1=1, axis2=2)
        counted = self.seen >= least
        with np.errstate(invalid="ignore"):
            means: NDArray[np.float64] = (right * counted).sum(1) / counted.sum(1)
        return means

    def without(
        self, annotator: int, items: NDArray[np.intp], said: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Give the posterior of items as if an annotator had not answered them.

        Args:
            annotator: Number of the annotator.
            items: Numbers of items that this annotator answered, shape (n,).
            said: Numbers of the labels of these answers, shape (n,).

        Returns:
            Shape (n, labels).
        """
        left = self.posterior[items] / self.confusion[annotator][:, said].T
        chances: NDArray[np.float64] = left / left.sum(axis=1, keepdims=True)
        return chances


def dawid_skene(
    votes: Votes,
    *,
    smoothing: float = 1.0,
    rounds: int = 100,
    tolerance: float = 1e-5,
) -> Reliability:
    """Find true labels and reliabilities that explain each other.

    Args:
        votes: Answers with one label each, at least one.
        smoothing: Answers that each annotator is thought to have given beforehand for
            each true label, spread evenly over what may be said; 0 gives the method as
            published, which believes an annotator of a single answer entirely.
        rounds: Most rounds, at least 1.
        tolerance: The rounds end when the evidence lower bound for an answer gains
            less.

    Source:
        Dawid and Skene (1979), "Maximum Likelihood Estimation of Observer Error-Rates
        Using the EM Algorithm", Applied Statistics 28, started from the shares of the
        votes as they propose. It deviates by the smoothing. Degenerate case: where
        most are wrong alike, what they say becomes the truth; no answer can tell.
    """
    items, labels = len(votes.items), len(votes.labels)
    posterior = np.zeros((items, labels))
    np.add.at(posterior, (votes.item, votes.label), 1.0)
    posterior /= posterior.sum(axis=1, keepdims=True)
    prior = posterior.mean(axis=0)
    counts = _counts(votes, posterior)
    confusion = _shares(counts, smoothing)
    done, before = 0, -np.inf
    while done < rounds:
        done += 1
        posterior = _expect(votes, prior, confusion)
        prior = posterior.mean(axis=0)
        counts = _counts(votes, posterior)
        confusion = _shares(counts, smoothing)
        bound = _bound(votes, posterior, prior=prior, confusion=confusion)
        if bound - before < tolerance:
            break
        before = bound
    return Reliability(
        votes=votes,
        posterior=posterior,
        confusion=confusion,
        seen=counts.sum(axis=2),
        prior=prior,
        rounds=done,
    )


def _counts(votes: Votes, posterior: NDArray[np.float64]) -> NDArray[np.float64]:
    """Count what each said for each true label, (annotators, true, said)."""
    labels = len(votes.labels)
    counts = np.zeros((len(votes.annotators), labels, labels))
    np.add.at(
        counts.transpose(0, 2, 1),
        (votes.annotator, votes.label),
        posterior[votes.item],
    )
    return counts


def _shares(counts: NDArray[np.float64], smoothing: float) -> NDArray[np.float64]:
    added = np.maximum(counts + smoothing / counts.shape[2], _LEAST)
    shares: NDArray[np.float64] = added / added.sum(axis=2, keepdims=True)
    return shares


def _expect(
    votes: Votes, prior: NDArray[np.float64], confusion: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give the chance of each label being true, shape (items, labels)."""
    chances = np.tile(np.log(np.maximum(prior, _LEAST)), (len(votes.items), 1))
    np.add.at(chances, votes.item, np.log(confusion)[votes.annotator, :, votes.label])
    chances = np.exp(chances - chances.max(axis=1, keepdims=True))
    posterior: NDArray[np.float64] = chances / chances.sum(axis=1, keepdims=True)
    return posterior


def _bound(
    votes: Votes,
    posterior: NDArray[np.float64],
    *,
    prior: NDArray[np.float64],
    confusion: NDArray[np.float64],
) -> float:
    """Give the evidence lower bound for an answer."""
    said = np.log(confusion)[votes.annotator, :, votes.label]
    known = posterior * np.log(np.maximum(prior, _LEAST))
    unsure = posterior * np.log(np.maximum(posterior, _LEAST))
    whole = (posterior[votes.item] * said).sum() + known.sum() - unsure.sum()
    return float(whole) / len(votes.label)
