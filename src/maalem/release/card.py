# SPDX-License-Identifier: Apache-2.0
"""The model card: how to load a release without us, and how to verify it."""

import json
import re

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from maalem.corpus.privacy import tell_personal
from maalem.release.contents import BundleContents
from maalem.release.figures import find_measure
from maalem.release.page import TEMPLATES

MARKS = re.compile(r"([\\`*_{}\[\]<>()#+!|&~-])")


def render_card(contents: BundleContents, *, signer: str) -> str:
    """Write the README of a release, with the front matter that model hubs read.

    Args:
        contents: What the release is made of.
        signer: Fingerprint of the key that signs it.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=False,  # noqa: S701  # Markdown; everything foreign goes through `plain`
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = plain
    environment.filters["quoted"] = lambda text: json.dumps(text, ensure_ascii=False)
    environment.globals["tell_personal"] = tell_personal
    return environment.get_template("card.md.jinja").render(
        c=contents,
        signer=signer,
        accuracy=find_measure(contents.exam, "candidate"),
        is_classifier=contents.checkpoint.model_kind == "classify.v1",
    )


def plain(text: str) -> str:
    """Give text that Markdown and HTML show as it stands, on one line."""
    return MARKS.sub(r"\\\1", " ".join(text.split())).replace("\\<", "&lt;")
