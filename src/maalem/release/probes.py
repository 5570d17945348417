# SPDX-License-Identifier: Apache-2.0
"""Texts whose exact answers are frozen with a release; who serves it repeats them."""

import json
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from maalem.errors import IntegrityError, boundary
from maalem.models import Predictor
from maalem.records import Checkpoint, Digest, Json, LabelScores, from_json, to_json
from maalem.release.signing import LARGEST, read_json
from maalem.tasks import TaskDefinition

PROBES = "probes.json"
SCHEMA = "maalem.probes/1"
MOST = 64  # repeating 45 of them twice takes a MiniLM four seconds
# What 32-bit floats summed in another order may change of a probability: in batches of
# a MiniLM the probes differed by 8e-7 at most from those asked one by one.
TOLERANCE = 2e-5

FIXED: tuple[str, ...] = (
    "",
    " ",
    "?",
    "ok",
    "0",
    "12.5 bar, 2400 rpm, -7 °C",
    "It has not worked since this morning; please send somebody who knows it.",
    "SAME PROBLEM AS LAST WEEK!!! nobody came",
    "Ça ne marche plus depuis ce matin, merci d’envoyer quelqu’un qui s’y connaît.",
    "« Voyant allumé », œil de bœuf, à vérifier : où ? Déjà vu l’an passé.",
    "لا يعمل منذ هذا الصباح، المرجو إرسال من يعرفه.",
    "نَفْسُ المُشْكِلَةِ مَرَّةً أُخْرَى، ١٢٫٥ بار",
    "ma khdamch had sbah, 3afak sift chi wa7ed kay3ref lih",
    "The voyant ORANGE يضيء ثم ينطفئ, see p. 3 / voir p. 3",
    "👍🏽 👩‍🔧🔧 🇲🇦 ok?",
    "first line\nsecond line\r\n\tthird\x00\x07\x1b[31m\x7f end",
    "\u202eright to left\u202c \u200f\u200e\u2066mixed\u2069\ufeff",
    "e\u0301te\u0301 decomposed, ﬁ ligature, ＡＢＣ wide",
    "a\u200bb\u200cc\u200dd zero width",
    "x" * 400,
    "one and the same sentence again and again, " * 60,
    "نفس الجملة مرة بعد مرة، " * 60,
)
"""Probes of every release, chosen for what tokenizers and batches stumble over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One text with its answer.

    Attributes:
        text: The text; it is no document's.
        probabilities: One per label, as the model gave them, each exactly.
    """

    text: str
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSet:
    """What a model answered when it was released.

    Attributes:
        model: The model.
        labels: Its labels, in the order of the probabilities.
        computed: What computed the answers; empty where that could not be told. Where
            it is the same again, a single text must give the same bits.
        tolerance: How far a probability may else differ, above 0.
        probes: The probes.
    """

    model: Digest
    labels: tuple[str, ...]
    computed: str
    tolerance: float
    probes: tuple[Probe, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An answer that is not the frozen one.

    Attributes:
        text: The probe.
        label: The first label whose probability differs.
        expected: What was frozen.
        got: What was answered.
    """

    text: str
    label: str
    expected: float
    got: float

    @property
    def sentence(self) -> str:
        """The difference, for a person."""
        return (
            f"probe {self.text[:60]!r}: {self.label!r} was {self.expected!r} when it "
            f"was released and is {self.got!r} now"
        )


def probe_texts(task: TaskDefinition, *, taken: Collection[str]) -> tuple[str, ...]:
    """Give the probes of a task: fixed ones, then its labels' names and examples.

    Args:
        task: The task.
        taken: Texts that are a document's; none of them becomes a probe.

    Returns:
        At most `MOST` different texts, always the same for the same task.
    """
    wanted = dict.fromkeys(_candidates(task))
    refused = {_matched(text) for text in taken}
    kept = [text for text in wanted if _matched(text) not in refused]
    return tuple(kept[:MOST])


def freeze_probes(
    model: Predictor[LabelScores],
    texts: Sequence[str],
    *,
    checkpoint: Checkpoint,
    computed: str,
) -> ProbeSet:
    """Ask a model each probe by itself and keep its exact answers.

    Args:
        model: The model as examined.
        texts: The probes, one at least.
        checkpoint: What the model was loaded from.
        computed: What computes here; empty where that cannot be told.
    """
    answers = [model.predict([text])[0] for text in texts]
    return ProbeSet(
        model=checkpoint.id,
        labels=answers[0].labels,
        computed=computed,
        tolerance=TOLERANCE,
        probes=tuple(
            Probe(text=text, probabilities=answer.probabilities)
            for text, answer in zip(texts, answers, strict=True)
        ),
    )


def write_probes(probes: ProbeSet | None) -> dict[str, bytes]:
    """Give the file of the probes by its name; none where there are none."""
    if probes is None:
        return {}
    written: dict[str, Json] = {"schema": SCHEMA, **to_json(probes)}
    text = json.dumps(written, indent=1, sort_keys=True, allow_nan=False)
    return {PROBES: f"{text}\n".encode()}


def read_probes(folder: Path) -> ProbeSet | None:
    """Read the probes of a release; none where it is older than they are.

    Raises:
        IntegrityError: They are too large, a link, or of another schema.
        DataError: They are not as they were written.
    """
    path = folder / PROBES
    if not path.exists() and not path.is_symlink():
        return None
    with boundary(IntegrityError, "read the probes of the release"):
        if path.is_symlink() or path.stat().st_size > LARGEST:
            raise ValueError("it is a link, or too large")
        content = dict(read_json(path.read_bytes()))
        if content.pop("schema") != SCHEMA:
            raise ValueError(f"its schema is not {SCHEMA!r}")
        return from_json(ProbeSet, content)


def find_difference(
    probes: ProbeSet, answers: Sequence[LabelScores], *, tolerance: float
) -> Difference | None:
    """Give the first answer that is not the frozen one; none if all are.

    Args:
        probes: What was frozen.
        answers: One per probe, in order.
        tolerance: How far a probability may differ; 0 asks for the same bits.
    """
    for probe, answer in zip(probes.probes, answers, strict=True):
        got = dict(zip(answer.labels, answer.probabilities, strict=True))
        pairs = zip(probes.labels, probe.probabilities, strict=True)
        for label, expected in pairs:
            found = got.pop(label, float("nan"))
            if not abs(found - expected) <= tolerance:  # also where it is no number
                return Difference(
                    text=probe.text, label=label, expected=expected, got=found
                )
        for label, found in got.items():
            return Difference(text=probe.text, label=label, expected=0.0, got=found)
    return None


def _candidates(task: TaskDefinition) -> Iterator[str]:
    yield from FIXED
    for label in task.labels:
        yield from label.all_names
    for label in task.labels:
        yield from label.examples
    for label in task.labels:
        if label.description:
            yield label.description


def _matched(text: str) -> str:
    """Give a text as it is compared: without case, form or spaces around words."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
