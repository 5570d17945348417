# SPDX-License-Identifier: Apache-2.0
"""What comes home from the gateway: cases for experts, the audit, and feedback."""
