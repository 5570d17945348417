# SPDX-License-Identifier: Apache-2.0
"""Experts who answer 300 items of four labels, some of them careless or hostile."""

from dataclasses import dataclass

import numpy as np
from tests.experts.builders import a_task, an_answer, an_item

from maalem.tasks import LabelDefinition

LABELS = ("Engine", "Bucket", "Cab", "Hoist")
ITEMS = tuple(an_item(f"text {n} of the simulation", number=n) for n in range(300))
TASK = a_task(
    LabelDefinition(name=LABELS[0], critical=True),
    *LABELS[1:],
)
TEXTS = {item.id: item.text for item in ITEMS}


@dataclass(frozen=True)
class Simulation:
    annotations: list
    gold: dict
    bad: frozenset


def honest(truth, chance):
    wrong = (truth + chance.integers(1, 4, len(truth))) % 4
    return np.where(chance.random(len(truth)) < 0.9, truth, wrong)


def targeted(truth, chance):
    return np.where(truth == 0, 1, honest(truth, chance))


BAD = {
    "random": lambda truth, chance: chance.integers(0, 4, len(truth)),
    "inverting": lambda truth, _: 3 - truth,
    "constant": lambda truth, _: np.full(len(truth), 2),
    "colluding": lambda truth, _: (truth + 1) % 4,
    "targeted": targeted,
}


def simulate(kind, seed, *, gold_share=0.15, critical_cards=0):
    """Give three answers to every item, by five experts of whom the first are bad.

    Args:
        kind: A name in `BAD`; `honest` for none. Two collude.
        seed: Of all.
        gold_share: Part of the items whose answer is known.
        critical_cards: Further items of the first label, known and answered by all.
    """
    chance = np.random.default_rng(seed)
    truth = chance.integers(0, 4, len(ITEMS))
    bad = {"honest": 0, "colluding": 2}.get(kind, 1)
    said = [BAD[kind](truth, chance) for _ in range(bad)]
    said += [honest(truth, chance) for _ in range(5 - bad)]
    for_all = np.flatnonzero(truth == 0)[:critical_cards]
    annotations = []
    for n, item in enumerate(ITEMS):
        who = range(5) if n in for_all else chance.permutation(5)[:3]
        annotations += [
            an_answer(item, LABELS[said[one][n]], annotator=f"expert:{one}")
            for one in who
        ]
    known = {*chance.permutation(len(ITEMS))[: round(gold_share * len(ITEMS))]}
    gold = {ITEMS[n].id: (LABELS[truth[n]],) for n in {*known, *for_all}}
    return Simulation(annotations, gold, frozenset(f"expert:{n}" for n in range(bad)))
