"""QEMU, with a small machine in it that sees the host's files and has USB ports to plug devices into."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

CONTROLLERS = 2
PORTS = 15
"""So many high-speed ports has each xHCI controller; QEMU can have no more."""


@dataclass(frozen=True)
class Outcome:
    """How the command in the machine ended. `code` is None when the machine ended without a word or out of time."""

    code: Optional[int]
    boot_seconds: Optional[float]
    seconds: float
    timed_out: bool


def arguments(kernel: Path, initramfs: Path, udev: Path, folder: Path, megabytes: int) -> list[str]:
    """The command line of QEMU, of a machine with that much memory. `udev` is the folder of udev's files, which lie above the host's; `folder` is this
    run's own: sockets and logs are there, and no port of the host is used."""
    line = [
        # Whatever becomes of this process, the machine ends with it.
        "setpriv", "--pdeathsig", "KILL",
        "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
        # Never KVM: it may be there and not work, and the emulated machine is the same everywhere.
        "-accel", "tcg,thread=multi", "-cpu", "Nehalem", "-M", "q35", "-smp", "2", "-m", str(megabytes),
        "-kernel", str(kernel), "-initrd", str(initramfs),
        "-append", "console=ttyS0 panic=-1 quiet loglevel=4 mitigations=off nokaslr tsc=reliable random.trust_cpu=on",
        "-serial", f"file:{folder / 'console.log'}",
        "-object", "rng-random,filename=/dev/urandom,id=random", "-device", "virtio-rng-pci,rng=random",
        "-fsdev", "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap",
        "-device", "virtio-9p-pci,fsdev=host,mount_tag=host",
        "-fsdev", f"local,id=udev,path={udev},security_model=none,readonly=on",
        "-device", "virtio-9p-pci,fsdev=udev,mount_tag=udev",
        "-device", "virtio-serial-pci",
        "-chardev", "file,id=output,path=/dev/stdout", "-device", "virtserialport,chardev=output,name=output",
        "-chardev", f"file,id=status,path={folder / 'status'}", "-device", "virtserialport,chardev=status,name=status",
        # QEMU's monitor listens on a socket, and QEMU connects a port of the machine to it: what plugs devices in runs
        # inside, beside what sees them come.
        "-chardev", f"socket,id=monitor,path={folder / 'monitor'},server=on,wait=off",
        "-mon", "chardev=monitor,mode=control",
        "-chardev", f"socket,id=plugs,path={folder / 'monitor'}",
        "-device", "virtserialport,chardev=plugs,name=monitor",
    ]
    for number in range(CONTROLLERS):
        line += ["-device", f"qemu-xhci,id=usb{number},p2={PORTS},p3=1"]
    return line


def run(line: list[str], folder: Path, limit: float) -> Outcome:
    """Starts it, passes on what its command prints, and ends it after `limit` seconds at the latest."""
    start = time.monotonic()
    complaints = open(folder / "qemu.log", "wb")
    with complaints:
        process = subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints, start_new_session=True)
    assert process.stdout is not None
    timed_out = False
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                rest = start + limit - time.monotonic()
                if rest <= 0:
                    timed_out = True
                    break
                if not selector.select(rest):
                    continue
                content = os.read(process.stdout.fileno(), 1 << 16)
                if not content:
                    break
                sys.stdout.buffer.write(content)
                sys.stdout.buffer.flush()
        if not timed_out:
            process.wait(10)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()
    return _outcome(folder / "status", time.monotonic() - start, timed_out)


def _outcome(status: Path, seconds: float, timed_out: bool) -> Outcome:
    code: Optional[int] = None
    boot: Optional[float] = None
    text = status.read_text() if status.exists() else ""
    for words in (line.split() for line in text.splitlines()):
        if words[:2] == ["machine", "up"]:
            boot = float(words[2])
        elif words[:1] == ["exit"]:
            code = int(words[1])
    return Outcome(code, boot, seconds, timed_out)
