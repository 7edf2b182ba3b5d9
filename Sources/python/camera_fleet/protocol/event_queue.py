"""Events between the connection and those who want them."""

from __future__ import annotations

from collections import deque
from typing import Iterable, Optional

from ..records import Event
from .codes import EventCode


class EventQueue:
    """The events of one subscriber that were not read yet, `capacity` at most.

    When it is full the oldest are dropped and counted in `lost`, with those that the server said (events_lost) it had
    to drop. It is not safe for use by several threads.
    """

    def __init__(self, names: Iterable[str], capacity: int) -> None:
        if capacity < 1:
            raise ValueError("A queue of events has room for one at least.")
        self.names = frozenset(names)
        self.lost = 0
        self._capacity = capacity
        self._events: deque[Event] = deque()

    def put(self, event: Event) -> bool:
        """Takes the event if it is wanted; says whether it was."""
        if event.code == EventCode.EVENTS_LOST:
            count = event.details.get("count")
            self.lost += count if isinstance(count, int) else 1
        if self.names and event.name not in self.names:
            return False
        if len(self._events) == self._capacity:
            self._events.popleft()
            self.lost += 1
        self._events.append(event)
        return True

    def pop(self) -> Optional[Event]:
        """The oldest event; None when there is none."""
        return self._events.popleft() if self._events else None


def union(queues: Iterable[EventQueue]) -> Optional[frozenset[str]]:
    """The names to subscribe to, so that each queue gets its own; None is all, and empty is no queue at all."""
    names: set[str] = set()
    for queue in queues:
        if not queue.names:
            return None
        names |= queue.names | {"events_lost"}
    return frozenset(names)
