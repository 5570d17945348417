# SPDX-License-Identifier: Apache-2.0
"""Whether the answer stands in the question: labels found in texts as words."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maalem.corpus import matching_key
from maalem.records import Example

LEAST_ROWS = 5  # below this many finds, chance alone looks like a rule
_WORD = re.compile(r"[^\W_]+")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_ARTICLE = re.compile(r"^ال(?=...)")
_PREFIX = "[وف]?(?:[بك]?(?:ال)?|لل?)"  # and, so; by, like, for; the article


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFound:
    """How often a label's name stands in the texts, and how often it is the answer.

    Attributes:
        label: The label.
        stands: Examples in whose text it stands.
        right: Examples among those whose answer it is.
        answers: Examples whose answer it is.
    """

    label: str
    stands: int
    right: int
    answers: int

    def gives_itself_away(self, limit: float) -> bool:
        """Tell whether the rule "answer the label that stands in the text" decides.

        It does when it finds more than `limit` of the label's examples, more than
        `limit` of what it finds is right, and it finds at least 5. A label that
        legitimately occurs in the texts fails one of the first two: in real work orders
        `Engine` stands in 281 of the 527 texts that it is the answer of.

        Args:
            limit: Share in [0, 1); 0.8 by default elsewhere.
        """
        return (
            self.right >= LEAST_ROWS
            and self.right > limit * self.answers
            and self.right > limit * self.stands
        )


def labels_standing_in(text: str, labels: Sequence[str]) -> tuple[str, ...]:
    """Give the labels whose name stands in a text as a word or a row of words.

    Case, accents of form, Arabic diacritics and signs between the words do not matter;
    Arabic words may carry the article or a one-letter prefix.

    Examples:
        >>> labels_standing_in("Type: FINAL-DRIVE noisy", ["Final Drive", "Engine"])
        ('Final Drive',)
        >>> labels_standing_in("enginery", ["Engine"])
        ()
    """
    return _standing(text, [(label, _pattern(label)) for label in labels])


def count_labels(
    examples: Iterable[Example], labels: Sequence[str]
) -> tuple[LabelFound, ...]:
    """Count for each label where its name stands in a text; always worth a look.

    Returns:
        One count a label, in the order of `labels`.
    """
    patterns = [(label, _pattern(label)) for label in labels]
    stands: Counter[str] = Counter()
    right: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    for example in examples:
        found = _standing(example.text, patterns)
        stands.update(found)
        answers[example.label] += 1
        right[example.label] += example.label in found
    return tuple(
        LabelFound(
            label=label,
            stands=stands[label],
            right=right[label],
            answers=answers[label],
        )
        for label in labels
    )


def _standing(
    text: str, patterns: Sequence[tuple[str, re.Pattern[str]]]
) -> tuple[str, ...]:
    key = matching_key(text)
    return tuple(label for label, pattern in patterns if pattern.search(key))


def _pattern(label: str) -> re.Pattern[str]:
    words = _WORD.findall(matching_key(label))
    if not words:  # a name of signs alone, such as `+`
        return re.compile(r"(?<!\S)" + re.escape(matching_key(label)) + r"(?!\S)")
    joined = r"[\W_]+".join(_word(word) for word in words)
    return re.compile(rf"(?<![^\W_]){joined}(?![^\W_])")


def _word(word: str) -> str:
    if not _ARABIC.search(word):
        return re.escape(word)
    return _PREFIX + re.escape(_ARTICLE.sub("", word))
