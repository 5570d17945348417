# SPDX-License-Identifier: Apache-2.0
"""Whether a model that is asked for answers here or elsewhere."""

from maalem.serving.application import Gateway
from maalem.serving.asking import Body
from maalem.serving.calls import Call
from maalem.serving.refusals import Form
from maalem.serving.wire import Reply, Streamed


async def answered_elsewhere(
    gateway: Gateway, call: Call, body: Body, *, operation: str, refuse: Form
) -> Reply | Streamed | None:
    """Have a request answered by a model that is served elsewhere, if it names one.

    A release that answers here comes before a model of its name that is elsewhere.

    Args:
        gateway: Whose models are asked.
        call: The request.
        body: What it asks.
        operation: `chat`, `embed` or `rerank`.
        refuse: How its protocol writes a refusal.

    Returns:
        The reply; none where the model answers here or nowhere.
    """
    model, relay = body.get("model"), gateway.relay
    is_here = not isinstance(model, str) or model in gateway.models.served
    if relay is None or is_here or not relay.serves(str(model), operation):
        return None
    return await relay.answer(call, body, operation, refuse)
