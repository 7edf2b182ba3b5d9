"""How often, and after what pause, a broken transfer is taken up again."""

from __future__ import annotations

_MOST = 5


class Retry:
    """Counts the breaks of one transfer since it last got further: the fifth in a row is the end of it."""

    first_pause = 0.05
    """Seconds after the first break; three times as many after each that follows."""

    def __init__(self) -> None:
        self._offset = -1
        self._count = 0

    def pause(self, error: Exception, offset: int) -> float:
        """How many seconds to wait before the next attempt; the error itself when it has been tried often enough."""
        if offset > self._offset:
            self._offset, self._count = offset, 0
        self._count += 1
        if self._count >= _MOST:
            raise error
        return float(self.first_pause * 3 ** (self._count - 1))
