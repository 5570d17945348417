# SPDX-License-Identifier: Apache-2.0
"""The lines of evidence that watchers wrote become the record of a job's seal."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from maalem.errors import EngineError, SealError, boundary
from maalem.records import Attempt, Seal, digest_bytes
from maalem.sealing.levels import NAMES


def read_seal(path: Path) -> Seal:
    """Give the seal of a job from its file of evidence, all attempts together.

    Raises:
        SealError: No seal was proved.
    """
    with boundary(EngineError, f"read the evidence {path.name}"):
        content = path.read_bytes()
    return seal_of(content)


def seal_of(content: bytes) -> Seal:
    """Give the seal that lines of evidence prove: the lowest of all attempts.

    An attempt whose end nobody saw, because the watcher was killed, leaves its count of
    refused calls unknown, and with it the count of all.

    Raises:
        SealError: No seal was proved.
    """
    lines = _lines(content)
    checked = [line for line in lines if line["event"] == "checked"]
    if not checked:
        tried = lines[-1]["tried"] if lines else []
        raise SealError(
            "no seal could be proved, and nothing was run",
            why="; ".join(f"{one['mode']}: {one['why']}" for one in tried),
            hint="maalem doctor",
            code="sealing.failed",
        )
    ended = [line for line in lines if line["event"] == "ended"]
    is_whole = len(ended) == len(checked)
    counts = [line["refused"] for line in ended]
    lowest = min(checked, key=lambda line: int(line["level"]))
    return Seal(
        level=lowest["level"],
        name=lowest["name"],
        profile=lowest["profile"],
        mode=lowest["mode"],
        layers=tuple(lowest["layers"]),
        missing=(*_pairs(lowest["missing"]), *_not_taken(lowest["tried"])),
        probes=_pairs(lowest["answers"]),
        unproved=tuple(lowest["open"]),
        facts=_pairs(_in_short(lowest["facts"])),
        refused=sum(counts) if is_whole and None not in counts else None,
        attempts=_attempts(ended),
        bites=sum(sum(line["bites"].values()) for line in ended) if is_whole else None,
        evidence=digest_bytes(content),
    )


def refuse_below(content: bytes, require: int) -> None:
    """Refuse what was not started because its seal would have been too low.

    Args:
        content: The lines of evidence of one attempt.
        require: The level that was required.

    Raises:
        SealError: It was not started.
    """
    for line in _lines(content):
        if line["event"] == "refused":
            reasons = [*_pairs(line["missing"]), *_not_taken(line["tried"])]
            reasons.append(("not proved", ", ".join(line["open"]) or "a witness"))
            raise SealError(
                f"this machine seals up to level {line['level']} ({line['name']}), and"
                f" level {require} is required",
                why="; ".join(f"{name}: {why}" for name, why in reasons),
                hint="maalem doctor",
                code="sealing.too-low",
            )


def unsealed_line() -> bytes:
    """Give the line of evidence of an attempt that was made without a seal."""
    words = {
        "event": "checked",
        "level": 0,
        "name": NAMES[0],
        "profile": "strict",
        "mode": "none",
        "missing": {"seal": "not asked for"},
        **dict.fromkeys(("layers", "open", "tried"), ()),
        "answers": {},
        "facts": {},
    }
    return json.dumps(words, sort_keys=True).encode() + b"\n"


def seal_words(seal: Seal) -> str:
    """Say a seal in two words, as tables show it."""
    return f"{seal.level} {NAMES[seal.level]}" if seal.level else "none"


def _lines(content: bytes) -> list[dict[str, Any]]:
    with boundary(EngineError, "read the evidence of a seal"):
        return [json.loads(line) for line in content.splitlines()]


def _in_short(facts: dict[str, str]) -> dict[str, str]:
    """Name the filter by its digest; the evidence holds all of it."""
    program = bytes.fromhex(facts.get("filter", ""))
    if not program:
        return facts
    return {**facts, "filter": f"{len(program) // 8} steps, {digest_bytes(program)}"}


def _pairs(words: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(words.items()))


def _not_taken(tried: Sequence[dict[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((one["mode"], one["why"]) for one in tried)


def _attempts(ended: Sequence[dict[str, Any]]) -> tuple[Attempt, ...]:
    found: Counter[tuple[str, str, str]] = Counter()
    for line in ended:
        for one in line["attempts"]:
            found[one["process"], one["call"], one["family"]] += one["count"]
    return tuple(
        Attempt(process=process, call=call, family=family, count=count)
        for (process, call, family), count in found.most_common()
    )
