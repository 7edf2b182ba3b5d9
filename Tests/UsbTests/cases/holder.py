"""Another program that holds a camera: opens the node that it is given, claims interface 0, and says so."""

from __future__ import annotations

import fcntl
import os
import struct
import sys

_CLAIM_INTERFACE = 0x8004550F
"""USBDEVFS_CLAIMINTERFACE, of linux/usbdevice_fs.h: _IOR('U', 15, unsigned int)."""

node = os.open(sys.argv[1], os.O_RDWR)
fcntl.ioctl(node, _CLAIM_INTERFACE, struct.pack("I", 0))
print("held", flush=True)
# Until its caller closes the other end.
sys.stdin.read()
