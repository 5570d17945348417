# SPDX-License-Identifier: Apache-2.0
"""What the records say about a release, its model and how it was trained."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from maalem.records import TrainingRun
from maalem.release.dossier.compute import BODIES, THIRD, most_compute
from maalem.release.dossier.fields import Part, Pointer
from maalem.release.dossier.sources import Kept, Sources, deed_pointer

Found = tuple[tuple[Part, ...], tuple[Pointer, ...]]
"""Values, and where the ledger has them; no values where nothing is recorded."""

NOTHING: Found = ((), ())
_KINDS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("classify.v1", "classify-int8.v1", "tiny.v1"), "one_label")
)


def model_facts(sources: Sources) -> dict[str, Found]:
    """Give the facts about the release and its model, by key."""
    return {
        **_release(sources),
        **_model(sources),
        **_training(sources),
        **_computing(sources),
    }


def _release(sources: Sources) -> dict[str, Found]:
    release, folder = sources.release.record, sources.folder
    here = (sources.release.pointer,)
    name = Part(value=f"{release.task}-{release.number}", shape="text", name="@release")
    digest = Part(value=release.id, shape="digest", name="@digest")
    forms = (
        Part(value="signed_folder", shape="term"),
        Part(value=len(release.files), shape="count", name="@files"),
        Part(value=sum(one.size for one in release.files), shape="bytes", name="@size"),
    )
    at = folder.released_at if folder else None
    when = (Part(value=at, shape="moment"),) if at else ()
    history = tuple(
        Part(value=one.at, shape="moment", name=str(one.details.get("folder", "")))
        for one in sources.deeds.releases
    )
    signer = (Part(value=release.signer, shape="text", name="@signer"),)
    return {
        "release": ((name, digest), here),
        "released_at": (when, here),
        "forms": (forms, here),
        "history": (history, tuple(map(deed_pointer, sources.deeds.releases))),
        "signature": (signer, here),
    }


def _model(sources: Sources) -> dict[str, Found]:
    model, base = sources.checkpoint.record, sources.base
    here = (sources.checkpoint.pointer,)
    files = (
        Part(value=len(model.files), shape="count", name="@files"),
        Part(value=sum(one.size for one in model.files), shape="bytes", name="@size"),
    )
    found: dict[str, Found] = {
        "model_kind": ((Part(value=model.model_kind, shape="text"),), here),
        "licence": _licence(model.licence, here),
        "model_files": (files, here),
        "base_model": NOTHING,
        "parameters": NOTHING,
    }
    if base is not None:
        parts = (
            Part(value=base.record.name, shape="text", name="@name"),
            Part(value=base.record.id, shape="digest", name="@digest"),
        )
        licence = _licence(base.record.licence, (), name="@licence")[0]
        found["base_model"] = ((*parts, *licence), (base.pointer,))
        if sources.parameters is not None:
            count = Part(value=sources.parameters, shape="count", name="@base")
            found["parameters"] = ((count,), (base.pointer,))
    return found


def _licence(licence: str, here: tuple[Pointer, ...], *, name: str = "") -> Found:
    """Give a licence; a folder of the project's own has none that is recorded."""
    if licence == "not recorded":
        return NOTHING
    return (Part(value=licence, shape="text", name=name),), here


def _training(sources: Sources) -> dict[str, Found]:
    runs = sources.runs
    if not runs:
        return {}
    first, here = runs[0].record, _pointers(runs)
    seconds = sum(run.record.seconds for run in runs)
    processor = sum(run.record.cpu_seconds for run in runs)
    recipe = {name: text.strip('"') for name, text in first.recipe}
    longest = recipe.get("max_tokens")
    tokens = (Part(value=int(longest or 0), shape="count", name="@tokens"),)
    reads = Part(value="text", shape="term", name="@input")
    gives = Part(value=_KINDS.get(first.model_kind, ""), shape="term", name="@output")
    known = first.model_kind in _KINDS
    reads_tokens = longest and first.model_kind in BODIES
    return {
        "recipe": (_pairs(tuple(recipe.items())), (runs[0].pointer,)),
        "seeds": (_counts([run.record.seed for run in runs]), here),
        "software": (_pairs(first.libraries), (runs[0].pointer,)),
        "training_machine": (tuple(_machine(first)), (runs[0].pointer,)),
        "training_time": (
            (
                Part(value=seconds, shape="seconds", name="@wall"),
                Part(value=processor, shape="seconds", name="@processor"),
            ),
            here,
        ),
        "max_input": (tokens if reads_tokens else (), (runs[0].pointer,)),
        "input_output": ((reads, gives) if known else (), (runs[0].pointer,)),
        "seal": _seal(runs),
        "training_dates": (
            tuple(
                Part(value=one.at, shape="moment") for one in sources.deeds.trainings
            ),
            tuple(map(deed_pointer, sources.deeds.trainings)),
        ),
    }


def _machine(run: TrainingRun) -> Iterator[Part]:
    yield Part(value=run.engine, shape="text", name="@engine")
    yield Part(value=run.threads, shape="count", name="@threads")
    for name, value in run.sealing.facts if run.sealing else ():
        if name in ("kernel", "machine"):
            yield Part(value=value, shape="text", name=f"@{name}")


def _seal(runs: tuple[Kept[TrainingRun], ...]) -> Found:
    """Give the lowest seal, and what its job was refused; below 1 it is no seal."""
    lowest = min(runs, key=_level)
    seal, here = lowest.record.sealing, (lowest.pointer,)
    if seal is None or not seal.level:
        return (Part(value="no_seal", shape="term"),), here
    parts = (
        Part(value=lowest.record.seal, shape="sentence"),
        Part(value=seal.refused, shape="count", name="@refused"),
        Part(value=seal.bites, shape="count", name="@bites"),
    )
    return tuple(part for part in parts if part.value is not None), here


def _level(run: Kept[TrainingRun]) -> int:
    return run.record.sealing.level if run.record.sealing else 0


def _computing(sources: Sources) -> dict[str, Found]:
    records = [run.record for run in sources.runs]
    found = most_compute(records, sources.dataset.record, sources.parameters)
    base = sources.base
    if found is None or base is None:
        return {}
    here = (*_pointers(sources.runs), base.pointer, sources.dataset.pointer)
    formula = "formula_tuned" if found.epochs else "formula_frozen"
    parts = (
        Part(value=found.operations, shape="operations", name="@at_most"),
        Part(value=formula, shape="term", name="@formula"),
        Part(value=found.parameters, shape="count", name="@parameters"),
        Part(value=found.texts, shape="count", name="@texts"),
        Part(value=found.max_tokens, shape="count", name="@tokens"),
        Part(value=found.epochs, shape="count", name="@epochs"),
        Part(value=found.runs, shape="count", name="@runs"),
    )
    if sources.base_compute is None:
        return {"compute": (parts, here)}
    share = found.operations / sources.base_compute.operations
    side = "below_third" if share <= THIRD else "may_be_above_third"
    shares = (
        Part(value=share, shape="number", name="@at_most"),
        Part(value=side, shape="term"),
        Part(value="formula_share", shape="term", name="@formula"),
    )
    return {"compute": (parts, here), "compute_share": (shares, here)}


def _pairs(pairs: tuple[tuple[str, str], ...]) -> tuple[Part, ...]:
    return tuple(Part(value=value, shape="text", name=name) for name, value in pairs)


def _counts(values: list[int]) -> tuple[Part, ...]:
    return tuple(Part(value=value, shape="count") for value in sorted(values))


def _pointers(runs: tuple[Kept[TrainingRun], ...]) -> tuple[Pointer, ...]:
    return tuple(run.pointer for run in runs)
