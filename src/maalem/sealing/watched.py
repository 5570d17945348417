# SPDX-License-Identifier: Apache-2.0
"""A hook in the job's own interpreter, where nothing higher can be built.

It keeps honest Python libraries from phoning home, and stops no program and no compiled
code, which is why it is the lowest seal of all.
"""

import errno
import ipaddress
import json
import runpy
import socket
import sys
from typing import Any

from maalem.sealing.inside import GO, heard
from maalem.sealing.levels import OPEN, REFUSED

_ASKS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
_REACHES = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"}
_NOBODY = ("192.0.2.1", 9)  # RFC 5737


def main() -> None:
    """Run a module with its arguments: `RULES MODULE ARGUMENTS`, rules as JSON."""
    _, rules, module, *arguments = sys.argv
    if not _proved(json.loads(rules)):
        sys.exit(1)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _proved(given: dict[str, Any]) -> bool:
    """Put the hook in place, try it, and hear whether the job may begin."""
    line = socket.socket(fileno=given["line"])
    result: dict[str, object] = {"layers": [], "probes": {}}
    if given["hook"]:
        _hook(given["profile"])
        result = {"layers": ["hook"], "probes": {"hook": _tried()}}
    line.sendall(json.dumps(result).encode() + b"\n")
    may_begin = heard(line) == GO
    line.close()
    return may_begin


def _hook(profile: str) -> None:
    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _ASKS or (
            event in _REACHES and (profile == "strict" or not _is_here(arguments[-1]))
        ):
            raise PermissionError(errno.EPERM, f"{event} is not for a sealed job")

    sys.addaudithook(look)


def _is_here(where: object) -> bool:
    """Tell whether an address is this machine's own: loopback, or a UNIX socket."""
    if not isinstance(where, tuple):
        return isinstance(where, str | bytes)
    try:
        return ipaddress.ip_address(where[0]).is_loopback
    except ValueError:
        return False


def _tried() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.connect(_NOBODY)
        except PermissionError:
            return REFUSED
    return OPEN


if __name__ == "__main__":
    main()
