# SPDX-License-Identifier: Apache-2.0
"""Which software a run is computed with: every installed package, and our own files."""

import sys
from hashlib import sha256
from importlib.metadata import Distribution, distributions
from pathlib import Path

import maalem
from maalem.records import Json, digest_file, digest_of
from maalem.records.learning import INSTALLED_FILES, OWN_FILES


def libraries() -> tuple[tuple[str, str], ...]:
    """List what is installed where this process runs, as pairs of name and version.

    Python comes first, then every package, whether it was used or not. Two digests
    follow: of all packages with the lists of files that they were installed with, and
    of the files of Maalem itself.

    Source:
        PyPA specifications, "Recording installed projects", the RECORD file.
    """
    found = _installed()
    return (
        ("python", sys.version.split()[0]),
        *((name, one.version) for name, one in found.items()),
        (
            INSTALLED_FILES,
            digest_of([_as_installed(name, found[name]) for name in found]),
        ),
        (OWN_FILES, digest_of(_own_files(Path(maalem.__file__).parent))),
    )


def _installed() -> dict[str, Distribution]:
    """Find the packages, sorted by name; of two of one name, the one that is used."""
    found: dict[str, Distribution] = {}
    for one in distributions():
        found.setdefault(one.name.lower().replace("_", "-"), one)
    return dict(sorted(found.items()))


def _as_installed(name: str, one: Distribution) -> Json:
    listed = one.read_text("RECORD")
    digest = "not recorded" if listed is None else sha256(listed.encode()).hexdigest()
    return [name, one.version, digest]


def _own_files(folder: Path) -> Json:
    return [
        [path.relative_to(folder).as_posix(), digest_file(path)]
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]
