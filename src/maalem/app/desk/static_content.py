# SPDX-License-Identifier: Apache-2.0
"""What the desk's own files hold, and one name that changes with any of them."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
    }
)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file that a browser may have.

    Attributes:
        content: Its bytes.
        content_type: As the header says it.
        integrity: Digest of the bytes, as browsers check it.
    """

    content: bytes
    content_type: str
    integrity: str


@cache
def static_files() -> Mapping[str, StaticFile]:
    """Read every file that may be given; what is no member here does not exist."""
    folder = resources.files("maalem.app.desk") / "static"
    found = {}
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        content_type = _TYPES.get(file.name.rpartition(".")[2])
        if content_type and file.is_file():
            content = file.read_bytes()
            found[file.name] = StaticFile(content, content_type, integrity_of(content))
    return MappingProxyType(found)


@cache
def static_version() -> str:
    """Give the version of all files together; a module finds its own siblings by it."""
    told = "\n".join(f"{name} {one.integrity}" for name, one in static_files().items())
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def static_path() -> str:
    """Give the folder under which pages name the files of this version."""
    return f"/static/{static_version()}"


def worker_source() -> bytes:
    """Give the script of the service worker, without what it is told at its head."""
    folder = resources.files("maalem.app.desk") / "static" / "worker"
    return (folder / "worker.js").read_bytes()


def integrity_of(content: bytes) -> str:
    """Write the digest of bytes as browsers check it (W3C Subresource Integrity)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"
