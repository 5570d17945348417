# SPDX-License-Identifier: Apache-2.0
"""What becomes of a model that learned from what was forgotten: decided, written down.

It also says what must be done next for a model, and where the project's settings would
teach another way than it was taught.
"""

import difflib
from collections.abc import Iterator
from dataclasses import replace

from maalem.app.steps.datasets import find_latest_dataset
from maalem.app.steps.retraining import TAUGHT, Duty, duties
from maalem.app.steps.runs import SHORT, dataset_folder
from maalem.app.workspace import Workspace, newest, now
from maalem.dataset.erased import find_erased
from maalem.errors import DataError, UsageError
from maalem.records import Checkpoint, Digest, TrainingRun, digest_of, to_json
from maalem.records.retraining import DECISIONS, JUSTIFY, ModelDecision
from maalem.training.jobs import recipe_pairs


def decide(
    work: Workspace, model: str, decision: str, *, reason: str = ""
) -> ModelDecision:
    """Write down what becomes of a model; a later decision takes its place.

    Args:
        work: The opened project.
        model: Name of a release of it, or the digest of the model or of its training
            run; the first eight digits will do.
        decision: `retrain`, `restrict` or `justify`.
        reason: Why, in words; it must be there where the model is kept.

    Raises:
        UsageError: There is no such decision, or the reason is missing.
        DataError: No erasure touches a model of this name, or several.
    """
    if decision not in DECISIONS:
        raise UsageError(
            f"there is no decision {decision!r}",
            hint=f"decisions: {', '.join(DECISIONS)}",
        )
    if decision == JUSTIFY and not reason.strip():
        raise UsageError(
            "whoever keeps a model that learned from what was forgotten says why",
            hint='add --reason "…"',
        )
    fields = ModelDecision(
        id=Digest(""),
        model=_model_named(work, model),
        decision=decision,
        reason=reason.strip(),
        by=work.project.project.owner,
        at=now().isoformat(timespec="microseconds"),
    )
    named = {key: value for key, value in to_json(fields).items() if key != "id"}
    made = replace(fields, id=digest_of(named))
    details = {"model": made.model, "decision": decision}
    work.store.append("forget.decide", [made], details=details)
    return made


def _model_named(work: Workspace, what: str) -> Digest:
    every = duties(work)
    begins = f"sha256:{what.removeprefix('sha256:').lower()}"
    found = {
        one.checkpoint
        for one in every
        if what in one.releases
        or (len(what) >= 8 and one.checkpoint.startswith(begins))
        or (len(what) >= 8 and one.run.startswith(begins))
    }
    if len(found) == 1:
        return found.pop()
    names = [name for one in every for name in (*one.releases, one.checkpoint[SHORT])]
    near = difflib.get_close_matches(what, names, n=1)
    raise DataError(
        f"{what!r} names {len(found) or 'no'} models that an erasure touches",
        why=f"models: {', '.join(dict.fromkeys(names)) or 'none'}",
        hint=f"did you mean {near[0]!r}?" if near else "maalem forget --status",
        code="forget.model",
    )


def next_command(work: Workspace, duty: Duty) -> str:
    """Name the command that comes next for a model; empty where nothing is left."""
    if duty.is_done:
        return ""
    if duty.state == TAUGHT:
        return f"maalem examine {duty.task}, then maalem release {duty.task}"
    dataset = find_latest_dataset(work, duty.task)
    is_clean = dataset is not None and dataset.id != duty.dataset
    if dataset and is_clean and not find_erased(dataset_folder(work, dataset)):
        return f"maalem train {duty.task}"
    return f"maalem freeze {duty.task}"


def differences(work: Workspace, duty: Duty) -> tuple[str, ...]:
    """Say where the settings would teach otherwise than the model was taught."""
    run = work.store.get(TrainingRun, duty.run)
    return tuple(_differences(work, run))


def _differences(work: Workspace, run: TrainingRun) -> Iterator[str]:
    settings, now_set = work.project.training, dict(recipe_pairs(work.project.recipe))
    for name, value in run.recipe:
        if now_set.get(name) != value:
            yield f"[recipe] {name} is {now_set.get(name)}, and was {value}"
    if run.seed not in settings.seeds:
        yield f"[training] seeds lacks {run.seed}"
    if run.threads != settings.threads:
        yield f"[training] threads is {settings.threads}, and was {run.threads}"
    last = newest(work, TrainingRun, run.task)
    if last is not None and last.base != run.base:
        names = [work.store.get(Checkpoint, one.base).name for one in (last, run)]
        yield f"[training] base is {names[0]} by now, and was {names[1]}"
    if run.model_kind != settings.model_kind:
        yield (
            f"[training] model_kind is {settings.model_kind}, and was {run.model_kind}"
        )
