"""What the kernel says of the USB devices that are plugged in (sysfs)."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, Optional

_DEVICES = Path("/sys/bus/usb/devices")


def folders_of(serial: str) -> Iterator[Path]:
    """The sysfs folders of the devices with this serial number."""
    for file in _DEVICES.glob("*/serial"):
        try:
            if file.read_text().strip() == serial:
                yield file.parent
        except OSError:
            # It went while it was looked at.
            continue


def folder_of(serial: str) -> Optional[Path]:
    """The sysfs folder of the device with this serial number, or None while there is none."""
    return next(folders_of(serial), None)


def node(folder: Path) -> Optional[Path]:
    """The device's node, or None when it is gone."""
    try:
        bus, device = int((folder / "busnum").read_text()), int((folder / "devnum").read_text())
    except OSError:
        return None
    return Path(f"/dev/bus/usb/{bus:03}/{device:03}")


def node_of(serial: str) -> Optional[Path]:
    """The node of the device with this serial number, once udev has made it."""
    return next(iter(nodes_of(serial)), None)


def nodes_of(serial: str) -> list[Path]:
    """The nodes of all devices with this serial number that udev has made."""
    found = [node(folder) for folder in folders_of(serial)]
    return [place for place in found if place and place.exists()]
