# SPDX-License-Identifier: Apache-2.0
"""Whose texts may be sent to an upstream."""

from maalem.serving.refusals import RequestError
from maalem.serving.upstream.settings import Upstreams


def refuse_leaving(settings: Upstreams, *, is_outside: bool, task: str) -> None:
    """Refuse to send out of the house what may not leave it.

    Args:
        settings: What may.
        is_outside: Whether it would leave the house.
        task: On behalf of which task; empty where a caller asks by itself.

    Raises:
        RequestError: It may not leave.
    """
    if not is_outside:
        return
    is_allowed = task in settings.may_leave if task else settings.callers_may_send
    if not is_allowed:
        whose = f"the texts of {task}" if task else "what callers send"
        raise RequestError(
            f"{whose} may not leave the house, and this model is outside",
            status=403,
            hint="an owner may allow it under [upstreams]",
            code="gateway.policy",
        )
