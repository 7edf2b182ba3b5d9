"""The cases that wait for something else to be there: what each waits for. They are printed, and never count as passed.

They run when they are asked for by name: `Deploy/usb-test test_plugs`.
"""

from __future__ import annotations

PENDING: dict[str, str] = {}
"""The reason by the case's name, as unittest has it: `test_plugs.PlugTests.test_…`; or of all of a module or class."""


def reason(name: str) -> str | None:
    """What the case of this name waits for, if it waits."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        found = PENDING.get(".".join(parts[:count]))
        if found:
            return found
    return None
