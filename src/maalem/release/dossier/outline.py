# SPDX-License-Identifier: Apache-2.0
"""Which facts the documents ask for: chapters, their sections, and what stands there.

The numbers are those of the acts; the words of the acts stand nowhere here.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from maalem.release.dossier.fields import Fact

Sections = tuple[tuple[str, tuple[str, ...]], ...]

_MODEL = ("model_kind", "base_model", "parameters", "model_files", "licence")
_COMPUTE = ("compute", "base_compute", "compute_share", "training_time", "energy")
_DATA = ("dataset", "splits", "languages", "periods", "text_size")
_LABELLING = ("labels", "label_counts", "guideline", "annotators", "settling")
_QUALITY = ("agreement", "qualification", "suggestions")
_CLEANING = ("left_out", "duplicates", "groups")
_SECURITY = ("seal", "signature", "ledger")

CHAPTERS: Mapping[str, Sections] = MappingProxyType(
    {
        "annex-iv": (
            ("1", ("purpose", "provider", "release", "history", "interfaces")),
            ("1-use", ("software", "forms", "hardware", "user_interface")),
            ("1-guide", ("instructions", "out_of_scope")),
            ("2-method", (*_MODEL, "recipe", "seeds", "rationale")),
            ("2-compute", ("training_machine", "compute", "training_time")),
            ("2-data", (*_DATA, "sources", *_LABELLING, *_QUALITY, *_CLEANING)),
            ("2-oversight", ("automation", "oversight", "changes_planned")),
            ("2-test", ("accuracy", "metrics", "baselines", "exam_dates", "looks")),
            ("2-security", (*_SECURITY, "robustness", "security_measures")),
            ("3", ("by_class", "by_language", "caveats", "exam_notes")),
            ("3-limits", ("later_exam", "input_output", "foreseeable_risks")),
            ("4", ("gate", "metric_choice")),
            ("5", ("risk_management",)),
            ("6", ("history", "lifecycle_changes")),
            ("7", ("standards", "declaration")),
            ("9", ("monitoring_plan",)),
        ),
        "annex-xi": (
            ("1", ("input_output", "out_of_scope", "released_at", *_MODEL)),
            ("2", ("recipe", "seeds", "software", "rationale")),
            ("3", (*_DATA, "sources", *_LABELLING, *_CLEANING, "bias_review")),
            ("4", (*_COMPUTE, "training_machine")),
        ),
        "annex-xii": (
            ("1", ("input_output", "out_of_scope", "released_at", "forms")),
            ("2", ("interfaces", "software", "hardware", "instructions")),
            ("3", (*_MODEL, "max_input")),
            ("4", ("sources", "splits", "languages", *_CLEANING)),
        ),
        "article-53": (
            ("1", ("provider", "release", "base_model", "released_at")),
            ("1-size", ("input_output", *_DATA)),
            ("2", ("sources", "public_sets", "licensed_data", "crawled_data")),
            ("2-own", ("user_data", "synthetic_data", "source_licences")),
            ("3", ("opt_out", "copyright_policy", "illegal_content", *_CLEANING)),
        ),
        "article-10": (
            ("1", ("sources", "source_licences", "periods", "assumptions")),
            ("2", (*_LABELLING, *_QUALITY)),
            ("3", ("splits", *_CLEANING, "personal_data")),
            ("4", ("languages", "by_language", "by_class", "bias_review")),
            ("5", ("caveats", "data_gaps")),
        ),
        "article-12": (
            ("1", ("ledger", "log_period", "deeds", "chronology")),
            ("2", ("training_dates", "exam_dates", "looks", "history")),
            ("3", ("request_log", "overrides", "log_retention")),
        ),
        "gdpr-30": (
            ("1", ("controller", "contact", "legal_basis", "data_purpose")),
            ("2", ("data_subjects", "personal_data", "annotators")),
            ("3", ("recipients", "transfers", "seal")),
            ("4", ("retention", "security_measures", "signature", "ledger")),
            ("5", ("impact_assessment",)),
        ),
        "law-09-08": (
            ("1", ("controller", "contact", "cndp_filing", "data_purpose")),
            ("2", ("data_subjects", "personal_data", "sensitive_data")),
            ("3", ("recipients", "transfers", "seal")),
            ("4", ("retention", "security_measures", "signature")),
            ("5", ("rights",)),
        ),
    }
)
"""The documents by name: sections in order, and the facts in each."""

PERSONS = frozenset(
    {
        *("purpose", "provider", "hardware", "user_interface", "instructions"),
        *("out_of_scope", "rationale", "oversight", "changes_planned"),
        *("security_measures", "foreseeable_risks", "metric_choice"),
        *("risk_management", "lifecycle_changes", "standards", "declaration"),
        *("monitoring_plan", "bias_review", "opt_out", "copyright_policy"),
        *("illegal_content", "assumptions", "data_gaps", "log_retention"),
        *("controller", "contact", "legal_basis", "data_purpose", "data_subjects"),
        *("recipients", "transfers", "retention", "impact_assessment"),
        *("cndp_filing", "sensitive_data", "rights"),
    }
)
"""Facts that no record can say: a person writes them."""


def keys() -> Iterator[str]:
    """Give the key of every fact once, in the order of its first place."""
    places = (
        key for sections in CHAPTERS.values() for _, part in sections for key in part
    )
    yield from dict.fromkeys(places)


def count_states(chapter: str, facts: Mapping[str, Fact]) -> Counter[str]:
    """Count the states of a chapter's fields; what stands in it twice counts once."""
    asked = {key for _, part in CHAPTERS[chapter] for key in part}
    return Counter(facts[key].state for key in asked)
