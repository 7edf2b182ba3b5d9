"""`virtual-camera --usb`: bodies of this repository on the machine's USB, which capture and have a live view."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from typing import Any

import package
from plugs import Plug
from waiting import PATIENCE

_CONTROL_PORT = 15739
"""The machine is this run's own, so no port is taken."""


class VirtualRig:
    """So many bodies, plugged in from the start; each is a plug."""

    def __init__(self, count: int, *arguments: str, control: int = _CONTROL_PORT) -> None:
        own, other = socket.socketpair()
        with other:
            self._process = subprocess.Popen(
                [
                    str(package.PROGRAMS / "virtual-camera"), "--usb", "--count", str(count), "--control",
                    str(control), "--report-descriptor", str(other.fileno()), *arguments,
                ],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[other.fileno()],
                env={**os.environ, "HOME": "/run/home"})
        own.settimeout(PATIENCE)
        # The program ends when this end is closed.
        self._report = own
        with own.makefile() as lines:
            line = lines.readline()
        if not line:
            raise RuntimeError(f"virtual-camera --usb did not start (code {self._process.wait(PATIENCE)}).")
        self._control = socket.create_connection(("127.0.0.1", control), PATIENCE)
        self._answers = self._control.makefile()
        bodies = self.ask(do="bodies")["bodies"]
        self.bodies = [VirtualBody(self, number + 1, body) for number, body in enumerate(bodies)]

    def ask(self, **request: Any) -> dict[str, Any]:
        """Sends a request to the control port, and gives its answer."""
        self._control.sendall(json.dumps(request).encode() + b"\n")
        answer: dict[str, Any] = json.loads(self._answers.readline())
        if not answer.get("ok"):
            raise RuntimeError(f"virtual-camera refused {request}: {answer}")
        return answer

    def stop(self) -> None:
        self._answers.close()
        self._control.close()
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._report.close()


class VirtualBody(Plug):
    """One of the rig's bodies."""

    def __init__(self, rig: VirtualRig, number: int, told: dict[str, Any]) -> None:
        self._rig = rig
        self._number = number
        self.serial = str(told.get("usb_serial") or told["serial"])
        self.is_plugged = True

    def plug_in(self) -> None:
        self._rig.ask(do="replug", body=self._number)
        self.is_plugged = True

    def pull(self) -> None:
        self._rig.ask(do="unplug", body=self._number)
        self.is_plugged = False
