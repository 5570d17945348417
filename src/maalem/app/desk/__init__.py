# SPDX-License-Identifier: Apache-2.0
"""The desk, where experts teach: pages in three languages, and an HTTP API."""
