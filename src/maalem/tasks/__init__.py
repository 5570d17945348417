# SPDX-License-Identifier: Apache-2.0
"""Passages become questions worth an expert's time."""

from maalem.tasks.definition import Gate, TaskDefinition
from maalem.tasks.files import load_task, parse_task, write_task
from maalem.tasks.items import item_id, make_items
from maalem.tasks.labels import LabelDefinition

__all__ = [
    "Gate",
    "LabelDefinition",
    "TaskDefinition",
    "item_id",
    "load_task",
    "make_items",
    "parse_task",
    "write_task",
]
