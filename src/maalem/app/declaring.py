# SPDX-License-Identifier: Apache-2.0
"""What the owner declares that no record of the project can know."""

from dataclasses import dataclass

from maalem.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierSettings:
    """What the owner declares for the dossier.

    Attributes:
        base_training_flops: Floating-point operations that the training of the base
            model took, above 0; without it the share of the tuning is not recorded.
        base_training_source: Where that number comes from; needed with it.
    """

    base_training_flops: float | None = None
    base_training_source: str = ""

    def __post_init__(self) -> None:
        flops = self.base_training_flops
        if flops is None:
            return
        if not 0.0 < flops < float("inf"):
            raise SettingsError(f"base_training_flops must be above 0, got {flops!r}")
        if not self.base_training_source.strip():
            raise SettingsError(
                "base_training_source must say where base_training_flops comes from"
            )
