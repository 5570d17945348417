# SPDX-License-Identifier: Apache-2.0
"""The dossier as people read it: one page a language, without script or font."""

import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from maalem.release.dossier.fields import Dossier
from maalem.release.dossier.law import AS_OF, SOURCES
from maalem.release.dossier.outline import CHAPTERS, count_states
from maalem.release.dossier.saying import Saying
from maalem.release.page import TEMPLATES as RELEASE_TEMPLATES
from maalem.release.page import short
from maalem.release.wording import Wording, wording
from maalem.translation import set_apart

PAGES: Mapping[str, str] = MappingProxyType(
    {"en": "dossier.html", "fr": "dossier.fr.html", "ar": "dossier.ar.html"}
)
"""The page's file in each language; all of them say the same."""
_TEMPLATES = Path(__file__).parent / "templates"


@cache
def dossier_wording(language: str) -> Wording:
    """Read the strings of a language; those of the release's page stand beside them."""
    folder = resources.files("maalem.release.dossier") / "catalogues"
    text = (folder / f"{language}.toml").read_text(encoding="utf-8")
    ours = {
        f"{table}_{name}": told
        for table, strings in tomllib.loads(set_apart(text, language)).items()
        for name, told in strings.items()
    }
    known = wording(language)
    return Wording(language, known.direction, {**known.strings, **ours})


def render_dossier(dossier: Dossier, *, language: str, pages: Mapping[str, str]) -> str:
    """Write the page of a dossier; all text of people and documents is escaped.

    Args:
        dossier: The dossier.
        language: Language of the page's own words.
        pages: Files of the languages that are written, to link to.
    """
    words = dossier_wording(language)
    environment = Environment(
        loader=FileSystemLoader([_TEMPLATES, RELEASE_TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["short"] = short
    pointers = {one: place for place, one in enumerate(dossier.pointers, 1)}
    page = environment.get_template("dossier.html.jinja").render(
        w=words,
        say=words.say,
        code=Markup('<code dir="ltr">{}</code>').format,
        d=dossier,
        facts=dossier.by_field,
        saying=Saying(words),
        chapters=CHAPTERS,
        counts={name: count_states(name, dossier.by_field) for name in CHAPTERS},
        whole=Counter(fact.state for fact in dossier.facts),
        pointers=pointers,
        law=SOURCES,
        as_of=AS_OF,
        others=[
            (code, file, wording(code).strings["own_name"])
            for code, file in pages.items()
            if code != language
        ],
    )
    return f"{page.strip()}\n"
