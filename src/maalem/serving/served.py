# SPDX-License-Identifier: Apache-2.0
"""What answers for each task, and why a release may not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from maalem.errors import MaalemError
from maalem.serving.answering import Served
from maalem.serving.calls import Call
from maalem.serving.occurrences import CANARY
from maalem.serving.refusals import RequestError


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A release that answers some of the calls for a task.

    Attributes:
        served: The release.
        takes: Tells whether it answers a call.
    """

    served: Served
    takes: Callable[[Call], bool]


class Models:
    """The releases that answer, by the names of their tasks.

    Attributes:
        served: The release that answers for each task.
        canaries: The one that answers some of its calls, where there is one.
        refused: Why a release may not answer, by its name.
    """

    def __init__(self) -> None:
        self.served: dict[str, Served] = {}
        self.canaries: Mapping[str, Canary] = MappingProxyType({})
        self.refused: dict[str, MaalemError] = {}

    def serve(self, served: Served) -> None:
        """Let a release answer for its task."""
        self.served[served.opened.release.task] = served

    def route(
        self, served: Mapping[str, Served], canaries: Mapping[str, Canary]
    ) -> None:
        """Let releases answer from the next call on, each for its task.

        Calls under way are answered by what they were given. A call that comes between
        the two lines below may meet the new canary beside the old champion: either
        answers correctly, and says which it is.
        """
        self.canaries = canaries
        self.served = dict(served)

    def refuse(self, name: str, reason: MaalemError) -> None:
        """Say of a release, such as `system-2`, why it may not answer."""
        self.refused[name] = reason

    def choose(self, task: str, call: Call) -> Served:
        """Give what answers a call for a task, and write into the call which it is.

        Args:
            task: Name of the task; empty where the request names none.
            call: The request.

        Raises:
            RequestError: Nothing answers for it, several might, or the caller's key
                may not ask for it.
        """
        name = task or self._only(call)
        call.refuse_task(name)
        served = self.find(name)
        canary = self.canaries.get(served.opened.release.task)
        if canary is not None and canary.takes(call):
            served, call.arm = canary.served, CANARY
        mark(call, served)
        return served

    def find(self, task: str) -> Served:
        """Give the release that answers for a task.

        Raises:
            RequestError: None does.
        """
        if task in self.served:
            return self.served[task]
        if any(name.rpartition("-")[0] == task for name in self.refused):
            raise RequestError(
                f"the release of the model `{task}` was refused",
                status=503,
                hint="whoever runs the gateway sees why",
                code="gateway.refused",
            )
        error = RequestError(
            f"the model `{task[:200]}` does not exist",
            status=404,
            hint="GET /v1/models names those that do",
            code="gateway.model",
        )
        error.parameter = "model"
        raise error

    def open_to(self, call: Call) -> dict[str, Served]:
        """Give those that a caller may ask for, by task, in order of their names."""
        return {
            task: self.served[task]
            for task in sorted(self.served)
            if call.may_ask(task)
        }

    def _only(self, call: Call) -> str:
        """Name the one task that a caller may ask for, where a request names none.

        Raises:
            RequestError: There are several, or none.
        """
        found = self.open_to(call)
        if len(found) == 1:
            return next(iter(found))
        raise RequestError(
            f"{len(found)} models answer here",
            hint="name one: /models/TASK/predict",
            code="gateway.which-model",
        )


def mark(call: Call, served: Served) -> None:
    """Write into a call which release answers it."""
    opened = served.opened
    call.task = opened.release.task
    call.release, call.model = opened.release.id, opened.checkpoint.id
    call.threshold = opened.threshold
