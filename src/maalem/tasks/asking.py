# SPDX-License-Identifier: Apache-2.0
"""How experts are asked: how often, how blind, and who may answer."""

from dataclasses import dataclass

from maalem.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How the cards of a task are dealt; it does not change what is asked.

    Attributes:
        answers: Experts who answer each item of the teaching stream, at least 1.
        exam_answers: Experts who answer each item of the exam, at least 2.
        random_share: Part of the teaching cards that is drawn at random, in [0, 1].
        blind_share: Part of the teaching cards that shows no suggestion, so that
            anchoring can be measured, in [0, 1].
        gold_share: Part of all cards whose answer is known, in [0, 0.5].
        qualification_cards: Gold cards before an expert may answer in a language; 0
            lets everybody answer.
        pass_mark: Share of them that must be right, in (0, 1].
        qualification_days: Days after which a qualification expires, at least 1.
        card_rest_days: Days after which a gold card that somebody has answered may test
            them again, where there are too few that they never saw; at least 1.
        lease_minutes: Minutes after which a card that nobody answered is given to
            somebody else, in (0, 1440].
        stop_gain: Accuracy that a further hundred answers must promise; below it the
            desk says that asking may stop; in [0, 1).
    """

    answers: int = 1
    exam_answers: int = 2
    random_share: float = 0.05
    blind_share: float = 0.15
    gold_share: float = 0.05
    qualification_cards: int = 0
    pass_mark: float = 0.8
    qualification_days: int = 180
    card_rest_days: int = 90
    lease_minutes: float = 30.0
    stop_gain: float = 0.002

    def __post_init__(self) -> None:
        checks = (
            ("answers", self.answers >= 1, "at least 1"),
            ("exam_answers", self.exam_answers >= 2, "at least 2"),
            ("random_share", 0.0 <= self.random_share <= 1.0, "in [0, 1]"),
            ("blind_share", 0.0 <= self.blind_share <= 1.0, "in [0, 1]"),
            ("gold_share", 0.0 <= self.gold_share <= 0.5, "in [0, 0.5]"),
            ("qualification_cards", self.qualification_cards >= 0, "0 or more"),
            ("pass_mark", 0.0 < self.pass_mark <= 1.0, "in (0, 1]"),
            ("qualification_days", self.qualification_days >= 1, "at least 1"),
            ("card_rest_days", self.card_rest_days >= 1, "at least 1"),
            ("lease_minutes", 0.0 < self.lease_minutes <= 1440.0, "in (0, 1440]"),
            ("stop_gain", 0.0 <= self.stop_gain < 1.0, "in [0, 1)"),
        )
        for name, holds, wanted in checks:
            if not holds:
                raise SettingsError(
                    f"{name} must be {wanted}, got {getattr(self, name)!r}",
                    code="task.value",
                )
