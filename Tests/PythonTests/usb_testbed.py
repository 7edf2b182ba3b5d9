"""A machine's USB that is not there: umockdev's sysfs and udev, for the programs that this one starts.

Runs under `umockdev-wrapper`. It starts the program of its arguments and does what the lines of its standard input say:
`add PORT NUMBER CLASS SUBCLASS PROTOCOL`, `tell ACTION PORT`, `remove PORT`.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys

_DEVICES = "/devices/pci0000:00/0000:00:14.0/usb1"

_library = ctypes.CDLL("libumockdev.so.0")
_library.umockdev_testbed_new.restype = ctypes.c_void_p
_library.umockdev_testbed_add_from_string.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
_library.umockdev_testbed_uevent.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
_library.umockdev_testbed_remove_device.argtypes = [ctypes.c_void_p, ctypes.c_char_p]


def descriptors(kind: tuple[int, int, int], vendor: int, product: int) -> bytes:
    """A device of one interface without endpoints (USB 2.0, section 9.6)."""
    device = bytes((18, 1, 0, 2, 0, 0, 0, 64)) + vendor.to_bytes(2, "little") + product.to_bytes(2, "little")
    device += bytes((0, 1, 1, 2, 3, 1))
    return device + bytes((9, 2, 18, 0, 1, 1, 0, 0x80, 50)) + bytes((9, 4, 0, 0, 0, *kind, 0))


def description(port: str, number: int, kind: tuple[int, int, int]) -> str:
    """The device in umockdev's format."""
    return "\n".join((
        f"P: {_DEVICES}/1-{port}",
        f"N: bus/usb/001/{number:03}",
        "E: SUBSYSTEM=usb",
        "E: DEVTYPE=usb_device",
        "E: BUSNUM=001",
        f"E: DEVNUM={number:03}",
        f"E: DEVNAME=/dev/bus/usb/001/{number:03}",
        "A: busnum=1",
        f"A: devnum={number}",
        "A: idVendor=1209",
        "A: idProduct=0001",
        "A: bDeviceClass=00",
        "A: bDeviceSubClass=00",
        "A: bDeviceProtocol=00",
        f"A: serial=S{port}",
        f"H: descriptors={descriptors(kind, 0x1209, 1).hex().upper()}",
        "",
    )) + "\n"


def main() -> int:
    testbed = _library.umockdev_testbed_new()
    program: subprocess.Popen[bytes] | None = None
    for line in sys.stdin:
        action, *words = line.split()
        if action == "start":
            program = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
        elif action == "add":
            port, number, *kind = words
            text = description(port, int(number), (int(kind[0]), int(kind[1]), int(kind[2])))
            if not _library.umockdev_testbed_add_from_string(testbed, text.encode(), None):
                raise SystemExit(f"umockdev refuses this:\n{text}")
        elif action == "tell":
            _library.umockdev_testbed_uevent(testbed, f"/sys{_DEVICES}/1-{words[1]}".encode(), words[0].encode())
        elif action == "remove":
            _library.umockdev_testbed_remove_device(testbed, f"/sys{_DEVICES}/1-{words[0]}".encode())
    if program is not None:
        program.terminate()
        return program.wait(20)
    return 0


if __name__ == "__main__":
    sys.exit(main())
