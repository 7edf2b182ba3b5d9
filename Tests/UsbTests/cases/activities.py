"""What a client is at when the plug is pulled."""

from __future__ import annotations

import threading
import time
from typing import Callable, Optional

import package  # noqa: F401
from camera_fleet import Body, FleetError


class Activity:
    """Does one thing over and over, in a thread, until it fails; `finish` then closes what it had open."""

    def __init__(
        self, name: str, step: Callable[[], object], finish: Callable[[], object] = lambda: None
    ) -> None:
        self.name = name
        self.error: Optional[BaseException] = None
        self.ended_at = 0.0
        self.begun = threading.Event()
        self.ended = threading.Event()
        self._step = step
        self._finish = finish
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while True:
                self.begun.set()
                self._step()
        except (FleetError, OSError) as error:
            self.error = error
        self.ended_at = time.monotonic()
        self._finish()
        self.ended.set()


def listing(body: Body) -> Activity:
    return Activity("listing", lambda: list(body.files(recurse=True)))


def download(body: Body) -> Activity:
    """Of the largest file, over and over."""
    largest = max(body.files(recurse=True), key=lambda file: file.size)
    return Activity("download", lambda: body.download(largest.folder, largest.name))


def capture(body: Body) -> Activity:
    return Activity("capture", body.capture)


def live_view(body: Body) -> Activity:
    stream = body.live_view()
    return Activity("live view", lambda: stream.next(30), stream.close)
