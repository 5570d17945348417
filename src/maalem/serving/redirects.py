# SPDX-License-Identifier: Apache-2.0
"""Fields by which a request would choose who is asked, and with whose key."""

from collections.abc import Mapping
from typing import Any

from maalem.serving.refusals import RequestError

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
    """Refuse a request that would have another asked, or a template run.

    Raises:
        RequestError: It has such a field, which is named.
    """
    for field in body:
        if field in REDIRECTING or field.startswith(_PREFIXES):
            error = RequestError(
                f"{field} must be absent: a request never chooses who is asked",
                hint="where models are served stands in maalem.toml alone",
                code="gateway.redirect",
            )
            error.parameter = field
            raise error
