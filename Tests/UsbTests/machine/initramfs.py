"""The first file system of the machine: busybox, modules, and a script that finds the host's files."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO, Mapping

_FOLDERS = ("bin", "dev", "proc", "sys", "modules", "host", "udev", "memory", "top")


class Archive:
    """Writes files in the format that the kernel unpacks: cpio, "newc", not compressed."""

    def __init__(self, output: BinaryIO) -> None:
        self._output = output
        self._count = 0

    def add(self, name: str, mode: int, content: bytes = b"", device: tuple[int, int] = (0, 0)) -> None:
        self._count += 1
        fields = (
            self._count, mode, 0, 0, 1, 0, len(content), 0, 0, device[0], device[1], len(name) + 1, 0)
        self._padded(b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\x00")
        self._padded(content)

    def finish(self) -> None:
        self.add("TRAILER!!!", 0)

    def _padded(self, content: bytes) -> None:
        self._output.write(content + b"\x00" * (-len(content) % 4))


def write(target: Path, script: Path, busybox: Path, modules: list[Path], environment: Mapping[str, str]) -> None:
    """Writes the archive: `script` is what the kernel starts, and `environment` is what it and the tests are told."""
    with open(target, "wb") as output:
        archive = Archive(output)
        for folder in _FOLDERS:
            archive.add(folder, stat.S_IFDIR | 0o755)
        archive.add("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
        archive.add("bin/busybox", stat.S_IFREG | 0o755, busybox.read_bytes())
        archive.add("bin/sh", stat.S_IFLNK | 0o777, b"busybox")
        archive.add("init", stat.S_IFREG | 0o755, script.read_bytes())
        for module in modules:
            archive.add(f"modules/{module.name}", stat.S_IFREG | 0o644, module.read_bytes())
        archive.add("modules/order", stat.S_IFREG | 0o644, "".join(f"{each.name}\n" for each in modules).encode())
        lines = "".join(f"export {name}={_quoted(value)}\n" for name, value in environment.items())
        archive.add("environment", stat.S_IFREG | 0o644, os.fsencode(lines))
        archive.finish()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
