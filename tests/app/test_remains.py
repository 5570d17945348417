# SPDX-License-Identifier: Apache-2.0
"""Where a text is found outside the store, and what is never taken away."""

import html
import json
import shutil
import unicodedata

import pytest
from tests.app.marks import LATIN, TEACHING, forgotten

from maalem.app import loop
from maalem.app.steps.forgetting import plan_erasure
from maalem.app.steps.remains import find_remains
from maalem.app.steps.touched import Touched
from maalem.records import TaskVersion, digest_bytes

TEXT = 'le client d’Aït Melloul a dit « ça fuit & ça fume » devant "témoin"'
ARABIC = "قال الزبون من آيت ملول إن المضخة تسرب الزيت"


def touched(*texts, blobs=()):
    """Give what is touched where nothing but texts, and files, are known."""
    return Touched(
        records=(),
        texts=texts,
        blobs=blobs,
        beside=0,
        alike=(),
        groups=frozenset(),
        datasets=(),
        models=(),
    )


@pytest.mark.parametrize("text", [TEXT, ARABIC], ids=["french", "arabic"])
@pytest.mark.parametrize(
    "written",
    [
        lambda text: text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-be"),
        lambda text: json.dumps({"t": text}).encode(),
        lambda text: json.dumps({"t": text}, ensure_ascii=False).encode(),
        lambda text: (
            json.dumps(text).upper().replace("\\U", "\\u").encode()
            if text == ARABIC
            else text.encode()
        ),
        lambda text: html.escape(text).encode(),
        lambda text: unicodedata.normalize("NFD", text).encode(),
        lambda text: f'"{text.replace(chr(34), chr(34) * 2)}";1\n'.encode(),
    ],
    ids=["utf8", "utf16", "be", "json", "plain-json", "upper", "html", "nfd", "csv"],
)
def test_a_text_is_found_however_it_is_written(project, written, text):
    (project / "elsewhere").mkdir()
    (project / "elsewhere" / "file").write_bytes(b"before\n" + written(text) + b"\n")
    with loop.open_workspace(project, read_only=True) as work:
        assert find_remains(work, touched(text)).files == ("elsewhere/file",)
        assert find_remains(work, touched("another text altogether")).files == ()


def test_a_file_that_was_read_is_found_by_its_content_alone(project):
    content = bytes(range(256)) * 9
    (project / "scan.pdf").write_bytes(content)
    with loop.open_workspace(project, read_only=True) as work:
        found = find_remains(work, touched("", blobs=(digest_bytes(content),)))
    assert found.files == ("scan.pdf",)


def test_settings_and_guidelines_that_quote_a_text_stay_and_are_named(project):
    task = project / "tasks" / "system.toml"
    task.write_text(task.read_text("utf-8") + f"# such as: {ARABIC}\n", "utf-8")
    with loop.open_workspace(project, read_only=True) as work:
        found = find_remains(work, touched(ARABIC))
    assert (found.files, found.held) == ((), ("tasks/system.toml",))


def test_a_signed_release_is_named_and_never_changed(project):
    release = project / "releases" / "system-1"
    release.mkdir(parents=True)
    (release / "guideline.md").write_text(f"Such as: {ARABIC}\n", "utf-8")
    with loop.open_workspace(project, read_only=True) as work:
        found = find_remains(work, touched(ARABIC))
    assert (found.files, found.held) == ((), ("releases/system-1/guideline.md",))


def test_an_earlier_guideline_that_quotes_a_text_is_named(project):
    with loop.open_workspace(project) as work:
        version = TaskVersion(
            id=digest_bytes(b"version"),
            task="system",
            number=3,
            toml=f'guideline = "such as: {ARABIC}"',
            by="owner",
            at="2026-11-25T09:00:00+00:00",
        )
        work.store.append("task.version", [version])
        found = find_remains(work, touched(ARABIC))
    assert found.held == ("guideline of system, version 3",)


def test_what_a_link_leads_to_is_never_looked_at(project, tmp_path):
    outside = tmp_path / "mine"
    outside.mkdir()
    (outside / "note.txt").write_text(TEXT, "utf-8")
    (project / "folder").symlink_to(outside, target_is_directory=True)
    (project / "note.txt").symlink_to(outside / "note.txt")
    with loop.open_workspace(project, read_only=True) as work:
        assert find_remains(work, touched(TEXT)).files == ()


def test_short_texts_are_counted_and_not_looked_for(project):
    (project / "list.txt").write_text("yes\nno\n", "utf-8")
    with loop.open_workspace(project, read_only=True) as work:
        found = find_remains(work, touched("yes", " ", ""))
    assert (found.files, found.too_short) == ((), 1)


def test_a_training_without_an_end_goes_and_a_finished_one_stays(forgettable):
    finished = next(forgettable.glob("runs/*/job.json")).parent
    begun = forgettable / "runs" / "0123456789ab"
    begun.mkdir()
    shutil.copy(finished / "job.json", begun)
    (begun / "step-0000010.safetensors").write_bytes(b"state of the optimiser")
    with loop.open_workspace(forgettable, read_only=True) as work:
        found = plan_erasure(work, TEACHING).remains
    assert found.unfinished == ("runs/0123456789ab",)
    forgotten(forgettable)
    assert not begun.exists()
    assert (finished / "checkpoint").is_dir()


def test_nothing_but_what_holds_it_goes(forgettable):
    (forgettable / "notes.txt").write_text("nothing of the kind", "utf-8")
    (forgettable / "quote.txt").write_text("so they said", "utf-8")
    forgotten(forgettable)
    assert (forgettable / "notes.txt").is_file()
    assert (forgettable / "quote.txt").is_file()
    assert LATIN not in (forgettable / "notes.txt").read_text("utf-8")
