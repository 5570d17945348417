# SPDX-License-Identifier: Apache-2.0
"""A dataset described in Croissant 1.0, so that foreign tools find their way in."""

from collections.abc import Mapping

from maalem.dataset.card import Provenance
from maalem.dataset.parquet import COLUMNS, LISTS
from maalem.records import Dataset, FileEntry, Json

_CONTEXT: dict[str, Json] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
    "wd": "https://www.wikidata.org/wiki/",
}
_ROLES = {
    "teaching": "cr:TrainingSplit",
    "calibration": "cr:ValidationSplit",
    "exam": "cr:TestSplit",
    "later": "cr:TestSplit",
}


def describe(
    dataset: Dataset, parquet: Mapping[str, FileEntry], provenance: Provenance
) -> dict[str, Json]:
    """Describe the files, splits, fields, languages and licence of a dataset.

    Args:
        dataset: The dataset, its files not yet known.
        parquet: The Parquet file of each split.
        provenance: What people call it and where it comes from.

    Source:
        MLCommons (2024), "Croissant Format Specification", version 1.0.
    """
    described: dict[str, Json] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": dataset.task,
        "description": provenance.title or f"Examples of the task {dataset.task}.",
        "identifier": dataset.id,
        "version": "1.0.0",
        "license": provenance.licence or "not recorded",
        "creator": {
            "@type": "sc:Organization",
            "name": provenance.creator or "not recorded",
        },
        "inLanguage": list(dataset.languages),
        "citeAs": f"{dataset.task}, Maalem dataset {dataset.id}",
        "distribution": [_file(split, entry) for split, entry in parquet.items()],
        "recordSet": [
            _names("splits", list(parquet), [_ROLES[split] for split in parquet]),
            _names("labels", list(dataset.labels), []),
            *(_records(split) for split in parquet),
        ],
    }
    if provenance.frozen_at:
        described["datePublished"] = provenance.frozen_at
    return described


def _file(split: str, entry: FileEntry) -> Json:
    return {
        "@type": "cr:FileObject",
        "@id": entry.name,
        "name": entry.name,
        "description": f"The {split} split.",
        "contentUrl": entry.name,
        "contentSize": f"{entry.size} B",
        "encodingFormat": "application/x-parquet",
        "sha256": entry.digest.removeprefix("sha256:"),
    }


def _names(name: str, values: list[str], urls: list[str]) -> Json:
    """Write a short list of names as a record set of its own."""
    fields: list[Json] = [
        {
            "@type": "cr:Field",
            "@id": f"{name}/name",
            "name": "name",
            "dataType": "sc:Text",
        }
    ]
    rows: list[Json] = [{f"{name}/name": value} for value in values]
    if urls:
        fields.append(
            {
                "@type": "cr:Field",
                "@id": f"{name}/url",
                "name": "url",
                "dataType": ["sc:URL", "wd:Q3985153"],
            }
        )
        rows = [
            {f"{name}/name": value, f"{name}/url": url}
            for value, url in zip(values, urls, strict=True)
        ]
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "dataType": "cr:Split" if urls else "sc:Enumeration",
        "key": {"@id": f"{name}/name"},
        "field": fields,
        "data": rows,
    }


def _records(split: str) -> Json:
    return {
        "@type": "cr:RecordSet",
        "@id": split,
        "name": split,
        "description": f"The rows of the {split} split.",
        "key": {"@id": f"{split}/item"},
        "field": [_field(split, name) for name in COLUMNS],
    }


def _field(split: str, name: str) -> Json:
    field: dict[str, Json] = {
        "@type": "cr:Field",
        "@id": f"{split}/{name}",
        "name": name,
        "description": COLUMNS[name],
        "dataType": "sc:Text",
        "source": {
            "fileObject": {"@id": f"{split}.parquet"},
            "extract": {"column": name},
        },
    }
    if name in LISTS:
        field["repeated"] = True
    if name in ("split", "label"):
        field["references"] = {"field": {"@id": f"{name}s/name"}}
    return field
