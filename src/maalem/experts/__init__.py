# SPDX-License-Identifier: Apache-2.0
"""Who answered what: answers come in from other tools, are kept apart, are settled."""

from maalem.experts.imported import AnnotationMap, Imported
from maalem.experts.settling import OpenItem, settle

__all__ = ["AnnotationMap", "Imported", "OpenItem", "settle"]
