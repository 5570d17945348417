# SPDX-License-Identifier: Apache-2.0
"""Runs a job to its end, in a process of its own, and keeps the record of it."""

from maalem.training.protocol import Engine, Job
from maalem.training.registry import engine_named

__all__ = ["Engine", "Job", "engine_named"]
