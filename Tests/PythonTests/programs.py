"""The programs of this repository, started for tests and ended with them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Optional

from package import REPOSITORY

_PATIENCE = 10

# Programs that are built with a sanitizer look for leaks before they end, and have to have the time.
_SANITIZED = ["--ending-seconds", "20"] if os.environ.keys() & {"ASAN_OPTIONS", "TSAN_OPTIONS"} else []


def program(name: str) -> Path:
    """The program beside `camera-fleet`, which the environment's CAMERA_FLEET names."""
    fleet = os.environ.get("CAMERA_FLEET") or REPOSITORY / ".build" / "debug" / "camera-fleet"
    return Path(fleet).with_name(name)


class Server:
    """`camera-fleet serve` on free loopback ports, with a data folder of its own."""

    def __init__(self, *arguments: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._log = open(f"{self._folder.name}/log", "w+b")
        self._process = subprocess.Popen(
            [
                str(program("camera-fleet")), "serve", "--no-usb", "--data", f"{self._folder.name}/data",
                "--command-port", "0", "--live-view-port", "0", "--download-port", "0", *_SANITIZED, *arguments,
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log, text=True)
        output = ""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            output += line
            if "Ctrl-C" in line:
                break
        ports = re.search(r"commands on (\d+), live view on (\d+), downloads on (\d+)", output)
        if ports is None:
            self.stop()
            raise RuntimeError(f"The server did not start: {output}")
        self.port, self.view_port, self.transfer_port = (int(port) for port in ports.groups())
        self.address = f"127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Ends it as a user does, with SIGTERM; RuntimeError, with what it logged, when it does not end well."""
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._log.seek(0)
        log = self._log.read().decode(errors="replace")
        self._log.close()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._folder.cleanup()
        if code != 0:
            raise RuntimeError(f"The server ended with {code}: {log}")

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class VirtualCamera:
    """`virtual-camera` with one body, whose plug can be pulled."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._link: Optional[socket.socket] = None
        self.port = 0
        self.plug_in()

    def plug_in(self) -> None:
        """Starts it, on the port that it had before."""
        own, other = socket.socketpair()
        with other:
            self._process = subprocess.Popen(
                [
                    str(program("virtual-camera")), "--port", str(self.port), "--report-descriptor",
                    str(other.fileno()), *self._arguments,
                ],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[other.fileno()])
        self._link = own
        own.settimeout(_PATIENCE)
        with own.makefile() as lines:
            self.address = json.loads(lines.readline())["bodies"][0]["port"]
        self.port = int(self.address.split(":")[2])

    def pull_the_plug(self) -> None:
        """Ends it without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_PATIENCE)
            self._process = None
        if self._link is not None:
            self._link.close()

    def __enter__(self) -> VirtualCamera:
        return self

    def __exit__(self, *_: object) -> None:
        self.pull_the_plug()
