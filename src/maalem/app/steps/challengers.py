# SPDX-License-Identifier: Apache-2.0
"""Whom an owner may name to sit an exam: models of the house, and of an upstream."""

from collections.abc import Sequence
from pathlib import Path

from maalem.app.steps.in_force import release_name
from maalem.app.steps.named import find_named
from maalem.app.steps.releases import has_seen
from maalem.app.steps.retraining import restricted, withdrawn_error
from maalem.app.steps.runs import SHORT, checkpoint_folder, checkpoint_of
from maalem.app.steps.sittings import Challenger, ChatChallenger, OwnModel
from maalem.app.steps.upstream_keys import key_of
from maalem.app.workspace import Workspace
from maalem.errors import DataError, LeakageError, SettingsError
from maalem.models import kind_named
from maalem.records import (
    Checkpoint,
    Dataset,
    Digest,
    Release,
    TrainingRun,
    digest_of,
)
from maalem.serving.upstream.classifier import ChatClassifier, ChatModel
from maalem.serving.upstream.prompt import prompt_of


def challengers_of(
    work: Workspace, run: TrainingRun, names: Sequence[str]
) -> tuple[Challenger, ...]:
    """Give whom names mean, each ready to sit the exam of a run.

    Args:
        work: The opened project.
        run: The run whose exam it is.
        names: Releases (`system-1`), first digits of a run's or a model's digest, or
            `MODEL@UPSTREAM` as the settings name them.

    Raises:
        DataError: Nothing has such a name, it is no model, answers with other labels or
            was withdrawn.
        LeakageError: It learned from part of this exam.
        SettingsError: There is no such upstream, or the texts must stay in the house.
    """
    dataset = work.store.get(Dataset, run.dataset)
    return tuple(
        _chat_challenger(work, name, dataset)
        if "@" in name
        else _own_model(work, name, dataset)
        for name in names
    )


def _own_model(work: Workspace, name: str, dataset: Dataset) -> OwnModel:
    found = find_named(work, name)
    checkpoint, folder, taught = _place_of(work, name, found)
    withdrawn = restricted(work).get(checkpoint.id)
    if withdrawn is not None:
        raise withdrawn_error(name, withdrawn)
    if taught.labels != dataset.labels:
        raise DataError(
            f"{name} answers with other labels than this exam has",
            why=f"its labels are {', '.join(taught.labels)}",
            hint="examine models of one version of the task",
            code="examine.labels",
        )
    if has_seen(work, taught, dataset):
        raise LeakageError(
            f"{name} learned from part of this exam",
            why="what it was taught it would know by heart",
            hint="name a model that was taught without it",
            code="examine.seen",
        )
    return OwnModel(
        name=name,
        model=checkpoint.id,
        predictor=kind_named(checkpoint.model_kind).load(checkpoint, folder),
        prices=work.project.prices,
    )


def _chat_challenger(work: Workspace, name: str, dataset: Dataset) -> ChatChallenger:
    settings, (here, _, where) = work.project.upstreams, name.rpartition("@")
    upstream = next((one for one in settings.served if one.name == where), None)
    there = dict(upstream.models).get(here) if upstream else None
    if upstream is None or there is None or "chat" not in upstream.operations:
        known = [f"{m}@{one.name}" for one in settings.served for m, _ in one.models]
        raise SettingsError(
            f"there is no chat model {name}",
            why=f"[upstreams] has {', '.join(known) or 'none'}",
            hint="name one of them, and chat among its operations",
            code="examine.upstream-unknown",
        )
    if upstream.is_outside and dataset.task not in settings.may_leave:
        raise SettingsError(
            f"the texts of {dataset.task} may not leave the house; {name} is outside",
            why="an exam sends every one of its texts",
            hint="an owner may allow it: name the task under may_leave in [upstreams]",
            code="examine.policy",
        )
    model = ChatModel(
        name=name,
        url=f"{upstream.url.rstrip('/')}/chat/completions",
        model=there,
        key=key_of(upstream, work.folder),
    )
    prompt = prompt_of(work.task(dataset.task), dataset.labels)
    prices = work.project.prices
    return ChatChallenger(
        name=name,
        model=digest_of([name, there, upstream.url, prompt.id]),
        leaves_house=upstream.is_outside,
        classifier=ChatClassifier(model, prompt),
        labels=dataset.labels,
        price=prices.of_tokens(name),
        currency=prices.currency,
    )


def _place_of(
    work: Workspace, name: str, found: object
) -> tuple[Checkpoint, Path, Dataset]:
    """Give a model, its folder, and what it learned from.

    Raises:
        DataError: What was named is no model.
    """
    if isinstance(found, Release):
        checkpoint = work.store.get(Checkpoint, found.checkpoint)
        folder = work.folder / "releases" / release_name(found) / "model"
        return checkpoint, folder, work.store.get(Dataset, found.dataset)
    if isinstance(found, TrainingRun):
        taught = work.store.get(Dataset, found.dataset)
        return checkpoint_of(work, found), checkpoint_folder(work, found), taught
    if isinstance(found, Checkpoint):
        for entry in work.store.entries("train.run"):
            if entry.details["checkpoint"] == found.id:
                run = work.store.get(TrainingRun, Digest(str(entry.details["run"])))
                place = work.folder / "runs" / run.id[SHORT]
                folder = place / str(entry.details["folder"])
                return found, folder, work.store.get(Dataset, run.dataset)
    raise DataError(
        f"{name} is no model that can sit an exam",
        hint="name a release such as system-1, a run, a model, or MODEL@UPSTREAM",
        code="examine.no-model",
    )
