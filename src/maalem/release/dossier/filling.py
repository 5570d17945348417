# SPDX-License-Identifier: Apache-2.0
"""How a dossier is filled: by the records, else by a person, else not at all."""

from collections.abc import Mapping

from maalem.errors import SettingsError
from maalem.release.dossier.facts_data import data_facts
from maalem.release.dossier.facts_exam import exam_facts
from maalem.release.dossier.facts_model import NOTHING, Found, model_facts
from maalem.release.dossier.fields import (
    FILLED,
    STATED,
    UNRECORDED,
    UNWRITTEN,
    BaseCompute,
    Dossier,
    Fact,
    Statement,
)
from maalem.release.dossier.outline import PERSONS, keys
from maalem.release.dossier.sources import Sources


def fill(
    sources: Sources,
    statements: Mapping[str, Statement],
    *,
    origin: str,
    made_at: str,
) -> Dossier:
    """Fill every field from the records; nothing is guessed.

    Args:
        sources: What is recorded.
        statements: What people say, by the key of the field.
        origin: Name of the ledger.
        made_at: ISO 8601 time.

    Raises:
        SettingsError: Somebody states what the records say already.
    """
    found = {**model_facts(sources), **data_facts(sources), **exam_facts(sources)}
    release, folder = sources.release.record, sources.folder
    facts = {key: _fact(key, found.get(key, NOTHING), statements) for key in keys()}
    if sources.base_compute is not None:
        facts["base_compute"] = _base(sources.base_compute, made_at)
    return Dossier(
        release=release.id,
        name=f"{release.task}-{release.number}",
        title=folder.title if folder else release.task,
        titles=folder.titles if folder else (),
        origin=origin,
        size=sources.deeds.last.index + 1,
        made_at=made_at,
        base_compute=sources.base_compute,
        facts=tuple(facts.values()),
    )


def _fact(key: str, found: Found, statements: Mapping[str, Statement]) -> Fact:
    parts, pointers = found
    statement = statements.get(key)
    if parts and statement:
        raise SettingsError(
            f"the records say already what {key!r} is",
            why="a person states only what no record says",
            hint=f'take ["{key}"] out of dossier.toml',
            code="dossier.recorded",
        )
    if parts:
        unique = tuple(dict.fromkeys(pointers))
        return Fact(field=key, state=FILLED, value=parts, pointers=unique)
    if statement:
        return Fact(field=key, state=STATED, statement=statement)
    return Fact(field=key, state=UNWRITTEN if key in PERSONS else UNRECORDED)


def _base(said: BaseCompute, made_at: str) -> Fact:
    """Tell what the owner says of the base model, as what it is: a statement."""
    text = f"{said.operations:.3g} FLOP. {said.source}".strip()
    statement = Statement(text=text, by="maalem.toml", date=made_at[:10])
    return Fact(field="base_compute", state=STATED, statement=statement)
