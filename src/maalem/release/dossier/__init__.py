# SPDX-License-Identifier: Apache-2.0
"""The dossier of a release: documents that laws ask for, filled from its records.

`fill` makes it, `write_dossier` and `render_dossier` write it for programs and for
people. A field says what a record says and where the ledger has it, or what a person
states, or that it is not recorded; nothing is guessed.
"""

from maalem.release.dossier.fields import BaseCompute, Dossier
from maalem.release.dossier.filling import fill
from maalem.release.dossier.page import PAGES, render_dossier
from maalem.release.dossier.reading import read_dossier, write_dossier
from maalem.release.dossier.sources import Sources

__all__ = [
    "PAGES",
    "BaseCompute",
    "Dossier",
    "Sources",
    "fill",
    "read_dossier",
    "render_dossier",
    "write_dossier",
]
