# SPDX-License-Identifier: Apache-2.0
"""What is still to be done about models that learned from what was forgotten.

Erasing records changes no weight. A model is done with when another one, taught by the
same base, recipe, seed and threads without what was forgotten, took its place; or when
it is withdrawn from use; or when somebody wrote down why it stays.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from maalem.app.workspace import Workspace
from maalem.errors import DataError
from maalem.records import Digest, Release, TrainingRun
from maalem.records.retraining import JUSTIFY, RESTRICT, ModelDecision
from maalem.store import Entry
from maalem.store.erasing import FORGET
from maalem.store.places import place_of

OPEN, TAUGHT, RETRAINED = "open", "taught again", "retrained"
RESTRICTED, JUSTIFIED = "restricted", "justified"
QUANTISED = "classify-int8.v1"
"""The kind whose base is a model that learned from the same dataset."""
DONE = frozenset({RETRAINED, RESTRICTED, JUSTIFIED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """The model that took another one's place, taught without what was forgotten.

    Attributes:
        run: Its training run.
        checkpoint: The model.
        dataset: What it learned from.
        trained: Index of the entry that says it was trained.
        release: Name of its release; empty before there is one.
        released: Index of the entry that says so.
    """

    run: Digest
    checkpoint: Digest
    dataset: Digest
    trained: int
    release: str = ""
    released: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What one erasure asks of one model.

    Attributes:
        entry: Index of the entry that erased.
        subject: What was forgotten, as the ledger says it.
        task: The model's task.
        run: Its training run.
        checkpoint: The model.
        dataset: What it learned from.
        taught: Forgotten rows that it learned from.
        releases: Names of its releases.
        state: `open`, `taught again` (and still to be released), `retrained`,
            `restricted` or `justified`.
        successor: What took its place, if anything did.
        reason: Why it is restricted or justified.
        decided: Index of the entry that says so.
    """

    entry: int
    subject: str
    task: str
    run: Digest
    checkpoint: Digest
    dataset: Digest
    taught: int
    releases: tuple[str, ...]
    state: str
    successor: Successor | None = None
    reason: str = ""
    decided: int | None = None

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do about the model."""
        return self.state in DONE


def duties(work: Workspace) -> tuple[Duty, ...]:
    """Give what every erasure asks of every model, in the order of the ledger."""
    asked = [
        (entry, one) for entry in work.store.entries(FORGET) for one in _models(entry)
    ]
    if not asked:
        return ()
    history = _History(work)
    return tuple(history.duty(entry, one) for entry, one in asked)


def still_open(work: Workspace) -> tuple[Duty, ...]:
    """Give what is left to do."""
    return tuple(one for one in duties(work) if not one.is_done)


def restricted(work: Workspace) -> dict[Digest, ModelDecision]:
    """Give the models that are withdrawn from use, with the decision."""
    last = {one.model: one for one in work.store.find(ModelDecision)}
    return {model: one for model, one in last.items() if one.decision == RESTRICT}


def withdrawn_error(name: str, decision: ModelDecision) -> DataError:
    """Say why a release whose model was withdrawn does not answer."""
    return DataError(
        f"{name} was withdrawn from use",
        why=decision.reason or "the model learned from what was forgotten",
        hint="maalem forget --status",
        code="release.restricted",
    )


class _History:
    """What was trained, released and decided, read once."""

    def __init__(self, work: Workspace) -> None:
        self._work = work
        self._checkpoints = {
            str(entry.details["run"]): Digest(str(entry.details["checkpoint"]))
            for entry in work.store.entries("train.run")
        }
        self._trained = tuple(_trained(work.store.entries("train.done")))
        signed = {
            str(entry.details["release"]): entry.index
            for entry in work.store.entries("release.sign")
        }
        self._releases: dict[Digest, list[tuple[str, int]]] = {}
        for one in work.store.find(Release):
            said = f"{one.task}-{one.number}", signed.get(one.id, -1)
            self._releases.setdefault(one.checkpoint, []).append(said)
        self._decisions = {
            one.model: (one, place_of(work.store, ModelDecision, one.id))
            for one in work.store.find(ModelDecision)
        }

    def duty(self, entry: Entry, model: tuple[Digest, Digest, int]) -> Duty:
        """Tell how one erasure stands with one model."""
        name, checkpoint, taught = model
        run = self._work.store.get(TrainingRun, name)
        releases = tuple(said for said, _ in self._releases.get(checkpoint, ()))
        successor = self._successor(run, entry)
        state, reason, decided = self._decided(checkpoint, entry)
        if state == OPEN and successor is not None:
            is_whole = successor.release or not releases
            state = RETRAINED if is_whole else TAUGHT
        return Duty(
            entry=entry.index,
            subject=str(entry.details["subject"]),
            task=run.task,
            run=name,
            checkpoint=checkpoint,
            dataset=run.dataset,
            taught=taught,
            releases=releases,
            state=state,
            successor=successor,
            reason=reason,
            decided=decided,
        )

    def _decided(self, checkpoint: Digest, entry: Entry) -> tuple[str, str, int | None]:
        """Give what was decided: a reason to keep a model holds for one erasure."""
        found = self._decisions.get(checkpoint)
        if found is None:
            return OPEN, "", None
        said, index = found
        if said.decision == RESTRICT:
            return RESTRICTED, said.reason, index
        if said.decision == JUSTIFY and index > entry.index:
            return JUSTIFIED, said.reason, index
        return OPEN, "", None

    def _successor(self, run: TrainingRun, entry: Entry) -> Successor | None:
        """Give the last model that was taught like another, and without."""
        found = None
        for index, name in self._trained:
            if index < entry.index or name == run.id:
                continue
            other = self._work.store.get(TrainingRun, name)
            if _is_alike(run, other) and other.dataset not in _datasets(entry):
                found = self._as_successor(other, index, entry)
        return found

    def _as_successor(self, run: TrainingRun, trained: int, entry: Entry) -> Successor:
        checkpoint = self._checkpoints[run.id]
        after = [
            said for said in self._releases.get(checkpoint, ()) if said[1] > entry.index
        ]
        name, index = after[-1] if after else ("", None)
        return Successor(
            run=run.id,
            checkpoint=checkpoint,
            dataset=run.dataset,
            trained=trained,
            release=name,
            released=index,
        )


def _is_alike(run: TrainingRun, other: TrainingRun) -> bool:
    """Tell whether two runs differ in nothing but what they learned from."""
    return _way(run) == _way(other)


def _way(run: TrainingRun) -> tuple[object, ...]:
    recipe = tuple(sorted(run.recipe))
    base = None if run.model_kind == QUANTISED else run.base  # a taught model itself
    return run.task, base, run.model_kind, recipe, run.seed, run.threads


def _trained(entries: Iterator[Entry]) -> Iterator[tuple[int, Digest]]:
    for entry in entries:
        names = entry.details["runs"]
        for name in names if isinstance(names, Sequence) else ():
            yield entry.index, Digest(str(name))


def _models(entry: Entry) -> Iterator[tuple[Digest, Digest, int]]:
    """Give run, checkpoint and rows of each model that an erasure touches."""
    found = entry.details.get("models")
    for one in found if isinstance(found, list) else ():
        assert isinstance(one, dict)  # noqa: S101  # for the type checker
        yield Digest(one["run"]), Digest(one["checkpoint"]), int(one["taught"])


def _datasets(entry: Entry) -> frozenset[str]:
    found = entry.details.get("datasets")
    return frozenset(map(str, found)) if isinstance(found, list) else frozenset()
