# SPDX-License-Identifier: Apache-2.0
"""What is kept of one request: its row, and one for each text, spared as is asked."""

import hashlib
import logging
from collections.abc import Callable, Iterable
from typing import TypeAlias

from maalem.errors import EngineError, boundary
from maalem.serving.occurrences import Decision, Occurrence
from maalem.serving.traffic.counting import Counts, Named, count, countable
from maalem.serving.traffic.settings import TrafficSettings

logger = logging.getLogger(__name__)

LONGEST = 20_000
"""Code points of a text that is kept; looking for personal data in longer ones would
hold up those that come after."""

Redact: TypeAlias = Callable[[str], str]
"""Gives a text without the personal data that can be found in it; it may be slow."""
Row: TypeAlias = tuple[str | float | None, ...]

REQUEST = """
INSERT OR IGNORE INTO request (
    id, at, seconds, operation, path, caller, task, "release", model, threshold, arm,
    status, code, tokens_in, tokens_out, texts, automatic, has_texts
) VALUES """
DECISION = """
INSERT OR IGNORE INTO decision (
    request, place, label, probability, reason, text, digest
) VALUES """


def is_kept(told: Occurrence) -> bool:
    """Tell whether a request gets a row: asking whether all is well gets none.

    It is counted all the same, and has a row where it is refused.
    """
    return told.operation != "read" or bool(told.code)


class Rows:
    """Makes of what happened what is kept of it.

    Attributes:
        spoiled: Texts that were not kept since they could not be redacted.
    """

    def __init__(
        self, settings: TrafficSettings, *, redact: Redact, named: Named
    ) -> None:
        """Take what is needed to make them.

        Args:
            settings: What is kept.
            redact: Spares a text.
            named: Gives the names of releases.
        """
        self._settings = settings
        self._redact = redact
        self._named = named
        self.spoiled = 0

    def counts_of(self, several: Iterable[Occurrence]) -> Counts:
        """Give what some requests add to the counters."""
        return count(several, named=self._named)

    def of_request(self, told: Occurrence) -> Row:
        """Give the row of a request."""
        labelled = [one for one in told.decisions if one.label]
        return (
            told.request,
            told.at,
            told.seconds,
            told.operation,
            told.path,
            told.caller if self._settings.keep_callers else "",
            _sound(told.task),
            told.release,
            _sound(told.model),
            told.threshold,
            told.arm,
            told.status,
            told.code,
            countable(told.tokens_in),
            countable(told.tokens_out),
            len(labelled),
            sum(not one.reason for one in labelled),
            bool(told.decisions),
        )

    def of_decisions(self, told: Occurrence) -> list[Row]:
        """Give the rows of its texts."""
        return [self._of_decision(told.request, one) for one in told.decisions]

    def _of_decision(self, request: str, one: Decision) -> Row:
        raw = one.text.encode("utf-8", "surrogatepass")
        return (
            request,
            one.place,
            _sound(one.label),
            one.probability,
            _sound(one.reason),
            self._kept(one.text),
            hashlib.sha256(raw).hexdigest(),
        )

    def _kept(self, text: str) -> str | None:
        """Give what is kept of a text; nothing if it cannot be spared."""
        if self._settings.texts == "none" or len(text) > LONGEST:
            return None
        if self._settings.texts == "whole":
            return _sound(text)
        try:
            with boundary(EngineError, "redact a text"):
                return _sound(self._redact(text))
        except EngineError as error:
            self.spoiled += 1
            cause = type(error.__cause__).__name__
            logger.error("a text could not be redacted: %s", cause)  # noqa: TRY400  # a trace may hold the text
            return None


def _sound(text: str) -> str:
    """Give a text that can be written, whatever an upstream has said."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
