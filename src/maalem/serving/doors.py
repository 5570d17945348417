# SPDX-License-Identifier: Apache-2.0
"""The doors at which the clients of vendors ask: chat, embeddings, reranking."""

from collections.abc import Iterator

from maalem.serving.application import Gateway
from maalem.serving.calls import Door
from maalem.serving.chat import ChatDoor
from maalem.serving.embedding import EmbeddingDoor
from maalem.serving.reranking import RerankDoor
from maalem.serving.reranking_forms import RERANKING


def asking_doors(gateway: Gateway) -> Iterator[Door]:
    """Give the doors that ask a gateway's models, or those that are elsewhere."""
    yield ChatDoor(gateway)
    yield EmbeddingDoor(gateway)
    for path, protocol in RERANKING.items():
        yield RerankDoor(path, protocol, gateway)
