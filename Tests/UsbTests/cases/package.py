"""What the machine was told, and the client of this repository on Python's path; imported first by every case."""

from __future__ import annotations

import os
import sys
from pathlib import Path

REPOSITORY = Path(os.environ["REPOSITORY"])
PROGRAMS = Path(os.environ["PROGRAMS"])
CARDS = Path(os.environ["CARDS"])
SEED = int(os.environ["SEED"])
IS_LONG = os.environ["RUN"] == "long"

sys.path.insert(0, str(REPOSITORY / "Sources" / "python"))
