"""Waiting for a condition, with a bound: the machine is ten times slower than the host, and shares it."""

from __future__ import annotations

import threading
import time
from typing import Callable, TypeVar

PATIENCE = 60.0
"""Seconds for what takes a moment on any machine that is not stuck."""

_T = TypeVar("_T")


class NeverCame(AssertionError):
    """A condition was not met in time; the text says which, and what there was instead."""


def until(what: str, condition: Callable[[], _T], seconds: float = PATIENCE) -> _T:
    """Looks again and again until `condition` gives something true, which it returns."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise NeverCame(f"{what}: not within {seconds:g} s")
        pause.wait(0.02)


def until_equal(what: str, expected: _T, look: Callable[[], _T], seconds: float = PATIENCE) -> None:
    """Looks again and again until `look` gives what is expected; says what it gave last, if it never does."""
    last: list[_T] = []

    def is_equal() -> bool:
        last[:] = [look()]
        return last[0] == expected

    try:
        until(what, is_equal, seconds)
    except NeverCame as error:
        raise NeverCame(f"{error}; expected {expected!r}, and it is {last[0]!r}") from None
