# SPDX-License-Identifier: Apache-2.0
"""The dossier as programs read it: fields, values and pointers in one JSON file."""

from collections.abc import Mapping
from typing import Any

from maalem.errors import DataError, IntegrityError, boundary
from maalem.records import Json, canonical_json, from_json, to_json
from maalem.release.dossier.fields import Dossier, Fact
from maalem.release.dossier.law import SOURCES
from maalem.release.dossier.outline import CHAPTERS
from maalem.release.manifest import pretty
from maalem.release.signing import read_json

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
        said = read_json(content)
        if said["schema"] != SCHEMA:
            raise ValueError(f"its schema is {said['schema']!r}, not {SCHEMA!r}")
        try:
            return _checked({key: said[key] for key in said if key not in _BESIDE})
        except DataError as error:
            raise ValueError(error.why or error.message) from error


def _checked(fields: Mapping[str, Any]) -> Dossier:
    """Build a dossier whose parts are what they must be, whoever wrote them."""
    dossier = from_json(Dossier, fields)
    canonical_json(to_json(dossier))
    wrong = [fact.field for fact in dossier.facts if not _is_sound(fact)]
    if wrong or type(dossier.size) is not int:
        raise ValueError(f"{', '.join(map(str, wrong)) or 'size'}: of another type")
    return dossier


def _is_sound(fact: Fact) -> bool:
    texts = [fact.field, fact.state]
    for one in fact.pointers:
        texts += [one.kind, one.id, one.digest]
    entries = [one.entry for one in fact.pointers]
    return all(type(one) is str for one in texts) and all(
        type(one) is int for one in entries
    )
