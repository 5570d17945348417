# SPDX-License-Identifier: Apache-2.0
"""Examples and answers with only the interesting part visible."""

import numpy as np

from maalem.evaluation import Exam
from maalem.records import Digest, Example, LabelScores, digest_of

LABELS = ("Engine", "Hydraulics", "Tracks")


def an_example(label="Engine", *, number=0, group=None, language="en", split="exam"):
    return Example(
        item=digest_of(f"{split} {number}"),
        text=f"work order {number}",
        label=label,
        group=group or f"{split} group {number}",
        language=language,
        split=split,
    )


def scores(label, probability=0.8, labels=LABELS):
    """One answer: `label` with `probability`, the others share the rest."""
    rest = (1.0 - probability) / (len(labels) - 1)
    return LabelScores(
        labels=labels,
        probabilities=tuple(probability if one == label else rest for one in labels),
    )


def examples_of(count, *, per_group=1, split="exam", languages=("en",)):
    return tuple(
        an_example(
            LABELS[number % len(LABELS)],
            number=number,
            group=f"{split} group {number // per_group}",
            language=languages[number // per_group % len(languages)],
            split=split,
        )
        for number in range(count)
    )


def answers_to(examples, right, probability=0.8):
    """Answers that are right where `right` says so, else the next label."""
    return tuple(
        scores(
            example.label
            if is_right
            else LABELS[(LABELS.index(example.label) + 1) % len(LABELS)],
            float(sure),
        )
        for example, is_right, sure in zip(
            examples, right, np.broadcast_to(probability, len(examples)), strict=True
        )
    )


def some_right(count, share, seed=0):
    return np.random.default_rng(seed).random(count) < share


def an_exam(**changed):
    fields = {
        "task": "components",
        "dataset": Digest("sha256:" + "d" * 64),
        "checkpoint": Digest("sha256:" + "c" * 64),
        "split": "exam",
        "look": 1,
        "seeds": (0,),
    }
    return Exam(**(fields | changed))
