# SPDX-License-Identifier: Apache-2.0
"""How an erasure is told on a page, in each language, and where the pages lie."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from maalem.app.report import plain
from maalem.release.card import plain as as_it_stands
from maalem.store.durable import write_whole
from maalem.translation import set_apart

if TYPE_CHECKING:
    from maalem.app.steps.erasure_report import ErasureReport
    from maalem.app.steps.retraining import Duty

FOLDER = "reports"
SCHEMA = "maalem.erasure/1"
LANGUAGES = ("en", "fr", "ar")
_STATES = {
    "open": "open",
    "taught again": "taught-again",
    "restricted": "restricted",
    "justified": "justified",
}


def write_pages(folder: Path, reports: "Sequence[ErasureReport]") -> list[Path]:
    """Write each report as JSON and as Markdown in every language, over older ones.

    Args:
        folder: The project.
        reports: The reports.

    Returns:
        The files.
    """
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    written = []
    for one in reports:
        whole = {"schema": SCHEMA, **plain(one), "open": one.open}
        texts = {"json": json.dumps(whole, indent=2, ensure_ascii=False) + "\n"}
        texts |= {f"{name}.md": page(one, language=name) for name in LANGUAGES}
        for ending, text in texts.items():
            path = place / f"erasure-{one.entry}.{ending}"
            write_whole(path, text.encode(), mode=0o644)
            written.append(path)
    return written


def page(report: "ErasureReport", *, language: str) -> str:
    """Tell an erasure as Markdown.

    Args:
        report: The report.
        language: One of `LANGUAGES`.
    """
    say = _strings(language)
    parts = [
        f"# {say['title']}",
        _filled(say["intro"], origin=f"`{report.origin}`"),
        "\n".join(_head(report, say)),
        f"## {say['erased']}",
        "\n".join(_counts(report, say)),
        *([say["person"]] if report.is_person else []),
        f"## {say['datasets']}",
        "\n".join(_datasets(report, say)) or say["none"],
        f"## {say['models']}",
        say["weights"],
        "\n".join(_models(report.models, say)) or say["none"],
        f"## {say['stays']}",
        "\n".join(_stays(report, say)),
        _filled(say["unfinished"], open=report.open) if report.open else say["final"],
    ]
    text = "\n\n".join(parts)
    if say["direction"] == "rtl":
        return f'<div dir="rtl">\n\n{text}\n\n</div>\n'
    return f"{text}\n"


@cache
def _strings(language: str) -> Mapping[str, str]:
    file = resources.files("maalem.app") / "catalogues" / f"erasure.{language}.toml"
    found: dict[str, str] = tomllib.loads(
        set_apart(file.read_text(encoding="utf-8"), language)
    )
    return found


def _head(report: "ErasureReport", say: Mapping[str, str]) -> Iterator[str]:
    reason = as_it_stands(report.reason) or say["unsaid"]
    yield "- " + _filled(say["subject"], subject=f"`{report.subject}`")
    yield "- " + _filled(say["when"], entry=report.entry, at=report.at)
    yield "- " + _filled(say["reason"], reason=reason)


def _counts(report: "ErasureReport", say: Mapping[str, str]) -> Iterator[str]:
    yield f"| {say['kind']} | {say['count']} |"
    yield "|---|---:|"
    several = (*report.counts, ("blob", report.blobs), ("files", report.files))
    for kind, number in several:
        if number:
            yield f"| {say.get(kind, kind)} | {number} |"


def _datasets(report: "ErasureReport", say: Mapping[str, str]) -> Iterator[str]:
    for one in report.datasets:
        is_erased = one in report.erased_datasets
        told = say["dataset-erased" if is_erased else "dataset-kept"]
        yield "- " + _filled(told, dataset=f"`{one}`")


def _models(several: "Sequence[Duty]", say: Mapping[str, str]) -> Iterator[str]:
    if several:
        names = (say[name] for name in ("old", "rows", "new", "decision"))
        yield f"| {' | '.join(names)} |"
        yield "|---|---:|---|---|"
    for one in several:
        new = f"`{one.successor.checkpoint}`" if one.successor else "–"
        yield f"| `{one.checkpoint}` | {one.taught} | {new} | {_done(one, say)} |"


def _done(duty: "Duty", say: Mapping[str, str]) -> str:
    """Tell what was done about a model, with the entries that say so."""
    after = duty.successor
    if duty.state == "retrained" and after and after.release:
        return _filled(
            say["retrained"],
            trained=after.trained,
            release=after.release,
            released=after.released,
        )
    told = say[_STATES.get(duty.state, "retrained-unreleased")]
    trained = after.trained if after else ""
    reason = as_it_stands(duty.reason)
    return _filled(told, trained=trained, decided=duty.decided, reason=reason)


def _stays(report: "ErasureReport", say: Mapping[str, str]) -> Iterator[str]:
    for name in ("names", "weights", "keys", "witnesses", "sources"):
        yield f"- {say[f'stays-{name}']}"
    if report.alike:
        yield "- " + _filled(say["stays-alike"], alike=report.alike)
    if report.held:
        yield "- " + _filled(say["stays-held"], held=report.held)


def _filled(text: str, **values: object) -> str:
    """Put values into a text; one that it has no place for is left out."""
    return text.format(**values).strip()
