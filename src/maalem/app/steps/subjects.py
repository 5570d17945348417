# SPDX-License-Identifier: Apache-2.0
"""Whom or what a name means that somebody asks to forget: documents, or a person."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from maalem.app.steps.begun import unfinished
from maalem.app.steps.members import find_member
from maalem.app.workspace import Workspace
from maalem.errors import DataError, UsageError
from maalem.records import Annotation, Digest, Document, Erasure
from maalem.store.places import names_beginning

_DIGITS = re.compile(r"(?:document:|file:)?(?:sha256:)?([0-9a-f]{8,64})")
_MOST = 5  # of the names that begin alike, to say that a name is not enough


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is to be forgotten.

    Attributes:
        name: `document:<digest>`, `file:<digest>`, the pseudonym of a person, or
            `annotator:<digest of an answer>`: what the ledger may say.
        documents: The documents; empty for a person.
        person: Whom answers name; empty for documents.
        is_member: Whether the project still knows who the person is.
        with_answers: Whether the person's answers are to be forgotten too.
    """

    name: str
    documents: tuple[Digest, ...] = ()
    person: str = ""
    is_member: bool = False
    with_answers: bool = False


def find_subject(work: Workspace, what: str, *, with_answers: bool = False) -> Subject:
    """Give what a name means that somebody asks to forget.

    Args:
        work: The opened project.
        what: The digest of a document or a file, or its first eight digits; the name of
            a source, alone or with its place (`reports.csv row 17`); or a person's
            pseudonym or e-mail address, or the name that an import gave them.
        with_answers: Whether a person's answers are to be forgotten too.

    Raises:
        DataError: Nothing has this name, several things have, or it was forgotten
            already.
        UsageError: Answers are asked about, and it is no person.
    """
    what = what.strip()
    found = _member(work, what) or _with_digest(work, what)
    found = found or _source(work, what) or _annotator(work, what)
    if found is None:
        raise _unknown(work, what)
    if with_answers and not found.person:
        raise UsageError(
            f"{what!r} is no person",
            why="--answers forgets what a person answered",
            hint="leave --answers out: what was answered about a document goes with it",
        )
    return replace(found, with_answers=with_answers)


def _member(work: Workspace, what: str) -> Subject | None:
    """Give somebody whom the project knows by pseudonym or e-mail address."""
    found = find_member(work.store, what)
    return Subject(name=found, person=found, is_member=True) if found else None


def _annotator(work: Workspace, what: str) -> Subject | None:
    """Give somebody whom only answers name, or whose forgetting was interrupted.

    What an import calls somebody may be a name, so the ledger is told of one of their
    answers instead.
    """
    answers = (one.id for one in work.store.find(Annotation) if one.annotator == what)
    first = next(answers, None)
    if what.startswith("expert:") and (first or what in unfinished(work)):
        return Subject(name=what, person=what)
    return Subject(name=f"annotator:{first}", person=what) if first else None


def _with_digest(work: Workspace, what: str) -> Subject | None:
    digits = _DIGITS.fullmatch(what.lower())
    if digits is None:
        return None
    begins = f"sha256:{digits[1]}"
    several = names_beginning(work.store, Document, begins, most=_MOST)
    if len(several) > 1:
        raise DataError(
            f"{what!r} is the beginning of several names",
            why=", ".join(several),
            hint="give more of its digits",
            code="forget.several",
        )
    if several:
        _refuse_forgotten(work, what, several[0])
        return Subject(name=f"document:{several[0]}", documents=several)
    return _file(work, what, begins)


def _file(work: Workspace, what: str, begins: str) -> Subject | None:
    """Give all documents of the one file whose digest begins so."""
    of_files: dict[Digest, list[Digest]] = {}
    for one in work.store.find(Document):
        if one.file.startswith(begins):
            of_files.setdefault(one.file, []).append(one.id)
    return _one_file(what, of_files)


def _source(work: Workspace, what: str) -> Subject | None:
    """Give a source's documents, or the one at a place of it."""
    of_files: dict[Digest, list[Digest]] = {}
    for one in _of_source(work, what):
        if one.source == what:
            of_files.setdefault(one.file, []).append(one.id)
        elif f"{one.source} {one.place}" == what:
            return Subject(name=f"document:{one.id}", documents=(one.id,))
    return _one_file(what, of_files)


def _of_source(work: Workspace, what: str) -> Iterator[Document]:
    """Give the documents whose source is, or begins, what was named."""
    parts = what.split(" ")
    for number in range(len(parts), 0, -1):
        yield from work.store.find(Document, " ".join(parts[:number]))


def _one_file(what: str, of_files: dict[Digest, list[Digest]]) -> Subject | None:
    if len(of_files) > 1:
        raise DataError(
            f"{what!r} is the name of several files",
            why=", ".join(of_files),
            hint="give the digest of one of them",
            code="forget.several",
        )
    for name, documents in of_files.items():
        return Subject(name=f"file:{name}", documents=tuple(documents))
    return None


def _refuse_forgotten(work: Workspace, what: str, document: Digest) -> None:
    if not work.store.is_erased(Document, document):
        return
    when = [
        one.at
        for one in work.store.find(Erasure)
        if any(name == document for _, name in one.erased)
    ]
    raise DataError(
        f"{what!r} was forgotten already",
        why=f"at {when[-1]}" if when else "the ledger says so",
        hint="maalem forget --status",
        code="forget.already",
    )


def _unknown(work: Workspace, what: str) -> DataError:
    names = {one.source for one in work.store.find(Document)}
    near = difflib.get_close_matches(what, sorted(names), n=1)
    return DataError(
        f"nothing here is called {what!r}",
        why="no document, source or person has this name",
        hint=f"did you mean {near[0]!r}?" if near else "maalem people list",
        code="forget.unknown",
    )
