# SPDX-License-Identifier: Apache-2.0
"""What every kind of model promises, and the settings that it is taught with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol, TypeVar

from maalem.errors import SettingsError
from maalem.records import Checkpoint, Example

Answer_co = TypeVar("Answer_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Settings of one training run of a classifier.

    Attributes:
        gear: `quick` fits a head on frozen vectors; `full` also tunes the body.
        epochs: Most passes of the body over the teaching split, at least 1.
        learning_rate: Peak step size of the body, in (0, 1).
        batch_size: Texts in a step, at least 2.
        contrast: Temperature of the supervised contrastive loss, in (0, 1].
        strength: Inverse of the head's L2 penalty, above 0; 0 chooses it: by
            cross-validation on the teaching split for a frozen body, 3 for a tuned one.
        max_tokens: Longest input in tokens, in [8, 512].
        validation_share: Part of the teaching split held out, by group, for early
            stopping and temperature, in (0, 0.5].
        patience: Evaluations without progress before the body stops, at least 1.
        precision: `auto` takes bfloat16 where the processor has it; `fp32` never.
        save_every: Steps between two resumable states, at least 1.
    """

    gear: str = "full"
    epochs: int = 1
    learning_rate: float = 2e-4
    batch_size: int = 48
    contrast: float = 0.1
    strength: float = 0.0
    max_tokens: int = 128
    validation_share: float = 0.15
    patience: int = 2
    precision: str = "auto"
    save_every: int = 20

    def __post_init__(self) -> None:
        checks = (
            ("gear", self.gear in ("quick", "full"), "quick or full"),
            ("epochs", self.epochs >= 1, "at least 1"),
            ("learning_rate", 0.0 < self.learning_rate < 1.0, "in (0, 1)"),
            ("batch_size", self.batch_size >= 2, "at least 2"),
            ("contrast", 0.0 < self.contrast <= 1.0, "in (0, 1]"),
            ("strength", self.strength >= 0.0, "0 or more"),
            ("max_tokens", 8 <= self.max_tokens <= 512, "in [8, 512]"),
            ("validation_share", 0.0 < self.validation_share <= 0.5, "in (0, 0.5]"),
            ("patience", self.patience >= 1, "at least 1"),
            ("precision", self.precision in ("auto", "fp32"), "auto or fp32"),
            ("save_every", self.save_every >= 1, "at least 1"),
        )
        for name, holds, wanted in checks:
            if not holds:
                value = getattr(self, name)
                raise SettingsError(f"{name} must be {wanted}, got {value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job is.

    Attributes:
        stage: What is being done, such as `embed`, `tune`, `head`, `save`.
        step: Steps done.
        total: Steps in all, as far as is known.
        loss: Loss of this step, where there is one.
    """

    stage: str
    step: int
    total: int
    loss: float | None = None


class Predictor(Protocol[Answer_co]):
    """A loaded model that answers."""

    def predict(self, inputs: Sequence[str]) -> Sequence[Answer_co]:
        """Answer each input: same length, same order; one at a time gives the same."""
        ...


class ModelKind(Protocol[Answer_co]):
    """A way to teach a model and to load what was taught.

    Attributes:
        name: Name with a version, never reused: old ledgers must replay.
        needs_base: Whether it starts from a base model; others ignore the folder.
    """

    name: ClassVar[str]
    needs_base: ClassVar[bool]

    def fit(  # the design's one signature for teaching
        self,
        base: Path,
        examples: Sequence[Example],
        *,
        labels: Sequence[str],
        recipe: Recipe,
        seed: int,
        into: Path,
    ) -> Iterator[Progress]:
        """Teach, writing only below `into`; the model ends in `into/"checkpoint"`.

        Called again on the same arguments after a kill, it goes on from the last
        saved state and ends with the same bits.

        Args:
            base: Folder of the base model.
            examples: The teaching split, in canonical order.
            labels: All labels, in the task's order.
            recipe: The settings.
            seed: Of every random choice.
            into: Folder of this run.

        Raises:
            DataError: A label has no example, or fewer than two labels have one.
            UnsafeWeightsError: The base folder is not safe to load.
        """
        ...

    def load(self, checkpoint: Checkpoint, folder: Path) -> Predictor[Answer_co]:
        """Load a checkpoint after checking every file against its digest.

        Raises:
            IntegrityError: A file differs from the checkpoint's entry.
            UnsafeWeightsError: The folder holds what must not be loaded.
        """
        ...
