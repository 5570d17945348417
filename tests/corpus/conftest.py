# SPDX-License-Identifier: Apache-2.0
"""One reading process for a whole file of tests: starting it costs half a second."""

from collections.abc import Iterator

import pytest

from maalem.corpus import ColumnMap, ReadLimits
from maalem.corpus.parser import Parser


@pytest.fixture(scope="package")
def parser() -> Iterator[Parser]:
    limits = ReadLimits(line_mb=1, seconds=20)
    with Parser(ColumnMap(text=("text",)), limits) as made:
        yield made
