# SPDX-License-Identifier: Apache-2.0
"""Bytes in files that are named by their SHA-256, never changed in place."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from maalem.errors import DataError, IntegrityError
from maalem.records import Digest, digest_bytes, digest_file
from maalem.store.durable import make_folder, publish, shred, stage, sweep

PIECE = 1 << 20  # bytes read at a time; larger is not faster here
_NAMED = re.compile(r"sha256:([0-9a-f]{64})")


class BlobFolder:
    """A folder of blobs: `ab/ab12…`, two hexadecimal digits a subfolder, read-only.

    Files are copied in, never hard-linked: a link would let the owner of the original
    change the blob in place.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prepare(self) -> None:
        """Make the folder, and clear what an interrupted writer left in it."""
        make_folder(self._folder)
        sweep(self._folder)

    def put(self, content: bytes, *, admit: Callable[[Digest], None]) -> Digest:
        """Keep some bytes; a damaged blob of the same name is put right.

        Args:
            content: The bytes.
            admit: Raises where a blob of that name may not be kept.
        """
        digest = digest_bytes(content)
        admit(digest)
        if not self.is_sound(digest):
            publish(stage([content], self._folder, mode=0o444), self._place(digest))
        return digest

    def put_file(self, path: Path, *, admit: Callable[[Digest], None]) -> Digest:
        """Keep a copy of a file, read once and in pieces; otherwise as `put`."""
        seen = hashlib.sha256()
        staged = stage(_hashed(_pieces(path), seen), self._folder, mode=0o444)
        digest = Digest(f"sha256:{seen.hexdigest()}")
        try:
            admit(digest)
        except BaseException:
            staged.unlink()
            raise
        if self.is_sound(digest):
            staged.unlink()
        else:
            publish(staged, self._place(digest))
        return digest

    def destroy(self, digest: Digest) -> None:
        """Overwrite and remove a blob; one that is not there is gone already."""
        path = self._place(digest)
        if path.is_file():
            shred(path)

    def read(self, digest: Digest) -> bytes:
        """Give the bytes of a blob, checked against its name.

        Raises:
            DataError: There is no such blob.
            IntegrityError: Its bytes are others.
        """
        content = self.path_of(digest).read_bytes()
        if digest_bytes(content) != digest:
            raise IntegrityError(
                f"the blob {digest} is damaged",
                why=f"its {len(content)} bytes have another digest",
                hint="restore the file from a backup, or add its source again",
                code="store.blob",
            )
        return content

    def path_of(self, digest: Digest) -> Path:
        """Give the file of a blob.

        Raises:
            DataError: There is none, or the name is none.
        """
        path = self._place(digest)
        if not path.is_file():
            raise DataError(
                f"there is no blob {digest}",
                hint="restore the folder from a backup, or add its source again",
                code="store.no-blob",
            )
        return path

    def is_sound(self, digest: Digest) -> bool:
        """Tell whether a blob is there with the bytes that its name says."""
        path = self._place(digest)
        return path.is_file() and digest_file(path) == digest

    def _place(self, digest: Digest) -> Path:
        named = _NAMED.fullmatch(digest)
        if named is None:  # a path, perhaps
            raise DataError(
                f"{digest[:80]!r} is not the name of a blob",
                hint="a name is sha256: and 64 hexadecimal digits",
                code="store.digest",
            )
        return self._folder / named[1][:2] / named[1]


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            yield piece


def _hashed(pieces: Iterable[bytes], seen: "hashlib._Hash") -> Iterator[bytes]:
    for piece in pieces:
        seen.update(piece)
        yield piece
