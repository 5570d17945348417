# SPDX-License-Identifier: Apache-2.0
"""A request that is refused, and how each protocol says so."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from maalem.errors import MaalemError
from maalem.records import Json


class RequestError(MaalemError):
    """A request to the gateway that is refused.

    Attributes:
        status: HTTP status, from 400 to 599.
        parameter: The field of the request that is refused; empty if it is no field.
        headers: Headers of the answer.
    """

    default_code = "gateway.request"

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        hint: str = "",
        code: str = "",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.status = status
        self.parameter = ""
        self.headers = headers


Form: TypeAlias = Callable[[RequestError], tuple[int, Json]]
"""Gives status and body of a refusal in a protocol's own form."""

_TYPES: Mapping[int, str] = MappingProxyType(
    {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
)
_OPENAI_CODES: Mapping[str, str] = MappingProxyType(
    {
        "gateway.model": "model_not_found",
        "gateway.key": "invalid_api_key",
        "gateway.rate": "rate_limit_exceeded",
        "gateway.budget": "insufficient_quota",
    }
)
_TEI_TYPES: Mapping[int, str] = MappingProxyType({429: "Overloaded", 503: "Unhealthy"})


def refused_field(field: str, wanted: str, *, status: int = 400) -> RequestError:
    """Make the refusal of a field; what stood in it is not repeated.

    Args:
        field: Name of the field.
        wanted: What it must be.
        status: HTTP status.
    """
    error = RequestError(
        f"{field} must be {wanted}", status=status, code="gateway.field"
    )
    error.parameter = field
    return error


def openai_form(error: RequestError) -> tuple[int, Json]:
    """Refuse as OpenAI does; Mistral's clients read it too.

    Source:
        OpenAI API reference, "Error codes".
    """
    kind = "invalid_request_error" if error.status < 500 else "server_error"
    told: dict[str, Json] = {
        "message": _sentence(error),
        "type": _TYPES.get(error.status, kind),
        "param": error.parameter or None,
        "code": _OPENAI_CODES.get(error.code, error.code),
    }
    return error.status, {"error": told}


def tei_form(error: RequestError) -> tuple[int, Json]:
    """Refuse as text-embeddings-inference does: 422 for a request, 424 for a failure.

    Source:
        huggingface/text-embeddings-inference, docs/openapi.json, `ErrorResponse`.
    """
    status = {400: 422, 500: 424}.get(error.status, error.status)
    kind = _TEI_TYPES.get(status, "Backend" if status == 424 else "Validation")
    return status, {"error": _sentence(error), "error_type": kind}


def hugging_face_form(error: RequestError) -> tuple[int, Json]:
    """Refuse as Hugging Face's inference API does: the reason alone."""
    return error.status, {"error": _sentence(error)}


def cohere_form(error: RequestError) -> tuple[int, Json]:
    """Refuse as Cohere does.

    Source:
        Cohere API, "Errors".
    """
    return error.status, {"message": _sentence(error)}


def jina_form(error: RequestError) -> tuple[int, Json]:
    """Refuse as Jina does.

    Source:
        Jina AI, "Reranker API".
    """
    return error.status, {"detail": _sentence(error)}


def _sentence(error: RequestError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message
