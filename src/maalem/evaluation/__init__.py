# SPDX-License-Identifier: Apache-2.0
"""Is it better, by how much, is that enough, and what may be automated."""

from maalem.evaluation.automation import automation_share
from maalem.evaluation.control import Control, shuffled_control
from maalem.evaluation.decide import decide
from maalem.evaluation.examine import Exam, examine
from maalem.evaluation.intervals import Resampling
from maalem.evaluation.metrics import METRICS

__all__ = [
    "METRICS",
    "Control",
    "Exam",
    "Resampling",
    "automation_share",
    "decide",
    "examine",
    "shuffled_control",
]
