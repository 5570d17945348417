# SPDX-License-Identifier: Apache-2.0
"""What every test has: no deadline in hypothesis; speed is no test's business."""

from hypothesis import settings

settings.register_profile("maalem", deadline=None)
settings.load_profile("maalem")
