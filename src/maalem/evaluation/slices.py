# SPDX-License-Identifier: Apache-2.0
"""The parts of an exam that are measured on their own."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maalem.evaluation.answers import Answered
from maalem.evaluation.metrics import METRICS, Metric, f1_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A slice and what is measured on it.

    Attributes:
        name: `all`, `language=fr`, `class=Engine`.
        rows: Numbers of its examples.
        measured: Each metric with the rows it is summed over.
    """

    name: str
    rows: NDArray[np.intp]
    measured: tuple[tuple[Metric, NDArray[np.intp]], ...]


def parts_of(answered: Answered) -> tuple[Part, ...]:
    """Cut an exam: the whole, each language if there are several, each gold class.

    A class slice has accuracy (its recall), log-loss, and the F1 of that class, which
    needs the other examples too; macro-F1 and calibration error mean nothing where the
    gold label is the same for all.
    """
    everything = np.arange(len(answered.gold))
    parts = [_whole("all", everything, METRICS)]
    languages = np.array(answered.languages)
    names = sorted(set(answered.languages))
    if len(names) > 1:
        parts += [
            _whole(f"language={name}", everything[languages == name], METRICS)
            for name in names
        ]
    for number, label in enumerate(answered.labels):
        rows = everything[answered.gold == number]
        if len(rows):
            alone = tuple((METRICS[name], rows) for name in ("accuracy", "log-loss"))
            parts.append(
                Part(
                    name=f"class={label}",
                    rows=rows,
                    measured=(*alone, (f1_of(number), everything)),
                )
            )
    return tuple(parts)


def _whole(name: str, rows: NDArray[np.intp], metrics: Mapping[str, Metric]) -> Part:
    return Part(
        name=name, rows=rows, measured=tuple((one, rows) for one in metrics.values())
    )
