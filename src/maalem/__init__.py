# SPDX-License-Identifier: Apache-2.0
"""Experts teach small open-weight models on their own machines, and can prove it.

Importing this package loads nothing heavy; every step of the loop stands in the package
named after it.
"""

__version__ = "0.1.0"
