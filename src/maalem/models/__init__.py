# SPDX-License-Identifier: Apache-2.0
"""What can be taught and how it answers; the only place with tensors.

This file imports nothing heavy. What needs numpy or torch is imported from the module
that holds it: `bases`, `encoder`, `weights`, `prune`, `quick`, `baselines`, `classify`.
"""

from maalem.models.protocol import ModelKind, Predictor, Progress, Recipe
from maalem.models.registry import kind_named

__all__ = ["ModelKind", "Predictor", "Progress", "Recipe", "kind_named"]
