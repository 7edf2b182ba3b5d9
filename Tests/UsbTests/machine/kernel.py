"""The kernel as QEMU starts it fastest, and which of its modules are loaded in which order."""

from __future__ import annotations

import lzma
import os
import re
from pathlib import Path

from packages import Missing

WANTED = (
    "virtio_pci", "virtio_rng", "virtio_console", "9pnet_virtio", "9p", "overlay",
    "usbcore", "xhci_pci", "vhci_hcd",
)
"""What the machine needs; what these depend on comes with them."""


def unpacked(image: Path, target: Path) -> Path:
    """The ELF file inside a compressed kernel: an emulated processor would take seconds to unpack it at each start."""
    if target.exists():
        return target
    content = image.read_bytes()
    for start in (found.start() for found in re.finditer(b"\xfd7zXZ\x00", content)):
        try:
            # What follows the stream is the boot code's.
            kernel = lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(content[start:])
        except lzma.LZMAError:
            continue
        if kernel.startswith(b"\x7fELF"):
            draft = target.with_name(f".{target.name}.{os.getpid()}")
            draft.write_bytes(kernel)
            draft.rename(target)
            return target
    raise Missing(f"{image.name} is not packed with xz, as Debian's kernels are.")


def module_files(folder: Path) -> list[Path]:
    """The files of the wanted modules and of those that they depend on, in the order in which they can be loaded."""
    known = {_name(file.stem): file for file in (folder / "kernel").rglob("*.ko")}
    order: list[Path] = []

    def add(name: str) -> None:
        file = known.get(_name(name))
        # What is no file is built into the kernel.
        if file is None or file in order:
            return
        for needed in _depends(file):
            add(needed)
        order.append(file)

    for name in WANTED:
        add(name)
    return order


def _name(text: str) -> str:
    return text.replace("-", "_")


def _depends(file: Path) -> list[str]:
    """The modules that the file says it depends on (`depends=` of its .modinfo section)."""
    found = re.search(rb"\x00depends=([^\x00]*)\x00", file.read_bytes())
    return found[1].decode().split(",") if found and found[1] else []
