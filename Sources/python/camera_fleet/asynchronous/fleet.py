"""The fleet, for asyncio. The methods are those of the plain `Fleet`, which tells what they do."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, Awaitable, Generator, Iterable, Mapping, Optional

from ..errors import ConnectionLost, FleetError
from ..files import Place, Progress, Target, is_folder
from ..protocol import fleet_requests
from ..protocol.address import Address
from ..protocol.codes import Command
from ..protocol.fleet_requests import Check
from ..protocol.group_commands import GroupCommands
from ..protocol.request import Request, raw
from ..records import JSON, Camera, CameraInfo, Downloaded, Event, SavedImage, ServerInfo, saved_name
from .body import AsyncBody
from .connection import AsyncConnection
from .event_stream import AsyncEventStream
from .pending import Pending, PendingStream
from .transfer import download


class AsyncFleet(GroupCommands[Awaitable[JSON]]):
    """A connection to a server, and all its cameras, for the tasks of one event loop.

    It connects in `async with AsyncFleet(…) as fleet`, or in `fleet = await AsyncFleet(…)`; the arguments and errors
    are those of `Fleet`.
    """

    def __init__(
        self, address: str = "127.0.0.1", *, token: Optional[str] = None, timeout: float = 60.0,
        tls: Optional[ssl.SSLContext] = None
    ) -> None:
        self._address = Address.parse(address)
        self._token = token
        self._timeout = timeout
        self._tls = tls
        self._opened: Optional[AsyncConnection] = None
        self.role: Optional[str] = None
        """viewer, operator or admin, where a token was given."""

    @property
    def _connection(self) -> AsyncConnection:
        if self._opened is None:
            raise ConnectionLost("The fleet is not connected: write `async with`, or await it first.")
        return self._opened

    async def _connect(self) -> AsyncFleet:
        if self._opened is None:
            self._opened = await AsyncConnection.open(self._address, self._timeout, self._tls)
            if self._token is not None:
                try:
                    self.role = await self.authenticate(self._token)
                except BaseException:
                    await self._opened.close()
                    raise
        return self

    def __await__(self) -> Generator[Any, None, AsyncFleet]:
        return self._connect().__await__()

    async def __aenter__(self) -> AsyncFleet:
        return await self._connect()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def server(self) -> ServerInfo:
        """What the server said when it was connected to."""
        return self._connection.server

    async def command(self, code: int, session: int = 0, *, timeout: Optional[float] = None, **arguments: Any) -> JSON:
        """Any command of the protocol, as `Fleet.command`."""
        return await self._connection.ask(raw(code, arguments), session, timeout)

    def _ask_group(self, request: Request[JSON]) -> Awaitable[JSON]:
        return self._connection.ask(request)

    async def check(self) -> Check:
        """CHECK_CONNECTION_TO_CAMERA, as `Fleet.check`."""
        return await self._connection.ask(fleet_requests.check())

    async def authenticate(self, token: str) -> str:
        """AUTHENTICATE, as `Fleet.authenticate`."""
        return await self._connection.ask(fleet_requests.authenticate(token))

    async def cameras(self) -> list[CameraInfo]:
        """GET_CAMERAS_LIST, as `Fleet.cameras`."""
        return await self._connection.ask(fleet_requests.cameras())

    def open(self, camera: Camera) -> Pending[AsyncBody]:
        """INIT_CAMERA_MODEL, as `Fleet.open`: `async with fleet.open(1) as body`, or `body = await fleet.open(1)`."""
        return Pending(self._open(camera))

    async def _open(self, camera: Camera) -> AsyncBody:
        opened = await self._connection.ask(fleet_requests.open_session(camera))
        return AsyncBody(self._connection, opened.session, opened.camera)

    def events(self, *names: str, capacity: int = 1000) -> PendingStream[AsyncEventStream, Event]:
        """SUBSCRIBE_EVENTS, as `Fleet.events`: to be awaited, or used in `async with` or `async for`."""
        return PendingStream(AsyncEventStream.open(self._connection, names, capacity))

    async def name(
        self, camera: Camera, name: Optional[str] = None, *, number: Optional[int] = None,
        groups: Optional[Iterable[str]] = None
    ) -> CameraInfo:
        """SET_CAMERA_NAME, as `Fleet.name`."""
        return await self._connection.ask(fleet_requests.name(camera, name, number, groups))

    async def replace(self, camera: Camera, by: Camera) -> CameraInfo:
        """REPLACE_CAMERA, as `Fleet.replace`."""
        return await self._connection.ask(fleet_requests.replace(camera, by))

    async def forget(self, camera: Camera) -> None:
        """FORGET_CAMERA, as `Fleet.forget`."""
        await self._connection.ask(fleet_requests.forget(camera))

    async def numbers(self, numbers: Mapping[Camera, int]) -> list[CameraInfo]:
        """SET_CAMERA_NUMBERS, as `Fleet.numbers`."""
        return await self._connection.ask(fleet_requests.numbers(numbers))

    async def saved(
        self, image: SavedImage, to: Target = None, *, offset: int = 0, resume: bool = False, overwrite: bool = False,
        progress: Optional[Progress] = None
    ) -> Downloaded:
        """DOWNLOAD_SAVED, as `Fleet.saved`."""
        name = saved_name(image)
        if name is None and isinstance(image, int) and is_folder(to):
            name = saved_name(await self._connection.ask(fleet_requests.saved_image(image)))
        place = Place(to, name or "", offset, resume, overwrite)
        ticket = await self._connection.ask(fleet_requests.download_saved(image))
        destination = await asyncio.to_thread(place.open, ticket.size)
        return await download(self._connection, 0, ticket, destination, progress, Command.DOWNLOAD_SAVED)

    async def close(self) -> None:
        """CLOSE_CONNECTION, as `Fleet.close`."""
        if self._opened is None:
            return
        try:
            await self._opened.ask(fleet_requests.close_connection(), timeout=min(self._timeout, 5.0))
        except FleetError:
            # Closing the socket ends them as well.
            pass
        finally:
            await self._opened.close()
