# SPDX-License-Identifier: Apache-2.0
"""The gateway of a project: which releases answer, and what is attached to them."""
