"""Boots the small machine and runs the cases in it; `Deploy/usb-test` starts this when everything is built."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import cards
import initramfs
import kernel
import machine
from packages import Missing, Packages

REPOSITORY = Path(__file__).resolve().parent.parent.parent.parent
LIMITS = {"short": 1500, "long": 5400}
"""After so many seconds the machine is switched off, whatever it does."""
MEGABYTES = {"short": 2048, "long": 4096}
"""Its memory: with 24 bodies the programs' pages do not fit into the smaller one, and it does nothing but read them again."""


def main() -> int:
    options = _options()
    # As Ctrl-C does: what was begun is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if shutil.which("qemu-system-x86_64") is None:
            raise Missing("QEMU is not there. As root, type: apt-get install --no-install-recommends qemu-system-x86")
        packages = Packages(REPOSITORY / ".build-usb")
        image = kernel.unpacked(packages.kernel_image, packages.kernel / "vmlinux")
        modules = kernel.module_files(packages.modules)
    except Missing as missing:
        print(f"The USB tests cannot run here: {missing}", file=sys.stderr)
        return 0 if options.if_possible else 1
    with tempfile.TemporaryDirectory(prefix="usb-test.") as name:
        folder = Path(name)
        # The machine's users are not the host's.
        folder.chmod(0o755)
        cards.write(folder / "cards", 9, options.seed)
        initramfs.write(
            folder / "initramfs", REPOSITORY / "Tests" / "UsbTests" / "guest" / "init", packages.busybox, modules,
            {
                "REPOSITORY": str(REPOSITORY), "PROGRAMS": str(options.programs),
                "CARDS": str(folder / "cards"), "SEED": str(options.seed), "RUN": "long" if options.long else "short",
                "MACHINE_COMMAND": options.run or _cases(options.cases),
            })
        run = "long" if options.long else "short"
        line = machine.arguments(image, folder / "initramfs", packages.udev, folder, MEGABYTES[run])
        limit = options.seconds or LIMITS[run]
        outcome = machine.run(line, folder, limit)
        # The newest run's, for whoever wants to know.
        for log in ("console.log", "qemu.log"):
            if (folder / log).exists():
                shutil.copy(folder / log, REPOSITORY / ".build-usb" / log)
    if outcome.boot_seconds is not None:
        print(f"The machine was up in {outcome.boot_seconds:.1f} s and ran for {outcome.seconds:.0f} s.")
    if outcome.code is None:
        why = f"was switched off after {limit:g} s" if outcome.timed_out else "ended without a word"
        print(f"The machine {why}; its console's last lines, of .build-usb/console.log:", file=sys.stderr)
        for log in ("console.log", "qemu.log"):
            file = REPOSITORY / ".build-usb" / log
            lines = file.read_text(errors="replace").splitlines() if file.exists() else []
            print("\n".join(lines[-25:]), file=sys.stderr)
        return 1
    return outcome.code


def _cases(names: list[str]) -> str:
    """The command that runs the cases, all of them or those whose names have one of the words."""
    words = " ".join(f"'{name}'" for name in names if name.replace("_", "").replace(".", "").isalnum())
    return f'python3 -B "$REPOSITORY/Tests/UsbTests/cases" {words}'


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="Deploy/usb-test",
        description="Runs the built server in a small emulated machine with real USB and udev, and tries it there.")
    parser.add_argument("cases", nargs="*", help="run the cases that have one of these words in their names")
    parser.add_argument("--long", action="store_true", help="8 usb-mtp devices, 16 virtual bodies, 500 detaches")
    parser.add_argument("--seed", type=int, default=5, help="of everything that is random (5)")
    parser.add_argument("--seconds", type=float, help="the time limit (1500; 5400 with --long)")
    parser.add_argument("--run", metavar="COMMAND", help="run this shell command in the machine, instead of the cases")
    parser.add_argument("--if-possible", action="store_true", help="end well where the machine cannot be had")
    parser.add_argument("--programs", type=Path, required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
