# SPDX-License-Identifier: Apache-2.0
"""Failures, explained to a person: what was refused, why, and the way out."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import ClassVar


class MaalemError(Exception):
    """A failure that a person can act on.

    Attributes:
        message: One sentence that names the refused value.
        why: The reason, where the message alone does not tell; may be empty.
        hint: A command or a deed that leads out; may be empty.
        code: Stable name of the failure, a heading in `docs/reference/errors.md`.
        rows: What was refused, all of it, where the message shows only the first.
        exit_code: What the command line exits with.
    """

    default_code: ClassVar[str] = "failed"
    exit_code: ClassVar[int] = 1

    def __init__(
        self, message: str, *, why: str = "", hint: str = "", code: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.why = why
        self.hint = hint
        self.code = code or self.default_code
        self.rows: tuple[object, ...] = ()


class UsageError(MaalemError):
    """The command was called in a way that has no meaning."""

    default_code = "usage"
    exit_code = 2


class SettingsError(MaalemError):
    """A setting has a value outside its range, or is not known."""

    default_code = "settings"
    exit_code = 2


class DataError(MaalemError):
    """What was read cannot be used as data."""

    default_code = "data"
    exit_code = 2


class LeakageError(MaalemError):
    """Something stands on both sides of a split."""

    default_code = "dataset.leak"
    exit_code = 2


class GateError(MaalemError):
    """A gate said no where yes was needed."""

    default_code = "gate.refused"
    exit_code = 3


class EvidenceError(MaalemError):
    """There are not enough judgements yet for what was asked."""

    default_code = "evidence.too-little"
    exit_code = 4


class IntegrityError(MaalemError):
    """Something is not what its digest, signature or ledger entry says."""

    default_code = "integrity"
    exit_code = 5


class BusyError(MaalemError):
    """Somebody else holds what is needed."""

    default_code = "busy"
    exit_code = 6


class UnsafeWeightsError(MaalemError):
    """A model folder holds something that could run code or lie about its shape."""

    default_code = "weights.unsafe"
    exit_code = 2


class EngineError(MaalemError):
    """A training job did not come to its end."""

    default_code = "engine"


class SealError(MaalemError):
    """The walls around untrusted work are not as high as they must be."""

    default_code = "sealing"


class MissingPartError(MaalemError):
    """A package that this step needs is not installed."""

    default_code = "part.missing"


@contextmanager
def boundary(kind: type[MaalemError], deed: str, *, hint: str = "") -> Generator[None]:
    """Turn whatever foreign code raises into one kind of `MaalemError`.

    Args:
        kind: The class to raise.
        deed: What was being done, as in "load the checkpoint 3f2a".
        hint: The way out, if there is one.

    Raises:
        MaalemError: Of class `kind`, with the foreign exception as its cause;
            a `MaalemError` from inside passes through as it is.
    """
    try:
        yield
    except MaalemError:
        raise
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise kind(f"could not {deed}", why=reason, hint=hint) from error
