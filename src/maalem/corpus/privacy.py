# SPDX-License-Identifier: Apache-2.0
"""What is told of personal data: how much was found, and what was not looked for."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from maalem.corpus.pseudonyms import find_pseudonyms
from maalem.records import Passage

NOT_SCANNED = (
    "names of persons",
    "postal addresses",
    "dates of birth",
    "pictures and scanned pages",
)
"""What nobody has looked for: that needs a model, or a person."""

Counted = tuple[tuple[str, int], ...]
"""Kinds of personal data, sorted, with how often each was found."""

_TOLD: Mapping[str, str] = MappingProxyType(
    {
        "en": "Personal data found and left in the texts: {left}. Replaced by "
        "pseudonyms: {replaced}. Looked for by rules: e-mail addresses, telephone, "
        "bank, card and identity numbers. Not scanned: names of persons, postal "
        "addresses, dates of birth, pictures and scanned pages.",
        "fr": "Données personnelles trouvées et laissées dans les textes : {left}. "
        "Remplacées par des pseudonymes : {replaced}. Recherchés par des règles : "
        "courriels, numéros de téléphone, de compte, de carte et d’identité. Non "
        "analysés : noms de personnes, domiciles, dates de naissance, images "
        "et pages numérisées.",
        "ar": "بيانات شخصية وُجدت وبقيت في النصوص: {left}. واستُبدلت بأسماء مستعارة: "
        "{replaced}. ما بُحث عنه بقواعد: عناوين البريد الإلكتروني وأرقام الهاتف "
        "والحسابات والبطاقات والهوية. ما لم يُفحص: أسماء الأشخاص والعناوين البريدية "
        "وتواريخ الميلاد والصور والصفحات الممسوحة ضوئيا.",
    }
)
_NONE: Mapping[str, str] = MappingProxyType(
    {"en": "none", "fr": "aucune", "ar": "لا شيء"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """Personal data in the passages that a dataset asks about.

    Attributes:
        left: What was found and stands in them.
        replaced: What pseudonyms stand for.
    """

    left: Counted = ()
    replaced: Counted = ()


def count_personal(passages: Iterable[Passage]) -> PersonalData:
    """Count what was found in passages when they were read, and what was replaced."""
    found: Counter[str] = Counter()
    replaced: Counter[str] = Counter()
    for one in passages:
        found.update(find.what for find in one.personal)
        if one.personal:
            names = {*find_pseudonyms(one.text)} & {*one.personal}
            replaced.update(name.what for name in names)
    return PersonalData(
        left=tuple(sorted((found - replaced).items())),
        replaced=tuple(sorted(replaced.items())),
    )


def tell_personal(found: PersonalData, *, language: str) -> str:
    """Say in one paragraph what was found, and what was not looked for.

    Args:
        found: What was found.
        language: `en`, `fr` or `ar`.
    """

    def counts(counted: Counted) -> str:
        pairs = (f"{what} {number}" for what, number in counted)
        return ("، " if language == "ar" else ", ").join(pairs) or _NONE[language]

    return _TOLD[language].format(
        left=counts(found.left), replaced=counts(found.replaced)
    )
