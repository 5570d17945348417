# SPDX-License-Identifier: Apache-2.0
"""What the demo says about what it did: short, and honest about the data."""

from collections.abc import Sequence
from pathlib import Path

from maalem.app.loop import Decision, LoopReport
from maalem.app.report import interval
from maalem.app.report_release import decisions_table
from maalem.app.screen import Screen

MODELS = (
    ("majority", "always the most frequent answer"),
    ("zero-shot", "label names only, nothing taught"),
    ("nearest", "the nearest taught example"),
    ("tfidf", "TF-IDF with logistic regression"),
    ("candidate", "taught here"),
)


def tell_story(
    screen: Screen,
    report: LoopReport,
    *,
    answers: Sequence[Decision],
    caveats: Sequence[str],
    folder: Path,
) -> None:
    """Tell the demo's story: what came in, what was learned, what is proved."""
    if screen.as_json:
        return
    counts = dict(report.dataset.counts)
    corpus = report.corpus
    screen.show(
        f"""
{corpus.read} work orders became {corpus.passages} passages: {corpus.exact_duplicates} \
copies and {corpus.near_duplicates} near duplicates are linked, not deleted.
{report.collected.new} of them carry one engineer's answer to "which system failed?".
Frozen: {counts.get("teaching", 0)} to learn from, {counts.get("calibration", 0)} to \
calibrate a promise, {counts.get("exam", 0)} for an exam that training never sees,
and {counts.get("later", 0)} from the last year for a second exam.
Taught: {len(report.runs)} model(s) from {report.base}.
"""
    )
    before_and_after(screen, report)
    screen.show(f"\n{report.exam.report.headline}")
    screen.show(f"Gate: {report.exam.verdict.outcome}. {report.exam.verdict.reason}")
    screen.show(f"Guarantee: {report.exam.guarantee}.")
    screen.show(_release_line(report))
    decisions_table(screen, answers)
    screen.show("\nKeep in mind:")
    for caveat in caveats:
        screen.show(f"- {caveat}")
    screen.show(_next_commands(report, folder))


def before_and_after(screen: Screen, report: LoopReport) -> None:
    """Show every model's accuracy on the exam and, for drift, on the last year."""
    rows = []
    for model, meaning in MODELS:
        later = report.exam.find("accuracy", model, later=True)
        rows.append(
            (
                model,
                meaning,
                interval(report.exam.find("accuracy", model)),
                interval(later) if later.value is not None else "-",
            )
        )
    screen.table("", ("model", "what it is", "exam accuracy", "last year"), rows)


def _release_line(report: LoopReport) -> str:
    state = "verified" if report.verification.ok else "NOT VERIFIED"
    doubts = [f"  open: {claim.text}" for claim in report.verification.doubts]
    return "\n".join([f"\nReleased and {state}: {report.folder}", *doubts])


def _next_commands(report: LoopReport, folder: Path) -> str:
    return f"""
The project is in {folder}. Next:
  open {report.folder}/release.html
  maalem verify {report.folder}
  maalem -C {folder} status
"""
