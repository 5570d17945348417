# SPDX-License-Identifier: Apache-2.0
"""The release's page: one file of HTML without script, font or picture from outside."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from maalem.records import Digest, Estimate, Verdict
from maalem.release import figures
from maalem.release.contents import BundleContents, is_as_frozen
from maalem.release.wording import Wording, wording

TEMPLATES = Path(__file__).parent / "templates"
PAGES: Mapping[str, str] = MappingProxyType(
    {"en": "release.html", "fr": "release.fr.html", "ar": "release.ar.html"}
)
"""The page's file in each language; all of them say the same."""
OUTCOMES = {"ship": "ship", "don't ship": "dont", "not enough evidence": "unsure"}


def render_page(contents: BundleContents, *, signer: str, language: str = "en") -> str:
    """Write the page of a release.

    Every number is computed from the records; what they do not say is "not recorded".
    All text that comes from documents, tasks or people is escaped.

    Args:
        contents: What the release is made of.
        signer: Fingerprint of the key that signs it.
        language: Language of the page's own words; it links to the others.
    """
    words = wording(language)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["w"] = words
    environment.globals["say"] = words.say
    environment.globals["code"] = Markup('<code dir="ltr">{}</code>').format
    environment.filters["short"] = short
    environment.filters["model"] = lambda name: named("model", name, words)
    environment.filters["language"] = lambda code: named("language", code, words)
    template = environment.get_template("page.html.jinja")
    page = template.render(
        c=contents,
        signer=signer,
        lead=lead(contents, words),
        outcome=OUTCOMES.get(contents.verdict.outcome, "unsure"),
        figures=figures,
        others=[
            (code, file, wording(code).strings["own_name"])
            for code, file in PAGES.items()
            if code != language
        ],
        as_frozen=is_as_frozen(contents.task.toml, contents.task.version),
    )
    return f"{page.strip()}\n"


def lead(contents: BundleContents, words: Wording) -> list[Markup]:
    """Say what a reader must know first; what speaks against the model leads."""
    verdict, tfidf = _on_verdict(contents.verdict, words), _on_tfidf(contents, words)
    comparison = figures.find_comparison(contents.exam, "tfidf")
    loses = comparison is not None and (comparison.difference.value or 0.0) < 0.0
    return [tfidf, verdict] if loses else [verdict, tfidf]


def _on_verdict(verdict: Verdict, words: Wording) -> Markup:
    outcome = OUTCOMES.get(verdict.outcome, "unsure")
    if outcome == "unsure" and verdict.items_needed is not None:
        items = words.number(verdict.items_needed)
        if verdict.hours_needed is None:
            return words.say("lead_unsure_items", items=items)
        hours = words.decimal(verdict.hours_needed, digits=1)
        return words.say("lead_unsure_price", items=items, hours=hours)
    return words.say(f"lead_{outcome}")


def _on_tfidf(contents: BundleContents, words: Wording) -> Markup:
    comparison = figures.find_comparison(contents.exam, "tfidf")
    value = None if comparison is None else comparison.difference.value
    if comparison is None or value is None:
        return words.say("tfidf_unknown")
    difference = comparison.difference
    return words.say(
        f"tfidf_{_standing(difference)}",
        points=words.decimal(100.0 * abs(value), digits=1),
        low=words.points(difference.low),
        high=words.points(difference.high),
    )


def _standing(difference: Estimate) -> str:
    """Tell what an interval of differences allows to say."""
    value = difference.value or 0.0
    if difference.low is None or difference.high is None:
        return "ahead_open" if value < 0.0 else "behind_open"
    if difference.high < 0.0:
        return "wins"
    if difference.low > 0.0:
        return "loses"
    return "ahead" if value < 0.0 else "behind"


def named(kind: str, name: str, words: Wording) -> Markup:
    """Give the name of a model or a language as people know it, if we have one."""
    key = f"{kind}_{name.replace('-', '_')}"
    return words.say(key) if words.known(key) else words.say("as_it_is", name=name)


def short(digest: Digest | str) -> Markup:
    """Show a digest by its first twelve digits, the rest in the tooltip."""
    digits = digest.removeprefix("sha256:")
    return Markup('<code dir="ltr" title="{}">{}</code>').format(digest, digits[:12])
