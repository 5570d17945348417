# SPDX-License-Identifier: Apache-2.0
"""One request on its way through the gateway, and the doors that answer one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from maalem.serving.keys import Caller
from maalem.serving.occurrences import CHAMPION, Decision, Occurrence
from maalem.serving.refusals import Form
from maalem.serving.wire import Head, Reply, Streamed

Gate: TypeAlias = Callable[["Call"], None]
"""Is asked of each call whose key was checked, before its body is read; it returns at
once, or refuses with a `RequestError`."""


def _free(_texts: int) -> None:
    """Count nothing."""


def _stay() -> None:
    """Make no room; none was taken."""


@dataclass(slots=True, kw_only=True)
class Call:
    """One request: what it is, and what is learned of it on the way.

    Attributes:
        id: Its `x-request-id`.
        at: When it came, in seconds since 1970.
        method: `GET` or another.
        path: As sent, without the query.
        headers: By lower-case name.
        caller: Whose key it is; none at an open door.
        raw: The body.
        variable: What stands in the path where its template has `{…}`.
        task: The model asked for, once one of that name was found.
        release: Digest of the release that answers.
        model: Digest of its model, or `NAME@UPSTREAM`.
        threshold: What the answers are held to.
        arm: Which of the task's models answers.
        tokens_in: Tokens read, where known.
        tokens_out: Tokens written, where known.
        decisions: What was said of each text.
        operation: What is done, where it is not what the door does.
        code: Code of a refusal whose reply says 200, as its protocol wants it.
        reply_headers: Headers of the reply, whatever it is.
        spend: A door tells it how many texts it is about to answer; it refuses those
            that are beyond what the key may ask for.
        leave: Makes room for others, once it is over.
    """

    id: str
    at: float
    method: str
    path: str
    headers: Head
    caller: Caller | None = None
    raw: bytes = b""
    variable: str = ""
    task: str = ""
    release: str = ""
    model: str = ""
    threshold: float | None = None
    arm: str = CHAMPION
    tokens_in: int | None = None
    tokens_out: int | None = None
    decisions: tuple[Decision, ...] = ()
    operation: str = ""
    code: str = ""
    reply_headers: dict[str, str] = field(default_factory=dict)
    spend: Callable[[int], None] = _free
    leave: Callable[[], None] = _stay

    def may_ask(self, task: str) -> bool:
        """Tell whether the caller's key may ask for a task."""
        return self.caller is None or self.caller.may_ask(task)

    def refuse_task(self, task: str) -> None:
        """Refuse a task that the caller's key may not ask for.

        Raises:
            RequestError: It may not.
        """
        if self.caller is not None:
            self.caller.refuse_task(task)

    def ended(
        self, door: "Door | None", *, status: int, code: str, now: float
    ) -> Occurrence:
        """Give what happened, once it is over.

        Args:
            door: Who answered, if any door has this path.
            status: HTTP status.
            code: Code of the refusal that was sent; empty where the reply is none.
            now: Seconds since 1970.
        """
        return Occurrence(
            request=self.id,
            at=self.at,
            seconds=max(0.0, now - self.at),
            operation=self.operation or (door.operation if door else ""),
            path=door.path if door else "",
            caller=self.caller.id if self.caller else "",
            task=self.task,
            release=self.release,
            model=self.model,
            threshold=self.threshold,
            arm=self.arm,
            status=status,
            code=code or self.code,
            tokens_in=self.tokens_in,
            tokens_out=self.tokens_out,
            decisions=self.decisions,
            trace=self.headers.get(b"traceparent", b"")[:64].decode("latin-1"),
        )


class Door(Protocol):
    """Answers the requests of one path."""

    @property
    def path(self) -> str:
        """The path; one part of it may be `{…}`, for any text."""
        ...

    @property
    def method(self) -> str:
        """The method it takes."""
        ...

    @property
    def operation(self) -> str:
        """What is done here, as an `Occurrence` says it."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether it asks for no key."""
        ...

    @property
    def scope(self) -> str:
        """What a key must be allowed to do."""
        ...

    @property
    def refuse(self) -> Form:
        """How refusals are written."""
        ...

    async def answer(self, call: Call) -> Reply | Streamed:
        """Answer a call, whose key was checked and whose body was read.

        Raises:
            RequestError: It is refused.
        """
        ...


class Elsewhere(Protocol):
    """Has requests answered by models that are served elsewhere."""

    @property
    def models(self) -> Sequence[str]:
        """Names of all models that are served elsewhere."""
        ...

    def serves(self, model: str, operation: str) -> bool:
        """Tell whether a model of that name is served elsewhere, for an operation."""
        ...

    async def answer(  # noqa: PLR0917  # one deed of four parts, none of them optional
        self, call: Call, body: Mapping[str, Any], operation: str, refuse: Form
    ) -> Reply | Streamed:
        """Have a request answered there.

        Args:
            call: The request; what is learned of it is written into it.
            body: What it asks, as JSON.
            operation: `chat`, `embed`, `rerank` or `classify`.
            refuse: How its protocol writes a refusal.

        Raises:
            RequestError: It is refused, or what serves the model failed.
        """
        ...
