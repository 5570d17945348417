# SPDX-License-Identifier: Apache-2.0
"""What the standard documents of a release are written from, and nothing else is.

Whoever has the release has all of it, and can write the documents anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from maalem.records import Digest, TrainingRun
from maalem.release.contents import BundleContents
from maalem.release.manifest import Records, records_of

NOT_RECORDED = "not recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a release tells of its model.

    Attributes:
        records: The records.
        title: What people call the task.
        number: Of the release.
        signer: Fingerprint of the key that signs.
        caveats: What a reader must keep in mind about the data.
        at: ISO 8601 time of the release, where known.
        taught_at: ISO 8601 time at which the ledger took in the run that made the
            model, where known.
    """

    records: Records
    title: str
    number: int
    signer: str
    caveats: tuple[str, ...]
    at: str | None
    taught_at: str | None

    @classmethod
    def of(cls, contents: BundleContents, *, signer: str) -> Self:
        """Take it out of what a release is made of."""
        return cls(
            records=records_of(contents),
            title=contents.task.title,
            number=contents.number,
            signer=signer,
            caveats=contents.caveats,
            at=contents.at,
            taught_at=contents.taught_at,
        )

    @classmethod
    def read(cls, records: Records, manifest: Mapping[str, Any]) -> Self:
        """Take it out of a release; raises `KeyError` if the manifest tells too little.

        Args:
            records: The release's records.
            manifest: Its manifest.
        """
        return cls(
            records=records,
            title=manifest["title"],
            number=manifest["number"],
            signer=manifest["signer"],
            caveats=tuple(manifest["caveats"]),
            at=manifest["at"],
            taught_at=manifest.get("taught_at"),
        )

    @property
    def run(self) -> TrainingRun | None:
        """The run that made the model, if it is recorded."""
        return next(iter(self.records.runs), None)


def packages(run: TrainingRun) -> list[tuple[str, str]]:
    """List the packages that a run was computed with, as pairs of name and version."""
    return [
        (name, version)
        for name, version in run.libraries
        if name != "python" and " " not in name
    ]


def package_url(name: str, version: str) -> str:
    """Name a package of Python as other tools do.

    Source:
        Package URL specification, type `pypi`; a version may hold a `+`.
    """
    escaped = version.replace("+", "%2B").replace("!", "%21")
    return f"pkg:pypi/{name.lower().replace('_', '-')}@{escaped}"


def hexadecimal(digest: Digest | str) -> str:
    """Give the digits of a SHA-256 alone, as other standards write them."""
    return digest.removeprefix("sha256:")
