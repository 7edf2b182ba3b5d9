"""The commands for several bodies at once (0x0930 to 0x0955, section 3)."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import Any, Generic, Iterable, Mapping, Optional, TypeVar, Union

from ..records import JSON, Camera, WidgetValue, camera_key, camera_value
from .codes import Command
from .request import Request, given, raw

Outcome = TypeVar("Outcome")

Target = Union[str, Iterable[Camera], None]
"""Whom a command is for: a group's name, several cameras, or None for every ready body."""


def _target(target: Target) -> JSON:
    if target is None:
        return {}
    if isinstance(target, str):
        return {"group": target}
    return {"cameras": [camera_value(camera) for camera in target]}


def _wait(at: Optional[int]) -> float:
    """How many seconds it is until then, by this machine's clock."""
    return 0.0 if at is None else max(0.0, at / 1e9 - time.time())


def _offsets(offsets: Optional[Mapping[Camera, int]]) -> Optional[dict[str, int]]:
    return None if offsets is None else {camera_key(camera): ns for camera, ns in offsets.items()}


class GroupCommands(ABC, Generic[Outcome]):
    """One method for each command of groups, shots and presets.

    Each gives the JSON of the answer as the protocol's tables show it (SHOT and so on). `target` is a group's name, a
    list of cameras, or None for every ready body; times (`at`, `offsets`) are in nanoseconds, `at` since 1970.
    """

    @abstractmethod
    def _ask_group(self, request: Request[JSON]) -> Outcome: ...

    def _group(self, code: Command, arguments: JSON, takes: float = 0.0) -> Outcome:
        return self._ask_group(raw(code, arguments, takes))

    def arm_group(self, target: Target = None, *, require_all: Optional[bool] = None) -> Outcome:
        """ARM_GROUP: makes the bodies ready to release at once; gives `shot`, for `fire_group`."""
        return self._group(Command.ARM_GROUP, {**_target(target), **given(require_all=require_all)})

    def fire_group(
        self, shot: Any, *, at: Optional[int] = None, offsets: Optional[Mapping[Camera, int]] = None
    ) -> Outcome:
        """FIRE_GROUP: releases an armed shot."""
        return self._group(
            Command.FIRE_GROUP, given(shot=shot, at=at, offsets=_offsets(offsets)), takes=_wait(at) + 60)

    def capture_group(
        self, target: Target = None, *, at: Optional[int] = None, offsets: Optional[Mapping[Camera, int]] = None,
        download: Optional[bool] = None, require_all: Optional[bool] = None
    ) -> Outcome:
        """CAPTURE_GROUP: releases the bodies together and waits for every image."""
        options = given(at=at, offsets=_offsets(offsets), download=download, require_all=require_all)
        return self._group(Command.CAPTURE_GROUP, {**_target(target), **options}, takes=_wait(at) + 120)

    def set_group_widgets(self, widgets: Mapping[str, WidgetValue], target: Target = None) -> Outcome:
        """SET_GROUP_WIDGETS: sets the widgets on every body; each answers for itself."""
        return self._group(Command.SET_GROUP_WIDGETS, {**_target(target), "widgets": dict(widgets)}, takes=60)

    def copy_widgets(
        self, source: Camera, target: Target = None, *, widgets: Optional[Iterable[str]] = None
    ) -> Outcome:
        """COPY_WIDGETS: gives the bodies the values of one."""
        names = given(widgets=None if widgets is None else list(widgets))
        return self._group(
            Command.COPY_WIDGETS, {"from": camera_value(source), **_target(target), **names}, takes=60)

    def disarm_group(self, shot: Any) -> Outcome:
        """DISARM_GROUP: gives an armed shot up."""
        return self._group(Command.DISARM_GROUP, {"shot": shot})

    def start_group_sequence(
        self, count: int, interval_seconds: float, target: Target = None, *, bulb_seconds: Optional[float] = None,
        download: Optional[bool] = None, bracket: Optional[Mapping[str, Any]] = None, keep: Optional[bool] = None
    ) -> Outcome:
        """START_GROUP_SEQUENCE: a shot every so often; with `keep` it outlives this client."""
        options = given(
            count=count, interval_seconds=interval_seconds, bulb_seconds=bulb_seconds, download=download,
            bracket=bracket, keep=keep)
        return self._group(Command.START_GROUP_SEQUENCE, {**_target(target), **options})

    def stop_group_sequence(self, sequence: Any) -> Outcome:
        """STOP_GROUP_SEQUENCE: ends it; gives how many shots were `taken`."""
        return self._group(Command.STOP_GROUP_SEQUENCE, {"sequence": sequence})

    def collect_group(
        self, window_seconds: float, target: Target = None, *, download: Optional[bool] = None,
        trigger: Optional[str] = None, at: Optional[int] = None
    ) -> Outcome:
        """COLLECT_GROUP: makes a shot of the images that come within the window, whoever released.

        With `trigger` the server gives that trigger a pulse, at `at` or at once.
        """
        options = given(window_seconds=window_seconds, download=download, trigger=trigger, at=at)
        return self._group(Command.COLLECT_GROUP, {**_target(target), **options}, takes=window_seconds + 60)

    def list_triggers(self) -> Outcome:
        """LIST_TRIGGERS: the server's triggers, each with what is against it."""
        return self._group(Command.LIST_TRIGGERS, {})

    def list_images(
        self, *, limit: Optional[int] = None, before: Optional[int] = None, camera: Any = None,
        shot: Optional[int] = None, project: Optional[str] = None, since: Optional[int] = None,
        until: Optional[int] = None
    ) -> Outcome:
        """LIST_IMAGES: the images that the server has saved, newest first; of `since` and later, and before `until`."""
        options = given(limit=limit, before=before, camera=camera, shot=shot, project=project, since=since, until=until)
        return self._group(Command.LIST_IMAGES, options)

    def verify_images(
        self, *, limit: Optional[int] = None, before: Optional[int] = None, camera: Any = None,
        shot: Optional[int] = None, project: Optional[str] = None, since: Optional[int] = None,
        until: Optional[int] = None
    ) -> Outcome:
        """VERIFY_IMAGES: reads them back; `condition` is intact, changed or missing."""
        options = given(limit=limit, before=before, camera=camera, shot=shot, project=project, since=since, until=until)
        return self._group(Command.VERIFY_IMAGES, options, takes=3600)

    def fetch_images(self, target: Target = None) -> Outcome:
        """FETCH_IMAGES: saves what is on the cards and was never saved."""
        return self._group(Command.FETCH_IMAGES, _target(target), takes=3600)

    def get_disk(self) -> Outcome:
        """GET_DISK: the room on the server's disk in bytes, and how many `frames` of all ready bodies fit, or None."""
        return self._group(Command.GET_DISK, {})

    def open_project(self, project: str) -> Outcome:
        """OPEN_PROJECT: shots and images from now on belong to it, in place of the one that is open."""
        return self._group(Command.OPEN_PROJECT, {"project": project})

    def close_project(self) -> Outcome:
        """CLOSE_PROJECT: shots and images from now on belong to none."""
        return self._group(Command.CLOSE_PROJECT, {})

    def list_projects(self, *, limit: Optional[int] = None, before: Optional[str] = None) -> Outcome:
        """LIST_PROJECTS: the projects, the one opened last first; `before` a name goes on after a page."""
        return self._group(Command.LIST_PROJECTS, given(limit=limit, before=before))

    def list_shots(
        self, *, limit: Optional[int] = None, before: Any = None, project: Optional[str] = None
    ) -> Outcome:
        """LIST_SHOTS: the shots, newest first; `before` a shot's id goes on after a page."""
        return self._group(Command.LIST_SHOTS, given(limit=limit, before=before, project=project))

    def get_shot(self, shot: Any) -> Outcome:
        """GET_SHOT: one shot."""
        return self._group(Command.GET_SHOT, {"shot": shot})

    def save_preset(self, preset: str, source: Camera, *, widgets: Optional[Iterable[str]] = None) -> Outcome:
        """SAVE_PRESET: keeps one body's values under a name."""
        names = given(widgets=None if widgets is None else list(widgets))
        return self._group(Command.SAVE_PRESET, {"preset": preset, "from": camera_value(source), **names}, takes=30)

    def apply_preset(self, preset: str, target: Target = None) -> Outcome:
        """APPLY_PRESET: gives the bodies the values of a preset."""
        return self._group(Command.APPLY_PRESET, {"preset": preset, **_target(target)}, takes=60)

    def list_presets(self) -> Outcome:
        """LIST_PRESETS: the presets."""
        return self._group(Command.LIST_PRESETS, {})

    def delete_preset(self, preset: str) -> Outcome:
        """DELETE_PRESET: drops a preset."""
        return self._group(Command.DELETE_PRESET, {"preset": preset})

    def compare_cameras(self, target: Target = None, *, widgets: Optional[Iterable[str]] = None) -> Outcome:
        """COMPARE_CAMERAS: the widgets in which the bodies differ."""
        names = given(widgets=None if widgets is None else list(widgets))
        return self._group(Command.COMPARE_CAMERAS, {**_target(target), **names}, takes=60)

    def sync_clocks(self, target: Target = None) -> Outcome:
        """SYNC_CLOCKS: sets the bodies' clocks by the server's."""
        return self._group(Command.SYNC_CLOCKS, _target(target), takes=60)
