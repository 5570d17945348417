# SPDX-License-Identifier: Apache-2.0
"""The quick gear behind a desk: it learns and encodes while experts go on answering."""

import hashlib
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from maalem.models.lean import Learned
from maalem.models.live_curve import Answer, held_out, is_due
from maalem.models.live_encoder import KeptVectors
from maalem.models.live_work import Background
from maalem.models.quick import QuickGear, strength_for
from maalem.models.weights import FloatArray
from maalem.tasks.stopping import CurvePoint

RECONSIDERED = 1.05  # a twentieth more answers move few suggestions
LOOKED_AT = 4000  # candidates to lean on: more cost memory and change nothing
BATCH = 16  # texts encoded at a time: an answer waits 0.2 s behind them at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What the gear would answer.

    Attributes:
        label: The likeliest label.
        probability: How likely it is, in (0, 1].
    """

    label: str
    probability: float


class LiveGear:
    """What the desk holds for a task; any thread may call any method.

    Answers are taken in at once and felt a moment later: one background thread refits,
    and answers that come during a refit are all in the next one. Between refits it
    encodes the candidates, a few at a time, so that the first card need not wait.

    Attributes:
        labels: All labels, in the task's order.
        encoder: Name of what encodes, `hashed` where no base is installed.
    """

    def __init__(
        self, vectors: KeptVectors, labels: Sequence[str], *, seed: int = 0
    ) -> None:
        self.labels = tuple(labels)
        self.encoder = vectors.name
        self._vectors = vectors
        self._seed = seed
        self._gear = QuickGear(vectors, labels)
        self._numbers = {label: number for number, label in enumerate(self.labels)}
        self._answers: dict[str, Answer] = {}
        self._news: dict[str, Answer | None] = {}
        self._waiting: deque[str] = deque()
        self._watched: dict[str, str] = {}
        self._considered = Learned(labels=len(self.labels), known=(), head=None)
        self._considered_at: int | None = 0
        self._curve: tuple[CurvePoint, ...] = ()
        self._lock = threading.Lock()
        self._background = Background(self._step, name="live-gear")

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def watch(self, texts: Sequence[str]) -> None:
        """Encode candidates in the background; those encoded already cost nothing."""
        marks = {text: self._mark(text) for text in texts}
        with self._lock:
            self._watched.update(marks)
            self._waiting.extend(text for text in texts if text not in self._vectors)
        self._background.wake()

    def consider(self) -> None:
        """Think all answers over in the background, for a moment when nobody waits.

        It happens by itself when a twentieth of the answers are new.
        """
        self._considered_at = None
        self._background.wake()

    def learn(
        self,
        text: str,
        label: str,
        *,
        group: str | None = None,
        is_random: bool = False,
    ) -> None:
        """Take in an answer and return at once; the last answer to a text counts.

        Args:
            text: The item's text.
            label: The answer.
            group: The item's group, which the learning curve never divides; the text
                itself where none is given.
            is_random: Whether the item was drawn at random: the curve is judged on
                such items alone, as soon as there is one.

        Raises:
            KeyError: The label is not one of the gear's.
        """
        answer = Answer(
            group=group or text, number=self._numbers[label], is_random=is_random
        )
        with self._lock:
            self._news[text] = answer
        self._background.wake()

    def forget(self, text: str) -> None:
        """Take an answer back; a text that has none is left as it is."""
        with self._lock:
            self._news[text] = None
        self._background.wake()

    def is_ready(self, text: str) -> bool:
        """Tell whether a text has its vector, so that asking about it costs nothing."""
        return text in self._vectors

    def suggestion(self, text: str) -> Suggestion | None:
        """Give the likeliest label, all answers considered.

        Returns:
            None before anything was considered, and while the text has no vector yet: a
            card is not kept waiting for its suggestion.
        """
        if not (self._considered.known and self.is_ready(text)):
            return None
        chances = self.considered([text])[0]
        place = int(np.argmax(chances))
        return Suggestion(label=self.labels[place], probability=float(chances[place]))

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Give the probabilities by the last refit, shape (len(texts), labels).

        They are the ones to choose the next card by. A text without a vector is encoded
        first, and that is waited for.
        """
        return self._gear.chances(self.vectors(texts))

    def considered(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Give the probabilities of the better head, which leans on the candidates.

        It is a little older than that of `probabilities`: see `consider`.
        """
        return self._considered.chances(self.vectors(texts))

    def vectors(self, texts: Sequence[str]) -> FloatArray:
        """Give the vectors, shape (len(texts), dimension); see `probabilities`."""
        return self._vectors.encode(texts)

    def curve(self) -> tuple[CurvePoint, ...]:
        """Give the learning curve so far, for the picture and for `look_ahead`."""
        return self._curve

    def settle(self) -> None:
        """Wait until all answers are learned and all candidates are encoded.

        Raises:
            Exception: Whatever went wrong in the background.
        """
        self._background.settle()

    def close(self) -> None:
        """Finish what is being done, leave the rest, and end the thread."""
        with self._lock:
            self._waiting.clear()
            self._news.clear()
        self._background.close()

    def _step(self) -> bool:
        """Do the next piece of work; tell whether there was one."""
        with self._lock:
            news, self._news = self._news, {}
            count = 0 if news else min(BATCH, len(self._waiting))
            texts = [self._waiting.popleft() for _ in range(count)]
        try:
            if news:
                self._take_in(news)
            elif texts:
                self._vectors.encode(texts)
            elif self._is_stale():
                self._think_over()
            else:
                return False
        except BaseException:
            with self._lock:  # for another try, when the next answer comes
                self._news = {**news, **self._news}
                self._waiting.extendleft(reversed(texts))
            raise
        return True

    def _is_stale(self) -> bool:
        if self._considered_at is None:
            return True
        return len(self._answers) >= max(1.0, self._considered_at * RECONSIDERED)

    def _think_over(self) -> None:
        with self._lock:
            marks = [
                (mark, text)
                for text, mark in self._watched.items()
                if text not in self._answers and text in self._vectors
            ]
        texts = [text for _, text in sorted(marks)[:LOOKED_AT]]
        self._considered = self._gear.leaning_on(self.vectors(texts))
        self._considered_at = len(self._answers)

    def _mark(self, text: str) -> str:
        """Give a text its place in an order that means nothing."""
        whole = f"{self._seed}/{text}".encode("utf-8", "replace")
        return hashlib.sha256(whole).hexdigest()

    def _take_in(self, news: dict[str, Answer | None]) -> None:
        answers = {**self._answers, **news}
        self._answers = {
            text: answer for text, answer in answers.items() if answer is not None
        }
        withdrawn = [text for text, answer in news.items() if answer is None]
        self._gear.forget(withdrawn)
        self._considered_at = None if withdrawn else self._considered_at
        given = {text: a.number for text, a in news.items() if a is not None}
        self._gear.learn(list(given), [self.labels[one] for one in given.values()])
        self._gear.strength = strength_for(len(self._answers))
        self._gear.refit()
        if is_due(self._curve, len(self._answers)):
            point = held_out(
                self.vectors(list(self._answers)),
                list(self._answers.values()),
                strength=self._gear.strength,
                seed=self._seed,
            )
            self._curve += () if point is None else (point,)
