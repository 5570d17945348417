# SPDX-License-Identifier: Apache-2.0
"""Files become clean, owned, unique passages; what cannot be read is counted."""

from maalem.corpus.index import NearDuplicateIndex
from maalem.corpus.matching import matching_key
from maalem.corpus.pairs import near_duplicate_pairs
from maalem.corpus.reading import ingest
from maalem.corpus.report import CorpusReport, Refusal
from maalem.corpus.settings import ColumnMap, ReadLimits

__all__ = [
    "ColumnMap",
    "CorpusReport",
    "NearDuplicateIndex",
    "ReadLimits",
    "Refusal",
    "ingest",
    "matching_key",
    "near_duplicate_pairs",
]
