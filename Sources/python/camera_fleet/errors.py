"""What can go wrong: the server's responses other than OK (section 2), and what this side finds wrong itself."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Optional

from .protocol.codes import Response


class GPhoto2Error(NamedTuple):
    """What libgphoto2 said: its error code, and its text."""

    code: int
    text: str


class FleetError(Exception):
    """Something failed. Every error that this package raises about server, cameras or network is one.

    `code` is the response code (section 2), or 0 where the client itself found the error; `name` is the code's name,
    such as `Device_Busy`; `message` is a sentence for a person; `gphoto2` is what libgphoto2 said, if it said anything.
    """

    def __init__(self, message: str, *, name: str = "", code: int = 0, gphoto2: Optional[GPhoto2Error] = None) -> None:
        super().__init__(message)
        self.code = code
        self.name = name or type(self).__name__
        self.message = message
        self.gphoto2 = gphoto2

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"


class GeneralError(FleetError):
    """0x2002: anything without a better name."""


class SessionNotOpen(FleetError):
    """0x2003: the session is closed, or belongs to another connection."""


class OperationNotSupported(FleetError):
    """0x2005: the server does not know the command, or this body cannot do it."""


class ParameterNotSupported(FleetError):
    """0x2006: the body has no such widget, or it cannot be set."""


class InvalidObjectHandle(FleetError):
    """0x2009: there is no such file or folder on the camera."""


class StoreFull(FleetError):
    """0x200C: the camera's card or the server's disk is full."""


class AccessDenied(FleetError):
    """0x200F: not authenticated, or the role does not allow it."""


class StoreNotAvailable(FleetError):
    """0x2013: there is no card."""


class DeviceBusy(FleetError):
    """0x2019: another session holds the lock, or the body stayed busy past its time limit."""


class InvalidParameter(FleetError):
    """0x201D: an argument is missing, of the wrong type, or not among the choices."""


class TransactionCancelled(FleetError):
    """0x201F: the client, a STOP or the end of the session stopped it."""


class CameraUnplugged(FleetError):
    """0xA001: the body is gone; its session works again when it is back."""


class CameraFault(FleetError):
    """0xA002: the body answers no more, or its driver failed."""


class TimedOut(FleetError):
    """0xA003: the command ran past the server's time limit for it."""


class TooMany(FleetError):
    """0xA004: a limit on connections, sessions or outstanding commands is reached."""


class ConnectionLost(FleetError):
    """The connection to the server could not be made, broke, or was closed."""


class StreamEnded(FleetError):
    """The stream of events or frames is over: it was closed, here or with its session. Loops end instead."""


class NoAnswer(FleetError):
    """The server did not answer within the client's own time limit, the `timeout` of the call."""


class ProtocolViolation(FleetError):
    """The server sent what the protocol does not allow: it is another program, or of another version."""


class DamagedTransfer(FleetError):
    """What arrived is not what was sent: SHA-256 or size differ."""


_BY_CODE: Mapping[int, type[FleetError]] = {
    Response.GENERAL_ERROR: GeneralError,
    Response.SESSION_NOT_OPEN: SessionNotOpen,
    Response.OPERATION_NOT_SUPPORTED: OperationNotSupported,
    Response.PARAMETER_NOT_SUPPORTED: ParameterNotSupported,
    Response.INVALID_OBJECT_HANDLE: InvalidObjectHandle,
    Response.STORE_FULL: StoreFull,
    Response.ACCESS_DENIED: AccessDenied,
    Response.STORE_NOT_AVAILABLE: StoreNotAvailable,
    Response.DEVICE_BUSY: DeviceBusy,
    Response.INVALID_PARAMETER: InvalidParameter,
    Response.TRANSACTION_CANCELLED: TransactionCancelled,
    Response.CAMERA_UNPLUGGED: CameraUnplugged,
    Response.CAMERA_FAULT: CameraFault,
    Response.TIMED_OUT: TimedOut,
    Response.TOO_MANY: TooMany,
}


def refusal(code: int, details: Mapping[str, Any]) -> FleetError:
    """The error of a response other than OK; of an unknown code a plain FleetError."""
    said = details.get("gphoto2")
    gphoto2 = None
    if isinstance(said, dict) and isinstance(said.get("code"), int):
        gphoto2 = GPhoto2Error(said["code"], str(said.get("text", "")))
    name = details.get("error")
    message = details.get("message")
    return _BY_CODE.get(code, FleetError)(
        message if isinstance(message, str) else "The server gave no reason.",
        name=name if isinstance(name, str) else f"0x{code:04X}",
        code=code,
        gphoto2=gphoto2,
    )
