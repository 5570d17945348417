# SPDX-License-Identifier: Apache-2.0
"""The key of an upstream is read where its settings say, if nobody else can read it."""

import stat
from pathlib import Path

from maalem.app.project import secret_named
from maalem.errors import SettingsError
from maalem.serving.upstream.settings import Upstream


def key_of(upstream: Upstream, folder: Path) -> str:
    """Give the key of an upstream; empty where it needs none.

    Args:
        upstream: What the settings say of it.
        folder: The project.

    Raises:
        SettingsError: There is none where the settings say, or others may read it.
    """
    if upstream.key_variable:
        key = secret_named(upstream.key_variable).strip()
        if not key:
            raise _missing(upstream, f"the variable {upstream.key_variable} is not set")
        return key
    if not upstream.key_file:
        return ""
    path = folder / upstream.key_file
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        key = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _missing(upstream, f"{path} cannot be read") from error
    if mode & 0o077:
        raise SettingsError(
            f"the key of the upstream {upstream.name} has mode {mode:04o}",
            why="others than its owner may read or write it",
            hint=f"chmod 600 {path}",
            code="upstreams.key",
        )
    if not key:
        raise _missing(upstream, f"{path} is empty")
    return key


def _missing(upstream: Upstream, why: str) -> SettingsError:
    return SettingsError(
        f"there is no key for the upstream {upstream.name}",
        why=why,
        hint="leave key_file and key_variable out where it asks for none",
        code="upstreams.key",
    )
