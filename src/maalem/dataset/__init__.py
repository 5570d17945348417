# SPDX-License-Identifier: Apache-2.0
"""Gold answers become a frozen, leak-free dataset with an exam.

What else there is: `splits.split_of` tells where a group belongs, `card.Provenance` is
what a card says beyond the rows, `leaks.Leak` is one row of a refusal, and
`label_words.count_labels` counts labels that stand in texts.
"""

from maalem.dataset.folder import freeze, read_dataset, read_split
from maalem.dataset.leaks import find_leaks, leave_out, refuse_leakage
from maalem.dataset.splits import Shares, to_examples

__all__ = [
    "Shares",
    "find_leaks",
    "freeze",
    "leave_out",
    "read_dataset",
    "read_split",
    "refuse_leakage",
    "to_examples",
]
