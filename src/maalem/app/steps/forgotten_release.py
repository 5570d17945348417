# SPDX-License-Identifier: Apache-2.0
"""What the project around a release knows of it that the release cannot know itself.

A signed folder is never changed. That the texts it was taught from were erased since,
or that it was withdrawn from use, stands in the project's ledger.
"""

from pathlib import Path

from maalem.app.project import FILE
from maalem.app.steps.retraining import Duty, duties, restricted, withdrawn_error
from maalem.app.steps.runs import dataset_folder
from maalem.app.workspace import Workspace, open_workspace
from maalem.dataset.erased import find_erased
from maalem.records import Dataset, Release
from maalem.release import read_release
from maalem.release.claims import AMBER, Claim

NAME = "erasure"


def find_claim(folder: Path) -> Claim | None:
    """Say what was forgotten of a release's dataset; none where nothing was.

    Args:
        folder: A release that was verified, in the project that made it or elsewhere.
    """
    home = _home(folder)
    if home is None:
        return None
    release = read_release(folder)
    with open_workspace(home, read_only=True) as work:
        if not work.store.has(Release, release.id):
            return None
        text = _said(work, work.store.get(Release, release.id))
    return Claim(name=NAME, status=AMBER, text=text) if text else None


def refuse_restricted(folder: Path) -> None:
    """Refuse to answer with a release whose model was withdrawn from use.

    Args:
        folder: A release, in the project that made it or elsewhere.

    Raises:
        DataError: It was withdrawn; the reason is the one that was written down.
    """
    home = _home(folder)
    if home is None:
        return
    checkpoint = read_release(folder).checkpoint
    with open_workspace(home, read_only=True) as work:
        found = restricted(work).get(checkpoint)
    if found is not None:
        raise withdrawn_error(folder.name, found)


def _home(folder: Path) -> Path | None:
    """Give the project that a release lies in, if it lies in one."""
    place = folder.resolve().parent
    is_home = place.name == "releases" and (place.parent / FILE).is_file()
    return place.parent if is_home else None


def _said(work: Workspace, release: Release) -> str:
    dataset = work.store.get(Dataset, release.dataset)
    erased = find_erased(dataset_folder(work, dataset))
    asked = [one for one in duties(work) if one.checkpoint == release.checkpoint]
    if erased is None and not asked:
        return ""
    entries = {one.entry for one in asked} | {*(erased.entries if erased else ())}
    named = ", ".join(map(str, sorted(entries))) or "not written yet"
    what = (
        "The texts of its dataset were erased" if erased else "Answers were forgotten"
    )
    return f"{what} since (entry {named}); {_state(asked)}."


def _state(asked: list[Duty]) -> str:
    if not asked:
        return "the model learned from none of what was forgotten"
    still = [one for one in asked if not one.is_done]
    if still:
        return "the model learned from it, and it is open what becomes of it"
    last = asked[-1]
    if last.successor is not None and last.successor.release:
        return f"the model learned from it; {last.successor.release} took its place"
    return f"the model learned from it, and was {last.state} (entry {last.decided})"
