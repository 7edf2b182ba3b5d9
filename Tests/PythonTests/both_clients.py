"""One test for both clients: the plain one as it is, and the one for asyncio driven step by step."""

from __future__ import annotations

import asyncio
import inspect
import threading
from typing import Any, Callable

import package  # noqa: F401
from camera_fleet import AsyncFleet, Fleet
from played_server import PATIENCE


class Driver:
    """Calls a client's methods, and waits for what is to be awaited."""

    def connect(self, address: str, **arguments: Any) -> Any:
        raise NotImplementedError

    def get(self, value: Any) -> Any:
        """The value, once it is there."""
        raise NotImplementedError

    def all(self, items: Any) -> list[Any]:
        """Everything that is iterated over."""
        raise NotImplementedError

    def wait_for(self, event: threading.Event) -> None:
        """Waits for what a thread sets, while the client goes on by itself."""
        if not event.wait(PATIENCE):
            raise TimeoutError

    def end(self) -> None:
        """Frees what the driver itself holds."""


class PlainDriver(Driver):
    def connect(self, address: str, **arguments: Any) -> Any:
        return Fleet(address, **arguments)

    def get(self, value: Any) -> Any:
        return value

    def all(self, items: Any) -> list[Any]:
        return list(items)


class AsyncDriver(Driver):
    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_debug(False)

    def connect(self, address: str, **arguments: Any) -> Any:
        return self.get(AsyncFleet(address, **arguments))

    def get(self, value: Any) -> Any:
        async def wait() -> Any:
            return await value

        return self._loop.run_until_complete(wait()) if inspect.isawaitable(value) else value

    def all(self, items: Any) -> list[Any]:
        async def collect() -> list[Any]:
            return [item async for item in items]

        return self._loop.run_until_complete(collect())

    def wait_for(self, event: threading.Event) -> None:
        self._loop.run_until_complete(asyncio.to_thread(super().wait_for, event))

    def end(self) -> None:
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


def both_clients(test: Callable[[Any, Driver], None]) -> Callable[[Any], None]:
    """Makes a test of a test that takes a driver: it runs for each client."""

    def run(self: Any) -> None:
        for make in (PlainDriver, AsyncDriver):
            with self.subTest(client=make.__name__):
                driver = make()
                try:
                    test(self, driver)
                finally:
                    driver.end()

    run.__name__ = test.__name__
    return run
