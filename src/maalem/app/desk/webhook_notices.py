# SPDX-License-Identifier: Apache-2.0
"""What webhooks are told: names of records and counts, never a text or a person."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Literal

from fastapi import FastAPI, Request
from pydantic import BaseModel, Field

from maalem.app.desk.courier import Courier, courier_of
from maalem.app.desk.desk import desk_of
from maalem.app.desk.webhook_ledger import (
    DatasetNotice,
    ReleaseNotice,
    TrainingNotice,
    missed,
    note_told,
)
from maalem.app.desk.webhooks import Webhook
from maalem.records import Adjudication, Annotation, Digest, Json, digest_of
from maalem.store import Store


class AnnotationNotice(BaseModel):
    """An answer was kept, or taken back."""

    id: str = Field(description="Of the event; the same however often it is sent.")
    event: Literal["annotation"] = "annotation"
    at: str
    task: str
    item: str
    annotation: str = Field(description="The answer.")
    is_withdrawal: bool
    annotations: int = Field(description="Of the task so far, withdrawals included.")


class DisputeNotice(BaseModel):
    """A dispute was settled."""

    id: str = Field(description="Of the event; the same however often it is sent.")
    event: Literal["dispute"] = "dispute"
    at: str
    task: str
    item: str
    adjudication: str
    adjudications: int = Field(description="Of the task so far.")


def tell_answer(
    request: Request, asked: tuple[str, str], annotation: Digest, *, is_withdrawal: bool
) -> None:
    """Tell whom it concerns that an answer was kept, or taken back.

    Args:
        request: In which that happened.
        asked: Name of the task, and the item.
        annotation: The answer.
        is_withdrawal: Whether it was taken back.
    """
    courier, desk = courier_of(request), desk_of(request)
    if not courier.listens("annotation"):
        return
    task, item = asked
    told: Json = {"annotation": annotation, "is_withdrawal": is_withdrawal}
    notice = AnnotationNotice(
        id=digest_of(told),
        at=_moment(desk.clock()),
        task=task,
        item=item,
        annotation=annotation,
        is_withdrawal=is_withdrawal,
        annotations=desk.work.store.count(Annotation, task),
    )
    courier.tell(notice.event, notice.model_dump_json().encode())


def tell_settled(request: Request, settled: Adjudication) -> None:
    """Tell whom it concerns that a dispute was settled."""
    courier, desk = courier_of(request), desk_of(request)
    if not courier.listens("dispute"):
        return
    notice = DisputeNotice(
        id=digest_of({"adjudication": settled.id}),
        at=_moment(desk.clock()),
        task=settled.task,
        item=settled.item,
        adjudication=settled.id,
        adjudications=desk.work.store.count(Adjudication, settled.task),
    )
    courier.tell(notice.event, notice.model_dump_json().encode())


def tell_missed(courier: Courier, store: Store, hooks: Sequence[Webhook]) -> None:
    """Tell what was done while the desk was closed, each thing to each webhook once.

    What a webhook does not take is left for the next time that the desk opens.

    Args:
        courier: Who carries it.
        store: The project's store; what was taken is written into its ledger.
        hooks: Whom to tell.
    """
    for one in missed(store, hooks):
        courier.tell_one(one.hook, one.body, taken=partial(note_told, store, one))


def add_webhooks(application: FastAPI) -> None:
    """Describe the notices in an application's description of its API."""

    def annotation(notice: AnnotationNotice) -> None:
        """Tell that an answer was kept or taken back."""

    def dispute(notice: DisputeNotice) -> None:
        """Tell that a dispute was settled."""

    def dataset(notice: DatasetNotice) -> None:
        """Tell that a dataset was frozen, when the desk next opens."""

    def training(notice: TrainingNotice) -> None:
        """Tell that a training has ended, when the desk next opens."""

    def release(notice: ReleaseNotice) -> None:
        """Tell that a release was signed, when the desk next opens."""

    for told in (annotation, dispute, dataset, training, release):
        application.webhooks.add_api_route(
            told.__name__,
            told,
            methods=["POST"],
            operation_id=f"tell_{told.__name__}",
            responses={"4XX": {"description": "Not kept; it is sent again later."}},
        )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
