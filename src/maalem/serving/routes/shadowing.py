# SPDX-License-Identifier: Apache-2.0
"""What a champion was asked is asked of its shadows too, after it has answered."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TypeAlias

from maalem.errors import MaalemError
from maalem.records import LabelScores
from maalem.serving.answering import Served
from maalem.serving.batching import Batcher
from maalem.serving.classifying import decisions_of
from maalem.serving.occurrences import SHADOW, Listener, Occurrence

Shadowed: TypeAlias = Mapping[str, tuple[Served, ...]]
"""The shadows of each task."""

_AT_ONCE = 8  # texts: a caller who comes meanwhile waits for so many at most


class Shadows:
    """Asks shadows at times when no caller waits, and tells what they said.

    Attributes:
        asked: The shadows of each task; whoever changes them puts another in its place.
        dropped: Requests that a shadow was not asked, as too many waited.
        failed: Requests that a shadow could not answer.
    """

    def __init__(
        self, batcher: Batcher, tell: Listener, *, clock: Callable[[], float]
    ) -> None:
        self.asked: Shadowed = MappingProxyType({})
        self.dropped = 0
        self.failed = 0
        self._batcher = batcher
        self._tell = tell
        self._clock = clock
        self._under_way: set[asyncio.Task[None]] = set()

    def hear(self, told: Occurrence) -> None:
        """Ask the shadows what was asked, if a label was answered; a `Listener`."""
        is_answer = told.arm != SHADOW and told.status == 200 and told.release
        # Vectors and rankings are told with their texts too, and have no labels.
        is_labelled = told.decisions and all(one.label for one in told.decisions)
        if not is_answer or not is_labelled:
            return
        for place, served in enumerate(self.asked.get(told.task, ())):
            if served.opened.release.id == told.release:
                continue  # it was brought back as the champion, and has answered
            name = f"{told.request}.shadow{place or ''}"
            begun = replace(told, request=name, at=self._clock())
            task = asyncio.get_running_loop().create_task(self._ask(begun, served))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _ask(self, begun: Occurrence, served: Served) -> None:
        texts = [one.text for one in begun.decisions]
        answers: list[LabelScores] = []
        try:
            for first in range(0, len(texts), _AT_ONCE):
                part = texts[first : first + _AT_ONCE]
                future = self._batcher.find_time(served.opened.model, part)
                if future is None:
                    self.dropped += 1
                    return
                given: Sequence[LabelScores] = await asyncio.wrap_future(future)
                answers += given
        except asyncio.CancelledError:  # the gateway closes
            self.dropped += 1
            raise
        except MaalemError:
            self.failed += 1
            return
        self._tell(self._heard(begun, served, answers))

    def _heard(
        self, begun: Occurrence, served: Served, answers: list[LabelScores]
    ) -> Occurrence:
        opened, texts = served.opened, [one.text for one in begun.decisions]
        given = [served.hold(*pair) for pair in zip(texts, answers, strict=True)]
        return replace(
            begun,
            seconds=max(0.0, self._clock() - begun.at),
            release=opened.release.id,
            model=opened.checkpoint.id,
            threshold=opened.threshold,
            arm=SHADOW,
            tokens_in=None,
            tokens_out=None,
            decisions=decisions_of(texts, given),
        )
