# SPDX-License-Identifier: Apache-2.0
"""One project that went through the whole loop, and copies of it to go on with."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.app import builders, marks

from maalem.app import loop


@dataclass(frozen=True)
class Journey:
    """A project, the files that went in, and what each step of the loop gave."""

    folder: Path
    table: Path
    answers: Path
    release: Path
    exam: loop.Exam


@pytest.fixture(scope="session")
def journey(tmp_path_factory):
    """A project after the whole loop; never change it, take `copied` for that."""
    home = tmp_path_factory.mktemp("journey")
    table = builders.a_table(home / "reports.csv")
    answers = builders.answers(home / "answers.jsonl")
    folder = builders.a_project(home / "fleet")
    with loop.open_workspace(folder) as work:
        loop.add(work, [table])
        loop.ask(work, "system")
        loop.collect(work, "system", answers)
        dataset = loop.freeze(work, "system", drop_leaks=True)
        exam = loop.examine(work, loop.train(work, dataset))
        release = loop.release(work, exam)[1]
    return Journey(folder, table, answers, release, exam)


@pytest.fixture
def copied(journey, tmp_path):
    """A copy of the project that may be harmed."""
    return shutil.copytree(journey.folder, tmp_path / "copied")


@pytest.fixture
def project(tmp_path):
    """A new project with its task, and nothing in it."""
    return builders.a_project(tmp_path / "fleet")


@pytest.fixture
def maalem(capsys):
    """Call the command line; give exit code, standard output and standard error."""
    return builders.caller(capsys)


@pytest.fixture(scope="session")
def marked(tmp_path_factory):
    """A project after the whole loop, one row of which has marks; never change it."""
    return marks.a_marked_project(tmp_path_factory.mktemp("marked"))


@pytest.fixture
def forgettable(marked, tmp_path):
    """A copy of the project with marks, in which something may be forgotten."""
    return shutil.copytree(marked, tmp_path / "fleet")
