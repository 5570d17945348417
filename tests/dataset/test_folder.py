# SPDX-License-Identifier: Apache-2.0
"""A frozen dataset is named by its content, whole or not there, and checked."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataset.builders import LABELS, VERSION, an_example, frozen, some_examples

from maalem.dataset import read_dataset, read_split
from maalem.dataset.card import Provenance
from maalem.dataset.folder import dataset_folder
from maalem.errors import DataError, IntegrityError, LeakageError
from maalem.records import digest_of

ROOT = Path(__file__).parents[2]
FILES = (
    "README.md",
    "calibration.parquet",
    "croissant.json",
    "exam.parquet",
    "manifest.json",
    "teaching.parquet",
)


@settings(max_examples=15, deadline=None)
@given(st.permutations(some_examples()))
def test_the_same_examples_in_another_order_give_the_same_digest(
    tmp_path_factory, mixed
):
    folders = [tmp_path_factory.mktemp("into") for _ in range(2)]
    first, second = (
        frozen(rows, into)
        for rows, into in zip((some_examples(), mixed), folders, strict=True)
    )
    assert first == second
    for name in FILES:
        one, other = (dataset_folder(into, first.id) / name for into in folders)
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    "changes",
    [
        {"task_version": digest_of("another")},
        {"labels": LABELS[::-1]},
        {"labels": (*LABELS, "Track")},
    ],
)
def test_another_task_version_or_other_labels_make_another_dataset(tmp_path, changes):
    assert frozen(some_examples(), tmp_path, **changes).id != (
        frozen(some_examples(), tmp_path).id
    )


@pytest.mark.parametrize(
    "field",
    ["text", "label", "group", "language", "split", "date", "rule", "annotations"],
)
def test_every_field_of_every_example_is_part_of_the_name(tmp_path, field):
    rows = some_examples(24)
    value = {"label": "Bucket", "split": "later", "annotations": ()}.get(field, "other")
    changed = [replace(rows[0], **{field: value}), *rows[1:]]
    assert frozen(rows, tmp_path).id != frozen(changed, tmp_path).id


def test_the_folder_is_named_by_twelve_digits_of_the_digest(tmp_path):
    dataset = frozen(some_examples(), tmp_path)
    (folder,) = tmp_path.iterdir()
    assert f"sha256:{folder.name}" == dataset.id[:19]
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    assert sorted(entry.name for entry in dataset.files) == sorted(
        set(FILES) - {"manifest.json"}
    )


def test_a_dataset_reads_back_as_it_was_frozen(tmp_path):
    rows = [*some_examples(), an_example(12, split="later", date="2020-01-01")]
    dataset = frozen(rows, tmp_path, left_out=[("copy", 2)])
    again, examples = read_dataset(dataset_folder(tmp_path, dataset.id))
    assert again == dataset
    assert sorted(examples, key=lambda row: row.item) == sorted(
        rows, key=lambda row: row.item
    )
    assert dict(again.counts) == {
        "teaching": 4, "calibration": 4, "exam": 4, "later": 1,
    }  # fmt: skip
    assert again.left_out == (("copy", 2),)


def test_freezing_again_changes_nothing(tmp_path):
    dataset = frozen(some_examples(), tmp_path, left_out=[("copy", 2)])
    folder = dataset_folder(tmp_path, dataset.id)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    again = frozen(some_examples(), tmp_path, provenance=Provenance(title="another"))
    assert again == dataset
    assert before == {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_what_a_killed_freeze_left_is_swept_away(tmp_path):
    name = frozen(some_examples(), tmp_path / "elsewhere").id.removeprefix("sha256:")[
        :12
    ]
    partial = tmp_path / "into" / f".{name}.partial"
    partial.mkdir(parents=True)
    (partial / "teaching.parquet").write_bytes(b"half")
    frozen(some_examples(), tmp_path / "into")
    assert [path.name for path in (tmp_path / "into").iterdir()] == [name]


def test_freezing_over_a_changed_folder_is_refused(tmp_path):
    dataset = frozen(some_examples(), tmp_path)
    (dataset_folder(tmp_path, dataset.id) / "exam.parquet").write_bytes(b"PAR1PAR1PAR1")
    with pytest.raises(IntegrityError, match=r"exam\.parquet"):
        frozen(some_examples(), tmp_path)


def test_a_leak_is_never_frozen(tmp_path):
    rows = [an_example(n, group="one") for n in range(12)]
    with pytest.raises(LeakageError):
        frozen(rows, tmp_path / "into")
    assert not (tmp_path / "into").exists()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("place", [0.0, 0.3, 0.6, 0.999])
def test_any_flipped_bit_is_found_and_its_file_named(tmp_path, name, place):
    folder = dataset_folder(tmp_path, frozen(some_examples(), tmp_path).id)
    content = bytearray((folder / name).read_bytes())
    content[int(place * len(content))] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(IntegrityError) as refusal:
        read_dataset(folder)
    assert name in refusal.value.message
    assert refusal.value.code == "dataset.changed"


@pytest.mark.parametrize("name", [name for name in FILES if name != "manifest.json"])
def test_a_missing_file_is_named(tmp_path, name):
    folder = dataset_folder(tmp_path, frozen(some_examples(), tmp_path).id)
    (folder / name).unlink()
    with pytest.raises(IntegrityError) as refusal:
        read_dataset(folder)
    assert name in refusal.value.message


def test_a_folder_without_manifest_is_no_dataset(tmp_path):
    with pytest.raises(DataError) as refusal:
        read_dataset(tmp_path)
    assert refusal.value.code == "dataset.missing"


def test_a_split_is_read_and_no_other_opened(tmp_path):
    rows = some_examples()
    folder = dataset_folder(tmp_path, frozen(rows, tmp_path).id)
    (folder / "exam.parquet").unlink()
    (folder / "calibration.parquet").write_bytes(b"not to be opened")
    taught = read_split(folder, "teaching")
    assert sorted(row.text for row in taught) == sorted(
        row.text for row in rows if row.split == "teaching"
    )
    with pytest.raises(IntegrityError, match=r"exam\.parquet"):
        read_split(folder, "exam")


def test_the_texts_of_the_exam_stand_in_its_own_file_alone(tmp_path):
    rows = [an_example(n, text=f"planted{n:02x} word") for n in range(12)]
    folder = dataset_folder(tmp_path, frozen(rows, tmp_path).id)
    exam = [row.text for row in rows if row.split == "exam"]
    for name in set(FILES) - {"exam.parquet"}:
        content = (folder / name).read_bytes()
        assert not any(text.encode() in content for text in exam)


def test_an_empty_split_is_read_as_nothing(tmp_path):
    folder = dataset_folder(tmp_path, frozen(some_examples(), tmp_path).id)
    assert read_split(folder, "later") == ()


def test_a_split_that_does_not_exist_is_refused(tmp_path):
    folder = dataset_folder(tmp_path, frozen(some_examples(), tmp_path).id)
    with pytest.raises(DataError) as refusal:
        read_split(folder, "train")
    assert refusal.value.code == "dataset.no-split"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the library's own imports
def test_the_datasets_library_loads_the_folder_offline(tmp_path):
    import datasets

    dataset = frozen(some_examples(), tmp_path / "into", task_version=VERSION)
    folder = dataset_folder(tmp_path / "into", dataset.id)
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert {name: len(split) for name, split in loaded.items()} == {
        "teaching": 4, "calibration": 4, "exam": 4,
    }  # fmt: skip
    rows = {row["text"] for row in loaded["exam"]}
    assert rows == {row.text for row in some_examples() if row.split == "exam"}


FREEZE = """
import sys
from pathlib import Path
from tests.dataset.builders import an_example, frozen
frozen([an_example(n) for n in range(6000)], Path(sys.argv[1]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["teaching.parquet", "exam.parquet", "README.md"])
def test_a_freeze_killed_midway_leaves_no_dataset_and_can_be_repeated(tmp_path, name):
    into = tmp_path / "into"
    job = subprocess.Popen([sys.executable, "-c", FREEZE, str(into)], cwd=ROOT)
    while job.poll() is None and not list(into.glob(f".*.partial/{name}")):
        time.sleep(0.001)
    job.kill()
    job.wait()
    for folder in into.glob("[!.]*"):  # it was quicker than we were
        read_dataset(folder)
    dataset = frozen([an_example(n) for n in range(6000)], into)
    assert read_dataset(dataset_folder(into, dataset.id))[0] == dataset
    assert list(into.glob(".*")) == []
