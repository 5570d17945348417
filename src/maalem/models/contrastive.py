# SPDX-License-Identifier: Apache-2.0
"""Supervised contrastive tuning: texts of one label draw together, others apart."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from maalem.errors import EngineError
from maalem.models.calibration import fit_temperature, log_loss
from maalem.models.contrastive_adam import Adam
from maalem.models.contrastive_batches import class_balanced
from maalem.models.contrastive_body import Body
from maalem.models.contrastive_state import (
    commit_state,
    read_file,
    read_state,
    write_file,
)
from maalem.models.encoder import IntArray, read_shape
from maalem.models.head import fit_head
from maalem.models.protocol import Progress, Recipe
from maalem.models.weights import FloatArray

WARMING = 0.1  # share of the steps in which the rate rises
JUDGE_STRENGTH = 3.0  # of the head that judges an epoch; its temperature is fitted
JUDGE_TEXTS = 1000  # texts that head learns from: more change the second decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Pupil:
    """What a body learns from.

    Attributes:
        numbers: Token numbers of every text.
        targets: Number of each text's label, shape (n,).
        held: True for texts that only judge, shape (n,).
    """

    numbers: Sequence[IntArray]
    targets: NDArray[np.int64]
    held: NDArray[np.bool_]


def tune_body(
    base: Path, pupil: Pupil, *, recipe: Recipe, seed: int, folder: Path
) -> Iterator[Progress]:
    """Tune the body of a base model; `tuned_tensors(folder)` gives what came of it.

    The order of the texts is a function of seed and epoch, nothing is dropped out, and
    torch is held to deterministic algorithms: run again after a kill, on as many
    threads, it ends with the same bits.

    Args:
        base: Folder of the base model.
        pupil: What is learned from.
        recipe: The settings.
        seed: Of the order.
        folder: Where the state is kept; nothing is written elsewhere.

    Source:
        Khosla et al. (2020), "Supervised Contrastive Learning", equation 2, within the
        batch and without augmented views: every text is encoded once a step.
    """
    with _repeatable():
        yield from _Tuning(base, pupil, recipe=recipe, seed=seed, folder=folder).run()


def tuned_tensors(folder: Path) -> dict[str, FloatArray]:
    """Give the tensors of the body that was chosen, by name.

    Raises:
        EngineError: The saved file is damaged.
    """
    state = read_state(folder)
    entry = state.best or state.current
    if entry is None:
        return {}
    tensors = read_file(folder, entry)
    return {
        name.removeprefix("body."): tensor.numpy()
        for name, tensor in tensors.items()
        if name.startswith("body.")
    }


def contrastive_loss(
    vectors: torch.Tensor, targets: torch.Tensor, *, contrast: float
) -> torch.Tensor:
    """Give the mean supervised contrastive loss of one batch.

    Args:
        vectors: Unit vectors, shape (batch, hidden).
        targets: Number of each one's label, shape (batch,).
        contrast: Temperature, in (0, 1].

    Returns:
        A scalar; 0 where no text has another of its label.
    """
    itself = torch.eye(len(targets), dtype=torch.bool)
    scores = (vectors @ vectors.T / contrast).masked_fill(itself, -torch.inf)
    chances = scores - torch.logsumexp(scores, dim=1, keepdim=True)
    alike = (targets[:, None] == targets[None, :]) & ~itself
    counts = alike.sum(dim=1)
    sums = chances.masked_fill(~alike, 0.0).sum(dim=1)
    return -(sums / counts.clamp(min=1)).sum() / (counts > 0).sum().clamp(min=1)


class _Tuning:
    """One tuning, from its last committed step to its end."""

    def __init__(
        self, base: Path, pupil: Pupil, *, recipe: Recipe, seed: int, folder: Path
    ) -> None:
        bfloat16 = recipe.precision == "auto" and has_bfloat16()
        weights = base / "model.safetensors"
        self._body = Body(weights, read_shape(base), bfloat16=bfloat16)
        self._recipe, self._seed, self._folder = recipe, seed, folder
        self._pupil = pupil
        self._kept = np.flatnonzero(~pupil.held)
        self._optimiser = Adam(self._body.learning_tensors())
        self._state = read_state(folder)
        self._epoch_steps = len(self._batches(0))
        self._total = self._epoch_steps * recipe.epochs
        if self._state.current:
            self._restore(read_file(folder, self._state.current))

    def run(self) -> Iterator[Progress]:
        batches: tuple[NDArray[np.int64], ...] = ()
        while not self._state.finished:
            epoch, place = divmod(self._state.step, self._epoch_steps)
            if place == 0 or not batches:
                batches = self._batches(epoch)
            loss = self._step(batches[place])
            self._state = replace(self._state, step=self._state.step + 1)
            if place + 1 == self._epoch_steps:
                self._end_epoch(epoch)
            elif self._state.step % self._recipe.save_every == 0:
                self._commit()
            yield Progress(
                stage="tune", step=self._state.step, total=self._total, loss=loss
            )

    def _batches(self, epoch: int) -> tuple[NDArray[np.int64], ...]:
        parts = class_balanced(
            self._pupil.targets[self._kept],
            batch_size=self._recipe.batch_size,
            seed=self._seed,
            epoch=epoch,
        )
        return tuple(self._kept[part] for part in parts)

    def _step(self, places: NDArray[np.int64]) -> float:
        done = self._state.step
        warming = max(1, round(self._total * WARMING))
        rate = min(1.0, (done + 1) / warming) * (self._total - done) / self._total
        vectors = self._body.encode([self._pupil.numbers[place] for place in places])
        targets = torch.from_numpy(self._pupil.targets[places])
        loss = contrastive_loss(vectors, targets, contrast=self._recipe.contrast)
        if not torch.isfinite(loss):
            raise EngineError(
                f"the loss of step {done + 1} is not a number",
                why="the steps were too large",
                hint="lower learning_rate",
                code="training.diverged",
            )
        loss.backward()  # type: ignore[no-untyped-call]  # torch is typed in part
        self._optimiser.step(self._recipe.learning_rate * rate)
        return float(loss.detach())

    def _end_epoch(self, epoch: int) -> None:
        """Judge the epoch, unless there is but one to choose from, and commit."""
        last = epoch + 1 == self._recipe.epochs
        state = self._state
        if self._recipe.epochs > 1:
            loss = self._judge()
            if state.loss is None or loss < state.loss:
                name = f"best-{epoch:04d}.safetensors"
                best = write_file(self._folder, name, self._saved_body())
                state = replace(state, loss=loss, best=best, waited=0)
            else:
                state = replace(state, waited=state.waited + 1)
        finished = last or state.waited >= self._recipe.patience
        self._state = replace(state, finished=finished)
        self._commit()

    def _judge(self) -> float:
        """Give the held-out loss of a head on the vectors as they are now."""
        targets, held = self._pupil.targets, np.flatnonzero(self._pupil.held)
        taught = np.unique(np.concatenate(self._batches(0)))[:JUDGE_TEXTS]
        known = np.unique(targets[taught])
        held = held[np.isin(targets[held], known)]
        vectors = self._body.embed_all(
            [self._pupil.numbers[place] for place in [*taught, *held]]
        )
        head = fit_head(
            vectors[: len(taught)],
            np.searchsorted(known, targets[taught]),
            classes=len(known),
            strength=JUDGE_STRENGTH,
            gap=1e-4,
        )
        logits = head.logits(vectors[len(taught) :])
        right = np.searchsorted(known, targets[held])
        return log_loss(logits / fit_temperature(logits, right), right)

    def _commit(self) -> None:
        tensors = {**self._saved_body(), **self._optimiser.saved()}
        self._state = commit_state(self._folder, self._state, tensors)

    def _saved_body(self) -> dict[str, torch.Tensor]:
        learning = self._body.learning_tensors()
        return {f"body.{name}": tensor for name, tensor in learning.items()}

    def _restore(self, tensors: dict[str, torch.Tensor]) -> None:
        for name, tensor in self._body.learning_tensors().items():
            tensor.data.copy_(tensors[f"body.{name}"])
        self._optimiser.restore(tensors, steps=self._state.step)


@contextmanager
def _repeatable() -> Generator[None]:
    # As `use_deterministic_algorithms`, which imports the compiler to tell it too.
    before = torch.get_deterministic_debug_mode()
    torch.set_deterministic_debug_mode("error")
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(before)


def has_bfloat16() -> bool:
    """Tell whether the processor multiplies bfloat16 itself."""
    known = torch.cpu.get_capabilities()
    return bool(known.get("avx512_bf16") or known.get("amx_bf16"))
