# SPDX-License-Identifier: Apache-2.0
"""Archives, unpacked member by member under guard."""

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from maalem.corpus.naming import safe_name
from maalem.corpus.pieces import Given, Piece, Reader, Tick
from maalem.corpus.settings import ReadLimits
from maalem.errors import DataError, boundary

_MOST_DEPTH = 2
_TINY = 1 << 16  # a member below 64 KiB is no bomb, whatever its ratio
_ZIP_HEADER = 30  # bytes before a member's name
_PIECE = 1 << 20
_BOMB = "corpus.archive-bomb"
_OPENERS: dict[str, Callable[[Path], IO[bytes]]] = {
    ".gz": gzip.open,  # type: ignore[dict-item]  # opened to read, it gives bytes
    ".tgz": gzip.open,  # type: ignore[dict-item]  # the same
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
}


Opener = Callable[[], IO[bytes]]
Members = Iterator[tuple[str, Opener | str]]
"""Names with what opens them, or with the code and reason of a refusal."""


def read_archive(given: Given, read_member: Reader) -> Iterator[Piece]:
    """Read the members of a zip or tar archive.

    A bomb, overlapping members or a third archive inside the second refuse the whole;
    a member with an unsafe name, a link, a device, an encrypted one, and those whose
    names differ only in case or Unicode form, are refused one by one.

    Args:
        given: The archive.
        read_member: What reads one unpacked member.

    Raises:
        DataError: The whole is refused.
    """
    if given.depth >= _MOST_DEPTH:
        raise DataError(
            f"this archive lies in {given.depth} others; {_MOST_DEPTH} levels are read",
            code="corpus.archive-depth",
        )
    members = _zip if given.path.suffix.lower() == ".zip" else _tar
    target = given.scratch / f"member-{given.depth}"
    for name, content in members(given):
        if isinstance(content, str):
            code, reason = content.split(" ", 1)
            yield given.refusal(code, reason, place=safe_name(name))
            continue
        if PurePosixPath(name).name.startswith("."):
            continue
        inner = replace(
            given,
            path=target.with_name(target.name + _ending(name)),
            source=f"{given.source}/{safe_name(name)}",
            depth=given.depth + 1,
        )
        try:
            yield from _unpack(content, inner) or read_member(inner)
            yield Tick()
        finally:
            inner.path.unlink(missing_ok=True)


def _ending(name: str) -> str:
    """Give the one or two endings that tell the format, if they can be a file's."""
    endings = [one for one in PurePosixPath(name).suffixes[-2:] if len(one) <= 10]
    return "".join(endings) if "".join(endings).isascii() else ""


def _unpack(opener: Opener, inner: Given) -> list[Piece]:
    """Unpack one member; a broken one is a refusal, a swelling one a bomb."""
    left = inner.limits.file_mb << 20
    try:
        with (
            boundary(DataError, "unpack it"),
            opener() as content,
            inner.path.open("wb") as stream,
        ):
            while piece := content.read(_PIECE):
                left -= len(piece)
                if left < 0:
                    raise _bomb("a member unpacks to more than it may")
                stream.write(piece)
    except DataError as error:
        if error.code == _BOMB:
            raise
        reason = f"{error.message}: {error.why}"
        return [inner.refusal("corpus.unreadable", reason)]
    return []


def check_zip(path: Path, limits: ReadLimits) -> None:
    """Refuse a zip file that would harm whoever unpacks it.

    Raises:
        DataError: It is a bomb, has overlapping or too many members, or is no zip.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise DataError(
            f"this is no zip file: {error}", code="corpus.unreadable"
        ) from error
    _refuse_many(len(infos), limits)
    end = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        if info.header_offset < end:
            raise DataError("members overlap", code="corpus.archive-overlap")
        end = info.header_offset + _ZIP_HEADER + info.compress_size
    if end > path.stat().st_size:
        raise DataError("members reach beyond the end", code="corpus.archive-overlap")
    for info in infos:
        _refuse_ratio(info.file_size, info.compress_size, limits)
    if sum(info.file_size for info in infos) > limits.file_mb << 20:
        raise _bomb(f"it unpacks to more than {limits.file_mb} MiB")


def _zip(given: Given) -> Members:
    check_zip(given.path, given.limits)
    with zipfile.ZipFile(given.path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        twins = _twins([info.orig_filename for info in infos])
        for info in infos:
            reason = _refused_name(info.orig_filename, twins)
            if stat.S_ISLNK(info.external_attr >> 16):
                reason = "corpus.archive-link a link is not followed"
            elif info.flag_bits & 1:
                reason = "corpus.encrypted it is encrypted"
            yield info.orig_filename, reason or partial(archive.open, info)


def _tar(given: Given) -> Members:
    _refuse_swelling(given)
    try:
        with tarfile.open(given.path, "r:*") as archive:
            infos = [info for info in archive.getmembers() if not info.isdir()]
            _refuse_many(len(infos), given.limits)
            twins = _twins([info.name for info in infos])
            for info in infos:
                reason = _refused_name(info.name, twins)
                if not info.isreg() or info.issparse():
                    reason = "corpus.archive-link links and devices are not followed"
                yield info.name, reason or partial(_member, archive, info)
    except tarfile.TarError as error:
        raise DataError(
            f"this is no tar archive: {error}", code="corpus.unreadable"
        ) from error


def _member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    content = archive.extractfile(info)
    return content if content is not None else io.BytesIO()


def _refuse_swelling(given: Given) -> None:
    """Unpack a compressed tar to nowhere, counting."""
    opener = _OPENERS.get(given.path.suffix.lower())
    size, packed = 0, given.path.stat().st_size
    if opener is None:
        return
    with opener(given.path) as stream:
        while piece := stream.read(_PIECE):
            size += len(piece)
            _refuse_ratio(size, packed, given.limits)
            if size > given.limits.file_mb << 20:
                raise _bomb(f"it unpacks to more than {given.limits.file_mb} MiB")


def _refuse_ratio(size: int, packed: int, limits: ReadLimits) -> None:
    if size > _TINY and size > limits.ratio * max(1, packed):
        raise _bomb(f"it unpacks to more than {limits.ratio} times its size")


def _refuse_many(count: int, limits: ReadLimits) -> None:
    if count > limits.members:
        raise _bomb(f"it has more than {limits.members} members")


def _bomb(reason: str) -> DataError:
    return DataError(
        reason,
        hint="if you trust it, unpack it and add the folder",
        code=_BOMB,
    )


def _twins(names: list[str]) -> set[str]:
    """Find the names that some file system would take for one."""
    keys = {name: unicodedata.normalize("NFC", name).casefold() for name in names}
    count = Counter(keys[name] for name in names)
    return {name for name in names if count[keys[name]] > 1}


def _refused_name(name: str, twins: set[str]) -> str:
    parts = name.replace("\\", "/").split("/")
    drive = len(parts[0]) == 2 and parts[0].endswith(":")
    if ".." in parts or not parts[0] or drive or "\0" in name:
        return "corpus.archive-path its name leads out of the archive"
    if name in twins:
        return "corpus.name-collision its name differs from another's in form only"
    return ""
