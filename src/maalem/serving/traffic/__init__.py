# SPDX-License-Identifier: Apache-2.0
"""What the gateway answered: kept for as long as is asked for, counted and traced."""
