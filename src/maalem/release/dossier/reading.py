# SPDX-License-Identifier: Apache-2.0
"""The dossier as programs read it: fields, values and pointers in one JSON file."""

import json

from maalem.errors import IntegrityError, boundary
from maalem.records import Json, from_json, to_json
from maalem.release.dossier.fields import Dossier
from maalem.release.dossier.law import SOURCES
from maalem.release.dossier.outline import CHAPTERS
from maalem.release.manifest import pretty

FILE = "dossier.json"
SCHEMA = "maalem.dossier/1"
_BESIDE = ("schema", "documents", "law")
"""What stands in the file besides the dossier's own fields."""


def write_dossier(dossier: Dossier) -> bytes:
    """Write a dossier as JSON; which document asks for which field stands there too."""
    documents: dict[str, Json] = {
        chapter: {section: list(fields) for section, fields in sections}
        for chapter, sections in CHAPTERS.items()
    }
    law: list[Json] = [to_json(one) for one in SOURCES]
    beside: dict[str, Json] = {"schema": SCHEMA, "documents": documents, "law": law}
    return pretty({**beside, **to_json(dossier)})


def read_dossier(content: bytes) -> Dossier:
    """Read what `write_dossier` wrote, without judging it.

    Raises:
        IntegrityError: It is no dossier.
    """
    with boundary(IntegrityError, "read the dossier"):
        said = json.loads(content)
        if said["schema"] != SCHEMA:
            raise ValueError(f"its schema is {said['schema']!r}, not {SCHEMA!r}")
        return from_json(
            Dossier, {name: one for name, one in said.items() if name not in _BESIDE}
        )
