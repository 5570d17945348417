# SPDX-License-Identifier: Apache-2.0
"""How much each key asks for, held to what it may, before its request is read."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache, partial
from types import MappingProxyType

from maalem.serving.allowances import Allowance
from maalem.serving.buckets import MINUTE, Taken, seconds, settle, take
from maalem.serving.calls import Call
from maalem.serving.counters import Counters, Used
from maalem.serving.occurrences import SHADOW, Occurrence
from maalem.serving.refusals import RequestError

_DAY = 86_400.0
_NO_RETRY = MappingProxyType({"x-should-retry": "false"})
"""Tells clients of OpenAI that the next seconds change nothing."""


class Limits:
    """Holds callers to their allowances; all processes of a gateway count together.

    Requests are counted before the body is read. Texts are counted where a door says
    how many there are before it answers them; what it did not say is counted
    afterwards, so that such a key exceeds by what was under way and no more. Tokens
    are known afterwards only.
    """

    def __init__(self, counters: Counters, *, clock: Callable[[], float]) -> None:
        self._counters = counters
        self._clock = clock
        self._under_way: dict[str, tuple[Allowance, int]] = {}

    def admit(self, call: Call) -> None:
        """Count a request, or refuse it.

        Raises:
            RequestError: Its key has asked too often, or its month is used up.
        """
        if call.caller is None:
            return
        allowed, now = call.caller.allowance, self._clock()
        self._under_way[call.id] = allowed, 0
        call.spend = partial(self._spend, call)
        if not allowed.counts_requests:
            return

        def count(used: Used) -> Taken | None:
            _begin_month(used, now)
            used.last = now
            _refuse_spent(used, allowed, now)
            if not allowed.requests_per_minute:
                return None
            taken = take(
                used.requests_full, 1, per_minute=allowed.requests_per_minute, now=now
            )
            used.requests_full = taken.full_at
            return taken

        taken = self._counters.change(call.caller.id, count)
        if taken is not None:
            per_minute = allowed.requests_per_minute or 0
            _tell(call, "requests", taken, per_minute=per_minute, now=now)

    def hear(self, told: Occurrence) -> None:
        """Count what a request turned out to be; what was not answered comes back."""
        allowed, spent = self._under_way.pop(told.request, (None, 0))
        if allowed is None or told.arm == SHADOW:
            return
        tokens = (told.tokens_in or 0) + (told.tokens_out or 0)
        answered = max(spent, len(told.decisions)) if told.status < 400 else 0
        more, now = answered - spent, self._clock()
        if not more and not tokens:
            return

        def count(used: Used) -> None:
            _begin_month(used, now)
            used.last = now
            used.texts = max(0, used.texts + more)
            used.tokens += tokens
            if allowed.texts_per_minute:
                per_minute = allowed.texts_per_minute
                used.texts_full = settle(
                    used.texts_full, more, per_minute=per_minute, now=now
                )

        self._counters.change(told.caller, count)

    def _spend(self, call: Call, texts: int) -> None:
        """Count texts that are about to be answered, or refuse them."""
        allowed, spent = self._under_way[call.id]
        per_minute = allowed.texts_per_minute or 0
        if 0 < per_minute < texts:
            raise RequestError(
                f"this key may send {per_minute} texts a minute, and here are {texts}",
                status=413,
                hint=f"send at most {per_minute} at once",
                code="gateway.too-many-texts",
            )
        now = self._clock()

        def count(used: Used) -> Taken | None:
            _begin_month(used, now)
            _refuse_beyond(used, allowed, texts, now=now)
            taken = None
            if per_minute:
                taken = take(used.texts_full, texts, per_minute=per_minute, now=now)
                used.texts_full = taken.full_at
            used.texts += 0 if taken and taken.wait else texts
            return taken

        if call.caller is None:
            return
        taken = self._counters.change(call.caller.id, count)
        if taken is not None:
            _tell(call, "texts", taken, per_minute=per_minute, now=now)
        self._under_way[call.id] = allowed, spent + texts


def _tell(call: Call, what: str, taken: Taken, *, per_minute: int, now: float) -> None:
    """Write into a reply how much is left, as OpenAI does; refuse where nothing is.

    Source:
        OpenAI API, "Rate limits", headers.
    """
    call.reply_headers |= {
        f"x-ratelimit-limit-{what}": str(per_minute),
        f"x-ratelimit-remaining-{what}": str(taken.left),
        f"x-ratelimit-reset-{what}": duration(max(0.0, taken.full_at - now)),
    }
    if taken.wait:
        raise RequestError(
            f"this key may send {per_minute} {what} a minute",
            status=429,
            hint=f"ask again in {seconds(taken.wait)} s",
            code="gateway.rate",
            headers={"retry-after": str(seconds(taken.wait))},
        )


def duration(length: float) -> str:
    """Write a duration as OpenAI does.

    Examples:
        >>> duration(0.25), duration(6.5), duration(360.0)
        ('250ms', '6.5s', '6m0s')
    """
    if length < 1.0:
        return f"{math.ceil(length * 1000)}ms"
    minutes, rest = divmod(length, MINUTE)
    shown = f"{math.ceil(rest * 10) / 10:g}s"
    return f"{int(minutes)}m{shown}" if minutes else shown


def month_of(now: float) -> int:
    """Number the month of a time, in UTC."""
    return _month_of_day(int(now // _DAY))


@lru_cache(maxsize=8)
def _month_of_day(number: int) -> int:
    day = datetime.fromtimestamp(number * _DAY, UTC)
    return 12 * day.year + day.month - 1


def _begin_month(used: Used, now: float) -> None:
    month = month_of(now)
    if used.month < month:
        used.month, used.texts, used.tokens = month, 0, 0


def _refuse_spent(used: Used, allowed: Allowance, now: float) -> None:
    """Refuse a key whose month is used up."""
    _refuse_beyond(used, allowed, 1, now=now)
    if allowed.tokens_per_month and used.tokens >= allowed.tokens_per_month:
        raise _budget(f"{allowed.tokens_per_month} tokens", 0, now=now)


def _refuse_beyond(used: Used, allowed: Allowance, texts: int, *, now: float) -> None:
    """Refuse texts that are more than is left of the month."""
    most = allowed.texts_per_month or 0
    if most and used.texts + texts > most:
        raise _budget(f"{most} texts", max(0, most - used.texts), now=now)


def _budget(what: str, left: int, *, now: float) -> RequestError:
    year, month = divmod(month_of(now) + 1, 12)
    rest = datetime(year, month + 1, 1, tzinfo=UTC).timestamp() - now
    return RequestError(
        f"this key may ask for {what} a month, and {left} are left",
        status=429,
        hint="an owner of the project can allow it more",
        code="gateway.budget",
        headers={**_NO_RETRY, "retry-after": str(seconds(rest))},
    )
