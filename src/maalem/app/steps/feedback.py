# SPDX-License-Identifier: Apache-2.0
"""What callers say of answers becomes annotations, which settle nothing by themselves.

A complaint is no expert's answer: it puts its question first in the queue, and stands
beside what experts say. Its annotator is on hold from the first; an owner who knows
that a key speaks for an expert lifts the hold on the page of the team.
"""

import hmac
from collections.abc import Callable
from datetime import UTC, datetime

from maalem.app.steps.cases import CaseMaker
from maalem.app.steps.pseudonyms import find_pseudonyms_of
from maalem.app.workspace import Workspace
from maalem.errors import SettingsError
from maalem.experts.annotations import UNNAMED, named
from maalem.experts.naming import identified
from maalem.records import Annotation, Digest, Hold, Record, digest_of
from maalem.serving.corrections.book import FEEDBACK, Book, Correction, Taken
from maalem.serving.corrections.feedback import Filed, Said
from maalem.serving.corrections.logged import Logged, find_logged
from maalem.serving.corrections.reading import find_taken
from maalem.serving.refusals import RequestError, refused_field
from maalem.tasks import TaskDefinition

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
        self._names = work.store.signing_key.sign(b"names of feedback")

    def __call__(self, said: Said) -> Filed:
        """Keep what is said of an answer.

        Raises:
            RequestError: There is no such answer, its text is needed or is another, the
                label is none of the task's, or the key stands for something else.
            MaalemError: It could not be written.
        """
        logged, now = _logged(self._book, said), self._clock()
        task = _task(self._work, logged)
        label = logged.label if said.label is None else said.label
        if label not in task.label_names:
            raise refused_field("label", "a label of the task")
        item = self._question(said, logged)
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
            id=annotation.id, task=task.name, label=label, status=status,
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
            raise RequestError(
                "the text of this answer was not kept",
                hint="send it as input",
                code="gateway.feedback-input",
            )
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
        """Make the annotation; what was sent is its key, or its own key is."""
        about = digest_of({"feedback": [said.request, said.place, label]})
        return named(
            Annotation(
                id=UNNAMED,
                item=item or UNNAMED,
                task=logged.task,
                annotator=self._annotator(said),
                labels=(label,),
                at=at,
                suggestion_shown=True,  # they had seen the model's answer
                reason=self._spared(said.comment) or None,
                source=FEEDBACK,
                note=f"request {said.request}, text {said.place}",
                key=f"feedback {said.key}" if said.key else about,
            )
        )

    def _annotator(self, said: Said) -> str:
        """Name who speaks by the key, and by a pseudonym of the name that came."""
        if not said.by:
            return f"feedback:{said.caller}"
        mark = hmac.digest(self._names, said.by.encode(), "sha256").hex()[:12]
        return f"feedback:{said.caller}.{mark}"

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


def _logged(book: Book, said: Said) -> Logged:
    found = find_logged(book.path, said.request, said.place)
    if found is None or not found.label:
        raise RequestError(
            "no answer of that request and place is known",
            status=404,
            hint="it is known a second after it was given, and as long as the log "
            "keeps it",
            code="gateway.feedback-unknown",
        )
    if said.input is not None and not found.is_about(said.input):
        raise refused_field("input", "the text that was answered")
    return found


def _task(work: Workspace, logged: Logged) -> TaskDefinition:
    try:
        return work.task(logged.task)
    except SettingsError as error:
        raise RequestError(
            "the task of this answer is gone",
            status=404,
            code="gateway.feedback-unknown",
        ) from error


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
