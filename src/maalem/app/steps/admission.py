# SPDX-License-Identifier: Apache-2.0
"""Which documents need no reading: those that are there, and those that were erased."""

from dataclasses import replace

from maalem.corpus.naming import safe_name
from maalem.corpus.report import Batch, Refusal
from maalem.records import Digest, Document
from maalem.store import Store
from maalem.store.erased import BLOB, is_erased

_WHY = "it was erased, and what was erased does not come back"


class Admission:
    """Asked of every document that is read; what was erased is refused by name."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._erased: list[Digest] = []

    def __call__(self, document: Digest) -> bool:
        """Tell whether a document is there, or was erased."""
        if self._store.has(Document, document):
            return True
        is_gone = self._store.is_erased(Document, document)
        if is_gone:
            self._erased.append(document)
        return is_gone

    def told(self, batch: Batch) -> Batch:
        """Count documents and files that were erased as refused, not as known."""
        erased, self._erased = self._erased, []
        gone = [file for file in batch.files_done if self._is_gone(file[1])]
        names = [*erased, *(safe_name(path.name) for path, _ in gone)]
        if not names:
            return batch
        refusals = (
            Refusal(source=name, place="", code="corpus.erased", reason=_WHY)
            for name in names
        )
        return replace(
            batch,
            known=batch.known - len(erased),
            refusals=(*batch.refusals, *refusals),
            files_done=tuple(file for file in batch.files_done if file not in gone),
        )

    def _is_gone(self, file: Digest) -> bool:
        return self._store.look(lambda tables: is_erased(tables, BLOB, file))
