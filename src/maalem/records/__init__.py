# SPDX-License-Identifier: Apache-2.0
"""The nouns of the loop: frozen, without behaviour, safe to write to disk."""

from maalem.records.canonical import Json, canonical_json
from maalem.records.corpus import Document, Finding, Passage
from maalem.records.digests import (
    Digest,
    Record,
    digest_bytes,
    digest_file,
    digest_of,
    from_json,
    to_json,
)
from maalem.records.erasure import Erasure
from maalem.records.evidence import (
    AutomationShare,
    Comparison,
    Estimate,
    EvalReport,
    LabelScores,
    Measure,
    Release,
    Verdict,
)
from maalem.records.expertise import GoldCard, Hold, Pause, Qualification, TaskVersion
from maalem.records.judgement import Adjudication, Annotation, Gold, Item, Span
from maalem.records.learning import (
    Checkpoint,
    Dataset,
    Example,
    FileEntry,
    TrainingRun,
)
from maalem.records.sealing import Attempt, Seal

__all__ = [
    "Adjudication",
    "Annotation",
    "Attempt",
    "AutomationShare",
    "Checkpoint",
    "Comparison",
    "Dataset",
    "Digest",
    "Document",
    "Erasure",
    "Estimate",
    "EvalReport",
    "Example",
    "FileEntry",
    "Finding",
    "Gold",
    "GoldCard",
    "Hold",
    "Item",
    "Json",
    "LabelScores",
    "Measure",
    "Passage",
    "Pause",
    "Qualification",
    "Record",
    "Release",
    "Seal",
    "Span",
    "TaskVersion",
    "TrainingRun",
    "Verdict",
    "canonical_json",
    "digest_bytes",
    "digest_file",
    "digest_of",
    "from_json",
    "to_json",
]
