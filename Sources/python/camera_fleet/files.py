"""Where a download goes, and where an upload comes from."""

from __future__ import annotations

import hashlib
import io
import os
import sys
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import BinaryIO, Callable, Optional, Union

if sys.platform != "win32":
    import fcntl
else:
    fcntl = None

Target = Union[str, "os.PathLike[str]", BinaryIO, None]
"""A path (of a file, or of a folder that exists), a binary file that is open, or None for bytes in memory."""

Source = Union[bytes, bytearray, memoryview, str, "os.PathLike[str]", BinaryIO]
"""Bytes, a path, or a binary file that is open and can seek."""

Progress = Callable[[int, int], None]
"""Is told how many bytes of the file have gone over, and its whole size."""


class Destination(ABC):
    """Where the bytes of one download go, in order. `prefix` is how many are there already; `digest` has read them,
    and is None where they cannot be read."""

    prefix: int = 0
    digest: Optional[hashlib._Hash] = None

    @abstractmethod
    def write(self, content: memoryview) -> None:
        """Takes the next bytes; OSError when they cannot be kept."""

    def finish(self) -> None:  # noqa: B027
        """Every byte is there and is right."""

    def give_up(self, damaged: bool) -> None:  # noqa: B027
        """No more bytes will come; `damaged` says that those which came are of no use."""

    @property
    def data(self) -> Optional[bytes]:
        """The bytes, of a download into memory."""
        return None

    @property
    def path(self) -> Optional[Path]:
        """The finished file, of a download to a path."""
        return None


class _Memory(Destination):
    def __init__(self, offset: int) -> None:
        self.prefix = offset
        self._bytes = io.BytesIO()

    def write(self, content: memoryview) -> None:
        self._bytes.write(content)

    @property
    def data(self) -> Optional[bytes]:
        return self._bytes.getvalue()


class _OpenFile(Destination):
    def __init__(self, file: BinaryIO, offset: int) -> None:
        self.prefix = offset
        self._file = file

    def write(self, content: memoryview) -> None:
        while len(content):
            # A raw file may take less than all of it.
            count = self._file.write(content)
            content = content[len(content) if count is None else count :]


class _Path(Destination):
    """A hidden file beside the target, which gets the target's name once it is whole."""

    def __init__(self, target: Path, size: int, resume: bool, overwrite: bool) -> None:
        self._target = target
        self._keeps = resume
        self._overwrites = overwrite
        self.digest = hashlib.sha256()
        if not resume:
            descriptor, partial = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
            os.chmod(partial, 0o666 & ~_umask())
            self._partial = Path(partial)
            self._file: BinaryIO = os.fdopen(descriptor, "wb")
            return
        self._partial = target.with_name(f".{target.name}.{size}.part")
        self._file = open(self._partial, "a+b")
        try:
            self._claim()
            self._read_prefix(size)
        except BaseException:
            self._file.close()
            raise

    def _claim(self) -> None:
        """Two downloads that resumed the same file would mix their bytes."""
        if fcntl is None:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FileExistsError(f"{self._target} is being downloaded already.") from None

    def _read_prefix(self, size: int) -> None:
        assert self.digest is not None
        self._file.seek(0, os.SEEK_END)
        if self._file.tell() > size:
            self._file.truncate(0)
        self._file.seek(0)
        while piece := self._file.read(1 << 20):
            self.digest.update(piece)
            self.prefix += len(piece)

    def write(self, content: memoryview) -> None:
        self._file.write(content)

    def finish(self) -> None:
        self._file.close()
        if self._overwrites:
            os.replace(self._partial, self._target)
            return
        try:
            # A link, unlike a new name, never takes the place of a file that came meanwhile.
            os.link(self._partial, self._target)
        except FileExistsError:
            self._keeps = True
            raise FileExistsError(f"{self._target} came meanwhile; the download is in {self._partial}.") from None
        except OSError:
            os.replace(self._partial, self._target)
            return
        os.unlink(self._partial)

    def give_up(self, damaged: bool) -> None:
        try:
            self._file.close()
        finally:
            if damaged or not self._keeps:
                self._partial.unlink(missing_ok=True)

    @property
    def path(self) -> Optional[Path]:
        return self._target


def _umask() -> int:
    """What open() would give a new file cannot be asked for without setting it, which threads would see."""
    try:
        with open("/proc/self/status") as status:
            return next((int(line.split()[1], 8) for line in status if line.startswith("Umask:")), 0o022)
    except OSError:
        return 0o022


def is_folder(to: Target) -> bool:
    """Whether it is the path of a folder, where a download keeps its own name."""
    return isinstance(to, (str, os.PathLike)) and Path(to).is_dir()


class Place:
    """Where a download is to go, looked at before anything is asked of the camera, which calls the file `name`.

    FileExistsError: the path has a file; ValueError: the arguments do not go together.
    """

    def __init__(self, to: Target, name: str, offset: int, resume: bool, overwrite: bool) -> None:
        self._offset = offset
        self._resume = resume
        self._overwrite = overwrite
        self._file: Optional[BinaryIO] = None
        self._path: Optional[Path] = None
        if offset < 0:
            raise ValueError("An offset is not negative.")
        if isinstance(to, (str, os.PathLike)):
            self._path = self._target(Path(to), name)
            return
        self._file = to
        if resume:
            raise ValueError("Only a download to a path can be resumed; for other files say offset.")

    def _target(self, path: Path, name: str) -> Path:
        if self._offset:
            raise ValueError("A download to a path has no offset; say resume=True.")
        if path.is_dir():
            if name in ("", ".", "..") or "/" in name or os.sep in name or "\0" in name:
                raise ValueError(f"{name!r} is no file name here: give the path of a file.")
            path = path / name
        if not self._overwrite and path.exists():
            raise FileExistsError(f"{path} is there already: choose another name, or say overwrite=True.")
        return path

    def open(self, size: int) -> Destination:
        """Makes the place ready for a file of `size` bytes. OSError: the file cannot be made."""
        if self._path is not None:
            return _Path(self._path, size, self._resume, self._overwrite)
        return _Memory(self._offset) if self._file is None else _OpenFile(self._file, self._offset)


class Origin:
    """What an upload reads: `size` bytes, any part of them again."""

    def __init__(self, source: Source) -> None:
        self._start = 0
        self._is_own = False
        if isinstance(source, (bytes, bytearray, memoryview)):
            self._file: BinaryIO = io.BytesIO(source)
            self.name: Optional[str] = None
        elif isinstance(source, (str, os.PathLike)):
            self._file = open(source, "rb")
            self._is_own = True
            self.name = Path(source).name
        else:
            self._file = source
            self._start = source.tell()
            name = getattr(source, "name", None)
            self.name = Path(name).name if isinstance(name, str) else None
        self.size = self._file.seek(0, os.SEEK_END) - self._start

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the file; OSError when it has become shorter."""
        self._file.seek(self._start + offset)
        content = self._file.read(length)
        if len(content) != length:
            raise OSError("The file became shorter while it was sent.")
        return content

    def close(self) -> None:
        """Closes what was opened here."""
        if self._is_own:
            self._file.close()
