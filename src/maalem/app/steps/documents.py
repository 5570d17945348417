# SPDX-License-Identifier: Apache-2.0
"""Files become passages in the store."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from maalem.app.screen import Tell, silent
from maalem.app.steps.admission import Admission
from maalem.app.steps.searching import index_words, word_index
from maalem.app.workspace import Workspace
from maalem.corpus import ColumnMap, CorpusReport, NearDuplicateIndex, ingest
from maalem.corpus.naming import safe_name
from maalem.corpus.report import Batch, Refusal
from maalem.records import Json, Passage
from maalem.sealing.evidence import seal_words


def add(
    work: Workspace,
    paths: Sequence[Path | str],
    *,
    columns: ColumnMap | None = None,
    keep: bool = True,
    tell: Tell = silent,
) -> CorpusReport:
    """Read files into the corpus; what is there already is not read again.

    Args:
        work: The opened project.
        paths: Files and folders.
        columns: Which column of a table is what; the project's map if left out.
        keep: Whether to write; without it the report shows what would be kept.
        tell: Called as the reading goes on.

    Returns:
        What was read, refused with its reason, and found.

    Raises:
        DataError: A path does not exist.
        SealError: No seal as high as is required could be proved.
    """
    if keep:
        index_words(work.store, tell)
    index_path = work.place("cache") / "near-duplicates.sqlite" if keep else None
    admission = Admission(work.store)
    report = CorpusReport()
    with NearDuplicateIndex(index_path) as index:
        if index_path is not None and len(index) != work.store.count(Passage):
            index.rebuild(work.store.find(Passage))  # a kill left the cache behind
        batches = ingest(
            [Path(path) for path in paths],
            columns=columns or work.project.columns,
            limits=work.project.reading,
            index=index,
            known=admission,
            tell=tell,
            seal=work.project.seal,
        )
        for batch in map(admission.told, batches):
            report = report.plus(_keep(work, batch) if keep else batch)
    return report


def _keep(work: Workspace, batch: Batch) -> Batch:
    """Store a batch; a file that is no longer what was read is refused beside it."""
    changed = [
        _changed(path)
        for path, digest in batch.files_done
        if not path.is_file() or work.store.put_file(path) != digest
    ]
    batch = replace(batch, refusals=(*batch.refusals, *changed))
    if batch.documents or batch.refusals:  # reading what is known changes nothing
        work.store.append(
            "corpus.add",
            [*batch.documents, *batch.passages],
            details={"refused": len(batch.refusals), **_seal_details(batch)},
        )
        word_index(work.store).catch_up()
    return batch


def _seal_details(batch: Batch) -> dict[str, Json]:
    if batch.seal is None:
        return {"seal": "none"}
    return {
        "seal": seal_words(batch.seal),
        "tried": batch.seal.refused,
        "evidence": batch.seal.evidence,
    }


def _changed(path: Path) -> Refusal:
    return Refusal(
        source=safe_name(path.name),
        place="",
        code="corpus.changed",
        reason="it changed while it was read; add it again",
    )
