# SPDX-License-Identifier: Apache-2.0
"""What answers for each task, and why a release may not."""

from maalem.errors import MaalemError
from maalem.serving.answering import Served
from maalem.serving.calls import Call
from maalem.serving.refusals import RequestError


class Models:
    """The releases that answer, by the names of their tasks.

    Attributes:
        served: The release that answers for each task.
        refused: Why a release may not answer, by its name.
    """

    def __init__(self) -> None:
        self.served: dict[str, Served] = {}
        self.refused: dict[str, MaalemError] = {}

    def serve(self, served: Served) -> None:
        """Let a release answer for its task."""
        self.served[served.opened.release.task] = served

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
        caller = call.caller
        return {
            task: self.served[task]
            for task in sorted(self.served)
            if caller is None or caller.may_ask(task)
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
