# SPDX-License-Identifier: Apache-2.0
"""A released model answers, and says when a person is needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from maalem.records import Digest, LabelScores
from maalem.serving import why_a_person
from maalem.serving.opened import open_release


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One answer of a released model.

    Attributes:
        text: The input.
        label: The label with the highest probability.
        probability: Its probability, in [0, 1].
        needs_expert: Whether a person must decide.
        reason: Why a person must; empty where the model may.
        threshold: The threshold it was held to; none if nothing is guaranteed.
        scores: Pairs of label and probability, the highest first.
        model: Digest of the model that answered.
        release: Digest of the release that it came with.
        doubts: What `verify` could not make sure of, a sentence each.
    """

    text: str
    label: str
    probability: float
    needs_expert: bool
    reason: str
    threshold: float | None
    scores: tuple[tuple[str, float], ...]
    model: Digest
    release: Digest
    doubts: tuple[str, ...]


def predict(
    folder: Path, texts: Sequence[str], *, key: Path | None = None
) -> tuple[Decision, ...]:
    """Answer with a released model, held to the threshold that it was released with.

    Args:
        folder: The release.
        texts: Inputs.
        key: File with the public key of who must have signed it, got by another way.

    Raises:
        IntegrityError: The release was changed, also while it was loaded.
        UnsafeWeightsError: The folder holds what must not be loaded.
    """
    opened = open_release(folder, key=key.read_bytes() if key else None)
    threshold, taught = opened.threshold, opened.taught
    decisions = []
    for text, answer in zip(texts, opened.model.predict(texts), strict=True):
        reason = why_a_person(text, answer, threshold=threshold, taught=taught)
        decisions.append(
            Decision(
                text=text,
                label=answer.label,
                probability=answer.probability,
                needs_expert=bool(reason),
                reason=reason,
                threshold=threshold,
                scores=_ranked(answer),
                model=opened.checkpoint.id,
                release=opened.release.id,
                doubts=opened.doubts,
            )
        )
    return tuple(decisions)


def _ranked(answer: LabelScores) -> tuple[tuple[str, float], ...]:
    pairs = zip(answer.labels, answer.probabilities, strict=True)
    return tuple(sorted(pairs, key=lambda pair: -pair[1]))
