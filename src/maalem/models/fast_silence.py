# SPDX-License-Identifier: Apache-2.0
"""Imports openvino without its telemetry, which would report every import.

With the package `openvino_telemetry` beside it, `import openvino` writes a client id
into the home folder and sends an event. `None` in `sys.modules` is Python's way to say
that a package is absent, and openvino then takes its own stub.
"""

import sys

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # absent

import openvino  # noqa: E402  # after the line above, or it reports
from openvino import opset15 as ops  # noqa: E402  # the same

__all__ = ["openvino", "ops"]
