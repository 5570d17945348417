# SPDX-License-Identifier: Apache-2.0
"""One module a command, imported when it is called; a command parses, calls, shows."""
