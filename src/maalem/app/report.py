# SPDX-License-Identifier: Apache-2.0
"""How the steps up to the verdict look on a terminal."""

import dataclasses
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from maalem.app.screen import Screen
from maalem.errors import DataError, EvidenceError, GateError
from maalem.records import Dataset, Estimate, Json, TrainingRun, Verdict, to_json
from maalem.sealing.evidence import seal_words

if TYPE_CHECKING:
    from maalem.app.steps.datasets import FreezeNotes
    from maalem.app.steps.examined import Exam
    from maalem.app.steps.interchange import QuestionReport
    from maalem.app.steps.judgements import AskReport, CollectReport
    from maalem.corpus import CorpusReport


def counts_of(counts: Mapping[str, int]) -> str:
    """Write names with their numbers on one line."""
    return ", ".join(f"{name} {number}" for name, number in counts.items()) or "none"


def interval(estimate: Estimate, *, digits: int = 3) -> str:
    """Write an estimate with its interval, or with the reason why there is none."""
    if estimate.value is None:
        return f"not recorded ({estimate.reason})"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.{digits}f} (no interval: {estimate.reason})"
    ends = f"{estimate.low:.{digits}f} to {estimate.high:.{digits}f}"
    return f"{estimate.value:.{digits}f} ({ends})"


def show_corpus(screen: Screen, report: "CorpusReport") -> None:
    """Show what reading brought."""
    rows = [
        ("files read", report.files),
        ("documents read", report.read),
        ("new", report.new),
        ("known already", report.known),
        ("exact duplicates, linked", report.exact_duplicates),
        ("near duplicates, linked", report.near_duplicates),
        ("languages", counts_of(report.languages)),
        ("personal data", counts_of(report.personal)),
        ("replaced by pseudonyms", counts_of(report.replaced)),
        ("names of persons", report.names),
        ("not scanned", ", ".join(report.not_scanned)),
        ("flags", counts_of(report.flags)),
        ("hidden files passed over", report.hidden),
        ("refused", counts_of(report.refused)),
        ("read behind the seal", seal_words(report.seal) if report.seal else "none"),
    ]
    screen.table("Corpus", ("", ""), rows)
    if report.has_originals:
        screen.say(
            "  documents that were added before still have their personal data in them"
        )
    for refusal in report.refusals[:10]:
        at = f" {refusal.place}" if refusal.place else ""
        screen.say(f"  refused {refusal.source}{at}: {refusal.reason}")
    screen.result("add", plain(report))


def refuse_if_nothing_was_read(report: "CorpusReport") -> None:
    """Tell a script that nothing of what it named could be read.

    Raises:
        DataError: Everything was refused.
    """
    if report.read == 0 and report.refused:
        first = report.refusals[0]
        raise DataError(
            f"nothing was read: {counts_of(report.refused)}",
            why=first.reason,
            hint="mend the files named above and add them again",
            code="corpus.all-refused",
        )


def plain(report: object) -> dict[str, object]:
    """Give any dataclass as what JSON can say."""
    return {
        field.name: _json_ready(getattr(report, field.name))
        for field in dataclasses.fields(report)  # type: ignore[arg-type]  # dataclasses only
    }


def _json_ready(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain(value)
    if isinstance(value, Mapping):
        return {str(key): _json_ready(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_json_ready(one) for one in value]
    return value if isinstance(value, str | int | float | None) else str(value)


def show_asked(screen: Screen, reports: Sequence["AskReport"]) -> None:
    """Show what each task asks about."""
    rows = [(r.task, r.items, r.new, r.copies, r.version[7:19]) for r in reports]
    screen.table("Tasks", ("task", "items", "new", "copies", "version"), rows)
    screen.result("ask", {"tasks": [plain(report) for report in reports]})


def show_collected(screen: Screen, report: "CollectReport") -> None:
    """Show what an import brought."""
    rows = [
        ("answers read", report.read),
        ("new annotations", report.new),
        ("annotators", report.annotators),
        ("items without an answer", report.unanswered),
        ("refused", counts_of(dict(report.refused))),
    ]
    screen.table("Annotations", ("", ""), rows)
    _show_places(screen, report.refusals)
    screen.result("import", plain(report))


def show_questions(screen: Screen, report: "QuestionReport") -> None:
    """Show what asking after a file brought."""
    rows = [
        ("questions read", report.read),
        ("new documents", report.documents),
        ("new items", report.items),
        ("refused", counts_of(dict(report.refused))),
    ]
    screen.table("Questions", ("", ""), rows)
    _show_places(screen, report.refusals)
    screen.result("ask.from", plain(report))


def _show_places(screen: Screen, refusals: Sequence[tuple[str, str]]) -> None:
    for place, code in refusals[:10]:
        screen.say(f"  refused {place}: {code}")


def show_dataset(screen: Screen, dataset: Dataset, notes: "FreezeNotes") -> None:
    """Show a frozen dataset, and what must be known of it."""
    groups = dict(dataset.groups)
    rows = [(name, count, groups.get(name, 0)) for name, count in dataset.counts]
    title = f"Dataset {dataset.id[7:19]} of {dataset.task}"
    screen.table(title, ("split", "examples", "groups"), rows)
    if dataset.left_out:
        screen.say(f"  left out: {counts_of(dict(dataset.left_out))}")
    for note in notes.telling:
        screen.say(f"  note: {note}; see that no trace of it stands in the texts")
    for note in notes.influence:
        screen.say(f"  note: {note}; let others answer more of it")
    every: list[Json] = [*notes.telling, *notes.influence]
    screen.result("freeze", {"dataset": to_json(dataset), "notes": every})


def show_runs(screen: Screen, runs: Sequence[TrainingRun], *, base: str) -> None:
    """Show the base model with the reason for it, and the training runs."""
    screen.say(f"  {base}")
    rows = [
        (r.id[7:19], r.seed, r.validation, r.seconds, r.cpu_seconds, r.seal)
        for r in runs
    ]
    names = ("run", "seed", "held-out loss", "seconds", "CPU seconds", "seal")
    screen.table("Training", names, rows)
    screen.result("train", {"base": base, "runs": [to_json(run) for run in runs]})


def show_exam(
    screen: Screen, exam: "Exam", *, more: Mapping[str, Json] = MappingProxyType({})
) -> None:
    """Show an exam: headline first, then models, guarantee and verdict.

    Args:
        screen: Where it is shown.
        exam: The exam.
        more: What its JSON tells beside it.
    """
    screen.say(exam.report.headline, style="bold")
    rows = [
        (one.model, one.metric, interval(one.estimate))
        for one in exam.report.measures
        if one.slice == "all"
    ]
    screen.table(f"Exam, look {exam.report.look}", ("model", "metric", "value"), rows)
    for note in exam.notes:
        screen.say(f"  note: {note}")
    screen.say(f"  guarantee: {exam.guarantee}")
    screen.say(f"  verdict: {exam.verdict.outcome}. {exam.verdict.reason}")
    later = to_json(exam.later) if exam.later else None
    found = {
        "report": to_json(exam.report),
        "later": later,
        "verdict": to_json(exam.verdict),
        "notes": [*exam.notes],
        **more,
    }
    screen.result("examine", found)


def refuse_unless_ship(verdict: Verdict) -> None:
    """Refuse to go on unless the gate said ship.

    Raises:
        GateError: The gate said not to ship.
        EvidenceError: The gate asked for more evidence; the price is the hint.
    """
    if verdict.outcome == "ship":
        return
    if verdict.outcome == "not enough evidence":
        more = verdict.items_needed
        against = f"maalem release {verdict.task} --against-the-verdict"
        hint = f"judge {more} more items" if more else f"teach more, or {against}"
        raise EvidenceError(
            "the gate has not enough evidence", why=verdict.reason, hint=hint
        )
    raise GateError(
        "the gate says: don't ship",
        why=verdict.reason,
        hint=f"maalem release {verdict.task} --against-the-verdict; the page says so",
    )
