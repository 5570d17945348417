# SPDX-License-Identifier: Apache-2.0
"""The parity proof: frozen probes are asked through the path that serves."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from maalem.errors import IntegrityError, boundary
from maalem.records import LabelScores
from maalem.release.probes import ProbeSet, find_difference

Ask: TypeAlias = Callable[[Sequence[str]], Awaitable[Any]]
"""Asks through the path that serves; gives the body of Mistral's answer."""

_TOGETHER = 16  # probes in one request; several requests make one batch


async def prove(name: str, probes: ProbeSet, *, ask: Ask, computed: str) -> None:
    """Ask all probes, one by one and together, and refuse the first that differs.

    Args:
        name: Name of the release.
        probes: What was frozen.
        ask: The path that serves.
        computed: What computes here. Where it is what computed the frozen answers, a
            probe asked by itself must give the same bits.

    Raises:
        IntegrityError: An answer differs by more than is allowed.
    """
    texts = [probe.text for probe in probes.probes]
    is_same = bool(computed) and computed == probes.computed
    alone = [answer for text in texts for answer in _read(await ask([text]))]
    _refuse(name, probes, alone, tolerance=0.0 if is_same else probes.tolerance)
    parts = [texts[at : at + _TOGETHER] for at in range(0, len(texts), _TOGETHER)]
    told = await asyncio.gather(*(ask(part) for part in parts))
    together = [answer for one in told for answer in _read(one)]
    _refuse(name, probes, together, tolerance=probes.tolerance)


def _refuse(
    name: str, probes: ProbeSet, answers: list[LabelScores], *, tolerance: float
) -> None:
    found = find_difference(probes, answers, tolerance=tolerance)
    if found is not None:
        raise IntegrityError(
            f"{name} does not answer as it was examined",
            why=found.sentence,
            hint="serve it where it was examined, or examine and release it here",
            code="gateway.parity",
        )


def _read(told: Any) -> list[LabelScores]:  # noqa: ANN401  # JSON
    """Read scores out of the body that a caller would get."""
    answers = []
    with boundary(IntegrityError, "read the answers to the probes"):
        for result in told["results"]:
            (target,) = result.values()
            scores = target["scores"]
            answers.append(
                LabelScores(labels=tuple(scores), probabilities=tuple(scores.values()))
            )
    return answers
