# SPDX-License-Identifier: Apache-2.0
"""What a model is made of, as a bill of materials that other tools read: CycloneDX."""

import re
import uuid

from maalem.records import Checkpoint, EvalReport, Json, Measure
from maalem.release.account import (
    NOT_RECORDED,
    Account,
    hexadecimal,
    package_url,
    packages,
)
from maalem.release.folder import MODEL
from maalem.release.manifest import pretty
from maalem.release.slsa import moment

BOM = "bom.cdx.json"
SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
VERSION = "1.6"
LICENCE = re.compile(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*")


def write_bom(account: Account) -> bytes:
    """Write the bill of materials; the same account gives the same bytes.

    Source:
        CycloneDX 1.6 (ECMA-424), machine learning model and data components.
    """
    parts = [_dataset(account), *_base(account), *_packages(account)]
    return pretty(
        {
            "$schema": SCHEMA,
            "bomFormat": "CycloneDX",
            "specVersion": VERSION,
            "serialNumber": f"urn:uuid:{_serial(account)}",
            "version": 1,
            "metadata": {
                **({} if account.at is None else {"timestamp": moment(account.at)}),
                "component": _model(account),
            },
            "components": parts,
            "dependencies": [
                {"ref": "model", "dependsOn": [part["bom-ref"] for part in parts]}
            ],
        }
    )


def _serial(account: Account) -> uuid.UUID:
    """Name the bill by what it is of, so that it is the same whenever it is written."""
    records = account.records
    name = f"{records.dataset.task}:{account.number}:{records.checkpoint.id}"
    return uuid.uuid5(uuid.NAMESPACE_URL, f"urn:maalem:release:{name}")


def _model(account: Account) -> Json:
    model = account.records.checkpoint
    return {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": account.records.dataset.task,
        "version": str(account.number),
        "description": account.title,
        **_licences(model.licence),
        "properties": [
            {"name": "maalem:checkpoint", "value": model.id},
            {"name": "maalem:kind", "value": model.model_kind},
        ],
        "components": [
            {
                "type": "file",
                "name": f"{MODEL}/{file.name}",
                "hashes": _hashes(file.digest),
            }
            for file in model.files
        ],
        "pedigree": _pedigree(account),
        "modelCard": _card(account),
    }


def _pedigree(account: Account) -> Json:
    """Tell from what the model was made; a base of no record is named by its digest."""
    run, model = account.run, account.records.checkpoint
    if run is None:
        return {"notes": "How the model was taught is not recorded."}
    base = account.records.base
    ancestor: dict[str, Json] = {
        "type": "machine-learning-model",
        "name": NOT_RECORDED if base is None else base.name,
        "properties": [{"name": "maalem:checkpoint", "value": run.base}],
        **({} if base is None else _licences(base.licence)),
    }
    cut = "Its vocabulary was cut to that of the teaching texts after the training."
    notes: dict[str, Json] = {"notes": cut} if run.checkpoint == model.base else {}
    return {"ancestors": [ancestor], **notes}


def _card(account: Account) -> Json:
    records = account.records
    limits: dict[str, Json] = (
        {"considerations": {"technicalLimitations": list(account.caveats)}}
        if account.caveats
        else {}
    )
    return {
        "modelParameters": {
            "approach": {"type": "supervised"},
            "task": "text classification",
            "datasets": [{"ref": "dataset"}],
            "inputs": [{"format": "text"}],
            "outputs": [{"format": "a label with its probability"}],
        },
        "quantitativeAnalysis": {
            "performanceMetrics": [
                metric for report in records.reports for metric in _metrics(report)
            ]
        },
        **limits,
    }


def _metrics(report: EvalReport) -> list[Json]:
    return [
        _metric(one, report.split)
        for one in report.measures
        if one.model == "candidate" and one.estimate.value is not None
    ]


def _metric(measure: Measure, split: str) -> Json:
    known = measure.estimate
    told: dict[str, Json] = {
        "type": measure.metric,
        "value": str(known.value),
        "slice": f"{split}: {measure.slice}",
    }
    if known.low is not None and known.high is not None:
        told["confidenceInterval"] = {
            "lowerBound": str(known.low),
            "upperBound": str(known.high),
        }
    return told


def _dataset(account: Account) -> dict[str, Json]:
    dataset = account.records.dataset
    return {
        "type": "data",
        "bom-ref": "dataset",
        "name": f"{dataset.task} dataset",
        "version": dataset.id,
        "hashes": _hashes(dataset.id),
        "data": [
            {
                "type": "dataset",
                "name": f"{dataset.task} dataset",
                "contents": {
                    "properties": [
                        {"name": f"maalem:rows:{split}", "value": str(count)}
                        for split, count in dataset.counts
                    ]
                },
            }
        ],
    }


def _base(account: Account) -> list[dict[str, Json]]:
    base: Checkpoint | None = account.records.base
    if base is None:
        return []
    return [
        {
            "type": "machine-learning-model",
            "bom-ref": "base",
            "name": base.name,
            "version": base.id,
            **_licences(base.licence),
            "components": [
                {"type": "file", "name": file.name, "hashes": _hashes(file.digest)}
                for file in base.files
            ],
        }
    ]


def _packages(account: Account) -> list[dict[str, Json]]:
    return [
        {
            "type": "library",
            "bom-ref": package_url(name, version),
            "name": name,
            "version": version,
            "purl": package_url(name, version),
        }
        for name, version in (packages(account.run) if account.run else [])
    ]


def _licences(licence: str) -> dict[str, Json]:
    """Name a licence; what reads like an SPDX expression is given as one."""
    if licence in {"", NOT_RECORDED}:
        return {}
    if LICENCE.fullmatch(licence):
        return {"licenses": [{"expression": licence}]}
    return {"licenses": [{"license": {"name": licence}}]}


def _hashes(digest: str) -> Json:
    return [{"alg": "SHA-256", "content": hexadecimal(digest)}]
