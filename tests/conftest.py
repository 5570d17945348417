# SPDX-License-Identifier: Apache-2.0
"""What every test has: no deadline in hypothesis; PostgreSQL, where asked for."""

from hypothesis import settings
from tests.postgres import postgres, postgres_address  # noqa: F401  # fixtures

settings.register_profile("maalem", deadline=None)
settings.load_profile("maalem")
