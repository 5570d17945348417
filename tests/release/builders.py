# SPDX-License-Identifier: Apache-2.0
"""Made-up but plausible records, and a real small release of them."""

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path

from maalem.models.folder import describe_folder
from maalem.records import (
    AutomationShare,
    Checkpoint,
    Comparison,
    Dataset,
    Digest,
    Estimate,
    EvalReport,
    FileEntry,
    Measure,
    Release,
    TrainingRun,
    Verdict,
    digest_bytes,
    digest_of,
    to_json,
)
from maalem.release import BundleContents, attach_proof, bundle
from maalem.release.contents import TaskText, Teacher, Worth
from maalem.release.folder import MANIFEST, PROOF, SIGNATURE, look_into
from maalem.release.manifest import (
    pretty,
    read_manifest,
    read_records,
    release_digest,
    write_records,
)
from maalem.release.signing import open_envelope, sign, write_statement
from maalem.store import SigningKey, Store, create_store, open_store
from maalem.tasks import LabelDefinition, TaskDefinition, write_task

GUIDELINE = "# Guideline\n\nName the system that was repaired.\n"
LABELS = (
    "Engine",
    "Hydraulics",
    "Bucket",
    "Undercarriage",
    "Cab and electrics",
    "محرك",
)
TASK = TaskDefinition(
    name="system",
    title="Which system of the excavator failed?",
    guideline=GUIDELINE,
    labels=tuple(LabelDefinition(name=label) for label in LABELS),
)
VALUES = {
    "candidate": (0.948, 0.931, 0.963),
    "tfidf": (0.929, 0.909, 0.947),
    "nearest": (0.853, 0.826, 0.879),
    "zero-shot": (0.487, 0.451, 0.523),
    "majority": (0.312, 0.281, 0.344),
}


def a_digest(word: str) -> Digest:
    return digest_bytes(word.encode())


def an_estimate(value=0.9, low=None, high=None, count=824, groups=790, reason=""):
    return Estimate(
        value=value, low=low, high=high, count=count, groups=groups, reason=reason
    )


def a_model(folder: Path) -> Checkpoint:
    """Write a folder that is safe, small and of the right shape."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "config.json").write_text('{"model_type": "bert"}\n')
    (folder / "maalem.json").write_text(json.dumps({"labels": LABELS}))
    (folder / "1_Pooling" / "config.json").write_text("{}\n")
    (folder / "model.safetensors").write_bytes(a_tensor_file())
    return describe_folder(
        folder,
        "classify.v1",
        name="triage",
        licence="Apache-2.0",
        base=a_digest("base"),
    )


def a_tensor_file() -> bytes:
    header = json.dumps(
        {"weight": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}
    ).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + bytes(16)


def a_dataset(folder: Path, **changes) -> Dataset:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text("{}\n")
    (folder / "croissant.json").write_text('{"@type": "sc:Dataset"}\n')
    (folder / "README.md").write_text("# Orders\n")
    (folder / "teaching.parquet").write_bytes(b"SECRET TEXTS")
    fields = {
        "id": a_digest("dataset"),
        "task": "system",
        "task_version": TASK.version,
        "labels": LABELS,
        "languages": ("en",),
        "counts": (
            ("teaching", 2471),
            ("calibration", 819),
            ("exam", 824),
            ("later", 402),
        ),
        "groups": (
            ("teaching", 2380),
            ("calibration", 786),
            ("exam", 790),
            ("later", 391),
        ),
        "left_out": (("the label stands in the text", 21),),
        "files": (
            FileEntry(name="teaching.parquet", digest=a_digest("parquet"), size=12),
        ),
    }
    return Dataset(**{**fields, **changes})


def _measures(values, count):
    for model, (value, low, high) in values.items():
        yield Measure(
            model=model,
            metric="accuracy",
            slice="all",
            estimate=an_estimate(value, low, high, count=count, groups=count - 34),
        )
    for model, shift in (("candidate", 0.0), ("tfidf", -0.03)):
        for metric, number in (
            ("macro-f1", 0.917 + shift),
            ("log-loss", 0.213 - 2 * shift),
            ("calibration-error", 0.018 - shift),
        ):
            yield Measure(
                model=model, metric=metric, slice="all", estimate=an_estimate(number)
            )
        for place, label in enumerate(LABELS):
            value = 0.97 - 0.03 * place + shift
            size = count // 2 ** (place + 1)
            yield Measure(
                model=model,
                metric="accuracy",
                slice=f"class={label}",
                estimate=an_estimate(
                    value,
                    max(0.0, value - 0.02 * (place + 1)),
                    min(1.0, value + 0.015 * (place + 1)),
                    count=size,
                )
                if size > 30
                else an_estimate(
                    value, count=size, reason=f"only {size} groups, at least 30 needed"
                ),
            )
        for language, value in (("en", 0.951), ("fr", 0.934), ("ar", 0.921)):
            yield Measure(
                model=model,
                metric="accuracy",
                slice=f"language={language}",
                estimate=an_estimate(
                    value + shift, value + shift - 0.02, value + shift + 0.02, 240
                ),
            )


def an_automation(**changes) -> AutomationShare:
    fields = {
        "accepted_error": 0.05,
        "delta": 0.05,
        "threshold": 0.7312,
        "bound": 0.0487,
        "calibration_share": 0.902,
        "calibration_count": 819,
        "exam_share": an_estimate(0.897, 0.874, 0.918),
        "exam_error": an_estimate(0.027, 0.016, 0.041, count=739),
    }
    return AutomationShare(**{**fields, **changes})


def _identified(record):
    fields = {name: value for name, value in to_json(record).items() if name != "id"}
    return dataclasses.replace(record, id=digest_of(fields))


def a_report(dataset: Dataset, checkpoint: Checkpoint, **changes) -> EvalReport:
    fields = {
        "id": a_digest(""),
        "task": dataset.task,
        "dataset": dataset.id,
        "checkpoint": checkpoint.id,
        "split": "exam",
        "look": 1,
        "seeds": (0, 1, 2),
        "headline": "The candidate answers 94.8% of 824 examples in 790 groups "
        "correctly (95% interval 93.1% to 96.3%). It is better than TF-IDF with "
        "logistic regression, the nearest neighbour, zero-shot by label names and "
        "always giving the most frequent label; the closest is TF-IDF with logistic "
        "regression, +1.9 points, from +0.6 to +3.3 behind.",
        "measures": tuple(_measures(VALUES, 824)),
        "comparisons": (
            Comparison(
                other="tfidf",
                slice="all",
                difference=an_estimate(0.019, 0.006, 0.033),
                better=31,
                worse=15,
                p_value=0.0259,
                p_adjusted=0.0518,
            ),
        ),
        "automation": an_automation(),
        "confusions": (
            ("Engine", "Hydraulics", 11),
            ("Hydraulics", "Engine", 8),
            ("Bucket", "Undercarriage", 6),
            ("Cab and electrics", "Engine", 5),
            ("محرك", "Engine", 2),
        ),
    }
    return _identified(EvalReport(**{**fields, **changes}))


def a_later_report(dataset: Dataset, checkpoint: Checkpoint) -> EvalReport:
    values = {
        "candidate": (0.912, 0.884, 0.938),
        "tfidf": (0.902, 0.873, 0.929),
        "majority": (0.29, 0.25, 0.34),
    }
    return a_report(
        dataset,
        checkpoint,
        split="later",
        measures=tuple(_measures(values, 402)),
        automation=an_automation(
            exam_share=an_estimate(0.861, 0.826, 0.893, count=402),
            exam_error=an_estimate(0.052, 0.031, 0.077, count=346),
        ),
        confusions=(),
    )


def a_verdict(report: EvalReport, **changes) -> Verdict:
    fields = {
        "id": a_digest(""),
        "report": report.id,
        "task": report.task,
        "gate": "accuracy, margin 0.010 against the best baseline, level 0.95",
        "against": "tfidf",
        "outcome": "ship",
        "reason": "The model’s accuracy is at least 0.6 points above that of TF-IDF; "
        "the gate allows it to be up to 1.0 points below.",
    }
    return _identified(Verdict(**{**fields, **changes}))


def a_run(dataset: Dataset, checkpoint: Checkpoint, seed: int = 0) -> TrainingRun:
    return TrainingRun(
        id=a_digest(f"run {seed}"),
        task=dataset.task,
        dataset=dataset.id,
        base=a_digest("base"),
        model_kind=checkpoint.model_kind,
        recipe=(
            ("gear", '"full"'),
            ("epochs", "2"),
            ("learning_rate", "0.0002"),
            ("batch_size", "48"),
            ("max_tokens", "128"),
        ),
        seed=seed,
        threads=2,
        checkpoint=checkpoint.id if seed == 0 else a_digest(f"model {seed}"),
        validation=0.2137 + seed / 100,
        seal="none",
        engine="local",
        seconds=41.7 + seed,
        cpu_seconds=78.3 + seed,
        resumed=0,
        libraries=(
            ("python", "3.11.7"),
            ("maalem", "0.1.0"),
            ("numpy", "2.3.5"),
            ("torch", "2.13.0+cpu"),
            ("installed files", a_digest("installed")),
            ("maalem files", a_digest("ours")),
        ),
    )


def a_base() -> Checkpoint:
    """Give the record of the base model that `a_run` starts from."""
    return Checkpoint(
        id=a_digest("base"),
        model_kind="encoder.v1",
        name="e5-small",
        licence="MIT",
        files=(
            FileEntry(name="model.safetensors", digest=a_digest("weights"), size=9),
        ),
    )


def some_contents(folder: Path, *, key_name: str = "maalem/orders", **changes):
    """Build contents whose records agree; `changes` replace fields at the end."""
    checkpoint = a_model(folder / "checkpoint")
    dataset = changes.pop("dataset", None) or a_dataset(folder / "dataset")
    exam = changes.pop("exam", None) or a_report(dataset, checkpoint)
    fields = {
        "number": 3,
        "task": TaskText(
            title=TASK.title,
            toml=write_task(TASK),
            version=dataset.task_version,
            guideline=TASK.guideline,
        ),
        "checkpoint": checkpoint,
        "checkpoint_folder": folder / "checkpoint",
        "dataset": dataset,
        "dataset_folder": folder / "dataset",
        "exam": exam,
        "later": a_later_report(dataset, checkpoint),
        "verdict": a_verdict(exam),
        "origin": key_name,
        "runs": tuple(a_run(dataset, checkpoint, seed) for seed in (0, 1, 2)),
        "teachers": (
            Teacher(name="expert:3f2a", answers=1804, seconds=9020.0),
            Teacher(name="expert:91bc", answers=1362, seconds=5990.0),
            Teacher(name="import:excavators-cleaned.csv", answers=1350),
        ),
        "worth": Worth(waiting=2019, seconds_per_item=4.7),
        "caveats": (
            "The labels come from keyword rules, so a plain TF-IDF catches up.",
            "44% of the rows have no label; those are the real question for an expert.",
        ),
        "at": "2026-11-24T10:04:11+00:00",
        "base": a_base(),
        "taught_at": "2026-11-24T10:59:59.120+01:00",
    }
    return BundleContents(**{**fields, **changes})


def clock() -> datetime:
    return datetime(2026, 11, 24, 10, 4, 11, tzinfo=UTC)


def a_store(folder: Path) -> Store:
    return create_store(folder, origin="maalem/orders", clock=clock, actor="owner")


def a_key(folder: Path) -> SigningKey:
    return SigningKey.create(folder / "signing.key", "maalem/orders")


def a_release(folder: Path, **changes) -> tuple[Release, Path]:
    """Write a real release, promised by a real ledger, into `folder/"release"`."""
    with a_store(folder / "project") as store:
        contents = some_contents(folder, **changes)
        made = bundle(contents, folder / "release", key=store.signing_key)
        store.append("unrelated", details={"release": "sha256:other"})
        entry = store.append("release.sign", [made], details={"release": made.id})
        attach_proof(folder / "release", store.inclusion(entry.index))
        store.append("unrelated")
    return made, folder / "release"


def changed(records, field: str, place: int | None, change: dict):
    """Change a record, or the one at a place of several, in contents or records."""
    if place is None:
        record = dataclasses.replace(getattr(records, field), **change)
        return dataclasses.replace(records, **{field: record})
    several = list(getattr(records, field))
    several[place] = dataclasses.replace(several[place], **change)
    return dataclasses.replace(records, **{field: tuple(several)})


def release_otherwise(folder: Path, change, *, without: tuple[str, ...] = ()) -> Path:
    """Write a release, change its records, and sign and promise it anew.

    Args:
        folder: Where the project and the release come to lie.
        change: Gives other records for those of the release.
        without: Files that the other release does not have.
    """
    release = a_release(folder)[1]
    records = change(read_records(release))
    for name, content in write_records(records).items():
        (release / name).write_bytes(content)
    for name in without:
        (release / name).unlink()
    files = [file for file in look_into(release).signed if file.name != MANIFEST]
    manifest = read_manifest(release) | {
        "records": records.digests,
        "files": [to_json(file) for file in files],
    }
    (release / MANIFEST).write_bytes(pretty(manifest))
    with open_store(folder / "project", clock=clock, actor="owner") as store:
        _sign_anew(release, store, records.digests)
    return release


def _sign_anew(release: Path, store: Store, digests: dict) -> None:
    files = look_into(release).signed
    digest = release_digest(files)
    envelope = open_envelope((release / SIGNATURE).read_bytes())
    predicate = json.loads(envelope.payload)["predicate"]
    predicate |= {"release": digest, "records": digests}
    signature = sign(write_statement(files, predicate), store.signing_key)
    (release / SIGNATURE).write_bytes(signature)
    (release / PROOF).unlink()
    entry = store.append("release.sign", details={"release": digest})
    attach_proof(release, store.inclusion(entry.index))
