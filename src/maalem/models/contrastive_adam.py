# SPDX-License-Identifier: Apache-2.0
"""The optimiser, with its moments where they can be saved.

torch has the same one, but its first step imports the compiler: a second for nothing.
"""

from collections.abc import Mapping

import torch

FIRST, SECOND = 0.9, 0.999  # decay of the moments
EPSILON = 1e-8
DECAY = 0.01  # of the weights, at a rate of 1


class Adam:
    """AdamW over named tensors.

    Attributes:
        steps: Steps done.
    """

    def __init__(self, tensors: Mapping[str, torch.Tensor]) -> None:
        self._tensors = dict(tensors)
        self._first = {name: torch.zeros_like(t) for name, t in tensors.items()}
        self._second = {name: torch.zeros_like(t) for name, t in tensors.items()}
        self.steps = 0

    def step(self, rate: float) -> None:
        """Move every tensor by its gradient, and forget the gradient.

        Source:
            Loshchilov and Hutter (2019), "Decoupled Weight Decay Regularization",
            algorithm 2.
        """
        self.steps += 1
        first_bias = 1.0 - FIRST**self.steps
        second_bias = 1.0 - SECOND**self.steps
        with torch.no_grad():
            for name, tensor in self._tensors.items():
                slope = tensor.grad
                if slope is None:
                    continue
                first, second = self._first[name], self._second[name]
                first.lerp_(slope, 1.0 - FIRST)
                second.mul_(SECOND).addcmul_(slope, slope, value=1.0 - SECOND)
                spread = (second.sqrt() / second_bias**0.5).add_(EPSILON)
                tensor.mul_(1.0 - rate * DECAY)
                tensor.addcdiv_(first, spread, value=-rate / first_bias)
                tensor.grad = None

    def saved(self) -> dict[str, torch.Tensor]:
        """Give the moments under names to save them by."""
        return {
            f"{kind}.{name}": moment
            for kind, moments in (("first", self._first), ("second", self._second))
            for name, moment in moments.items()
        }

    def restore(self, saved: Mapping[str, torch.Tensor], *, steps: int) -> None:
        """Take moments back."""
        for name in self._tensors:
            self._first[name].copy_(saved[f"first.{name}"])
            self._second[name].copy_(saved[f"second.{name}"])
        self.steps = steps
