# SPDX-License-Identifier: Apache-2.0
"""What the page of live traffic shows: numbers with their intervals, or none."""

from dataclasses import dataclass

from maalem.app.desk.traffic_period import Period
from maalem.records import Estimate

LEVEL = 0.95
"""Confidence level of the intervals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Requests of an hour or a day.

    Attributes:
        start: When it begins, in seconds since 1970.
        answered: Requests that were answered.
        refused: Requests that were refused.
    """

    start: int
    answered: int
    refused: int

    @property
    def requests(self) -> int:
        """All of them."""
        return self.answered + self.refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """Requests that were refused for one reason.

    Attributes:
        code: Code of the reason; empty where none was noted.
        status: HTTP status.
        requests: How many.
    """

    code: str
    status: int
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long answers took, in seconds; none where nothing was answered.

    Attributes:
        p50: Half of the answers took at most so long.
        p95: 95 of 100 did.
        p99: 99 of 100 did.
        count: Answers.
    """

    p50: float | None
    p95: float | None
    p99: float | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What the exam of a release let its owner expect.

    Attributes:
        release: Name of the release.
        alone: Share of its exam that it may decide without a person.
        accepted_error: Highest error that the owner accepts among those.
        has_probes: Whether the gateway serves it only after its probes were repeated.
    """

    release: str
    alone: Estimate
    accepted_error: float | None
    has_probes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """A model that answered, beside what was promised of it.

    Attributes:
        model: Digest of the model, or `NAME@UPSTREAM`.
        arm: `champion`, `canary` or `shadow`.
        requests: Requests that it answered.
        texts: Texts that it decided.
        alone: Share of the texts that it decided without a person.
        p50: Seconds that half of its answers took at most; none where not known.
        promise: What was promised; none of a model that is no release of ours.
    """

    model: str
    arm: str
    requests: int
    texts: int
    alone: Estimate
    p50: float | None
    promise: Promise | None

    @property
    def standing(self) -> str:
        """How the share stands to the promise, where the intervals tell.

        `kept`, `below` or `above`; `unknown` where either has no interval.
        """
        promised = self.promise.alone if self.promise else None
        if promised is None or promised.low is None or promised.high is None:
            return "unknown"
        if self.alone.low is None or self.alone.high is None:
            return "unknown"
        if self.alone.high < promised.low:
            return "below"
        return "above" if self.alone.low > promised.high else "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The random sample of automatic answers that experts answer too.

    Attributes:
        drawn: Answers that were drawn.
        answered: Of these, how many an expert has answered.
        wrong: Of these, how many were wrong.
        error: The error among all automatic answers, weighted by how they were drawn;
            its interval holds however often somebody looks.
        accepted_error: What the owner accepts; none where nothing is promised.
    """

    drawn: int
    answered: int
    wrong: int
    error: Estimate
    accepted_error: float | None

    @property
    def standing(self) -> str:
        """`kept`, `broken` or, where the interval holds both, `open`."""
        low, high, accepted = self.error.low, self.error.high, self.accepted_error
        if low is None or high is None or accepted is None:
            return "unknown"
        if high <= accepted:
            return "kept"
        return "broken" if low > accepted else "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """What people said of the answers.

    Attributes:
        given: Corrections and confirmations that came back.
        wrong: Of these, how many said that the answer was wrong.
        cases: Texts that a person must decide, equal ones once.
        open: Questions from the gateway that wait for experts now.
    """

    given: int
    wrong: int
    cases: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """The live traffic of a task.

    Attributes:
        task: Name of the task.
        period: How far back it looks.
        now: When it was counted, in seconds since 1970.
        slots: The bars of the picture, the earliest first.
        texts: Texts that were decided.
        alone: Share of them that was decided without a person.
        latency: How long answers took.
        refusals: Refused requests by reason, the commonest first.
        answering: The models that answered, who answered most first.
        audit: What the audit found.
        corrections: What people said.
    """

    task: str
    period: Period
    now: float
    slots: tuple[Slot, ...]
    texts: int
    alone: Estimate
    latency: Latency
    refusals: tuple[Refusals, ...]
    answering: tuple[Answering, ...]
    audit: Audit
    corrections: Corrections

    @property
    def requests(self) -> int:
        """Requests of the period."""
        return sum(one.requests for one in self.slots)

    @property
    def refused(self) -> int:
        """Of these, how many were refused."""
        return sum(one.refused for one in self.slots)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTraffic:
    """A task in the list.

    Attributes:
        name: Name of the task; empty for requests that reached no model.
        requests: Requests of the last day.
        refused: Of these, how many were refused.
        last: When the last request came, in seconds since 1970; none if never.
    """

    name: str
    requests: int
    refused: int
    last: float | None
