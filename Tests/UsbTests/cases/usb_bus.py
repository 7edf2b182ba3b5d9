"""What the kernel says of the USB devices that are plugged in (sysfs)."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

_DEVICES = Path("/sys/bus/usb/devices")


def folder_of(serial: str) -> Optional[Path]:
    """The sysfs folder of the device with this serial number, or None while there is none."""
    for file in _DEVICES.glob("*/serial"):
        try:
            if file.read_text().strip() == serial:
                return file.parent
        except OSError:
            # It went while it was looked at.
            continue
    return None


def node(folder: Path) -> Optional[Path]:
    """The device's node, or None when it is gone."""
    try:
        bus, device = int((folder / "busnum").read_text()), int((folder / "devnum").read_text())
    except OSError:
        return None
    return Path(f"/dev/bus/usb/{bus:03}/{device:03}")


def node_of(serial: str) -> Optional[Path]:
    """The node of the device with this serial number, once udev has made it."""
    folder = folder_of(serial)
    found = node(folder) if folder else None
    return found if found and found.exists() else None
