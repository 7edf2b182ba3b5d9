"""The Python of the pages, as a reader types it in."""

from __future__ import annotations

import contextlib
import io
import os
import re
import socket
import tempfile
import unittest
from pathlib import Path
from typing import Any

import package  # noqa: F401
from camera_fleet import Fleet
from package import REPOSITORY
from programs import Server


def blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (REPOSITORY / page).read_text(), re.S)


class ReadmeTests(unittest.TestCase):
    def run_block(self, code: str, server: Server) -> tuple[str, list[str]]:
        """What the code prints, and the files that it leaves."""
        code = code.replace("5555", str(server.port))
        printed = io.StringIO()
        before = os.getcwd()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                names: dict[str, Any] = {}
                with contextlib.redirect_stdout(printed):
                    exec(compile(code, "README.md", "exec"), names)
                for value in names.values():
                    if isinstance(value, (socket.socket, io.IOBase)):
                        value.close()
                return printed.getvalue(), [path.name for path in Path(folder).iterdir()]
            finally:
                os.chdir(before)

    def test_the_clients_of_both_pages_do_what_they_say(self) -> None:
        with Server("--virtual", "2") as server:
            with Fleet(server.address) as fleet:
                for number in (1, 2):
                    fleet.open(number).check()
                fleet.name(1, "front-left")
            with_package, raw = blocks("README.md")
            printed, files = self.run_block(with_package, server)
            self.assertEqual(printed, "1 front-left D7500 ready\n2 camera-2 D7500 ready\n")
            self.assertEqual(files, ["DSC_0004.JPG"])
            printed, _ = self.run_block(raw, server)
            self.assertRegex(printed, r"front-left 800 \[\{.*DSC_0005.*\ncamera-2 100 \[\{.*DSC_0004")
            printed, files = self.run_block(blocks("Sources/python/README.md")[0], server)
            self.assertRegex(printed, r"^800 \['100', ")
            self.assertEqual(files, ["DSC_0006.JPG"])

    def test_every_example_is_python(self) -> None:
        for code in blocks("Sources/python/README.md"):
            compile(code, "README.md", "exec")


if __name__ == "__main__":
    unittest.main()
