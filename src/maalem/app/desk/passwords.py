# SPDX-License-Identifier: Apache-2.0
"""Passwords: how long they are, how they are hashed, and that a guess takes as long."""

import os
import threading
from collections.abc import Generator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from maalem.app.desk.attempts import too_many
from maalem.app.desk.refusals import RefusedError

SHORTEST, LONGEST = 10, 1024
"""Characters of a password."""


class Passwords:
    """Hashes passwords with Argon2id, 64 MiB each, at most one a core at a time.

    Args:
        hasher: With other costs than the usual three passes, 64 MiB and four lanes.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(
            time_cost=3, memory_cost=65536, parallelism=4
        )
        cores = os.cpu_count() or 1
        self._turns = threading.BoundedSemaphore(cores)
        self._places = threading.BoundedSemaphore(4 * cores)  # others are sent away
        # No password has this hash; it is compared with where there is none.
        self._nobodys = self._hasher.hash(os.urandom(32).hex())

    @contextmanager
    def _turn(self) -> Generator[None]:
        """Wait for a core, unless so many wait that the desk would stand still."""
        if not self._places.acquire(blocking=False):
            raise too_many(1.0)
        try:
            with self._turns:
                yield
        finally:
            self._places.release()

    def hash(self, password: str) -> str:
        """Give the hash to keep of a new password.

        Raises:
            RefusedError: It is too short or too long.
        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise RefusedError(
                f"a password has {SHORTEST} to {LONGEST} characters",
                status=422,
                hint="a few words are easy to keep in mind and hard to guess",
                code="people.password",
            )
        with self._turn():
            return self._hasher.hash(_bytes(password))

    def is_right(self, password: str, secret: str | None) -> bool:
        """Tell whether a password belongs to a hash; as slow where there is none."""
        if len(password) > LONGEST:
            return False
        with self._turn():
            expected = secret or self._nobodys
            return self._verifies(password, expected) and secret is not None

    def _verifies(self, password: str, expected: str) -> bool:
        try:
            return self._hasher.verify(expected, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
