"""A property that is computed once for each object, by whichever thread comes first.

In: a method, of an object that keeps a lock. Out: a property; the others wait for its value. `functools.cached_property` lets two threads
compute it side by side since Python 3.12, and before that has one lock for all objects of a class.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Generic, Protocol, TypeVar, overload


class Locked(Protocol):
    @property
    def lock(self) -> AbstractContextManager[Any]:
        """One that a thread may take again while it holds it: a property may ask for another one."""


Owner = TypeVar("Owner", bound=Locked)
Value = TypeVar("Value")


class once(Generic[Owner, Value]):
    """The property of a method. Its value lies in the object's `__dict__` under the method's name, where it is found before the property is."""

    def __init__(self, compute: Callable[[Owner], Value]) -> None:
        self._compute, self._name, self.__doc__ = compute, compute.__name__, compute.__doc__

    @overload
    def __get__(self, owner: None, kind: type[Owner]) -> once[Owner, Value]: ...
    @overload
    def __get__(self, owner: Owner, kind: type[Owner]) -> Value: ...
    def __get__(self, owner: Owner | None, kind: type[Owner]) -> once[Owner, Value] | Value:
        if owner is None:
            return self
        with owner.lock:
            kept = owner.__dict__
            if self._name not in kept:
                kept[self._name] = self._compute(owner)
            value: Value = kept[self._name]
            return value
