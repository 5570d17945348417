# SPDX-License-Identifier: Apache-2.0
"""Looks through all answers of a large task in a process of its own, that only reads.

A thread that reckons for seconds holds Python's one lock, and whoever answers meanwhile
waits for it again and again; a process of its own takes the other core.
"""

import gc
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from maalem.app.workspace import Workspace, open_workspace
from maalem.errors import EngineError, boundary
from maalem.records import Annotation

T = TypeVar("T")

LARGE = 5_000
"""Answers; fewer are looked through in less time than a process takes to start."""


def look_apart(
    work: Workspace,
    task: str,
    *,
    deed: Callable[[Workspace, str], T],
    large: int = LARGE,
) -> T:
    """Look through a task, elsewhere if it is large.

    Args:
        work: The opened project.
        task: Name of the task.
        deed: What is done with the project and the name; a function of a module, that
            reads only. What it gives travels back.
        large: Answers from which on a process is worth its start.

    Raises:
        EngineError: The process came to a bad end.
    """
    if work.store.count(Annotation, task) < large:
        return deed(work, task)
    # a fork would copy locks that other threads hold at that moment
    with ProcessPoolExecutor(
        1, mp_context=get_context("spawn"), initializer=_step_back
    ) as pool:
        found = pool.submit(_done, deed, work.folder, task)
        with boundary(EngineError, f"look through the answers to {task}"):
            return found.result()


def _step_back() -> None:
    """Let whoever answers go first, and let the server end what it began."""
    os.nice(10)
    gc.disable()  # it ends before rings of objects count; saves a quarter of the time
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _done(deed: Callable[[Workspace, str], T], folder: Path, task: str) -> T:
    with open_workspace(folder, read_only=True) as work:
        return deed(work, task)
