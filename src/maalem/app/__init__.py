# SPDX-License-Identifier: Apache-2.0
"""Where people come in: the project file, the loop, the command line, the demo."""
