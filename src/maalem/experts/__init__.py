# SPDX-License-Identifier: Apache-2.0
"""Who answers, what they answered elsewhere, and how ties are settled."""

from maalem.experts.settling import OpenItem, settle

__all__ = ["OpenItem", "settle"]
