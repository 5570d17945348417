# SPDX-License-Identifier: Apache-2.0
"""Who answered what: answers come in from other tools, are kept apart, are settled."""

from maalem.experts.attaching import to_annotations
from maalem.experts.exchange import read_annotations, write_annotations
from maalem.experts.imported import AnnotationMap, Imported
from maalem.experts.layouts import LAYOUTS
from maalem.experts.settling import OpenItem, settle

__all__ = [
    "LAYOUTS",
    "AnnotationMap",
    "Imported",
    "OpenItem",
    "read_annotations",
    "settle",
    "to_annotations",
    "write_annotations",
]
