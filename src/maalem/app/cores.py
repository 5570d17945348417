# SPDX-License-Identifier: Apache-2.0
"""How many cores matrices are multiplied on, and what multiplies them."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec

import numpy as np


@contextmanager
def one_core_spared(*, among: int = 1) -> Generator[None]:
    """Leave a core to answers while matrices are multiplied on the others.

    The quick gear on every core keeps answers waiting: of 50 experts on two cores, the
    slowest twentieth waited 250 to 480 ms; with this, some 50. Where the desk is not
    installed, nothing is limited.

    Args:
        among: Processes that share the others.
    """
    if find_spec("threadpoolctl") is None:
        yield
        return
    from threadpoolctl import threadpool_limits  # noqa: PLC0415  # an extra

    with threadpool_limits(limits=max(1, ((os.cpu_count() or 1) - 1) // among)):
        yield


def computed_by() -> str:
    """Name what multiplies matrices here; empty where that cannot be told.

    Two processes of the same name give a single text the same bits: numpy, its library,
    the processor that the library takes this one for, and the number of threads.
    """
    if find_spec("threadpoolctl") is None:
        return ""
    from threadpoolctl import threadpool_info  # noqa: PLC0415  # an extra

    pools = sorted(
        f"{one['internal_api']} {one['version']} {one.get('architecture', '')} "
        f"on {one['num_threads']} threads"
        for one in threadpool_info()
        if one["user_api"] == "blas" and "numpy" in str(one["filepath"])
    )
    return f"numpy {np.__version__}, {', '.join(pools)}" if pools else ""
