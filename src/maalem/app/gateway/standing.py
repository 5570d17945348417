# SPDX-License-Identifier: Apache-2.0
"""What a gateway answers with, and what it may not, as people are told."""

from dataclasses import dataclass
from typing import Self

from maalem.app.screen import Screen
from maalem.serving.application import Gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What answers for each task, and why a release may not.

    Attributes:
        models: Name of the release that answers for each task, and how it was proved.
        refused: Code and sentences of the refusal of each release that may not answer.
    """

    models: dict[str, tuple[str, str]]
    refused: dict[str, tuple[str, tuple[str, ...]]]

    @classmethod
    def of(cls, gateway: Gateway) -> Self:
        """Tell it of a gateway."""
        models = {}
        for task, one in gateway.models.served.items():
            proof = "its probes were repeated" if one.is_proven else "it has no probes"
            models[task] = one.opened.name, proof
        refused = {}
        for name, why in gateway.models.refused.items():
            lines = [f"  {name} does not answer: {why.message}: {why.why}"]
            lines += [f"    try: {why.hint}"] if why.hint else []
            refused[name] = why.code, tuple(lines)
        return cls(models=models, refused=refused)

    def show(self, screen: Screen) -> dict[str, dict[str, str]]:
        """Show it, and give it as JSON."""
        for _, lines in self.refused.values():
            for line in lines:
                screen.say(line)
        for task, (name, proof) in self.models.items():
            screen.show(f"  the model {task} is {name}; {proof}")
        return {
            "models": {task: name for task, (name, _) in self.models.items()},
            "refused": {name: code for name, (code, _) in self.refused.items()},
        }
