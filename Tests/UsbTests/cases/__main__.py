"""Runs the cases inside the machine: all of them, or those whose names have one of the words it is given."""

from __future__ import annotations

import faulthandler
import sys
import time
import unittest
from pathlib import Path

import package  # noqa: F401
import pending


def every_case(suite: unittest.TestSuite) -> list[unittest.TestCase]:
    cases: list[unittest.TestCase] = []
    for each in suite:
        cases += every_case(each) if isinstance(each, unittest.TestSuite) else [each]
    return cases


class Results(unittest.TextTestResult):
    """Says how long each case took."""

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._start = time.monotonic()

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        print(f"    {test.id()}: {time.monotonic() - self._start:.1f} s", flush=True)


def main() -> int:
    faulthandler.enable()
    words = sys.argv[1:]
    found = every_case(unittest.defaultTestLoader.discover(str(Path(__file__).parent), "test_*.py"))
    chosen = [case for case in found if not words or any(word in case.id() for word in words)]
    if not chosen:
        print("No case has such a name.", file=sys.stderr)
        return 2
    # What is pending is tried only when it is asked for by name.
    waiting = [case for case in chosen if pending.reason(case.id()) and not words]
    run = [case for case in chosen if case not in waiting]
    result = unittest.TextTestRunner(
        stream=sys.stdout, verbosity=2, resultclass=Results).run(unittest.TestSuite(run))
    for case in waiting:
        print(f"PENDING {case.id()}: {pending.reason(case.id())}")
    print(f"{result.testsRun} cases ran, {len(result.failures) + len(result.errors)} failed, {len(waiting)} pending.")
    return 0 if result.wasSuccessful() and not result.skipped else 1


if __name__ == "__main__":
    sys.exit(main())
