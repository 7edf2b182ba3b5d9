"""The cases that wait for something else to be there: what each waits for. They are printed, and never count as passed.

They run when they are asked for by name: `Deploy/usb-test test_plugs`.
"""

from __future__ import annotations

VIRTUAL_BODIES = False
"""Whether `virtual-camera --usb` is there; until it is, usb-mtp devices take the virtual bodies' places in test_plugs."""

_HOTPLUG = "the server finds USB bodies at its start only"
_DOCTOR = "there is no camera-fleet doctor"
_REFUSED = "test_refused_bodies.RefusedBodiesTests.test_"

PENDING: dict[str, str] = {
    "test_plugs": _HOTPLUG,
    "test_sessions": _HOTPLUG,
    "test_detaches.MtpDetaches": _HOTPLUG,
    "test_detaches.VirtualDetaches": f"{_HOTPLUG}, and there is no virtual-camera --usb",
    f"{_REFUSED}the_list_names_the_program_that_holds_a_body": "the server does not look who has the node open",
    f"{_REFUSED}doctor_says_that_this_user_may_not_open_a_body": _DOCTOR,
    f"{_REFUSED}doctor_names_the_program_that_holds_a_body": _DOCTOR,
    f"{_REFUSED}doctor_tells_serial_numbers_that_are_the_same": _DOCTOR,
    f"{_REFUSED}doctor_ends_well_beside_garbage_for_descriptors_and_a_silent_device": _DOCTOR,
}
"""The reason by the case's name, as unittest has it: `test_plugs.PlugTests.test_…`; or of all of a module or class."""


def reason(name: str) -> str | None:
    """What the case of this name waits for, if it waits."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        found = PENDING.get(".".join(parts[:count]))
        if found:
            return found
    return None
