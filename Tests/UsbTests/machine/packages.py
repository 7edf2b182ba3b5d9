"""Debian's packages that the machine needs and the host does not: fetched, and unpacked into a folder of their own."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path


class Missing(Exception):
    """Something that the machine needs is not there; the text says what, and how to get it."""


class Packages:
    """The kernel, busybox and udev, as Debian has them, under `folder`, which outlives a run. Nothing is installed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "lock", "w") as lock:
            # Two runs in one clone: the second waits until the first has fetched everything.
            fcntl.flock(lock, fcntl.LOCK_EX)
            kernel = self._kernel_name()
            self.kernel = self._unpacked(kernel)
            self.busybox = self._unpacked("busybox-static") / "usr" / "bin" / "busybox"
            self.udev = self._unpacked("udev")
            self._compile_hardware_database()

    @property
    def modules(self) -> Path:
        """The folder of the kernel's modules, which is named after its version."""
        return next((self.kernel / "usr" / "lib" / "modules").iterdir())

    @property
    def kernel_image(self) -> Path:
        """The kernel as it is in the package, compressed."""
        return next((self.kernel / "boot").glob("vmlinuz-*"))

    def _kernel_name(self) -> str:
        """The package that linux-image-amd64 stands for now; else the one that an earlier run has fetched."""
        if shutil.which("apt-cache"):
            depends = subprocess.run(
                ["apt-cache", "depends", "linux-image-amd64"], capture_output=True, text=True, check=False).stdout
            for line in depends.splitlines():
                word = line.strip().removeprefix("Depends: ")
                if word.startswith("linux-image-") and word != "linux-image-amd64":
                    return word
        for earlier in sorted(self._folder.glob("linux-image-*"), reverse=True):
            return earlier.name
        raise Missing(
            "No kernel for the small machine: apt does not know Debian's package linux-image-amd64. "
            "As root, type: apt-get update")

    def _unpacked(self, package: str) -> Path:
        """The folder of what is in the package, with /bin, /sbin and /lib below /usr, as Debian's installer has it."""
        target = self._folder / package
        if target.is_dir():
            return target
        draft = self._folder / f".{package}.{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        (draft / "files").mkdir(parents=True)
        try:
            fetched = subprocess.run(
                ["apt-get", "--quiet", "--quiet", "download", package],
                cwd=draft, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            archives = list(draft.glob("*.deb"))
            if len(archives) != 1:
                raise Missing(
                    f"Debian's package {package} could not be fetched: {fetched.stderr.strip() or 'no such package'} "
                    "(is there a network? As root, type: apt-get update)")
            subprocess.run(["dpkg", "-x", str(archives[0]), str(draft / "files")], check=True)
            for name in ("bin", "sbin", "lib"):
                apart = draft / "files" / name
                if apart.is_dir():
                    shutil.copytree(apart, draft / "files" / "usr" / name, symlinks=True, dirs_exist_ok=True)
                    shutil.rmtree(apart)
            (draft / "files").rename(target)
        except FileNotFoundError as error:
            raise Missing(f"{error.filename} is not there: only Debian has what the small machine needs.") from None
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return target

    def _compile_hardware_database(self) -> None:
        """What udev's installation does: hwdb.bin from the host's hwdb.d, libgphoto2's cameras in it."""
        compiled = self.udev / "usr" / "lib" / "udev" / "hwdb.bin"
        if compiled.exists():
            return
        for file in Path("/usr/lib/udev/hwdb.d").glob("*gphoto*.hwdb"):
            shutil.copy(file, self.udev / "usr" / "lib" / "udev" / "hwdb.d")
        tool = self.udev / "usr" / "bin" / "systemd-hwdb"
        subprocess.run(
            [str(tool), "update", "--usr", "--root", str(self.udev)],
            stdin=subprocess.DEVNULL, capture_output=True, check=False)
