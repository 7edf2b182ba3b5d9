"""CameraFleet's client for Python: every camera of a server, from scripts, threads and asyncio.

    from camera_fleet import Fleet

    with Fleet("127.0.0.1") as fleet:
        for camera in fleet.cameras():
            print(camera.number, camera.name, camera.model, camera.state)
        with fleet.open(1) as body:
            body.set("iso", "800")
            for image in body.capture():
                body.download(image.folder, image.name, to=".")

`Fleet` waits, `AsyncFleet` is awaited; both have the same methods. What goes wrong is a `FleetError`. The contract with
the server is the PtpPacket protocol, version 1; README.md beside this package has more examples.
"""

from .asynchronous.body import AsyncBody, AsyncCameraLock, AsyncRunningSequence
from .asynchronous.event_stream import AsyncEventStream
from .asynchronous.fleet import AsyncFleet
from .asynchronous.live_view import AsyncLiveView
from .blocking.body import Body, CameraLock, RunningSequence
from .blocking.event_stream import EventStream
from .blocking.fleet import Fleet
from .blocking.live_view import LiveView
from .errors import (
    AccessDenied, CameraFault, CameraUnplugged, ConnectionLost, DamagedTransfer, DeviceBusy, FleetError, GeneralError,
    GPhoto2Error, InvalidObjectHandle, InvalidParameter, NoAnswer, OperationNotSupported, ParameterNotSupported,
    ProtocolViolation, SessionNotOpen, StoreFull, StoreNotAvailable, StreamEnded, TimedOut, TooMany,
    TransactionCancelled)
from .protocol.codes import Command, EventCode, Response, WidgetType
from .records import (
    Camera, CameraInfo, Downloaded, Event, FilePage, Frame, Image, Range, SavedImage, ServerInfo, Storage, StoredFile,
    Summary, Widget, WidgetValue)

__version__ = "1.0.0"

__all__ = [
    "AccessDenied", "AsyncBody", "AsyncCameraLock", "AsyncEventStream", "AsyncFleet", "AsyncLiveView",
    "AsyncRunningSequence", "Body", "Camera", "CameraFault", "CameraInfo", "CameraLock", "CameraUnplugged", "Command",
    "ConnectionLost", "DamagedTransfer", "DeviceBusy", "Downloaded", "Event", "EventCode", "EventStream", "FilePage",
    "Fleet", "FleetError", "Frame", "GPhoto2Error", "GeneralError", "Image", "InvalidObjectHandle", "InvalidParameter",
    "LiveView", "NoAnswer", "OperationNotSupported", "ParameterNotSupported", "ProtocolViolation", "Range", "Response",
    "RunningSequence", "SavedImage", "ServerInfo", "SessionNotOpen", "Storage", "StoreFull", "StoreNotAvailable",
    "StoredFile", "StreamEnded", "Summary", "TimedOut", "TooMany", "TransactionCancelled", "Widget", "WidgetType",
    "WidgetValue",
]
