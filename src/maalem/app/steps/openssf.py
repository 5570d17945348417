# SPDX-License-Identifier: Apache-2.0
"""OpenSSF model signing, where the extra `sign` is installed."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

from maalem.errors import MissingPartError, boundary


@dataclass(frozen=True, slots=True)
class Openssf:
    """A key to sign models with; it is made ready before anything is released.

    Attributes:
        key: File of the private key, which is made if it is missing.

    Raises:
        MissingPartError: The extra `sign` is not installed.
        SettingsError: Others than its owner may read or write the key.
        IntegrityError: It is no P-256 key.
    """

    key: Path

    def __post_init__(self) -> None:
        _signing().ready_key(self.key)

    def sign(self, release: Path) -> Path:
        """Sign a release's model and give the signature's file, verified."""
        signature: Path = _signing().sign_model(release, key=self.key)
        return signature


def refuse_unsigned(release: Path, *, public_key: Path) -> None:
    """Refuse a release whose model has no OpenSSF signature of a key that holds.

    Raises:
        MissingPartError: The extra `sign` is not installed.
        IntegrityError: There is no such signature.
    """
    _signing().refuse_unsigned(release, public_key=public_key)


def _signing() -> ModuleType:
    hint = "pip install 'maalem[sign]'"
    with boundary(MissingPartError, "load OpenSSF model signing", hint=hint):
        return import_module("maalem.release.openssf")
