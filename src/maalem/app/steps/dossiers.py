# SPDX-License-Identifier: Apache-2.0
"""The dossier of a release is written, entered in the ledger, and checked again."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from maalem.app.steps.dossier_sources import sources_of
from maalem.app.workspace import Workspace, now
from maalem.errors import DataError, MaalemError
from maalem.records import (
    Annotation,
    Checkpoint,
    Dataset,
    Digest,
    EvalReport,
    Json,
    Qualification,
    Record,
    Release,
    TaskVersion,
    TrainingRun,
    Verdict,
    digest_bytes,
    digest_file,
    digest_of,
    to_json,
)
from maalem.release.claims import RED, Claim
from maalem.release.dossier import (
    PAGES,
    BaseCompute,
    Dossier,
    fill,
    read_dossier,
    render_dossier,
    write_dossier,
)
from maalem.release.dossier import checking as judging
from maalem.release.dossier.fields import Pointer
from maalem.release.dossier.reading import FILE
from maalem.release.dossier.statements import FILE as STATEMENTS
from maalem.release.dossier.statements import read_statements, write_form
from maalem.store.entry import Entry
from maalem.store.places import places_of

FORM = "to-write.toml"
_DEED = "dossier.write"
_KINDS: dict[str, type[Record]] = {
    kind.kind: kind
    for kind in (
        *(Annotation, Checkpoint, Dataset, EvalReport, Qualification, Release),
        *(TaskVersion, TrainingRun, Verdict),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A dossier that was written.

    Attributes:
        dossier: The dossier.
        folder: Where it lies.
        files: Its files: the JSON and a page for each language.
    """

    dossier: Dossier
    folder: Path
    files: tuple[str, ...]


def release_to_report(work: Workspace, name: str | None) -> Release:
    """Give the release with a name such as `system-1`; the newest without a name.

    Raises:
        DataError: There is none.
    """
    releases = {f"{one.task}-{one.number}": one for one in work.store.find(Release)}
    if not releases:
        raise DataError(
            "nothing was released yet",
            hint="maalem release TASK",
            code="dossier.no-release",
        )
    found = releases.get(name or [*releases][-1])
    if found is None:
        raise DataError(
            f"there is no release {name!r}",
            why=f"the releases are {', '.join(releases)}",
            hint=f"maalem report --dossier --release {[*releases][-1]}",
            code="dossier.no-release",
        )
    return found


def write(
    work: Workspace,
    release: Release,
    *,
    languages: Collection[str] = tuple(PAGES),
    into: Path | None = None,
) -> Written:
    """Write the dossier of a release, and enter its files in the ledger.

    Args:
        work: The opened project.
        release: The release.
        languages: Languages of the pages.
        into: Folder to write to; else one in the project.

    Raises:
        SettingsError: `dossier.toml` is refused.
        DataError: A record is not there.
        IntegrityError: A record or a file is not what its digest says.
    """
    size = sum(1 for _ in work.store.entries())
    dossier = _filled(work, release, size=size)
    folder = into or work.place("dossiers", dossier.name)
    folder.mkdir(parents=True, exist_ok=True)
    pages = {one: file for one, file in PAGES.items() if one in languages}
    made = {FILE: write_dossier(dossier)} | {
        file: render_dossier(dossier, language=one, pages=pages).encode()
        for one, file in pages.items()
    }
    digests: dict[str, Json] = {name: digest_bytes(one) for name, one in made.items()}
    details: dict[str, Json] = {
        "task": release.task,
        "release": release.id,
        "files": digests,
    }
    for stale in set(PAGES.values()) - set(made):
        (folder / stale).unlink(missing_ok=True)  # it would be another dossier's page
    for name, content in made.items():
        (folder / name).write_bytes(content)
    (folder / FORM).write_text(write_form(dossier), encoding="utf-8")
    work.store.append(_DEED, details=details)
    return Written(dossier=dossier, folder=folder, files=tuple(made))


def _filled(work: Workspace, release: Release, *, size: int) -> Dossier:
    settings = work.project.dossier
    said = None
    if settings.base_training_flops is not None:
        said = BaseCompute(
            operations=settings.base_training_flops,
            source=settings.base_training_source,
        )
    path = work.folder / STATEMENTS
    text = path.read_text(encoding="utf-8-sig") if path.is_file() else ""
    return fill(
        sources_of(work, release, size=size, base_compute=said),
        read_statements(text),
        origin=work.store.origin,
        made_at=now().isoformat(timespec="seconds"),
    )


def is_dossier(path: Path) -> bool:
    """Tell whether a path is meant to be a dossier: its folder, or its JSON file."""
    return path.name == FILE or (path / FILE).is_file()


def check(work: Workspace, path: Path) -> tuple[Claim, ...]:
    """Check a dossier against the ledger and the records of its project.

    Args:
        work: The opened project.
        path: The dossier's JSON file, or its folder.

    Raises:
        IntegrityError: It is no dossier.
    """
    file = path if path.is_file() else path / FILE
    content = file.read_bytes()
    said = read_dossier(content)
    releases = {one.id: f"{one.task}-{one.number}" for one in work.store.find(Release)}
    asked = {one.entry for one in said.pointers}
    entries = {one.index: one for one in work.store.entries() if one.index in asked}
    about = judging.judge_release(said, releases)
    return (
        about,
        judging.judge_files(
            {one.name: digest_file(one) for one in _lying(file)},
            _written(work, digest_bytes(content)),
        ),
        judging.judge_pointers(said, lambda one: _fault(work, one, entries)),
        *([_values(work, said)] if about.status != RED else ()),
    )


def _lying(file: Path) -> Iterator[Path]:
    """Give the files of a dossier that lie beside its JSON file, and itself."""
    yield file
    for name in PAGES.values():
        if (file.parent / name).is_file():
            yield file.parent / name


def _written(work: Workspace, digest: Digest) -> dict[str, Digest] | None:
    for entry in work.store.entries(_DEED):
        files = entry.details.get("files")
        if isinstance(files, dict) and files.get(FILE) == digest:
            return {str(name): Digest(str(one)) for name, one in files.items()}
    return None


def _fault(work: Workspace, one: Pointer, entries: dict[int, Entry]) -> str:
    """Say what is wrong with a pointer; empty where nothing is."""
    entry = entries.get(one.entry)
    if entry is None:
        return "is not in the ledger"
    if one.kind == "entry":
        is_same = (entry.action, digest_of(to_json(entry))) == (one.id, one.digest)
        return "" if is_same else "says something else"
    return _fault_of_record(work, one)


def _fault_of_record(work: Workspace, one: Pointer) -> str:
    kind, name = _KINDS.get(one.kind), Digest(one.id)
    if kind is None:
        return f"brought no record of the kind {one.kind!r}"
    if places_of(work.store, kind, (name,)).get(name) != one.entry:
        return f"did not bring {one.kind} {one.id}"
    is_same = digest_of(to_json(work.store.get(kind, name))) == one.digest
    return "" if is_same else "brought another record"


def _values(work: Workspace, said: Dossier) -> Claim:
    """Fill the dossier anew and compare; what can no longer be read is told."""
    try:
        release = work.store.get(Release, said.release)
        sources = sources_of(
            work, release, size=said.size, base_compute=said.base_compute
        )
        again = fill(sources, {}, origin=said.origin, made_at=said.made_at)
        return judging.judge_values(said, again)
    except MaalemError as error:
        text = f"The records cannot be read again: {error.message}."
        return Claim(name="values", status=RED, text=text)
