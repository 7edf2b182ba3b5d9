"""The numbers of the protocol: packets, commands, responses, events and limits (sections 1 to 3 and 6)."""

from __future__ import annotations

from enum import IntEnum

PROTOCOL_VERSION = 1

COMMAND_PORT = 5555

HEADER_LENGTH = 12
LONGEST_PACKET = 16_777_216
"""The longest packet that a server sends, in bytes, the header included."""
LONGEST_COMMAND = 262_144
"""The longest command that a server takes, in bytes, the header included."""
LONGEST_PIECE = 1_048_576
"""The most content of one data packet of an upload, in bytes."""


class PacketType(IntEnum):
    """The container types of PTP (section 1)."""

    COMMAND = 1
    DATA = 2
    RESPONSE = 3
    EVENT = 4


class Command(IntEnum):
    """Command codes (section 3)."""

    CAPTURE_IMAGE = 0x0002
    GET_THUMBNAIL = 0x0003
    DOWNLOAD_IMAGE = 0x0004
    START_LIVE_VIEW = 0x0005
    STOP_LIVE_VIEW = 0x0006
    GET_WIDGET_CURRENT_VAL = 0x0007
    GET_WIDGET_POSSIBLE_VALS = 0x0008
    SET_WIDGET_NEW_VAL = 0x0009
    LIST_WIDGETS = 0x000A
    LIST_FILES = 0x000B
    DELETE_IMAGE = 0x000C
    UPLOAD_FILE = 0x000D
    GET_STORAGE_INFO = 0x000E
    TRIGGER_CAPTURE = 0x000F
    GET_CAMERA_SUMMARY = 0x0010
    LOCK_CAMERA = 0x0011
    UNLOCK_CAMERA = 0x0012
    START_SEQUENCE = 0x0013
    STOP_SEQUENCE = 0x0014
    RESET_CAMERA = 0x0015
    CLOSE_SESSION = 0x0016
    CANCEL = 0x0017
    CHECK_CONNECTION_TO_CAMERA = 0x0900
    AUTHENTICATE = 0x0901
    GET_CAMERAS_LIST = 0x0902
    INIT_CAMERA_MODEL = 0x0903
    SUBSCRIBE_EVENTS = 0x0910
    UNSUBSCRIBE_EVENTS = 0x0911
    SET_CAMERA_NAME = 0x0920
    REPLACE_CAMERA = 0x0921
    FORGET_CAMERA = 0x0922
    SET_CAMERA_NUMBERS = 0x0923
    ARM_GROUP = 0x0930
    FIRE_GROUP = 0x0931
    CAPTURE_GROUP = 0x0932
    SET_GROUP_WIDGETS = 0x0933
    COPY_WIDGETS = 0x0934
    DISARM_GROUP = 0x0935
    START_GROUP_SEQUENCE = 0x0936
    STOP_GROUP_SEQUENCE = 0x0937
    COLLECT_GROUP = 0x0938
    LIST_SHOTS = 0x0940
    GET_SHOT = 0x0941
    SAVE_PRESET = 0x0950
    APPLY_PRESET = 0x0951
    LIST_PRESETS = 0x0952
    DELETE_PRESET = 0x0953
    COMPARE_CAMERAS = 0x0954
    SYNC_CLOCKS = 0x0955
    LIST_TRIGGERS = 0x0960
    LIST_IMAGES = 0x0961
    VERIFY_IMAGES = 0x0962
    FETCH_IMAGES = 0x0963
    DOWNLOAD_SAVED = 0x0964
    OPEN_PROJECT = 0x0965
    CLOSE_PROJECT = 0x0966
    LIST_PROJECTS = 0x0967
    GET_DISK = 0x0968
    CLOSE_CONNECTION = 0x0999


class Response(IntEnum):
    """Response codes (section 2)."""

    OK = 0x2001
    GENERAL_ERROR = 0x2002
    SESSION_NOT_OPEN = 0x2003
    OPERATION_NOT_SUPPORTED = 0x2005
    PARAMETER_NOT_SUPPORTED = 0x2006
    INVALID_OBJECT_HANDLE = 0x2009
    STORE_FULL = 0x200C
    ACCESS_DENIED = 0x200F
    STORE_NOT_AVAILABLE = 0x2013
    DEVICE_BUSY = 0x2019
    INVALID_PARAMETER = 0x201D
    TRANSACTION_CANCELLED = 0x201F
    CAMERA_UNPLUGGED = 0xA001
    CAMERA_FAULT = 0xA002
    TIMED_OUT = 0xA003
    TOO_MANY = 0xA004


class EventCode(IntEnum):
    """Event codes (section 3, Events)."""

    CONNECTION_OK = 0x0800
    OBJECT_ADDED = 0x4002
    OBJECT_REMOVED = 0x4003
    WIDGET_CHANGED = 0x4006
    CAPTURE_COMPLETE = 0x400D
    CAMERA_STATE = 0xC001
    IMAGE_SAVED = 0xC002
    SEQUENCE_PROGRESS = 0xC003
    SHOT_COMPLETE = 0xC004
    EVENTS_LOST = 0xC005
    CAMERA_ATTACHED = 0xC006
    CAMERA_DETACHED = 0xC007
    GROUP_SEQUENCE_PROGRESS = 0xC008


def event_name(code: int) -> str:
    """The event's name on the wire, such as `object_added`; of an unknown code the number, such as `0xC0FF`."""
    try:
        known = EventCode(code)
    except ValueError:
        return f"0x{code:04X}"
    return known.name if known is EventCode.CONNECTION_OK else known.name.lower()


class WidgetType(IntEnum):
    """Widget types (section 3, One body)."""

    DATE = 0x0101
    TOGGLE = 0x0102
    BUTTON = 0x0103
    RANGE = 0x0104
    MENU = 0x0105
    RADIO = 0x0106
    TEXT = 0x0107
    SECTION = 0x0108
