# SPDX-License-Identifier: Apache-2.0
"""What may be sent to an upstream: whose texts, and no field that leads elsewhere."""

from collections.abc import Mapping
from typing import Any

from maalem.serving.refusals import RequestError
from maalem.serving.upstream.settings import Upstreams

REDIRECTING = frozenset(
    {
        *("api_base", "api_key", "api_type", "api_version", "api_url", "base_url"),
        *("azure_ad_token", "custom_llm_provider", "deployment_id", "extra_body"),
        *("extra_headers", "extra_query", "fallbacks", "headers", "litellm_params"),
        *("model_list", "models", "organization", "provider", "proxy", "proxies"),
        *("route", "routing", "transforms", "upstream", "url", "user_config"),
        *("chat_template", "default_headers", "default_query", "webhook_url"),
    }
)
"""Fields by which a proxy behind this one would ask somebody else, with the house's
key, or run a template of the caller's.

Source: LiteLLM, `auth_utils.py`, after CVE-2024-6587; OpenRouter, "Provider routing";
vLLM, "OpenAI-compatible server", extra parameters.
"""
_PREFIXES = ("aws_", "vertex_", "azure_", "s3_", "litellm_", "langfuse_")


def refuse_redirects(body: Mapping[str, Any]) -> None:
    """Refuse a request that would have the upstream ask elsewhere.

    Raises:
        RequestError: It has such a field, which is named.
    """
    for field in body:
        if field in REDIRECTING or field.startswith(_PREFIXES):
            error = RequestError(
                f"{field} may not be set: upstreams stand in the settings alone",
                code="gateway.redirect",
            )
            error.parameter = field
            raise error


def refuse_leaving(settings: Upstreams, *, is_outside: bool, task: str) -> None:
    """Refuse to send out of the house what may not leave it.

    Args:
        settings: What may.
        is_outside: Whether it would leave the house.
        task: On behalf of which task; empty where a caller asks by itself.

    Raises:
        RequestError: It may not leave.
    """
    if not is_outside:
        return
    is_allowed = task in settings.may_leave if task else settings.callers_may_send
    if not is_allowed:
        whose = f"the texts of {task}" if task else "what callers send"
        raise RequestError(
            f"{whose} may not leave the house, and this model is outside",
            status=403,
            hint="an owner may allow it under [upstreams]",
            code="gateway.policy",
        )
