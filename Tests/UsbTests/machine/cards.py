"""What lies on the cards of the `usb-mtp` devices: a folder of the host each, with the same content for a seed."""

from __future__ import annotations

import random
from pathlib import Path

LARGE = 20_000_000
"""The size of each card's largest file, in bytes: more than waits in sockets, so that its cable can be pulled in the middle."""


def write(folder: Path, count: int, seed: int) -> None:
    """Makes `count` folders, `card0` and so on, none with a file that another has."""
    for number in range(count):
        numbers = random.Random(seed * 1000 + number)
        pictures = folder / f"card{number}" / "DCIM" / "100FLEET"
        pictures.mkdir(parents=True)
        sizes = [0, 1, 511, 512, 513, 16_384, _length(numbers), LARGE]
        for index, size in enumerate(sizes):
            (pictures / f"PIC{number:02}{index:02}.JPG").write_bytes(numbers.randbytes(size))
        (folder / f"card{number}" / f"notes {number}.txt").write_bytes(b"A card of the machine.\n")


def _length(numbers: random.Random) -> int:
    """A length that QEMU's device can send: it refuses to be asked for less than the 12 bytes of a container's header,
    and libgphoto2 asks for what does not fill a packet (512) by itself."""
    while True:
        length = numbers.randrange(50_000, 200_000)
        if not 1 <= (length + 12) % 512 < 12:
            return length
