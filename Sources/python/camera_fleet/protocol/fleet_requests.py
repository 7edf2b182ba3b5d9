"""The commands of the fleet as a whole (section 3, Connection and fleet)."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, NamedTuple, Optional

from ..errors import refusal
from ..records import Camera, CameraInfo, SavedImage, Ticket, camera_key, camera_value
from .codes import Command, Response
from .request import Answer, Request, given, nothing


class Check(NamedTuple):
    """The server's clock (ns since 1970), and how many bodies it has."""

    time: int
    cameras: int


class OpenedSession(NamedTuple):
    """A session, and the body that it is of."""

    session: int
    camera: CameraInfo


def _cameras(answer: Answer) -> list[CameraInfo]:
    return [CameraInfo.read(camera) for camera in answer.result["cameras"]]


def _camera(answer: Answer) -> CameraInfo:
    return CameraInfo.read(answer.result)


def check() -> Request[Check]:
    return Request(
        Command.CHECK_CONNECTION_TO_CAMERA,
        lambda answer: Check(int(answer.result["time"]), int(answer.result["cameras"])))


def authenticate(token: str) -> Request[str]:
    return Request(Command.AUTHENTICATE, lambda answer: str(answer.result["role"]), {"token": token})


def cameras() -> Request[list[CameraInfo]]:
    return Request(Command.GET_CAMERAS_LIST, _cameras)


def open_session(camera: Camera) -> Request[OpenedSession]:
    return Request(
        Command.INIT_CAMERA_MODEL,
        lambda answer: OpenedSession(int(answer.result["session_ID"]), CameraInfo.read(answer.result["camera"])),
        {"camera": camera_value(camera)})


def subscribe(names: Optional[Iterable[str]]) -> Request[None]:
    return Request(Command.SUBSCRIBE_EVENTS, nothing, given(events=None if names is None else sorted(names)))


def unsubscribe() -> Request[None]:
    return Request(Command.UNSUBSCRIBE_EVENTS, nothing)


def name(
    camera: Camera, name: Optional[str], number: Optional[int], groups: Optional[Iterable[str]]
) -> Request[CameraInfo]:
    return Request(
        Command.SET_CAMERA_NAME, _camera,
        given(
            camera=camera_value(camera), name=name, camera_number=number,
            groups=None if groups is None else list(groups)))


def replace(camera: Camera, by: Camera) -> Request[CameraInfo]:
    return Request(Command.REPLACE_CAMERA, _camera, {"camera": camera_value(camera), "by": camera_value(by)})


def forget(camera: Camera) -> Request[None]:
    return Request(Command.FORGET_CAMERA, nothing, {"camera": camera_value(camera)})


def numbers(numbers: Mapping[Camera, int]) -> Request[list[CameraInfo]]:
    return Request(
        Command.SET_CAMERA_NUMBERS, _cameras,
        {"numbers": {camera_key(camera): number for camera, number in numbers.items()}})


def download_saved(image: SavedImage) -> Request[Ticket]:
    named: Mapping[str, Any] = image if isinstance(image, Mapping) else {}
    number = named.get("image") if named else image
    if isinstance(number, int):
        arguments: dict[str, Any] = {"image": number}
    else:
        arguments = {"saved_as": named["saved_as"] if named else image}
    return Request(Command.DOWNLOAD_SAVED, lambda answer: Ticket.read(answer.result), arguments)


def saved_image(number: int) -> Request[Mapping[str, Any]]:
    """LIST_IMAGES: what the server tells of one image. InvalidParameter: there is none of that number."""

    def read(answer: Answer) -> Mapping[str, Any]:
        for image in answer.result["images"]:
            if image["image"] == number:
                return dict(image)
        raise refusal(
            Response.INVALID_PARAMETER,
            {"error": "Invalid_Parameter", "message": f"No image {number} is saved; list_images tells which are."})

    return Request(Command.LIST_IMAGES, read, {"limit": 1, "before": number + 1})


def close_connection() -> Request[None]:
    return Request(Command.CLOSE_CONNECTION, nothing)
