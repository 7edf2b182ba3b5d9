"""The commands of one body (section 3, One body)."""

from __future__ import annotations

from typing import Any, Optional

from ..records import CameraInfo, FilePage, Image, Storage, StoredFile, Summary, Ticket, Widget, WidgetValue
from .codes import Command
from .request import Request, given, nothing


def capture(
    bulb_seconds: Optional[float], download: bool, time_limit_seconds: Optional[float]
) -> Request[list[Image]]:
    return Request(
        Command.CAPTURE_IMAGE, lambda answer: [Image.read(image) for image in answer.result["images"]],
        given(bulb_seconds=bulb_seconds, download=download or None, time_limit_seconds=time_limit_seconds),
        takes=(bulb_seconds or 0) + (time_limit_seconds or 0))


def thumbnail(folder: str, name: str) -> Request[bytes]:
    return Request(Command.GET_THUMBNAIL, lambda answer: answer.data, {"folder": folder, "name": name})


def download(folder: str, name: str, type: str) -> Request[Ticket]:
    return Request(
        Command.DOWNLOAD_IMAGE, lambda answer: Ticket.read(answer.result),
        given(folder=folder, name=name, type=None if type == "normal" else type))


def start_live_view(max_fps: Optional[float]) -> Request[Ticket]:
    return Request(Command.START_LIVE_VIEW, lambda answer: Ticket.read(answer.result), given(max_fps=max_fps))


def stop_live_view() -> Request[int]:
    return Request(Command.STOP_LIVE_VIEW, lambda answer: int(answer.result["frames"]))


def widget(widget_id: str) -> Request[Widget]:
    return Request(
        Command.GET_WIDGET_CURRENT_VAL, lambda answer: Widget.read(answer.result), {"widget_id": widget_id})


def widget_choices(widget_id: str) -> Request[Widget]:
    return Request(
        Command.GET_WIDGET_POSSIBLE_VALS, lambda answer: Widget.read(answer.result), {"widget_id": widget_id})


def set_widget(widget_id: str, value: WidgetValue, force: bool) -> Request[Widget]:
    return Request(
        Command.SET_WIDGET_NEW_VAL, lambda answer: Widget.read(answer.result),
        {"widget_id": widget_id, "widget_value": value, **given(force=force or None)})


def list_widgets(values: bool) -> Request[list[Widget]]:
    return Request(
        Command.LIST_WIDGETS, lambda answer: [Widget.read(widget) for widget in answer.result["widgets"]],
        given(values=values or None))


def list_files(
    folder: str, recurse: bool, limit: Optional[int], after: Optional[StoredFile]
) -> Request[FilePage]:
    return Request(
        Command.LIST_FILES, lambda answer: FilePage.read(answer.result),
        given(
            folder=folder, recurse=recurse or None, limit=limit,
            after={"folder": after.folder, "name": after.name} if after else None))


def delete(folder: str, name: str) -> Request[None]:
    return Request(Command.DELETE_IMAGE, nothing, {"folder": folder, "name": name})


def upload(folder: str, name: str, size: int) -> Request[Ticket]:
    return Request(
        Command.UPLOAD_FILE, lambda answer: Ticket.read(answer.result), {"folder": folder, "name": name, "size": size})


def storages() -> Request[list[Storage]]:
    return Request(
        Command.GET_STORAGE_INFO, lambda answer: [Storage.read(storage) for storage in answer.result["storages"]])


def trigger() -> Request[int]:
    return Request(Command.TRIGGER_CAPTURE, lambda answer: int(answer.result["released_at"]))


def summary() -> Request[Summary]:
    return Request(Command.GET_CAMERA_SUMMARY, lambda answer: Summary.read(answer.result))


def lock(seconds: Optional[float]) -> Request[int]:
    return Request(Command.LOCK_CAMERA, lambda answer: int(answer.result["until"]), given(seconds=seconds))


def unlock() -> Request[None]:
    return Request(Command.UNLOCK_CAMERA, nothing)


def start_sequence(
    count: int, interval_seconds: float, bulb_seconds: Optional[float], download: bool
) -> Request[Any]:
    return Request(
        Command.START_SEQUENCE, lambda answer: answer.result["sequence"],
        given(
            count=count, interval_seconds=interval_seconds, bulb_seconds=bulb_seconds, download=download or None))


def stop_sequence(sequence: Any) -> Request[int]:
    return Request(Command.STOP_SEQUENCE, lambda answer: int(answer.result["taken"]), {"sequence": sequence})


def reset() -> Request[None]:
    return Request(Command.RESET_CAMERA, nothing, takes=60)


def cancel(transaction: int) -> Request[None]:
    return Request(Command.CANCEL, nothing, {"transaction_ID": transaction})


def check() -> Request[CameraInfo]:
    return Request(Command.CHECK_CONNECTION_TO_CAMERA, lambda answer: CameraInfo.read(answer.result))


def close_session() -> Request[None]:
    return Request(Command.CLOSE_SESSION, nothing)

