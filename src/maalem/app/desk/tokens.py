# SPDX-License-Identifier: Apache-2.0
"""Secrets that open something: 256 random bits, of which only the hash is kept."""

import hashlib
import hmac
import secrets


def new_token() -> str:
    """Make a token: 43 characters that may stand in an address."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Give what is kept of a token: its SHA-256, in hexadecimal."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_same(given: str, expected: str) -> bool:
    """Compare two secrets in a time that does not tell where they differ."""
    return hmac.compare_digest(token_hash(given), token_hash(expected))
