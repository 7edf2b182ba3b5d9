"""What is being opened: to be awaited, or to be used in `async with` or `async for` at once."""

from __future__ import annotations

from types import TracebackType
from typing import Any, AsyncIterator, Coroutine, Generator, Generic, Optional, Protocol, TypeVar


class Closable(Protocol):
    """Something that `async with` closes."""

    async def __aenter__(self) -> Any: ...

    async def __aexit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None: ...


C = TypeVar("C", bound=Closable)
Item = TypeVar("Item", covariant=True)
S = TypeVar("S", bound="Stream[Any]")


class Pending(Generic[C]):
    """`await` it and get what it opens; or write `async with` before it, which closes that at the end."""

    def __init__(self, opening: Coroutine[Any, Any, C]) -> None:
        self._opening = opening
        self._opened: Optional[C] = None

    def __await__(self) -> Generator[Any, None, C]:
        return self._opening.__await__()

    async def __aenter__(self) -> C:
        self._opened = await self._opening
        await self._opened.__aenter__()
        return self._opened

    async def __aexit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self._opened is not None:
            await self._opened.__aexit__(kind, error, trace)


class Stream(Closable, Protocol[Item]):
    """Something that `async for` goes through, too."""

    def __aiter__(self) -> AsyncIterator[Item]: ...


class PendingStream(Pending[S], Generic[S, Item]):
    """A stream that is being opened; `async for` goes through it, and closes it when it is over."""

    async def __aiter__(self) -> AsyncIterator[Item]:
        async with self as stream:
            async for item in stream:
                yield item
