# SPDX-License-Identifier: Apache-2.0
"""Where a project's folder holds a text outside the store, and how it is taken away.

What is looked for are the texts themselves, in the encodings that people and programs
write, and the files that were read. A text inside a compressed file that nobody has
read into the corpus is not found.
"""

import html
import json
import re
import shutil
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from maalem.app.steps.needles import Needles
from maalem.app.steps.runs import SHORT
from maalem.app.steps.touched import Touched
from maalem.app.workspace import Workspace
from maalem.errors import BusyError
from maalem.records import Digest, TaskVersion, TrainingRun, digest_file
from maalem.serving.traffic.sweeping import find_said, forget_said
from maalem.serving.traffic.tables import FILE as LOG
from maalem.training.jobs import NAME, read_job

CACHE = "cache"
_GATEWAY = "gateway"
_OURS = frozenset({"keys", "blobs", "bases", "datasets", CACHE, _GATEWAY})
_STORE = ("maalem.db", "maalem.lock", "ledger.checkpoint")
_STAY = frozenset({"tasks", "releases", "maalem.toml"})
_MODELS = frozenset({"checkpoint", "pruned"})  # of a run: what it has learned
_LEAST, _MOST = 12, 160  # characters of a text that are looked for
_BREAKS = re.compile(r'["\\\x00-\x1f\x7f-\x9f]+')  # what every format writes otherwise
_ESCAPE = re.compile(r"\\u[0-9a-f]{4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What a project's folder holds outside the store; names relative to it.

    Attributes:
        caches: Folders that go whole and are computed anew.
        unfinished: Folders of trainings that came to no end; they go whole.
        files: Files that hold one of the texts, or are what was read; they go whole.
        held: What holds one of the texts and stays: settings, tasks, earlier versions
            of their guidelines, models, and releases, which are signed.
        too_short: Texts too short to be looked for in files.
        asked: Texts that the gateway was asked about and that its log keeps, by request
            and place; they go, the answers stay.
    """

    caches: tuple[str, ...]
    unfinished: tuple[str, ...]
    files: tuple[str, ...]
    held: tuple[str, ...]
    too_short: int
    asked: tuple[tuple[str, int], ...] = ()


def find_remains(work: Workspace, touched: Touched) -> Remains:
    """Look through the project's folder for what is to be forgotten."""
    texts = {text for text in touched.texts if text.strip()}
    needles = {text: _needle(text) for text in texts}
    forms = Needles({form for one in needles.values() if one for form in _forms(one)})
    found = [
        path
        for path in _looked_at(work.folder)
        if forms.are_in(path) or (touched.blobs and digest_file(path) in touched.blobs)
    ]
    stays = {path for path in found if _is_to_stay(path.relative_to(work.folder))}
    return Remains(
        caches=tuple(_caches(work, texts)),
        unfinished=tuple(_unfinished(work, {one.id for one in touched.datasets})),
        files=tuple(_names(work, (path for path in found if path not in stays))),
        held=(*_names(work, stays), *_guidelines(work, forms)),
        too_short=sum(not needle for needle in needles.values()),
        asked=tuple(find_said(work.folder / LOG, texts, holds=forms.are_within)),
    )


def remove_remains(work: Workspace, remains: Remains) -> None:
    """Take away what goes; what is gone already is no failure."""
    for name in (*remains.caches, *remains.unfinished):
        shutil.rmtree(work.folder / name, ignore_errors=True)
    for name in remains.files:
        (work.folder / name).unlink(missing_ok=True)
    log = work.folder / LOG
    if log.is_file() and not forget_said(log, remains.asked):
        raise BusyError(
            "the log of the gateway's requests could not be emptied",
            why="another program reads it; the texts are gone from its pages",
            hint="close that program, then repeat the command",
            code="traffic.erasing",
        )


def _caches(work: Workspace, texts: Collection[str]) -> Iterator[str]:
    """Name the caches, and what a kill left half written."""
    if not texts:
        return
    if (work.folder / CACHE).is_dir():
        yield CACHE
    for place in ("datasets", "releases"):
        for path in sorted((work.folder / place).glob(".*")):
            yield path.relative_to(work.folder).as_posix()


def _unfinished(work: Workspace, datasets: Collection[Digest]) -> Iterator[str]:
    """Name the folders of trainings on some datasets that the ledger knows nothing of.

    They hold weights and the optimiser's state, and could only be taken up again with
    the texts.
    """
    known = {one.id[SHORT] for one in work.store.find(TrainingRun)}
    for path in sorted((work.folder / "runs").glob(f"*/{NAME}")):
        if path.parent.name not in known and read_job(path).dataset in datasets:
            yield path.parent.relative_to(work.folder).as_posix()


def _looked_at(folder: Path) -> Iterator[Path]:
    """Give the files of a project that may hold texts, following no link."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name in _OURS or path.name.startswith(_STORE):
            continue
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from _files_below(path)


def _files_below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            continue
        if path.is_dir():
            yield from _files_below(path)
        elif path.is_file():
            yield path


def _guidelines(work: Workspace, forms: Needles) -> Iterator[str]:
    """Name the kept versions of guidelines that quote one of the texts."""
    for one in work.store.find(TaskVersion):
        if forms.are_within(one.toml.encode("utf-8", "surrogatepass")):
            yield f"guideline of {one.task}, version {one.number}"


def _is_to_stay(path: Path) -> bool:
    is_model = path.parts[0] == "runs" and bool(_MODELS & {*path.parts})
    return path.parts[0] in _STAY or is_model


def _needle(text: str) -> str:
    """Give the longest part of a text that formats write as it stands; else nothing."""
    parts = (part.strip() for part in _BREAKS.split(text))
    longest = max(parts, key=len, default="")[:_MOST].strip()
    return longest if len(longest) >= _LEAST else ""


def _forms(text: str) -> Iterator[bytes]:
    """Write a text in the ways that people and programs do."""
    escaped = json.dumps(text)[1:-1]
    for form in (
        text,
        unicodedata.normalize("NFD", text),
        html.escape(text),
        escaped,
        _ESCAPE.sub(lambda found: f"\\u{found[0][2:].upper()}", escaped),
    ):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            yield form.encode(encoding, "surrogatepass")


def _names(work: Workspace, paths: Iterable[Path]) -> list[str]:
    return sorted(path.relative_to(work.folder).as_posix() for path in paths)
