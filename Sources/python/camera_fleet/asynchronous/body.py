"""One body, for asyncio. The methods are those of the plain `Body`, which tells what they do."""

from __future__ import annotations

import asyncio
from typing import Any, AsyncIterator, Optional, Union

from ..errors import FleetError
from ..files import Origin, Place, Progress, Source, Target
from ..protocol import body_requests as requests
from ..protocol.request import Request, raw
from ..records import (
    JSON, CameraInfo, Downloaded, FilePage, Frame, Image, Range, Storage, StoredFile, Summary, Widget, WidgetValue)
from .connection import AsyncConnection
from .live_view import AsyncLiveView
from .pending import Pending, PendingStream
from .transfer import download, upload


class AsyncCameraLock:
    """A body that others may look at, not touch, `until` that time (ns since 1970) at the latest; leaving the
    `async with` block unlocks it."""

    def __init__(self, body: AsyncBody, until: int) -> None:
        self.until = until
        self._body = body

    async def __aenter__(self) -> AsyncCameraLock:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._body.unlock()


class AsyncRunningSequence:
    """A sequence that the server takes; leaving the `async with` block stops it. Events tell of its progress."""

    def __init__(self, body: AsyncBody, id: Any) -> None:
        self.id = id
        self._body = body

    async def stop(self) -> int:
        """STOP_SEQUENCE: nothing is released any more; gives how many were taken. InvalidParameter: it is over."""
        return await self._body.stop_sequence(self.id)

    async def __aenter__(self) -> AsyncRunningSequence:
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self.stop()
        except FleetError:
            # It came to its end by itself.
            pass


class AsyncBody:
    """A session on a body, for the tasks of one event loop; arguments, results and errors are those of `Body`."""

    def __init__(self, connection: AsyncConnection, session: int, camera: CameraInfo) -> None:
        self._connection = connection
        self.session = session
        """The session_ID."""
        self.camera = camera
        """The body as it was when the session was opened; `check` asks again."""

    async def command(self, code: int, *, timeout: Optional[float] = None, **arguments: Any) -> JSON:
        """As `Body.command`."""
        return await self._connection.ask(raw(code, arguments), self.session, timeout)

    # Releasing

    async def capture(
        self, *, bulb_seconds: Optional[float] = None, download: bool = False,
        time_limit_seconds: Optional[float] = None, timeout: Optional[float] = None
    ) -> list[Image]:
        """CAPTURE_IMAGE, as `Body.capture`."""
        request = requests.capture(bulb_seconds, download, time_limit_seconds)
        return await self._connection.ask(request, self.session, timeout)

    async def trigger(self) -> int:
        """TRIGGER_CAPTURE, as `Body.trigger`."""
        return await self._connection.ask(requests.trigger(), self.session)

    def sequence(
        self, count: int, interval_seconds: float, *, bulb_seconds: Optional[float] = None, download: bool = False
    ) -> Pending[AsyncRunningSequence]:
        """START_SEQUENCE, as `Body.sequence`: to be awaited, or used in `async with`."""
        return Pending(self._start_sequence(requests.start_sequence(count, interval_seconds, bulb_seconds, download)))

    async def _start_sequence(self, request: Request[Any]) -> AsyncRunningSequence:
        return AsyncRunningSequence(self, await self._connection.ask(request, self.session))

    async def stop_sequence(self, sequence: Any) -> int:
        """STOP_SEQUENCE, as `Body.stop_sequence`."""
        return await self._connection.ask(requests.stop_sequence(sequence), self.session)

    # Widgets

    async def get(self, widget: str) -> WidgetValue:
        """GET_WIDGET_CURRENT_VAL, as `Body.get`."""
        return (await self.widget(widget)).value

    async def widget(self, widget: str) -> Widget:
        """GET_WIDGET_CURRENT_VAL, as `Body.widget`."""
        return await self._connection.ask(requests.widget(widget), self.session)

    async def choices(self, widget: str) -> Union[list[Any], Range]:
        """GET_WIDGET_POSSIBLE_VALS, as `Body.choices`."""
        found = await self._connection.ask(requests.widget_choices(widget), self.session)
        return found.range if found.range is not None else found.choices or []

    async def set(self, widget: str, value: WidgetValue, *, force: bool = False) -> WidgetValue:
        """SET_WIDGET_NEW_VAL, as `Body.set`."""
        return (await self._connection.ask(requests.set_widget(widget, value, force), self.session)).value

    async def widgets(self, values: bool = False) -> list[Widget]:
        """LIST_WIDGETS, as `Body.widgets`."""
        return await self._connection.ask(requests.list_widgets(values), self.session)

    # Files

    async def files(
        self, folder: str = "/", *, recurse: bool = False, page: Optional[int] = None
    ) -> AsyncIterator[StoredFile]:
        """LIST_FILES, as `Body.files`."""
        after: Optional[StoredFile] = None
        while True:
            found = await self.file_page(folder, recurse=recurse, limit=page, after=after)
            for file in found.files:
                yield file
            if not found.more or not found.files:
                return
            after = found.files[-1]

    async def file_page(
        self, folder: str = "/", *, recurse: bool = False, limit: Optional[int] = None,
        after: Optional[StoredFile] = None
    ) -> FilePage:
        """LIST_FILES, as `Body.file_page`."""
        return await self._connection.ask(requests.list_files(folder, recurse, limit, after), self.session)

    async def thumbnail(self, folder: str, name: str) -> bytes:
        """GET_THUMBNAIL, as `Body.thumbnail`."""
        return await self._connection.ask(requests.thumbnail(folder, name), self.session)

    async def download(
        self, folder: str, name: str, to: Target = None, *, type: str = "normal", offset: int = 0,
        resume: bool = False, overwrite: bool = False, progress: Optional[Progress] = None
    ) -> Downloaded:
        """DOWNLOAD_IMAGE, as `Body.download`."""
        place = Place(to, name, offset, resume, overwrite)
        ticket = await self._connection.ask(requests.download(folder, name, type), self.session)
        destination = await asyncio.to_thread(place.open, ticket.size)
        return await download(self._connection, self.session, ticket, destination, progress)

    async def upload(
        self, source: Source, folder: str, name: Optional[str] = None, *, progress: Optional[Progress] = None
    ) -> JSON:
        """UPLOAD_FILE, as `Body.upload`."""
        origin = await asyncio.to_thread(Origin, source)
        try:
            called = name or origin.name
            if not called:
                raise ValueError("Say the name that the file shall have on the camera.")
            ticket = await self._connection.ask(requests.upload(folder, called, origin.size), self.session)
            return await upload(self._connection, self.session, ticket, origin, progress)
        finally:
            origin.close()

    async def delete(self, folder: str, name: str) -> None:
        """DELETE_IMAGE, as `Body.delete`."""
        await self._connection.ask(requests.delete(folder, name), self.session)

    async def storages(self) -> list[Storage]:
        """GET_STORAGE_INFO, as `Body.storages`."""
        return await self._connection.ask(requests.storages(), self.session)

    # Live view

    def live_view(self, max_fps: Optional[float] = None, *, capacity: int = 4) -> PendingStream[AsyncLiveView, Frame]:
        """START_LIVE_VIEW, as `Body.live_view`: to be awaited, or used in `async with` or `async for`."""
        return PendingStream(self._start_live_view(max_fps, capacity))

    async def _start_live_view(self, max_fps: Optional[float], capacity: int) -> AsyncLiveView:
        ticket = await self._connection.ask(requests.start_live_view(max_fps), self.session)
        return await AsyncLiveView.open(self._connection, self.session, ticket, capacity)

    async def stop_live_view(self) -> int:
        """STOP_LIVE_VIEW, as `Body.stop_live_view`."""
        return await self._connection.ask(requests.stop_live_view(), self.session)

    # The body itself

    async def check(self) -> CameraInfo:
        """CHECK_CONNECTION_TO_CAMERA, as `Body.check`."""
        return await self._connection.ask(requests.check(), self.session)

    async def summary(self) -> Summary:
        """GET_CAMERA_SUMMARY, as `Body.summary`."""
        return await self._connection.ask(requests.summary(), self.session)

    def lock(self, seconds: Optional[float] = None) -> Pending[AsyncCameraLock]:
        """LOCK_CAMERA, as `Body.lock`: to be awaited, or used in `async with`."""
        return Pending(self._lock(seconds))

    async def _lock(self, seconds: Optional[float]) -> AsyncCameraLock:
        return AsyncCameraLock(self, await self._connection.ask(requests.lock(seconds), self.session))

    async def unlock(self) -> None:
        """UNLOCK_CAMERA, as `Body.unlock`."""
        await self._connection.ask(requests.unlock(), self.session)

    async def reset(self) -> None:
        """RESET_CAMERA, as `Body.reset`."""
        await self._connection.ask(requests.reset(), self.session)

    async def cancel(self, transaction: Optional[int] = None) -> None:
        """CANCEL, as `Body.cancel`."""
        running = self._connection.running(self.session) if transaction is None else [transaction]
        for each in running:
            await self._connection.ask(requests.cancel(each), self.session)

    async def close(self) -> None:
        """CLOSE_SESSION, as `Body.close`."""
        try:
            await self._connection.ask(requests.close_session(), self.session)
        except FleetError:
            pass

    async def __aenter__(self) -> AsyncBody:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
