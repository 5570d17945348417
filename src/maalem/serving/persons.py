# SPDX-License-Identifier: Apache-2.0
"""When a released model's answer needs a person, and why."""

from collections.abc import Sequence

from maalem.records import LabelScores


def why_a_person(
    text: str, answer: LabelScores, *, threshold: float | None, taught: Sequence[str]
) -> str:
    """Give the reason why a person must decide; empty if the guarantee covers it.

    Args:
        text: The input.
        answer: What the model said.
        threshold: Lowest probability that is guaranteed; none if nothing is.
        taught: Languages of the teaching split.
    """
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
