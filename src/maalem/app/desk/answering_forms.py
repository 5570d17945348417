# SPDX-License-Identifier: Apache-2.0
"""What the HTTP API of the cards takes and gives, as its description says it."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

from maalem.app.desk.answering import Sent
from maalem.records import Span

_LONGEST = 100_000  # code points of any text; shorter limits say what they refuse


def _whole(value: object) -> object:
    """Give 5 for 5.0: JSON knows one kind of number, and a schema takes both."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


Whole = Annotated[StrictInt, BeforeValidator(_whole)]
Name = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=_LONGEST)]
ItemId = Annotated[str, Field(max_length=80)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)  # a later version may tell more


class ClaimForm(_Form):
    """A request for cards."""

    most: Whole = Field(5, ge=1, le=20, description="Cards to give at most.")
    held: list[ItemId] = Field(
        [], max_length=100, description="Items of cards that the caller has already."
    )


class SpanForm(_Form):
    """A part of the text; offsets count code points."""

    start: Whole
    end: Whole
    quote: Text


class AnswerForm(_Form):
    """An answer: the part that the task asks for, or an outcome."""

    key: UUID = Field(description="Made by the caller, one for each answer.")
    item: ItemId
    seconds: float | None = Field(None, ge=0, le=86_400, allow_inf_nan=False)
    labels: list[Name] | None = Field(None, max_length=1_000)
    text: Text | None = None
    spans: list[SpanForm] | None = Field(None, max_length=1_000)
    ratings: dict[Name, Whole] | None = Field(None, max_length=100)
    ranking: list[Whole] | None = Field(None, max_length=100)
    outcome: Literal["unknown", "bad-question"] | None = None
    reason: Text | None = None
    note: Text | None = None

    def to_sent(self) -> Sent:
        """Give it as the rules of answering take it."""
        spans = self.spans
        return Sent(
            key=str(self.key),
            seconds=self.seconds,
            labels=None if self.labels is None else tuple(self.labels),
            text=self.text,
            spans=None
            if spans is None
            else tuple(Span(**one.model_dump()) for one in spans),
            ratings=self.ratings,
            ranking=None if self.ranking is None else tuple(self.ranking),
            outcome=self.outcome,
            reason=self.reason,
            note=self.note,
        )


class WithdrawForm(_Form):
    """A request to take an answer back."""

    key: UUID = Field(description="Made by the caller for this deed.")
    of: UUID = Field(description="Key of the answer.")


class SkipForm(_Form):
    """Word that a card is put off; sent twice it is one."""

    key: UUID = Field(description="Made by the caller for this deed.")
    item: ItemId


class ReadForm(_Form):
    """Word that a guideline was read."""

    version: ItemId


class GoldForm(_Form):
    """An item whose answer is known."""

    item: ItemId
    labels: list[Name] = Field(max_length=100, description="Empty withdraws the card.")


class SuggestionView(_View):
    """What a model would answer."""

    labels: list[str]
    probability: float


class CardView(_View):
    """One card."""

    item: str
    text: str
    language: str
    question: str | None
    options: list[str] = Field(description="In the order in which they are shown.")
    draft: str | None
    suggestion: SuggestionView | None
    source: str | None
    date: str | None
    expires: float = Field(description="Seconds since 1970.")


class HandView(_View):
    """Cards, and what is left."""

    cards: list[CardView]
    left: int = Field(description="Cards in front of the caller; 1000 is that or more.")
    state: Literal["cards", "empty", "unqualified", "paused"]
    opens: float | None = Field(description="When a trial opens; seconds since 1970.")


class ReceiptView(_View):
    """That an answer is kept."""

    id: str
    duplicate: bool
    left: int
    answered_today: int
    effect: str | None


class ItemView(_View):
    """An item that may be asked again."""

    item: str


class ContextView(_View):
    """The document around a passage."""

    before: str
    text: str
    after: str
    source: str
    title: str


class AnsweredView(_View):
    """One of the caller's last answers."""

    key: str | None
    item: str
    text: str = Field(description="The text that was asked about.")
    labels: list[str]
    written: str | None = Field(description="The answer as written or corrected.")
    spans: list[SpanForm]
    ratings: dict[str, int]
    ranking: list[int] = Field(description="Places as shown, the best first.")
    outcome: str | None
    reason: str | None
    note: str | None
    at: str | None
    card: CardView | None = Field(description="The card, as it was shown.")


class LabelView(_View):
    """A label; those that are the parent of another are no answers."""

    name: str
    shown: str
    description: str
    examples: list[str]
    parent: str | None
    critical: bool


class CriterionView(_View):
    """A question of a rubric."""

    name: str
    shown: str
    description: str
    lowest: int
    highest: int


class TrialView(_View):
    """The cards that the caller is to qualify on."""

    language: str
    cards: int
    answered: int


class TaskView(_View):
    """A task as its experts see it, in the caller's language."""

    task: str
    title: str
    answer: str
    guideline: str
    guideline_version: str
    has_read: bool
    labels: list[LabelView]
    criteria: list[CriterionView]
    qualification: TrialView | None
    left: int
    answered: int
    answered_today: int


class TaskLine(_View):
    """A task in the list of tasks."""

    task: str
    title: str
    answer: str
    left: int
    answered: int
    answered_today: int


class TaskList(_View):
    """The caller's tasks."""

    tasks: list[TaskLine]
