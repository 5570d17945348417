# SPDX-License-Identifier: Apache-2.0
"""The state of the law as it was written down here, with where it comes from.

Nobody here is a lawyer, and the sources are secondary: the page says so.
"""

from dataclasses import dataclass

AS_OF = "2026-11-25"
"""Day on which this was written down last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One thing that is known about the law.

    Attributes:
        name: Its key in the catalogues.
        source: The act or decision that it is told from, by its number.
        date: ISO 8601 date of that.
    """

    name: str
    source: str
    date: str


SOURCES = (
    Source(
        name="omnibus",
        source="Digital Omnibus, final approval by the Council",
        date="2026-06-29",
    ),
    Source(
        name="unmoved",
        source="Digital Omnibus, final approval by the Council",
        date="2026-06-29",
    ),
    Source(
        name="template",
        source="European Commission, template for Article 53(1)(d); C(2025) 8311",
        date="2025-12-05",
    ),
    Source(
        name="third",
        source="European Commission, guidelines on general-purpose AI models",
        date="2025-07-18",
    ),
    Source(
        name="morocco",
        source="Law 09-08 and decree 2-09-165; Convention 108/108+",
        date="2009-02-18",
    ),
)
