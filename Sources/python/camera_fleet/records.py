"""What the server tells, as Python values. Each keeps the JSON that it was read from, where that may hold more."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Mapping, NamedTuple, Optional, Union

from .protocol.codes import EventCode, event_name

JSON = Dict[str, Any]
WidgetValue = Union[str, float, bool, None]
"""Text, menu, radio: str. Range: a number. Date: seconds since 1970. Toggle: bool or None. Button: None."""


class ServerInfo(NamedTuple):
    """What a server says when it is connected to (CONNECTION_OK, section 3); `time` is in ns since 1970."""

    server: str
    protocol: int
    authentication: str
    live_view_port: int
    download_port: int
    time: int

    @staticmethod
    def read(value: Mapping[str, Any]) -> ServerInfo:
        return ServerInfo(
            str(value["server"]), int(value["protocol"]), str(value["authentication"]),
            int(value["live_view_port"]), int(value["download_port"]), int(value["time"]))


@dataclass(frozen=True)
class CameraInfo:
    """A body of the fleet (CAMERA_INFO, section 3).

    `id` stays with the body; `number` and `name` are the user's. `state` is connecting, ready, busy, unplugged or
    fault, and `error` says why it is in fault. `battery` is in percent. `can` says what the body can do. `json` is
    all that the server said.
    """

    id: str
    number: int
    name: str
    model: str
    manufacturer: str
    port: str
    state: str
    groups: tuple[str, ...]
    can: frozenset[str]
    live_view: bool
    sessions: int
    serial: Optional[str]
    battery: Optional[float]
    locked_by: Optional[int]
    error: Optional[str]
    provisional: bool
    json: JSON = field(compare=False, repr=False)

    @staticmethod
    def read(value: JSON) -> CameraInfo:
        error = value.get("error")
        return CameraInfo(
            id=value["id"], number=value["camera_number"], name=value["name"], model=value["model"],
            manufacturer=value["manufacturer"], port=value["port"], state=value["state"],
            groups=tuple(value["groups"]), can=frozenset(value["can"]), live_view=value["live_view"],
            sessions=value["sessions"], serial=value.get("serial"), battery=value.get("battery"),
            locked_by=value.get("locked_by"), error=error.get("message") if isinstance(error, dict) else None,
            provisional=bool(value.get("provisional")), json=value)


Camera = Union[int, str, CameraInfo]
"""What names a body: its camera_number, its name, its id, or what the server told of it."""


def camera_value(camera: Camera) -> Union[int, str]:
    """CAMERA as the protocol writes it (section 3)."""
    return camera.id if isinstance(camera, CameraInfo) else camera


def camera_key(camera: Camera) -> str:
    """CAMERA as a JSON key (section 3): an id, else a name, else a camera_number in decimal."""
    return str(camera_value(camera))


SavedImage = Union[int, str, Mapping[str, Any]]
"""What names an image on the server's disk: its number, its `saved_as`, or what LIST_IMAGES told of it."""


def saved_name(image: SavedImage) -> Optional[str]:
    """The last part of the image's name on the server; None of one that is named by its number."""
    place = image.get("saved_as") if isinstance(image, Mapping) else image
    return place.rsplit("/", 1)[-1] if isinstance(place, str) else None


class Image(NamedTuple):
    """An image that a release brought. `size` is in bytes; `sha256` and `saved_as` (relative to the server's data
    folder) are there when the server saved it (`download=True`)."""

    folder: str
    name: str
    size: int
    sha256: Optional[str]
    saved_as: Optional[str]

    @staticmethod
    def read(value: JSON) -> Image:
        return Image(value["folder"], value["name"], value["size"], value.get("sha256"), value.get("saved_as"))


class StoredFile(NamedTuple):
    """A file on the camera (LIST_FILES): `size` in bytes, `mtime` in seconds since 1970."""

    folder: str
    name: str
    size: int
    mtime: float
    mime: str

    @staticmethod
    def read(value: JSON) -> StoredFile:
        return StoredFile(value["folder"], value["name"], value["size"], value["mtime"], value["mime"])


class FilePage(NamedTuple):
    """One answer of LIST_FILES; `more` says that there are files after the last one of it."""

    files: list[StoredFile]
    folders: list[str]
    more: bool

    @staticmethod
    def read(value: JSON) -> FilePage:
        return FilePage([StoredFile.read(file) for file in value["files"]], list(value["folders"]), value["more"])


class Range(NamedTuple):
    """What a range widget takes: from `min` to `max` in steps of `step`."""

    min: float
    max: float
    step: float


@dataclass(frozen=True)
class Widget:
    """A setting of a body (section 3, One body).

    `path` is there in a list; `choices` of menus and radios, `range` of ranges, and `value` where it was asked for.
    `json` tells a value that is None from one that was not asked for.
    """

    id: str
    type: int
    label: str
    readonly: bool
    value: WidgetValue
    choices: Optional[list[Any]]
    range: Optional[Range]
    path: Optional[str]
    json: JSON = field(compare=False, repr=False)

    @staticmethod
    def read(value: JSON) -> Widget:
        span = value.get("range")
        return Widget(
            id=value["widget_id"], type=value["widget_type"], label=value["label"], readonly=value["readonly"],
            value=value.get("widget_value"), choices=value.get("choices"),
            range=Range(span["min"], span["max"], span["step"]) if span else None, path=value.get("path"), json=value)


class Storage(NamedTuple):
    """A card or memory of a body (GET_STORAGE_INFO); `capacity` and `free` are in bytes, and what the body does not
    say is None."""

    path: str
    label: Optional[str]
    capacity: Optional[int]
    free: Optional[int]
    free_images: Optional[int]
    access: Optional[str]

    @staticmethod
    def read(value: JSON) -> Storage:
        return Storage(
            value["path"], value.get("label"), value.get("capacity"), value.get("free"), value.get("free_images"),
            value.get("access"))


class Summary(NamedTuple):
    """The driver's texts about a body, and what it can do (GET_CAMERA_SUMMARY)."""

    summary: Optional[str]
    manual: Optional[str]
    about: Optional[str]
    abilities: Any

    @staticmethod
    def read(value: JSON) -> Summary:
        return Summary(value.get("summary"), value.get("manual"), value.get("about"), value.get("abilities"))


class Frame(NamedTuple):
    """A live view frame (section 4): the body's number of it, when it had arrived (ns since 1970), and the JPEG."""

    number: int
    time_ns: int
    jpeg: bytes


@dataclass(frozen=True)
class Event:
    """Something that happened (section 3, Events): `event["folder"]` is `event.details["folder"]`."""

    number: int
    code: int
    details: JSON

    @property
    def name(self) -> str:
        """The event's name, such as `object_added`."""
        return event_name(self.code)

    @property
    def camera(self) -> Optional[str]:
        """Whose event it is: `camera` of the events that have it, `id` of those that carry a CAMERA_INFO."""
        is_camera = self.code in (EventCode.CAMERA_STATE, EventCode.CAMERA_ATTACHED, EventCode.CAMERA_DETACHED)
        return self.details.get("id" if is_camera else "camera")

    def __getitem__(self, key: str) -> Any:
        return self.details[key]


class Ticket(NamedTuple):
    """The authorisation of a stream or transfer on another port."""

    ticket: str
    port: int
    size: int
    mime: str
    sha256: Optional[str] = None

    @staticmethod
    def read(value: JSON) -> Ticket:
        return Ticket(
            value["ticket"], value["port"], value.get("size", 0), value.get("mime", ""), value.get("sha256"))


class Downloaded(NamedTuple):
    """A finished download. `data` is there when it was asked for without a place to put it, else `path` when it went
    into a file of a name. `verified` says that SHA-256 was compared with the server's; a download that was resumed
    on a new connection to the server can be checked by its size alone."""

    size: int
    mime: str
    sha256: Optional[str]
    verified: bool
    data: Optional[bytes]
    path: Optional[Path]
