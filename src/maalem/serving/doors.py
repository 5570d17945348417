# SPDX-License-Identifier: Apache-2.0
"""The doors at which the clients of vendors ask: chat, embeddings, reranking."""

from collections.abc import Iterator

from maalem.serving.application import Gateway
from maalem.serving.calls import Door
from maalem.serving.chat import ChatDoor
from maalem.serving.elsewhere import PassingDoor
from maalem.serving.embedding import EmbeddingDoor
from maalem.serving.reranking import RerankDoor
from maalem.serving.reranking_forms import RERANKING

_MISTRALS = ("/v1/classifications", "/v1/chat/classifications")


def asking_doors(gateway: Gateway) -> Iterator[Door]:
    """Give the doors that ask a gateway's models, or those that are elsewhere."""
    yield ChatDoor(gateway)
    yield EmbeddingDoor(gateway)
    for path, protocol in RERANKING.items():
        yield RerankDoor(path, protocol, gateway)
    for path in _MISTRALS:
        door, _ = gateway.doors.find(path)
        if door is not None:
            yield PassingDoor(door, gateway)
