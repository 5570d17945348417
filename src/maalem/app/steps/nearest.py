# SPDX-License-Identifier: Apache-2.0
"""The taught texts that lie nearest to a text, and who taught each."""

from dataclasses import dataclass

from maalem.app.steps.runs import base_of, dataset_folder
from maalem.app.workspace import Workspace
from maalem.dataset import read_split
from maalem.models.encoder import open_encoder
from maalem.models.neighbours import nearest_of
from maalem.records import Annotation, Dataset, Digest, Item
from maalem.store.places import place_of, places_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One answer that taught a neighbour.

    Attributes:
        annotator: Pseudonym.
        labels: What they said.
        entry: Index of the ledger's entry.
    """

    annotator: str
    labels: tuple[str, ...]
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A taught text that lies near.

    Attributes:
        item: The row.
        text: Its text.
        label: Its settled label.
        similarity: Cosine of the two vectors, in [-1, 1].
        entry: Index of the ledger's entry that brought the item.
        lessons: The answers behind the label.
    """

    item: Digest
    text: str
    label: str
    similarity: float
    entry: int
    lessons: tuple[Lesson, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """What lies near a text in the teaching part of a dataset.

    Attributes:
        encoder: Name of the base model that made the vectors.
        neighbours: The nearest first.
    """

    encoder: str
    neighbours: tuple[Neighbour, ...]


def nearest(
    work: Workspace, dataset: Dataset, text: str, *, count: int = 5
) -> Neighbourhood:
    """Find the rows of a teaching part that lie nearest to a text.

    The vectors are those of the base model, before it was tuned: near means alike as
    texts, and is no proof that a row caused an answer.

    Args:
        work: The opened project.
        dataset: The frozen dataset.
        text: The text that was asked about.
        count: How many to give.

    Raises:
        MissingPartError: The package that carries the base model is not installed.
    """
    rows = read_split(dataset_folder(work, dataset), "teaching")
    base, folder, _ = base_of(work, dataset)
    encoder = open_encoder(folder, max_tokens=work.project.recipe.max_tokens)
    vectors = encoder.encode([row.text for row in rows])
    found = nearest_of(vectors, encoder.encode([text])[0], count=count)
    return Neighbourhood(
        encoder=base.name,
        neighbours=tuple(
            Neighbour(
                item=rows[place].item,
                text=rows[place].text,
                label=rows[place].label,
                similarity=similarity,
                entry=place_of(work.store, Item, rows[place].item),
                lessons=_lessons(work, rows[place].annotations),
            )
            for place, similarity in found
        ),
    )


def _lessons(work: Workspace, names: tuple[Digest, ...]) -> tuple[Lesson, ...]:
    places = places_of(work.store, Annotation, names)
    several = (work.store.get(Annotation, name) for name in places)
    return tuple(
        Lesson(annotator=one.annotator, labels=one.labels, entry=places[one.id])
        for one in several
    )
