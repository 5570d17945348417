# SPDX-License-Identifier: Apache-2.0
"""The files that were asked for, in a fixed order."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from maalem.corpus.naming import safe_name
from maalem.corpus.report import Refusal
from maalem.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file to read, or one passed over.

    Attributes:
        path: Where it lies.
        source: Its name relative to what was added, escaped.
        size: Bytes.
        hidden: Whether it, or a folder, begins with a dot and is passed over.
    """

    path: Path
    source: str
    size: int
    hidden: bool = False


def find_files(paths: Sequence[Path]) -> Iterator[Found | Refusal]:
    """Walk through files and folders, in the order of their names.

    Links inside a folder are not followed. A hidden folder counts as one hidden file.

    Args:
        paths: Files and folders; their own names may be links.

    Raises:
        DataError: A path does not exist.
    """
    for path in paths:
        if not os.path.exists(path):  # noqa: PTH110  # a name too long is none
            raise DataError(
                f"{safe_name(str(path))} does not exist", code="corpus.missing"
            )
        if path.is_dir():
            yield from _walk(path, "")
        else:
            yield _file(path, safe_name(path.name), path.stat())


def _walk(folder: Path, above: str) -> Iterator[Found | Refusal]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        reason = f"the folder cannot be listed: {error.strerror}"
        source = above.rstrip("/") or safe_name(folder.name)
        yield Refusal(source=source, place="", code="corpus.unreadable", reason=reason)
        return
    for entry in entries:
        source = f"{above}{safe_name(entry.name)}"
        path = Path(entry.path)
        if entry.name.startswith("."):
            yield Found(path=path, source=source, size=0, hidden=True)
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(path, f"{source}/")
        else:
            yield _file(path, source, entry.stat(follow_symlinks=False))


def _file(path: Path, source: str, about: os.stat_result) -> Found | Refusal:
    if stat.S_ISREG(about.st_mode):
        return Found(path=path, source=source, size=about.st_size)
    kind = "a link" if stat.S_ISLNK(about.st_mode) else "no regular file"
    return Refusal(
        source=source, place="", code="corpus.not-a-file", reason=f"it is {kind}"
    )
