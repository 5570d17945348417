# SPDX-License-Identifier: Apache-2.0
"""The store whose tables lie in PostgreSQL."""

import pytest
from tests.contracts.store import StoreContract

from maalem.store import create_store

pytestmark = pytest.mark.postgres


class TestPostgresStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path, clock, postgres_address):
        with create_store(
            tmp_path / "project",
            origin="example.org/ledger",
            clock=lambda: clock[-1],
            actor="owner",
            database=postgres_address,
        ) as store:
            yield store
