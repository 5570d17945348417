# SPDX-License-Identifier: Apache-2.0
"""What callers say of answers becomes annotations, which settle nothing by themselves.

A complaint is no expert's answer: it puts its question first in the queue, and stands
beside what experts say. Its annotator is on hold from the first; an owner who knows
that a key speaks for an expert lifts the hold on the page of the team.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from maalem.app.steps.cases import CaseMaker
from maalem.app.steps.feedback_judging import (
    annotator_of,
    anybody,
    judged,
    key_of,
    text_lacking,
)
from maalem.app.steps.pseudonyms import find_pseudonyms_of
from maalem.app.workspace import Workspace
from maalem.experts.annotations import UNNAMED, named
from maalem.experts.naming import identified
from maalem.records import Annotation, Digest, Hold, Record
from maalem.serving.corrections.book import FEEDBACK, Book, Correction, Taken
from maalem.serving.corrections.feedback import Allow, Filed, Said
from maalem.serving.corrections.logged import Logged
from maalem.serving.corrections.reading import find_taken
from maalem.serving.refusals import RequestError

_WHY = (
    "what callers send settles nothing by itself; lift this if the key speaks for an "
    "expert"
)


class FeedbackFiler:
    """Keeps what callers say of answers; from any thread."""

    def __init__(
        self,
        work: Workspace,
        book: Book,
        *,
        maker: CaseMaker,
        clock: Callable[[], float],
    ) -> None:
        self._work = work
        self._book = book
        self._maker = maker
        self._clock = clock

    def __call__(self, said: Said, allow: Allow = anybody) -> Filed:
        """Keep what is said of an answer.

        Raises:
            RequestError: There is no such answer, its text is needed or is another, the
                label is none of the task's, or the key stands for something else.
            MaalemError: It could not be written.
        """
        logged, label = judged(self._work, self._book, said, allow=allow)
        now, item = self._clock(), self._question(said, logged)
        annotation = self._annotation(
            said, logged, item=item, label=label, at=_moment(now)
        )
        is_known = item is not None and self._keep(annotation, now)
        self._book.correct(
            [
                Correction(
                    request=said.request, place=said.place, annotation=annotation.id,
                    label=label, is_right=label == logged.label, source=FEEDBACK,
                    at=now,
                )
            ]
        )  # fmt: skip
        status = "noted" if item is None else "known" if is_known else "queued"
        return Filed(
            id=annotation.id, task=logged.task, label=label, status=status,
            agrees=label == logged.label,
        )  # fmt: skip

    def _question(self, said: Said, logged: Logged) -> Digest | None:
        """Find or make the question about the text; none where it may not be asked.

        Complaints are few, and not bounded as cases are.
        """
        before = find_taken(self._book.path, said.request, said.place)
        if before is not None and before.item is not None:
            return before.item
        text = said.input if said.input is not None else logged.text
        if text is None:
            raise text_lacking()
        item, outcome = self._maker.make(
            logged.task, text, place=f"request {said.request}, text {said.place}"
        )
        taken = Taken(
            request=said.request, place=said.place, task=logged.task, kind=FEEDBACK,
            item=item, outcome=outcome, at=logged.at, label=logged.label,
            release=logged.release,
        )  # fmt: skip
        self._book.take([taken])
        return item

    def _annotation(
        self, said: Said, logged: Logged, *, item: Digest | None, label: str, at: str
    ) -> Annotation:
        return named(
            Annotation(
                id=UNNAMED,
                item=item or UNNAMED,
                task=logged.task,
                annotator=annotator_of(self._work, said),
                labels=(label,) if label else (),
                outcome=None if label else "unknown",  # wrong, but what is right?
                at=at,
                suggestion_shown=True,  # they had seen the model's answer
                reason=self._spared(said.comment) or None,
                source=FEEDBACK,
                note=f"request {said.request}, text {said.place}",
                key=key_of(said, label),
            )
        )

    def _spared(self, text: str) -> str:
        pseudonyms = find_pseudonyms_of(self._work, keep=True)
        return pseudonyms.replace(text)[0] if pseudonyms else text

    def _keep(self, annotation: Annotation, now: float) -> bool:
        """Write an annotation down, on hold; tell whether it was there before."""
        store = self._work.store
        if store.has(Annotation, annotation.id):
            self._refuse_other(annotation)
            return True
        holds = store.find(Hold, annotation.task)
        is_decided = any(one.annotator == annotation.annotator for one in holds)
        records: list[Record] = [annotation]
        if not is_decided:
            records = [_hold(annotation, at=_moment(now)), annotation]
        details = {"task": annotation.task, "annotator": annotation.annotator}
        store.append("annotation.feedback", records, details=details)
        return False

    def _refuse_other(self, annotation: Annotation) -> None:
        before = self._work.store.get(Annotation, annotation.id)
        if (before.item, before.labels) != (annotation.item, annotation.labels):
            raise RequestError(
                "this idempotency-key stands for other feedback",
                status=409,
                hint="send each with a key of its own",
                code="gateway.feedback-key",
            )


def _hold(annotation: Annotation, *, at: str) -> Hold:
    return identified(
        Hold(
            id=UNNAMED,
            task=annotation.task,
            annotator=annotation.annotator,
            is_lifted=False,
            reason=_WHY,
            evidence=(),
            by="gateway",
            at=at,
        )
    )


def _moment(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
