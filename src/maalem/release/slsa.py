# SPDX-License-Identifier: Apache-2.0
"""How a model was made, as SLSA provenance: an in-toto statement about its files."""

from datetime import UTC, datetime

from maalem.records import (
    Digest,
    EvalReport,
    FileEntry,
    Json,
    Seal,
    TrainingRun,
    canonical_json,
    digest_of,
    to_json,
)
from maalem.records.learning import INSTALLED_FILES, OWN_FILES
from maalem.release.account import (
    NOT_RECORDED,
    Account,
    hexadecimal,
    package_url,
    packages,
)
from maalem.release.folder import MODEL
from maalem.release.signing import STATEMENT_TYPE

PROVENANCE = "provenance.intoto.jsonl"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:maalem:training:v1"
"""What it promises stands in docs/reference/provenance.md, and never changes."""
TAUGHT_FROM = "teaching.parquet"  # all that a job is given of a dataset's rows


def write_provenance(account: Account, run: TrainingRun) -> bytes:
    """Write the statement; the same account gives the same bytes.

    Numbers stand as strings, since a reader may take them for floating point.

    Args:
        account: What the release tells.
        run: The run that made the model.

    Source:
        SLSA v1.0, "Provenance", and in-toto Attestation Framework, Statement v1. What
        is not recorded is left out, or said not to be.
    """
    files = account.records.checkpoint.files
    return canonical_json(
        {
            "_type": STATEMENT_TYPE,
            "subject": [_file(file, MODEL) for file in files],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "buildDefinition": {
                    "buildType": BUILD_TYPE,
                    "externalParameters": _asked_for(run),
                    "internalParameters": _given(run),
                    "resolvedDependencies": _dependencies(account, run),
                },
                "runDetails": {
                    "builder": _builder(account, run),
                    "metadata": _metadata(account, run),
                    "byproducts": _byproducts(account, run),
                },
            },
        }
    )


def _asked_for(run: TrainingRun) -> Json:
    return {
        "task": run.task,
        "modelKind": run.model_kind,
        "recipe": dict(run.recipe),
        "seed": str(run.seed),
        "dataset": run.dataset,
        "base": run.base,
    }


def _given(run: TrainingRun) -> Json:
    installed = dict(run.libraries).get(INSTALLED_FILES)
    return {
        "engine": run.engine,
        "threads": str(run.threads),
        "seal": NOT_RECORDED if run.sealing is None else _seal(run.sealing),
        "libraryLock": NOT_RECORDED if installed is None else _named(installed),
    }


def _seal(seal: Seal) -> Json:
    refused = NOT_RECORDED if seal.refused is None else str(seal.refused)
    return {
        "level": str(seal.level),
        "name": seal.name,
        "profile": seal.profile,
        "mode": seal.mode,
        "layers": list(seal.layers),
        "missing": dict(seal.missing),
        "refusedCalls": refused,
        "evidence": _named(seal.evidence),
    }


def _dependencies(account: Account, run: TrainingRun) -> Json:
    dataset, base = account.records.dataset, account.records.base
    taught = [file for file in dataset.files if file.name == TAUGHT_FROM]
    known = dict(run.libraries)
    own = known.get(OWN_FILES)
    return [
        {"name": "dataset", "digest": _named(run.dataset)},
        *(_file(file, "dataset") for file in taught),
        {"name": "base", "digest": _named(run.base)},
        *(_file(file, "base") for file in ([] if base is None else base.files)),
        *(_package(name, version, own) for name, version in packages(run)),
        *_python(known.get("python")),
    ]


def _package(name: str, version: str, own: str | None) -> Json:
    """Name a package; of Maalem itself the files are known too, where recorded."""
    told: dict[str, Json] = {"name": name, "uri": package_url(name, version)}
    if name == "maalem" and own is not None:
        told["digest"] = _named(own)
    return told


def _python(version: str | None) -> list[Json]:
    if version is None:
        return []
    return [{"name": "python", "uri": f"pkg:generic/python@{version}"}]


def _builder(account: Account, run: TrainingRun) -> Json:
    version = dict(run.libraries).get("maalem", NOT_RECORDED)
    return {
        "id": f"urn:maalem:builder:{account.signer}",
        "version": {"maalem": version},
    }


def _metadata(account: Account, run: TrainingRun) -> Json:
    told: dict[str, Json] = {"invocationId": run.id}
    if account.taught_at is not None:
        told["finishedOn"] = moment(account.taught_at)
    return told


def _byproducts(account: Account, run: TrainingRun) -> Json:
    records = account.records
    spent: dict[str, Json] = {
        "seconds": str(run.seconds),
        "cpuSeconds": str(run.cpu_seconds),
        "resumed": str(run.resumed),
        "validationLoss": str(run.validation),
    }
    record, others = digest_of(to_json(run)), records.runs[1:]
    made: list[Json] = [
        {"name": "run record", "digest": _named(record), "annotations": spent}
    ]
    for report in records.reports:
        found = {"annotations": _metrics(report)}
        made.append(_product(f"report on the {report.split}", report.id) | found)
    made += [_product(f"model of seed {one.seed}", one.checkpoint) for one in others]
    if run.checkpoint == records.checkpoint.base:
        made.append(_product("model before its vocabulary was cut", run.checkpoint))
    if run.sealing is not None:
        made.append(_product("seal evidence", run.sealing.evidence))
    return made


def _product(name: str, digest: Digest) -> dict[str, Json]:
    return {"name": name, "digest": _named(digest)}


def _metrics(report: EvalReport) -> dict[str, Json]:
    return {
        one.metric: str(one.estimate.value)
        for one in report.measures
        if (one.model, one.slice) == ("candidate", "all")
        and one.estimate.value is not None
    }


def _file(file: FileEntry, folder: str) -> Json:
    return {"name": f"{folder}/{file.name}", "digest": _named(file.digest)}


def _named(digest: Digest | str) -> dict[str, Json]:
    return {"sha256": hexadecimal(digest)}


def moment(at: str) -> str:
    """Write an ISO 8601 time in UTC to the second, as RFC 3339 has it."""
    then = datetime.fromisoformat(at).astimezone(UTC)
    return f"{then:%Y-%m-%dT%H:%M:%SZ}"
