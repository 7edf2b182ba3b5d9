"""`camera-fleet serve` with the machine's USB, and what the kernel says of its processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Optional, Sequence

import package
from camera_fleet import CameraInfo, Fleet
from waiting import PATIENCE, until

NOBODY = 65534


def open_the_way() -> None:
    """Lets users without rights read the programs: the machine's files are a layer that ends with it."""
    for top in (package.PROGRAMS, package.REPOSITORY):
        for folder in (top, *top.parents):
            os.chmod(folder, folder.stat().st_mode | 0o055)


class Server:
    """The server, on free ports of loopback, with a data folder of its own; as a user without rights on demand."""

    def __init__(self, *arguments: str, is_plain_user: bool = False, data: Optional[Path] = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="server.", dir="/run")
        top = Path(self._folder.name)
        self.data = data or top / "data"
        self.data.mkdir(exist_ok=True)
        user: dict[str, object] = {}
        if is_plain_user:
            open_the_way()
            top.chmod(0o755)
            os.chown(self.data, NOBODY, NOBODY)
            user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        self._log = open(top / "log", "w+b")
        self._process = subprocess.Popen(  # type: ignore[call-overload]
            [
                str(package.PROGRAMS / "camera-fleet"), "serve", "--data", str(self.data),
                "--command-port", "0", "--live-view-port", "0", "--download-port", "0", *arguments,
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log, text=True,
            env={**os.environ, "HOME": str(self.data)}, **user)
        output = ""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            output += line
            if "Ctrl-C" in line:
                break
        ports = re.search(r"commands on (\d+), live view on (\d+), downloads on (\d+)", output)
        if ports is None:
            self.stop()
            raise RuntimeError(f"The server did not start: {output}{self.log}")
        self.port, self.view_port, self.transfer_port = (int(port) for port in ports.groups())
        self.address = f"127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """All that it has logged."""
        with open(self._log.name, errors="replace") as log:
            return log.read()

    @property
    def descriptors(self) -> int:
        """How many descriptors its process has open."""
        return len(os.listdir(f"/proc/{self._process.pid}/fd"))

    @property
    def resident_bytes(self) -> int:
        """The memory of its process and of every worker."""
        total = 0
        for pid in (self._process.pid, *self.workers):
            try:
                total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
            except OSError:
                continue
        return total

    @property
    def workers(self) -> list[int]:
        """The processes below it, zombies included."""
        children: dict[int, list[int]] = {}
        for file in Path("/proc").glob("[0-9]*/stat"):
            try:
                # The name, in parentheses, may hold anything.
                fields = file.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(file.parent.name))
        found: list[int] = []
        open_ends = [self._process.pid]
        while open_ends:
            below = children.get(open_ends.pop(), [])
            found += below
            open_ends += below
        return found

    def bodies(self, fleet: Fleet, states: Sequence[str] = ("ready", "busy")) -> dict[str, CameraInfo]:
        """The bodies in these states, by id."""
        return {body.id: body for body in fleet.cameras() if body.state in states}

    def wait_for_bodies(self, fleet: Fleet, count: int, seconds: float = PATIENCE) -> dict[str, CameraInfo]:
        """Waits until exactly so many bodies are ready and none is on its way, and gives them by id."""
        def settled() -> dict[str, CameraInfo]:
            all_bodies = fleet.cameras()
            ready = {body.id: body for body in all_bodies if body.state == "ready"}
            coming = [body for body in all_bodies if body.state == "connecting"]
            return ready if len(ready) == count and not coming else {}

        try:
            return until(f"{count} bodies that are ready", settled, seconds)
        except AssertionError as error:
            there = [(body.id, body.state, body.error) for body in fleet.cameras()]
            raise AssertionError(f"{error}; there are {there}; the server logged: {self.log[-3000:]}") from None

    def stop(self) -> None:
        """Ends it as a user does, with SIGTERM; RuntimeError, with what it logged, when it does not end well."""
        if self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        log = self.log
        self._log.close()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._folder.cleanup()
        if code != 0:
            raise RuntimeError(f"The server ended with {code}: {log}")
