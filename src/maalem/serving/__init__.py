# SPDX-License-Identifier: Apache-2.0
"""The gateway: released models answer in open protocols, and prove that they are those.

A task's name is the model's name. This file imports nothing heavy: `opened` loads a
release that verifies, `application` holds the `Gateway`, an ASGI application that
serves it once its probes were repeated.
"""

from maalem.serving.allowances import LimitSettings
from maalem.serving.persons import why_a_person
from maalem.serving.settings import SCOPE, GatewaySettings
from maalem.serving.traffic.settings import TrafficSettings

__all__ = [
    "SCOPE",
    "GatewaySettings",
    "LimitSettings",
    "TrafficSettings",
    "why_a_person",
]
