# SPDX-License-Identifier: Apache-2.0
"""Which tasks are learned while experts answer, and with which base."""

from collections.abc import Collection, Sequence
from functools import cache
from threading import Lock

from maalem.app.desk.dealing_board import Board
from maalem.app.desk.dealing_gear import LiveTeaching
from maalem.app.desk.dealing_opening import Teach
from maalem.app.workspace import Workspace
from maalem.models.bases import choose_base
from maalem.models.folder import describe_folder
from maalem.models.live_encoder import KeptVectors, kept_from, open_live_encoder
from maalem.records import Digest, Item
from maalem.tasks import TaskDefinition


def teach_live(work: Workspace) -> Teach:
    """Give what makes a teacher for each task that chooses one label.

    The base is the one that a training would take, opened when it is first needed.
    """
    turn = Lock()  # two tasks that begin at once open one base

    @cache
    def opened(base: str) -> KeptVectors:
        folder, file = work.folder / base, work.place("cache") / "vectors.sqlite"
        if folder.is_dir():  # the project's own
            found = describe_folder(folder, "encoder.v1", name=base, licence="")
            return kept_from(folder, name=base, base=found.id, file=file)
        return open_live_encoder(base, work.place("bases") / base, file=file)

    def vectors_for(items: Sequence[Item]) -> KeptVectors:
        base = work.project.training.base
        if base == "auto":
            languages = [item.language for item in items]
            base = choose_base(languages, [item.text for item in items]).name
        with turn:
            return opened(base)

    def teach(
        task: TaskDefinition, board: Board, drawn: Collection[Digest]
    ) -> LiveTeaching | None:
        items = {
            item.id: item
            for item in work.store.find(Item, task.name)
            if board.cases[item.id].split == "teaching"
        }
        if task.answer != "choose" or not items:
            return None
        several = tuple(items.values())
        return LiveTeaching(
            task,
            items,
            board=board,
            drawn=drawn,
            open_vectors=lambda: vectors_for(several),
        )

    return teach
