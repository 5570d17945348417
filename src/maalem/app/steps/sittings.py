# SPDX-License-Identifier: Apache-2.0
"""A model sits an exam: its answers, how long they took, and what they cost."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from maalem.app.screen import Tell
from maalem.evaluation.champion import Cost, Latency
from maalem.models import Predictor
from maalem.records import Digest, Example, LabelScores
from maalem.serving.upstream.classifier import TOGETHER, ChatClassifier
from maalem.serving.upstream.prices import Prices

TIMED = 100
"""Texts that a model of the house is timed with, one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """What one model brought to an exam.

    Attributes:
        answers: One per text, in order; what was no label is a wrong answer.
        latency: How long a text took.
        cost: What a thousand texts cost.
        no_label: Answers that were no label.
        is_certain: Whether it gives labels without probabilities.
    """

    answers: tuple[LabelScores, ...]
    latency: Latency
    cost: Cost
    no_label: int = 0
    is_certain: bool = False


class Challenger(Protocol):
    """Whoever sits the exam beside the latest model."""

    @property
    def name(self) -> str:
        """What the owner calls it."""
        ...

    @property
    def model(self) -> Digest:
        """Its digest."""
        ...

    @property
    def leaves_house(self) -> bool:
        """Whether texts leave the house for its answers."""
        ...

    def sit(self, exam: Sequence[Example], *, tell: Tell) -> Sitting:
        """Answer an exam."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnModel:
    """A model of the house; see `Challenger`."""

    name: str
    model: Digest
    predictor: Predictor[LabelScores]
    prices: Prices
    leaves_house: bool = False

    def sit(self, exam: Sequence[Example], *, tell: Tell) -> Sitting:
        """Answer all texts together, then some of them one by one, to time them."""
        texts = [one.text for one in exam]
        answers = self.predictor.predict(texts)
        latency = self.timed(texts, tell=tell)
        cost = cost_here(self.prices, latency)
        return Sitting(answers=tuple(answers), latency=latency, cost=cost)

    def timed(self, texts: Sequence[str], *, tell: Tell) -> Latency:
        """Ask some of the texts one by one and tell how long each took."""
        some = texts[:: max(1, len(texts) // TIMED)][:TIMED]
        self.predictor.predict(some[:1])  # what is opened at first is no text's time
        seconds = []
        for number, text in enumerate(some, 1):
            began = time.perf_counter()
            self.predictor.predict([text])
            seconds.append(time.perf_counter() - began)
            tell(f"{self.name}: timed", number, len(some))
        return _latency(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatChallenger:
    """A chat model of an upstream; see `Challenger`."""

    name: str
    model: Digest
    leaves_house: bool
    classifier: ChatClassifier
    labels: tuple[str, ...]
    price: tuple[float, float] | None
    currency: str

    def sit(self, exam: Sequence[Example], *, tell: Tell) -> Sitting:
        """Ask about each text, and count what came back that is no label."""
        stage, texts = f"{self.name} answers", [one.text for one in exam]
        told = self.classifier.answer(
            texts, tell=lambda done: tell(stage, done, len(texts))
        )
        answers = tuple(
            _certain(self.labels, one.label or _wrong(self.labels, example.label))
            for one, example in zip(told, exam, strict=True)
        )
        return Sitting(
            answers=answers,
            latency=_latency([one.seconds for one in told], together=TOGETHER),
            cost=self._cost([(one.tokens_in, one.tokens_out) for one in told]),
            no_label=sum(one.label is None for one in told),
            is_certain=True,
        )

    def _cost(self, counted: Sequence[tuple[int | None, int | None]]) -> Cost:
        if self.price is None:
            return Cost(amount=None, reason="[prices] names no price of it")
        paid = 0.0
        for tokens in counted:
            for number, price in zip(tokens, self.price, strict=True):
                if number is None:
                    reason = "the upstream does not tell all tokens that it counted"
                    return Cost(amount=None, reason=reason)
                paid += number * price / 1e6
        return Cost(amount=1000 * paid / len(counted), currency=self.currency)


def cost_here(prices: Prices, latency: Latency) -> Cost:
    """Give what a thousand texts cost in time of this machine, where that is known."""
    if prices.machine_hour is None:
        reason = "it runs here, and what an hour of this machine costs is not set"
        return Cost(amount=None, reason=reason)
    amount = 1000 * latency.mean / 3600 * prices.machine_hour
    return Cost(amount=amount, currency=prices.currency)


def _latency(seconds: Sequence[float], *, together: int = 1) -> Latency:
    """Give the median and the 95th percentile, each a time that was measured."""
    ordered = sorted(seconds)
    return Latency(
        median=ordered[len(ordered) // 2],
        slow=ordered[min(len(ordered) - 1, (95 * len(ordered)) // 100)],
        mean=sum(ordered) / len(ordered),
        count=len(ordered),
        together=together,
    )


def _certain(labels: tuple[str, ...], label: str) -> LabelScores:
    chances = tuple(float(one == label) for one in labels)
    return LabelScores(labels=labels, probabilities=chances)


def _wrong(labels: Sequence[str], gold: str) -> str:
    """Give a label that is wrong, for what was no label."""
    return next(one for one in labels if one != gold)
