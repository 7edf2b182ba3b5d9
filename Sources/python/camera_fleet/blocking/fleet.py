"""The fleet, for scripts and threads."""

from __future__ import annotations

import ssl
from typing import Any, Iterable, Mapping, Optional

from ..errors import FleetError
from ..files import Place, Progress, Target, is_folder
from ..protocol import fleet_requests
from ..protocol.address import Address
from ..protocol.codes import Command
from ..protocol.fleet_requests import Check
from ..protocol.group_commands import GroupCommands
from ..protocol.request import Request, raw
from ..records import JSON, Camera, CameraInfo, Downloaded, SavedImage, ServerInfo, saved_name
from .body import Body
from .connection import Connection
from .event_stream import EventStream
from .transfer import download


class Fleet(GroupCommands[JSON]):
    """A connection to a server, and all its cameras.

    `address` is `host` or `host:port` (5555 unless given). `timeout` is how many seconds an answer may take, beyond
    the time that the command itself takes; after that NoAnswer is raised. `token` authenticates; `tls` is for servers
    with TLS. Any number of threads may use it and its bodies at once; commands of one body run in the order sent.

    Errors of every method: FleetError and its subclasses; ConnectionLost where there is no server, or not any more.
    """

    def __init__(
        self, address: str = "127.0.0.1", *, token: Optional[str] = None, timeout: float = 60.0,
        tls: Optional[ssl.SSLContext] = None
    ) -> None:
        self._connection = Connection(Address.parse(address), timeout, tls)
        self.role: Optional[str] = None
        """viewer, operator or admin, where a token was given."""
        if token is not None:
            try:
                self.role = self.authenticate(token)
            except BaseException:
                self._connection.close()
                raise

    @property
    def server(self) -> ServerInfo:
        """What the server said when it was connected to."""
        return self._connection.server

    def command(self, code: int, session: int = 0, *, timeout: Optional[float] = None, **arguments: Any) -> JSON:
        """Any command of the protocol, by its code; gives the JSON of the answer. None is sent as null.

        Arguments whose names are Python's own words go as `**{"from": 1}`.
        """
        return self._connection.ask(raw(code, arguments), session, timeout)

    def _ask_group(self, request: Request[JSON]) -> JSON:
        return self._connection.ask(request)

    def check(self) -> Check:
        """CHECK_CONNECTION_TO_CAMERA without a camera: the server's clock, and how many bodies it has."""
        return self._connection.ask(fleet_requests.check())

    def authenticate(self, token: str) -> str:
        """AUTHENTICATE: gives the role, viewer, operator or admin. AccessDenied: the token is wrong."""
        return self._connection.ask(fleet_requests.authenticate(token))

    def cameras(self) -> list[CameraInfo]:
        """GET_CAMERAS_LIST: the bodies, in order of their numbers."""
        return self._connection.ask(fleet_requests.cameras())

    def open(self, camera: Camera) -> Body:
        """INIT_CAMERA_MODEL: a session on a body, by number, name or id. InvalidParameter: there is none of it."""
        opened = self._connection.ask(fleet_requests.open_session(camera))
        return Body(self._connection, opened.session, opened.camera)

    def events(self, *names: str, capacity: int = 1000) -> EventStream:
        """SUBSCRIBE_EVENTS: the events of these names (all without any) from now on, to be iterated over.

        Of more than `capacity` unread events the oldest are dropped and counted in the stream's `lost`. Any number of
        streams can be open. InvalidParameter: there is no event of that name.
        """
        return EventStream(self._connection, names, capacity)

    def name(
        self, camera: Camera, name: Optional[str] = None, *, number: Optional[int] = None,
        groups: Optional[Iterable[str]] = None
    ) -> CameraInfo:
        """SET_CAMERA_NAME: gives a body a name, a number, or its groups; they outlive a restart of the server."""
        return self._connection.ask(fleet_requests.name(camera, name, number, groups))

    def replace(self, camera: Camera, by: Camera) -> CameraInfo:
        """REPLACE_CAMERA: the body `by` takes number, name and groups of the other."""
        return self._connection.ask(fleet_requests.replace(camera, by))

    def forget(self, camera: Camera) -> None:
        """FORGET_CAMERA: drops an unplugged body from the list; its name and number are free."""
        self._connection.ask(fleet_requests.forget(camera))

    def numbers(self, numbers: Mapping[Camera, int]) -> list[CameraInfo]:
        """SET_CAMERA_NUMBERS: new numbers for these bodies, all at once or none."""
        return self._connection.ask(fleet_requests.numbers(numbers))

    def saved(
        self, image: SavedImage, to: Target = None, *, offset: int = 0, resume: bool = False, overwrite: bool = False,
        progress: Optional[Progress] = None
    ) -> Downloaded:
        """DOWNLOAD_SAVED and port 6666: fetches an image from the server's disk, also when its camera is away.

        `image` is its number, its `saved_as`, or what `list_images` told of it. The other arguments are those of
        `Body.download`; into a folder it goes by the name that it has on the server.

        InvalidParameter: there is no such image; InvalidObjectHandle: its file is not there any more, or was changed;
        DamagedTransfer, FileExistsError: as `Body.download`.
        """
        name = saved_name(image)
        if name is None and isinstance(image, int) and is_folder(to):
            name = saved_name(self._connection.ask(fleet_requests.saved_image(image)))
        place = Place(to, name or "", offset, resume, overwrite)
        ticket = self._connection.ask(fleet_requests.download_saved(image))
        return download(self._connection, 0, ticket, place.open(ticket.size), progress, Command.DOWNLOAD_SAVED)

    def close(self) -> None:
        """CLOSE_CONNECTION: ends every session and stream of this connection. Nothing happens the second time."""
        try:
            self._connection.ask(fleet_requests.close_connection(), timeout=min(self._connection.timeout, 5.0))
        except FleetError:
            # Closing the socket ends them as well.
            pass
        finally:
            self._connection.close()

    def __enter__(self) -> Fleet:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
