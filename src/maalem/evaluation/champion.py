# SPDX-License-Identifier: Apache-2.0
"""Which of several examined models shall answer: the gate's word, then the price."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from maalem.records import Digest, Estimate

_SHIP, _UNDECIDED = "ship", "not enough evidence"  # outcomes of a verdict
LEVEL = 1.1  # prices by time and times themselves differ by that from run to run


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long one text took, measured in the same run as the answers.

    Attributes:
        median: Seconds that half of the texts took at most.
        slow: Seconds that 95 of 100 texts took at most.
        mean: Seconds that a text took, all together divided by their number.
        count: Texts measured.
        together: Requests that were under way at once.
    """

    median: float
    slow: float
    mean: float
    count: int
    together: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a thousand texts cost; never 0 for what is not known.

    Attributes:
        amount: In the currency, at least 0; none where it is not known.
        currency: As the settings name it.
        reason: Why there is no amount; empty where there is one.
    """

    amount: float | None
    currency: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One model in an exam of several.

    Attributes:
        name: What the owner calls it.
        model: Its digest; of a model served elsewhere, of its name and the prompt.
        report: The report in which it is the candidate.
        verdict: The gate's answer to that report.
        outcome: What that answer is.
        accuracy: On the whole exam.
        difference: Its accuracy minus that of the model the gate compares it with.
        against: That model.
        latency: How long a text took.
        cost: What a thousand texts cost.
        leaves_house: Whether texts leave the house for its answers.
        no_label: Answers that were no label; they count as wrong.
        items_needed: Further judged items that would settle the gate; none if settled,
            or if no number would.
        hours_needed: Expert hours for those; none where they are not known.
    """

    name: str
    model: Digest
    report: Digest
    verdict: Digest
    outcome: str
    accuracy: Estimate
    difference: Estimate
    against: str
    latency: Latency
    cost: Cost
    leaves_house: bool = False
    no_label: int = 0
    items_needed: int | None = None
    hours_needed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which model shall answer.

    Attributes:
        champion: Its name; none where the exam does not tell.
        reason: Why, in a sentence.
    """

    champion: str | None
    reason: str


def choose_champion(standings: Sequence[Standing]) -> Choice:
    """Choose among those that the gate lets ship, each beside all others.

    Where it lets several, the exam holds none of them to be worse than the gate allows:
    then what keeps texts in the house is chosen, then what costs less by a known price,
    then what answers sooner. A tenth more or less is level; of those that are level in
    everything, the one named first is chosen.

    Args:
        standings: Every model that was examined, one at least, the latest first.
    """
    shipped = [one for one in standings if one.outcome == _SHIP]
    if not shipped:
        return Choice(champion=None, reason=_price(standings))
    best, why = _preferred(shipped)
    others = ", ".join(one.name for one in shipped if one is not best)
    reason = f"the gate lets {best.name} ship and no other"
    if others:
        reason = f"the gate lets {others} ship too; {best.name} {why}"
    return Choice(champion=best.name, reason=reason)


def _preferred(shipped: Sequence[Standing]) -> tuple[Standing, str]:
    """Choose among several, and say what told the chosen one from the last left out."""
    left, why = list(shipped), "comes first of those that are level"
    for told, cost in (
        ("keeps texts in the house", lambda one: float(one.leaves_house)),
        ("costs less, as far as prices are known", _amount),
        ("answers sooner", lambda one: one.latency.median),
    ):
        least = min(map(cost, left))
        level = [one for one in left if cost(one) <= LEVEL * least]
        if len(level) < len(left):
            left, why = level, told
    return left[0], why


def _amount(one: Standing) -> float:
    return inf if one.cost.amount is None else one.cost.amount


def _price(standings: Sequence[Standing]) -> str:
    """Say what would settle it, the cheapest first."""
    undecided = [one for one in standings if one.outcome == _UNDECIDED]
    if not undecided:
        return "the gate lets none of them ship"
    settled = [one for one in undecided if one.items_needed is not None]
    if not settled:
        return "not enough evidence, and no number of judged items would settle it"
    first = min(settled, key=lambda one: one.items_needed or 0)
    hours = first.hours_needed
    paid = "hours not known" if hours is None else f"{hours:.1f} expert hours"
    return (
        f"not enough evidence; {first.items_needed} more judged items ({paid}) would "
        f"settle it for {first.name}"
    )
