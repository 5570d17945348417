# SPDX-License-Identifier: Apache-2.0
"""Untrusted work runs walled in, and says truthfully how high the walls were.

The package itself imports nothing: `watching`, `inside` and what they import run on
Python's own library alone (`python -I -S`), so that nothing that is installed runs
before the seal is closed.
"""
