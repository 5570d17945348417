# SPDX-License-Identifier: Apache-2.0
"""One module a step of the loop: each composes packages that do not know each other."""
