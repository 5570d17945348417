# SPDX-License-Identifier: Apache-2.0
"""Behind which walls something ran: what was tried from inside, what was refused."""

from dataclasses import dataclass

from maalem.records.digests import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Something that a sealed job tried and was refused.

    Attributes:
        process: Name of the process.
        call: The system call.
        family: Family of addresses, where the call was for a socket.
        count: How often.
    """

    process: str
    call: str
    family: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The seal that all attempts of one job ran behind: the lowest of theirs.

    Attributes:
        level: 0 to 4, as it was proved from inside before the job began.
        name: What that level is called.
        profile: `strict` or `loopback`.
        mode: How it was built: `bubblewrap`, `namespaces`, `bare`, `hook` or `none`.
        layers: Mechanisms that were in place.
        missing: Mechanisms that were not, as pairs of name and reason.
        probes: What was tried from inside, as pairs of name and the kernel's answer.
        unproved: What one level more would have had to refuse.
        facts: Kernel, versions and digests, as pairs.
        refused: How many calls the job itself was refused; none where nobody counted.
        attempts: These calls, by process, call and family.
        bites: How often a bait outside was reached; none where the end was not seen.
        evidence: Digest of everything that was written down.
    """

    level: int
    name: str
    profile: str
    mode: str
    layers: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    probes: tuple[tuple[str, str], ...]
    unproved: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    refused: int | None
    attempts: tuple[Attempt, ...]
    bites: int | None
    evidence: Digest
