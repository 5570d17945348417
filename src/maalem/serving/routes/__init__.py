# SPDX-License-Identifier: Apache-2.0
"""Champion, canary and shadows of a task: who is answered by which, and who is heard.

Which they are is decided elsewhere; here it is only done.
"""
