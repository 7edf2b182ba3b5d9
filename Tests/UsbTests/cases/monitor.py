"""QEMU's monitor (QMP), which the machine reaches through a port of its own."""

from __future__ import annotations

import json
import os
import select
import threading
import time
from typing import Any

_PORT = "/dev/virtio-ports/monitor"
_PATIENCE = 30.0


class MonitorError(Exception):
    """QEMU refused a command, or did not answer."""


class Monitor:
    """One conversation with the monitor; commands of several threads come one after the other."""

    def __init__(self) -> None:
        self._port = os.open(_PORT, os.O_RDWR | os.O_CLOEXEC)
        self._rest = b""
        self._lock = threading.Lock()
        self.ask("qmp_capabilities")

    def ask(self, command: str, **arguments: Any) -> Any:
        """Sends the command and gives what it returns."""
        with self._lock:
            request = {"execute": command, "arguments": arguments}
            os.write(self._port, json.dumps(request).encode() + b"\n")
            while True:
                message = json.loads(self._line())
                # All else is an event, or the greeting.
                if "return" in message:
                    return message["return"]
                if "error" in message:
                    raise MonitorError(f"{command}: {message['error']['desc']}")

    def _line(self) -> bytes:
        deadline = time.monotonic() + _PATIENCE
        while b"\n" not in self._rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._port], [], [], left)[0]:
                raise MonitorError("QEMU's monitor does not answer.")
            self._rest += os.read(self._port, 65536)
        line, self._rest = self._rest.split(b"\n", 1)
        return line


monitor = Monitor()
