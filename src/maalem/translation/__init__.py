# SPDX-License-Identifier: Apache-2.0
"""What the rooms say in English, told in French and Arabic."""

from maalem.translation.spacing import set_apart
from maalem.translation.telling import Translation, translation_in

__all__ = ["Translation", "set_apart", "translation_in"]
