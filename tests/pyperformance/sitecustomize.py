"""Imported at the start of each benchmark: both interpreters use the `datetime` that is written in Python.

pvm has no other yet, and pickles of dates name the module that their classes come from.
"""

import sys

sys.modules["_datetime"] = None
