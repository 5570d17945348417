# SPDX-License-Identifier: Apache-2.0
"""Settled answers become a frozen dataset."""

from maalem.app.workspace import Workspace
from maalem.dataset import (
    find_leaks,
    freeze as write_dataset,
    leave_out,
    refuse_leakage,
    to_examples,
)
from maalem.experts import settle
from maalem.records import Annotation, Dataset, Item


