# SPDX-License-Identifier: Apache-2.0
"""A release: one signed folder that says who taught it, from what, and how well.

`bundle` writes and signs it, `attach_proof` adds the ledger's promise, `verify` checks
it on any machine. What goes in besides records is in `maalem.release.contents`.
"""

from maalem.release.bundle import attach_proof, bundle
from maalem.release.contents import BundleContents
from maalem.release.manifest import read_release
from maalem.release.page import render_page
from maalem.release.verify import Verification, refuse_unverified, verify

__all__ = [
    "BundleContents",
    "Verification",
    "attach_proof",
    "bundle",
    "read_release",
    "refuse_unverified",
    "render_page",
    "verify",
]
