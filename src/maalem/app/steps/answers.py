# SPDX-License-Identifier: Apache-2.0
"""A released model answers, and says when a person is needed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from maalem.errors import IntegrityError
from maalem.models import kind_named
from maalem.records import Digest, LabelScores
from maalem.release import read_release, refuse_unverified
from maalem.release.manifest import read_records


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
    checked = refuse_unverified(folder, key=key.read_bytes() if key else None)
    records = read_records(folder)
    kind = kind_named(records.checkpoint.model_kind)
    model = kind.load(records.checkpoint, folder / "model")
    share = records.exam.automation
    threshold = share.threshold if share else None
    release = read_release(folder)
    if release.id != checked.release:
        raise IntegrityError(
            f"{folder} changed while it was loaded",
            hint=f"maalem verify {folder}",
            code="release.unverified",
        )
    taught = _taught_languages(folder) or records.dataset.languages
    doubts = tuple(claim.text for claim in checked.doubts)
    decisions = []
    for text, answer in zip(texts, model.predict(texts), strict=True):
        reason = _why_a_person(text, answer, threshold, taught=taught)
        decisions.append(
            Decision(
                text=text,
                label=answer.label,
                probability=answer.probability,
                needs_expert=bool(reason),
                reason=reason,
                threshold=threshold,
                scores=_ranked(answer),
                model=records.checkpoint.id,
                release=release.id,
                doubts=doubts,
            )
        )
    return tuple(decisions)


def _taught_languages(folder: Path) -> tuple[str, ...]:
    """Give the languages of the teaching split, where the model says them."""
    about = json.loads((folder / "model" / "maalem.json").read_bytes())
    return tuple(about.get("languages", ()))


def _why_a_person(
    text: str, answer: LabelScores, threshold: float | None, *, taught: Sequence[str]
) -> str:
    """Give the reason why a person must decide; empty if the guarantee covers it."""
    if threshold is None:
        return "no threshold is guaranteed"
    is_foreign = _is_arabic(text) and "ar" not in taught
    reasons = (
        (answer.probability < threshold, f"below the guaranteed {threshold:.3f}"),
        (not text.strip(), "the text is empty"),
        (is_foreign, "in Arabic script, which was never taught"),
    )
    return next((reason for holds, reason in reasons if holds), "")


def _is_arabic(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    arabic = [character for character in letters if "\u0600" <= character <= "\u06ff"]
    return 2 * len(arabic) > len(letters)


def _ranked(answer: LabelScores) -> tuple[tuple[str, float], ...]:
    pairs = zip(answer.labels, answer.probabilities, strict=True)
    return tuple(sorted(pairs, key=lambda pair: -pair[1]))
