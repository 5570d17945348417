# SPDX-License-Identifier: Apache-2.0
"""Whether a model that is asked for answers here or elsewhere."""

from maalem.serving.application import Gateway
from maalem.serving.asking import Body, read_body
from maalem.serving.calls import Call, Door
from maalem.serving.refusals import Form
from maalem.serving.wire import Reply, Streamed

_FIELDS = ("input", "inputs", "documents", "texts")


async def answered_elsewhere(
    gateway: Gateway, call: Call, body: Body, *, operation: str, refuse: Form
) -> Reply | Streamed | None:
    """Have a request answered by a model that is served elsewhere, if it names one.

    A release that answers here comes before a model of its name that is elsewhere.

    Args:
        gateway: Whose models are asked.
        call: The request.
        body: What it asks.
        operation: `chat`, `embed`, `rerank` or `classify`.
        refuse: How its protocol writes a refusal.

    Returns:
        The reply; none where the model answers here or nowhere.
    """
    model, relay = body.get("model"), gateway.relay
    is_here = not isinstance(model, str) or model in gateway.models.served
    if relay is None or is_here or not relay.serves(str(model), operation):
        return None
    call.refuse_task(str(model))  # before its texts leave
    call.spend(_texts_in(body, operation))
    return await relay.answer(call, body, operation, refuse)


def _texts_in(body: Body, operation: str) -> int:
    """Count the texts of a request; an upstream may read any of its fields.

    A chat is one text, and so is one that came as token numbers; where documents are
    ordered, the query is one more, as it is where they are ordered here.
    """
    if operation == "chat":
        return 1
    count = max(_size(body.get(field)) for field in _FIELDS)
    return count + 1 if operation == "rerank" else count


def _size(given: object) -> int:
    if not isinstance(given, list) or all(type(one) is int for one in given):
        return 1
    return len(given)


class PassingDoor:
    """A door that has models asked elsewhere, and is otherwise another door."""

    def __init__(self, door: Door, gateway: Gateway) -> None:
        self.path = door.path
        self.method = door.method
        self.operation = door.operation
        self.is_open = door.is_open
        self.scope = door.scope
        self.refuse = door.refuse
        self._door = door
        self._gateway = gateway

    async def answer(self, call: Call) -> Reply | Streamed:
        """Answer a call, or have it answered; its body is read once where none can."""
        if self._gateway.relay is not None:
            told = await answered_elsewhere(
                self._gateway,
                call,
                read_body(call.raw),
                operation=self.operation,
                refuse=self.refuse,
            )
            if told is not None:
                return told
        return await self._door.answer(call)
