"""Puts the package of this repository on Python's path; imported before it by every test."""

from __future__ import annotations

import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent

sys.path.insert(0, str(REPOSITORY / "Sources" / "python"))
