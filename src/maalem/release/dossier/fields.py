# SPDX-License-Identifier: Apache-2.0
"""What a dossier is made of: facts with a pointer each, in chapters of documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from maalem.records import Digest

FILLED, STATED = "filled", "stated"
UNRECORDED, UNWRITTEN = "not recorded", "to be written"


Value: TypeAlias = str | float | Mapping[str, object] | None
"""A value as JSON has it; an estimate is an object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """Where the ledger has what a fact rests on.

    Attributes:
        entry: Index of the ledger's entry.
        kind: Kind of the record, such as `dataset.v1`; `entry` is the entry itself.
        id: Name of the record; of an entry, its deed.
        digest: Digest of the record's, or the entry's, canonical JSON.
    """

    entry: int
    kind: str
    id: str
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One value of a fact, as programs read it.

    Attributes:
        value: The value; it is the same in every language.
        shape: What it is: `text`, `sentence` of a room, `term` of the catalogue,
            `digest`, `moment`, `count`, `share`, `number`, `operations`,
            `bytes`, `seconds`, `estimate` of a share, or `measure`.
        name: What the value is of; a name of ours begins with `@`.
    """

    value: Value
    shape: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a person says where no record can; Maalem vouches for none of it.

    Attributes:
        text: The words.
        by: Who says so.
        date: ISO 8601 date on which they said so.
        texts: The words in other languages, as pairs of language and text.
    """

    text: str
    by: str
    date: str
    texts: tuple[tuple[str, str], ...] = ()

    def text_in(self, language: str) -> str:
        """Give the words in a language; as they were written where nobody told them."""
        return dict(self.texts).get(language, self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One field of a dossier.

    Attributes:
        field: Its name, the same in every document.
        state: `filled` by the records, `stated` by a person, `not recorded`, or
            `to be written` by a person.
        value: What the records say; empty unless it is filled.
        pointers: Where the ledger has them; at least one where it is filled.
        statement: What a person says, where somebody did.
    """

    field: str
    state: str
    value: tuple[Part, ...] = ()
    pointers: tuple[Pointer, ...] = ()
    statement: Statement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseCompute:
    """What the owner says that the training of the base model took.

    Attributes:
        operations: Floating-point operations, above 0.
        source: Where the number comes from.
    """

    operations: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What the records of one release fill in the documents that laws ask for.

    Attributes:
        release: Digest of the release.
        name: Name of the release, such as `system-1`.
        title: What people call the task.
        titles: The same in other languages, as pairs of language and title.
        origin: Name of the ledger.
        size: Entries of the ledger that were read.
        made_at: ISO 8601 time.
        base_compute: What the owner says about the base model, if anything.
        facts: Every field once.
    """

    release: Digest
    name: str
    title: str
    titles: tuple[tuple[str, str], ...]
    origin: str
    size: int
    made_at: str
    base_compute: BaseCompute | None
    facts: tuple[Fact, ...]

    def title_in(self, language: str) -> str:
        """Give the title in a language; its own where nobody translated it."""
        return dict(self.titles).get(language, self.title)

    @property
    def by_field(self) -> dict[str, Fact]:
        """Every field by its name."""
        return {fact.field: fact for fact in self.facts}

    @property
    def pointers(self) -> tuple[Pointer, ...]:
        """Every pointer once, in the order of the ledger."""
        found = {one for fact in self.facts for one in fact.pointers}
        return tuple(sorted(found, key=lambda one: (one.entry, one.kind, one.id)))
