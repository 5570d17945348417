# SPDX-License-Identifier: Apache-2.0
"""Texts of many requests are answered together, by one thread, from a bounded queue."""

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeAlias

from maalem.errors import EngineError, MaalemError, boundary
from maalem.models import Predictor
from maalem.records import LabelScores
from maalem.serving.refusals import RequestError
from maalem.serving.settings import GatewaySettings

Model: TypeAlias = Predictor[LabelScores]
Answers: TypeAlias = Sequence[LabelScores]

SPARE = 256
"""How many may wait until no caller does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """The texts of one request, and who waits for their answers."""

    model: Model
    texts: tuple[str, ...]
    told: Future[Answers] = field(default_factory=Future)


class Batcher:
    """Answers in one thread; models need not be safe for several.

    A request alone is answered at once. Where several wait, they wait a little longer
    for more to join them, and what came while a batch was computed is the next one.
    The encoder sorts a batch by its length in tokens, so that little of it is padding.
    """

    def __init__(self, settings: GatewaySettings) -> None:
        self._most = settings.most_waiting
        self._size = settings.batch_size
        self._wait = settings.wait_milliseconds / 1000.0
        self._jobs: deque[_Job] = deque()
        self._spare: deque[_Job] = deque()
        self._waiting = 0
        self._is_closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="answers", daemon=True)
        self._thread.start()

    def submit(self, model: Model, texts: Sequence[str]) -> Future[Answers]:
        """Have texts answered; the answers come in their order.

        A future that is cancelled before its turn costs nothing.

        Raises:
            RequestError: The queue is full, or the gateway is closing.
        """
        job = _Job(model=model, texts=tuple(texts))
        with self._changed:
            if self._is_closing:
                raise RequestError(
                    "the gateway is closing", status=503, code="gateway.closing"
                )
            if self._waiting + len(job.texts) > self._most:
                raise RequestError(
                    f"{self._waiting} texts wait already",
                    status=429,
                    hint="ask again in a second, and send fewer at once",
                    code="gateway.full",
                    headers={"retry-after": "1"},
                )
            self._jobs.append(job)
            self._waiting += len(job.texts)
            self._changed.notify()
        return job.told

    def find_time(self, model: Model, texts: Sequence[str]) -> Future[Answers] | None:
        """Have texts answered whenever no caller waits; none where too many wait so.

        They are never answered together with others, so that a caller who comes
        meanwhile waits for no more than these. What waits at the end is cancelled.
        """
        job = _Job(model=model, texts=tuple(texts))
        with self._changed:
            if self._is_closing or len(self._spare) >= SPARE:
                return None
            self._spare.append(job)
            self._changed.notify()
        return job.told

    def close(self) -> None:
        """Answer what waits and take no more."""
        with self._changed:
            self._is_closing = True
            dropped, self._spare = self._spare, deque()
            self._changed.notify()
        for job in dropped:
            job.told.cancel()
        self._thread.join()

    def _work(self) -> None:
        while batch := self._next():
            self._answer([job for job in batch if _begins(job)])

    def _next(self) -> list[_Job]:
        """Wait for work and take the next batch; an empty one is the end."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._jobs or self._spare or self._is_closing
            )
            if not self._jobs and self._spare:
                return [self._spare.popleft()]
            if len(self._jobs) > 1 and self._waiting < self._size:
                self._changed.wait_for(
                    lambda: self._waiting >= self._size or self._is_closing,
                    timeout=self._wait,
                )
            return self._taken()

    def _taken(self) -> list[_Job]:
        """Take what goes into one batch: the first job, and others of its model."""
        batch: list[_Job] = []
        left: deque[_Job] = deque()
        room = self._size
        for job in self._jobs:
            is_first = not batch
            fits = is_first or (job.model is batch[0].model and len(job.texts) <= room)
            (batch if fits else left).append(job)
            room -= len(job.texts) if fits else 0
        self._jobs = left
        self._waiting -= sum(len(job.texts) for job in batch)
        return batch

    def _answer(self, batch: list[_Job]) -> None:
        """Answer a batch; where it fails, each of its requests by itself."""
        texts = [text for job in batch for text in job.texts]
        if not texts:
            return
        try:
            with boundary(EngineError, "answer"):
                answers = batch[0].model.predict(texts)
        except MaalemError as failure:
            if len(batch) == 1:
                batch[0].told.set_exception(failure)
                return
            for job in batch:
                self._answer([job])
            return
        first = 0
        for job in batch:
            job.told.set_result(answers[first : first + len(job.texts)])
            first += len(job.texts)


def _begins(job: _Job) -> bool:
    """Tell whether somebody still waits; from here on nobody can take it back."""
    return job.told.set_running_or_notify_cancel()
