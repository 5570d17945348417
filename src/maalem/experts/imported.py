# SPDX-License-Identifier: Apache-2.0
"""One answer as another tool wrote it, checked, but not yet tied to an item."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from maalem.corpus import Refusal
from maalem.corpus.naming import safe_name
from maalem.errors import SettingsError
from maalem.experts.said import CHOICES, said_fields, whole
from maalem.records import Digest, Span
from maalem.tasks import TaskDefinition

_FOREVER = 1e12  # seconds; an integer beyond a double cannot be compared otherwise
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotationMap:
    """Which column or key of a file of annotations is what.

    Attributes:
        text: Columns that make the input's text, joined by a line break.
        label: Column of the label chosen.
        annotator: Column of who answered.
        at: Column of when, ISO 8601.
        seconds: Column of the seconds spent.
        reason: Column of the note, or of why there is no label.
        passage: Column of the passage's digest.
        question: Which question of the file to take, where it holds several: Label
            Studio's `from_name`, Argilla's question.
        delimiter: What separates the columns of a CSV file; `.tsv` has a tab always.
        line_mb: Longest line, cell or task in MiB, at least 1.
        skip_bad: Whether what follows a line that cannot be read is read; otherwise
            the first such line ends the reading, and is told.
    """

    text: tuple[str, ...] = ("text",)
    label: str = "label"
    annotator: str = "annotator"
    at: str = "at"
    seconds: str = "seconds"
    reason: str = "reason"
    passage: str = "passage"
    question: str | None = None
    delimiter: str = ","
    line_mb: int = 16
    skip_bad: bool = False

    def __post_init__(self) -> None:
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            raise SettingsError(
                f"delimiter must be one character and no quote, got {self.delimiter!r}",
                code="settings.columns",
            )
        if not self.text or "" in (*self.text, self.label):
            raise SettingsError(
                "text and label need the name of a column", code="settings.columns"
            )
        if self.line_mb < 1:
            raise SettingsError(f"line_mb must be at least 1, got {self.line_mb}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """One answer of one annotator as a file gave it.

    Attributes:
        text: The input, as the file has it; may be empty where `passage` is known.
        labels: The labels chosen, or the side of two options; empty means none was.
        annotator: Who answered; none where the file does not say.
        at: ISO 8601 time, as written.
        seconds: Time spent, at least 0.
        reason: Why there is no label, or the annotator's note.
        passage: The passage asked about, where the file carries it.
        guideline: Version of the task definition, where the file carries it.
        suggestion_shown: Whether a suggestion was visible, where known.
        source: Where it came from first: the file, or what an export of ours says.
        place: Where in the file, such as `line 3`.
        item: The item, where an export of ours names it.
        question: What was asked about the text, where the file carries it.
        options: Texts that were compared or ranked, where the file carries them.
        draft: What was corrected, where the file carries it.
        written: The answer as written or corrected.
        spans: What was marked, in code points.
        ratings: Pairs of criterion and score, as written.
        ranking: Numbers of the options from 0, the best first.
        outcome: Why there is no answer, as `Annotation` has it.
        note: What the annotator wants to be known.
        key: Idempotency key of the answer, from an export of ours.
        order_shown: Numbers of the options from 0, in the order shown.
    """

    text: str
    labels: tuple[str, ...]
    annotator: str | None = None
    at: str | None = None
    seconds: float | None = None
    reason: str | None = None
    passage: Digest | None = None
    guideline: Digest | None = None
    suggestion_shown: bool | None = None
    source: str = ""
    place: str = ""
    item: Digest | None = None
    question: str | None = None
    options: tuple[str, ...] = ()
    draft: str | None = None
    written: str | None = None
    spans: tuple[Span, ...] = ()
    ratings: tuple[tuple[str, int], ...] = ()
    ranking: tuple[int, ...] = ()
    outcome: str | None = None
    note: str | None = None
    key: str | None = None
    order_shown: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A file that is read, and how.

    Attributes:
        path: The file.
        mapping: Which column is what.
        task: What its answers answer; a choice of labels if that is not said.
    """

    path: Path
    mapping: AnnotationMap
    task: TaskDefinition | None = None

    @property
    def source(self) -> str:
        """Name of the file, with unprintable characters escaped."""
        return safe_name(self.path.name)

    @property
    def kind(self) -> str:
        """What an expert does on a card of the task."""
        return self.task.answer if self.task else "choose"

    def refusal(self, place: str, code: str, reason: str) -> Refusal:
        """Refuse something of this file."""
        return Refusal(source=self.source, place=place, code=code, reason=reason)

    def answer(
        self, place: str, *, text: object, said: object, known: Mapping[str, object]
    ) -> Imported | Refusal:
        """Check what a file says about one answer.

        Args:
            place: Where it stands.
            text: Should be the text of the input.
            said: Should be the answer, in the form that `said_fields` takes.
            known: Other fields of `Imported` by name; none and "" mean unknown.

        Returns:
            The answer, or a refusal that names the first value of the wrong kind.
        """
        values = {key: value for key, value in known.items() if value not in (None, "")}
        wrong = [key for key, value in values.items() if not _fits(key, value)]
        answer = said_fields(self.kind, said)
        if not isinstance(text, str) or not (text.strip() or "passage" in values):
            return self.refusal(place, "experts.no-text", "there is no text")
        if answer is None:
            return self.other_kind(place, repr(said)[:60])
        if wrong:
            shown = repr(values[wrong[0]])[:60]
            reason = f"{shown} cannot be {wrong[0]!r}: it must be {_WANTED[wrong[0]]}"
            return self.refusal(place, "experts.value", reason)
        if "seconds" in values:
            values["seconds"] = float(str(values["seconds"]))
        if isinstance(order := values.get("order_shown"), list):
            values["order_shown"] = tuple(order)
        base: dict[str, object] = {"source": self.source, "place": place, "labels": ()}
        return Imported(text=text, **(base | answer | values))  # type: ignore[arg-type]  # checked above

    def other_kind(self, place: str, what: str) -> Refusal:
        """Refuse an answer that is something else than the task asks for."""
        if self.kind in CHOICES[:2]:
            reason = f"{what}: this is no choice of labels"
            return self.refusal(place, "experts.not-a-choice", reason)
        reason = f"{what}: this is no answer of the kind `{self.kind}`"
        return self.refusal(place, "experts.other-kind", reason)


_WANTED = {
    "annotator": "a name",
    "at": "a time in ISO 8601",
    "seconds": "a number of at least 0, with a decimal point",
    "reason": "text",
    "passage": "a digest, sha256:…",
    "guideline": "a digest, sha256:…",
    "suggestion_shown": "true or false",
    "source": "text",
    "outcome": "unknown, bad-question or withdrawn",
    "note": "text",
    "key": "a key of at most 200 characters",
    "order_shown": "a list of numbers of options",
}
_OUTCOMES = ("unknown", "bad-question", "withdrawn")
_FOUND = ("item", "question", "options", "draft")  # checked where they were found


def _fits(key: str, value: object) -> bool:
    if key in _FOUND or isinstance(value, bool):
        return key in (*_FOUND, "suggestion_shown")
    if isinstance(value, list):
        return key == "order_shown" and None not in map(whole, value)
    if isinstance(value, int | float):
        return key == "seconds" and 0 <= value < _FOREVER
    return isinstance(value, str) and _TESTS.get(key, bool)(value)


def is_digest(value: str) -> bool:
    """Tell whether a text has the form of a digest."""
    return _DIGEST.fullmatch(value) is not None


def _is_time(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _never(_: str) -> bool:
    return False


_TESTS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "at": _is_time,
        "passage": is_digest,
        "guideline": is_digest,
        "seconds": _never,
        "suggestion_shown": _never,
        "order_shown": _never,
        "outcome": _OUTCOMES.__contains__,
        "key": lambda value: len(value) <= 200,
    }
)
