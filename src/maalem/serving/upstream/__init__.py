# SPDX-License-Identifier: Apache-2.0
"""Models that are served elsewhere: where, what may go there, and how."""
