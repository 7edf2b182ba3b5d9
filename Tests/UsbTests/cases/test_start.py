"""How long a body that is plugged in takes to be ready, as `fleet-benchmark start --usb` measures it."""

from __future__ import annotations

import os
import subprocess
import unittest

import package
from plugs import MtpDevice, Socket

_ROUNDS = 5


def load_tests(_: unittest.TestLoader, tests: unittest.TestSuite, __: object) -> unittest.TestSuite:
    """These cases where fleet-benchmark is built: for the long run, and when they are asked for by name."""
    return tests if (package.PROGRAMS / "fleet-benchmark").exists() else unittest.TestSuite()


class StartTests(unittest.TestCase):
    def test_the_time_from_the_kernels_word_to_ready_is_printed_beside_a_bare_programs(self) -> None:
        device = MtpDevice(0, Socket(0, 1))
        self.addCleanup(device.pull)
        process = subprocess.Popen(
            [str(package.PROGRAMS / "fleet-benchmark"), "start", "--usb", "--rounds", str(_ROUNDS)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "HOME": "/run"})
        self.addCleanup(process.wait, 20)
        self.addCleanup(process.terminate)
        assert process.stdout is not None and process.stderr is not None
        said = []
        for line in process.stderr:
            if line == "plug the body in\n":
                device.plug_in()
            elif line == "pull its plug\n":
                device.pull()
                device.wait_until_gone()
            else:
                said.append(line)
        text = process.stdout.read()
        print(text)
        self.assertIn("fleet / stock", text, "".join(said))
