# SPDX-License-Identifier: Apache-2.0
"""A doubt about an annotator, with what was measured and what it was held against."""

from dataclasses import dataclass

from maalem.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """Something that careful annotators do not do; never a verdict.

    Attributes:
        annotator: Pseudonym.
        measure: `gold`: wrong on gold cards; `gold-class`: wrong on gold cards of one
            critical label; `model`: wrong by what all answers together say;
            `constant`: says less varied things than the items allow; `pace`: faster
            than can be read; `copy`: says what one other says.
        about: The label, or the other annotator; empty where it is about neither.
        value: What was measured.
        bound: What it was held against.
        count: Answers that it rests on.
        seen: The value in counts, such as `4 of 12`.
        sentence: What was found, for a person.
        is_proof: Whether it is so gross that nothing else is needed to hold somebody.
    """

    annotator: str
    measure: str
    value: float
    bound: float
    count: int
    seen: str
    sentence: str
    about: str = ""
    is_proof: bool = False

    @property
    def evidence(self) -> tuple[str, str]:
        """Measure and value, as a hold keeps them."""
        name = f"{self.measure} {self.about}" if self.about else self.measure
        return name, self.seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From where on something is suspicious.

    Attributes:
        least_right: Share right on gold cards that is still tolerated, in (0, 1).
        chance: Chance of suspecting somebody who is just tolerable, for each measure,
            in (0, 0.5].
        class_cards: Gold cards of a critical label before it is judged by itself, at
            least 1. With 8, somebody who is right twice is not yet suspected.
        least_diagonal: Mean chance of being right that is tolerated by the model.
        least_answers: Answers beside others' before the model and variety are judged,
            at least 2.
        fast_seconds: No card can be answered faster, in seconds.
        words_a_second: Nobody reads faster; three times the usual 4.
        read_seconds: Reading longer than this is asked of nobody, in seconds.
        fast_share: Share of answers that may be too fast, in (0, 1).
        contested: Items on which a third contradicts the other before copying is
            judged, at least 2.
        excess: Share of them answered like the other beyond what is expected, before
            it is called copying.
        gross_share: Share of answers too fast to be read, beyond which haste alone is
            enough to hold somebody, in (0, 1).
        gross_copy: Share of the contested items answered like the other, from which
            whoever answered them later is held for it alone, in (0, 1].
    """

    least_right: float = 0.7
    chance: float = 0.01
    class_cards: int = 8
    least_diagonal: float = 0.6
    least_answers: int = 30
    fast_seconds: float = 0.8
    words_a_second: float = 12.0
    read_seconds: float = 3.0
    fast_share: float = 0.1
    contested: int = 15
    excess: float = 0.1
    gross_share: float = 0.5
    gross_copy: float = 0.95

    def __post_init__(self) -> None:
        checks = (
            ("least_right", 0.0 < self.least_right < 1.0, "in (0, 1)"),
            ("chance", 0.0 < self.chance <= 0.5, "in (0, 0.5]"),
            ("class_cards", self.class_cards >= 1, "at least 1"),
            ("least_answers", self.least_answers >= 2, "at least 2"),
            ("contested", self.contested >= 2, "at least 2"),
            ("words_a_second", self.words_a_second > 0.0, "above 0"),
            ("gross_share", 0.0 < self.gross_share < 1.0, "in (0, 1)"),
            ("gross_copy", 0.0 < self.gross_copy <= 1.0, "in (0, 1]"),
            ("fast_share", 0.0 < self.fast_share < 1.0, "in (0, 1)"),
        )
        for name, holds, wanted in checks:
            if not holds:
                value = getattr(self, name)
                raise SettingsError(f"{name} must be {wanted}, got {value!r}")
