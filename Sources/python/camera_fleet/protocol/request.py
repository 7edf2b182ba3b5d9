"""A command as a value: what to send, and how to read the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Generic, Mapping, NamedTuple, TypeVar

from ..errors import ProtocolViolation
from .codes import Command

T = TypeVar("T")


class Answer(NamedTuple):
    """An OK: its JSON, and the bytes of the data packets that came before it."""

    result: dict[str, Any]
    data: bytes


@dataclass(frozen=True)
class Request(Generic[T]):
    """A command, its arguments, and how its answer is read.

    `takes` is how many seconds the command itself may take, in addition to what a client waits for any answer.
    """

    code: int
    read: Callable[[Answer], T]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    takes: float = 0.0

    def value(self, answer: Answer) -> T:
        """The answer's meaning; ProtocolViolation when something is missing in it."""
        try:
            return self.read(answer)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            name = Command(self.code).name if self.code in Command.__members__.values() else f"0x{self.code:04X}"
            raise ProtocolViolation(
                f"The server's answer to {name} misses something ({error}); it may be of another version.") from error


def given(**arguments: Any) -> dict[str, Any]:
    """The arguments that are not None."""
    return {name: value for name, value in arguments.items() if value is not None}


def nothing(answer: Answer) -> None:
    """Reads `{}`."""


def raw(code: int, arguments: Mapping[str, Any], takes: float = 0.0) -> Request[dict[str, Any]]:
    """Any command, whose answer is its JSON as it came."""
    return Request(code, lambda answer: answer.result, arguments, takes)
