"""One body, for scripts and threads."""

from __future__ import annotations

from typing import Any, Iterator, Optional, Union

from ..errors import FleetError
from ..files import Origin, Place, Progress, Source, Target
from ..protocol import body_requests as requests
from ..protocol.request import raw
from ..records import (
    JSON, CameraInfo, Downloaded, FilePage, Image, Range, Storage, StoredFile, Summary, Widget, WidgetValue)
from .connection import Connection
from .live_view import LiveView
from .transfer import download, upload


class CameraLock:
    """A body that others may look at, not touch, `until` that time (ns since 1970) at the latest; leaving the `with`
    block unlocks it."""

    def __init__(self, body: Body, until: int) -> None:
        self.until = until
        self._body = body

    def __enter__(self) -> CameraLock:
        return self

    def __exit__(self, *_: object) -> None:
        self._body.unlock()


class RunningSequence:
    """A sequence that the server takes; leaving the `with` block stops it. Events tell of its progress."""

    def __init__(self, body: Body, id: Any) -> None:
        self.id = id
        self._body = body

    def stop(self) -> int:
        """STOP_SEQUENCE: nothing is released any more; gives how many were taken. InvalidParameter: it is over."""
        return self._body.stop_sequence(self.id)

    def __enter__(self) -> RunningSequence:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        except FleetError:
            # It came to its end by itself.
            pass


class Body:
    """A session on a body. It goes on when the body is unplugged and comes back; meanwhile: CameraUnplugged.

    Errors of every method: CameraUnplugged, CameraFault, DeviceBusy (locked by another session), TimedOut,
    OperationNotSupported (this body cannot do it), SessionNotOpen (closed), NoAnswer, ConnectionLost.
    """

    def __init__(self, connection: Connection, session: int, camera: CameraInfo) -> None:
        self._connection = connection
        self.session = session
        """The session_ID."""
        self.camera = camera
        """The body as it was when the session was opened; `check` asks again."""

    def command(self, code: int, *, timeout: Optional[float] = None, **arguments: Any) -> JSON:
        """Any command of this session, by its code; gives the JSON of the answer."""
        return self._connection.ask(raw(code, arguments), self.session, timeout)

    # Releasing

    def capture(
        self, *, bulb_seconds: Optional[float] = None, download: bool = False,
        time_limit_seconds: Optional[float] = None, timeout: Optional[float] = None
    ) -> list[Image]:
        """CAPTURE_IMAGE: takes a picture, and gives its images (two for raw and JPEG).

        `bulb_seconds` holds the shutter open; with `download` the server saves the images in its data folder.
        StoreFull, StoreNotAvailable: there is no room for them.
        """
        request = requests.capture(bulb_seconds, download, time_limit_seconds)
        return self._connection.ask(request, self.session, timeout)

    def trigger(self) -> int:
        """TRIGGER_CAPTURE: releases without waiting for the image; gives when (ns since 1970)."""
        return self._connection.ask(requests.trigger(), self.session)

    def sequence(
        self, count: int, interval_seconds: float, *, bulb_seconds: Optional[float] = None, download: bool = False
    ) -> RunningSequence:
        """START_SEQUENCE: the server takes `count` pictures, one every `interval_seconds`."""
        request = requests.start_sequence(count, interval_seconds, bulb_seconds, download)
        return RunningSequence(self, self._connection.ask(request, self.session))

    def stop_sequence(self, sequence: Any) -> int:
        """STOP_SEQUENCE, of a sequence's id: gives how many pictures were taken."""
        return self._connection.ask(requests.stop_sequence(sequence), self.session)

    # Widgets

    def get(self, widget: str) -> WidgetValue:
        """GET_WIDGET_CURRENT_VAL: a widget's value, asked of the body. ParameterNotSupported: it has no such."""
        return self.widget(widget).value

    def widget(self, widget: str) -> Widget:
        """GET_WIDGET_CURRENT_VAL: a widget with its label, type and value."""
        return self._connection.ask(requests.widget(widget), self.session)

    def choices(self, widget: str) -> Union[list[Any], Range]:
        """GET_WIDGET_POSSIBLE_VALS: what the widget can be set to; empty where any text goes."""
        found = self._connection.ask(requests.widget_choices(widget), self.session)
        return found.range if found.range is not None else found.choices or []

    def set(self, widget: str, value: WidgetValue, *, force: bool = False) -> WidgetValue:
        """SET_WIDGET_NEW_VAL: sets a widget, and gives its value read back from the body.

        InvalidParameter: not among the choices (with `force` it is tried nevertheless), or of another type than the
        widget. ParameterNotSupported: no such widget, or it cannot be set.
        """
        return self._connection.ask(requests.set_widget(widget, value, force), self.session).value

    def widgets(self, values: bool = False) -> list[Widget]:
        """LIST_WIDGETS: every widget, in the order of the tree; with `values` also values and choices."""
        return self._connection.ask(requests.list_widgets(values), self.session)

    # Files

    def files(self, folder: str = "/", *, recurse: bool = False, page: Optional[int] = None) -> Iterator[StoredFile]:
        """LIST_FILES: the files of a folder, and with `recurse` of those below it; fetched page by page.

        `page` is how many are asked for at once (the server's own measure unless given).
        """
        after: Optional[StoredFile] = None
        while True:
            found = self.file_page(folder, recurse=recurse, limit=page, after=after)
            yield from found.files
            if not found.more or not found.files:
                return
            after = found.files[-1]

    def file_page(
        self, folder: str = "/", *, recurse: bool = False, limit: Optional[int] = None,
        after: Optional[StoredFile] = None
    ) -> FilePage:
        """LIST_FILES: one page, with the folders' paths; `after` is the last file of the page before."""
        return self._connection.ask(requests.list_files(folder, recurse, limit, after), self.session)

    def thumbnail(self, folder: str, name: str) -> bytes:
        """GET_THUMBNAIL: the bytes of a file's thumbnail. InvalidObjectHandle: there is no such file."""
        return self._connection.ask(requests.thumbnail(folder, name), self.session)

    def download(
        self, folder: str, name: str, to: Target = None, *, type: str = "normal", offset: int = 0,
        resume: bool = False, overwrite: bool = False, progress: Optional[Progress] = None
    ) -> Downloaded:
        """DOWNLOAD_IMAGE and port 6666: fetches a file of the camera.

        It goes to a path (of a file, or a folder, where it keeps its name), to an open binary file, or, without `to`,
        into memory. `type` is normal, preview, raw, exif, audio or metadata. A transfer that breaks is taken up again
        by itself; with `resume` a download to a path that was given up is taken up too, and a new failure leaves what
        came for the next time. `offset` skips bytes, of downloads to memory and open files. `progress` is called with
        the bytes that are here and the whole size.

        DamagedTransfer: SHA-256 or size differ; FileExistsError: the path has a file, and `overwrite` is not said.
        """
        place = Place(to, name, offset, resume, overwrite)
        ticket = self._connection.ask(requests.download(folder, name, type), self.session)
        return download(self._connection, self.session, ticket, place.open(ticket.size), progress)

    def upload(
        self, source: Source, folder: str, name: Optional[str] = None, *, progress: Optional[Progress] = None
    ) -> JSON:
        """UPLOAD_FILE and port 6666: puts bytes, a path's file or an open file into a folder of the camera.

        `name` is the file's own unless given. A transfer that breaks is taken up again. StoreFull: no room for it.
        """
        origin = Origin(source)
        try:
            called = name or origin.name
            if not called:
                raise ValueError("Say the name that the file shall have on the camera.")
            ticket = self._connection.ask(requests.upload(folder, called, origin.size), self.session)
            return upload(self._connection, self.session, ticket, origin, progress)
        finally:
            origin.close()

    def delete(self, folder: str, name: str) -> None:
        """DELETE_IMAGE: deletes a file on the camera. InvalidObjectHandle: there is none."""
        self._connection.ask(requests.delete(folder, name), self.session)

    def storages(self) -> list[Storage]:
        """GET_STORAGE_INFO: the cards, with their sizes in bytes."""
        return self._connection.ask(requests.storages(), self.session)

    # Live view

    def live_view(self, max_fps: Optional[float] = None, *, capacity: int = 4) -> LiveView:
        """START_LIVE_VIEW and port 4444: a stream of frames, at most `max_fps` a second.

        The newest `capacity` frames that were not taken are kept. Close the stream, or use it in a `with` block.
        """
        ticket = self._connection.ask(requests.start_live_view(max_fps), self.session)
        return LiveView(self._connection, self.session, ticket, capacity)

    def stop_live_view(self) -> int:
        """STOP_LIVE_VIEW: ends every stream of this session; gives how many frames were sent on them."""
        return self._connection.ask(requests.stop_live_view(), self.session)

    # The body itself

    def check(self) -> CameraInfo:
        """CHECK_CONNECTION_TO_CAMERA: the body as it is now, after a real exchange with it."""
        return self._connection.ask(requests.check(), self.session)

    def summary(self) -> Summary:
        """GET_CAMERA_SUMMARY: the driver's texts about the body."""
        return self._connection.ask(requests.summary(), self.session)

    def lock(self, seconds: Optional[float] = None) -> CameraLock:
        """LOCK_CAMERA: keeps other connections from releasing, setting and deleting, for 60 s unless given.

        As `with body.lock(): …` it is unlocked at the end. DeviceBusy: another session has locked it.
        """
        return CameraLock(self, self._connection.ask(requests.lock(seconds), self.session))

    def unlock(self) -> None:
        """UNLOCK_CAMERA: gives the body free."""
        self._connection.ask(requests.unlock(), self.session)

    def reset(self) -> None:
        """RESET_CAMERA: opens the body anew, with a new driver; returns once it is ready."""
        self._connection.ask(requests.reset(), self.session)

    def cancel(self, transaction: Optional[int] = None) -> None:
        """CANCEL: ends the commands of this session that other threads wait for, or the one of that transaction_ID;
        they raise TransactionCancelled. (A call that is given up, by its timeout or Ctrl-C, is cancelled by itself.)"""
        running = self._connection.running(self.session) if transaction is None else [transaction]
        for each in running:
            self._connection.ask(requests.cancel(each), self.session)

    def close(self) -> None:
        """CLOSE_SESSION: ends the session and its streams. Nothing happens when it has ended already."""
        try:
            self._connection.ask(requests.close_session(), self.session)
        except FleetError:
            pass

    def __enter__(self) -> Body:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
