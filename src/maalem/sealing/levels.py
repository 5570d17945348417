# SPDX-License-Identifier: Apache-2.0
"""The ladder of seals, and which step of it was proved; never rounded up."""

from collections.abc import Collection, Mapping

NAMES = ("none", "watched", "no network", "kernel filter", "full", "witnessed")
HIGHEST_HERE = 4  # the fifth is for others to witness
REFUSED, OPEN = "refused", "open"

WATCHED = ("hook",)
NETWORK = ("tcp", "tcp6", "udp", "route", "raw", "abstract socket")
KERNEL = (
    *("path socket", "datagram socket", "vsock", "netlink", "packet", "io_uring"),
    *(
        "ptrace",
        "foreign memory",
        "foreign descriptor",
        "signal",
        "foreign environment",
    ),
    *("first environment", "read outside", "write outside", "cut outside", "symlink"),
    *("rights outside", "times outside", "foreign limits"),
    *("hard link", "mount", "new namespace", "set namespace", "file handle", "bpf"),
    *("perf events", "userfaultfd", "keys", "other user", "shared memory", "terminal"),
    *("new privileges", "capabilities", "filter"),
)
FULL = ("name outside", "foreign processes", "environment", "core file")


def proven_level(
    layers: Collection[str], probes: Mapping[str, str], *, profile: str
) -> int:
    """Tell how high a seal is: both built of what the level is made of, and proved.

    Args:
        layers: What was put in place: `hook`, `namespaces`, `landlock`, `filter`,
            `bubblewrap`.
        probes: What was tried from inside, and whether it was refused.
        profile: `strict` or `loopback`.

    Returns:
        The highest level of which this and every lower one holds. The fifth, a machine
        of its own whose evidence others witnessed, cannot be proved from inside.
    """
    level = 0
    if _all(WATCHED, probes) and "hook" in layers:
        level = 1
    alone = "namespaces" in layers or ("filter" in layers and profile == "strict")
    if _all(NETWORK, probes) and alone:
        level = 2
        if _all(KERNEL, probes) and {"landlock", "filter"} <= set(layers):
            level = 3
            if _all(FULL, probes) and "bubblewrap" in layers:
                level = 4
    return level


def open_probes(probes: Mapping[str, str], level: int) -> list[str]:
    """Name what one level more would need and is not refused, or was not tried."""
    needed = (WATCHED, NETWORK, KERNEL, FULL, ())[min(level, 4)]
    return [name for name in needed if probes.get(name) != REFUSED]


def _all(names: Collection[str], probes: Mapping[str, str]) -> bool:
    return all(probes.get(name) == REFUSED for name in names)
