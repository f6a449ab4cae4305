"""Reads the signatures of handlers once, so that the native side can fill in their arguments."""

from __future__ import annotations

import collections.abc
import inspect
import types
import typing
from collections.abc import Callable
from typing import Any

from tidewire import _core
from tidewire._errors_generated import InvalidArgumentError
from tidewire.streams import receiving, replying

# What the annotation of a stream of arguments is.
_STREAMS = (
    collections.abc.AsyncIterator,
    collections.abc.AsyncIterable,
    collections.abc.AsyncGenerator,
)
# JSON's types of the annotations that are checked; any other annotation takes any value.
_JSON_TYPES: dict[Any, str] = {
    None: "null",
    type(None): "null",
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    list: "list",
    dict: "dict",
}


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling it gives something to await; an async generator is refused."""
    if not callable(function):
        raise InvalidArgumentError(f"a handler is a function, not {function!r}")
    inner: Any = inspect.unwrap(function)
    while hasattr(inner, "func") and not inspect.isroutine(inner):  # functools.partial
        inner = inner.func
    if not inspect.isroutine(inner) and not inspect.isclass(inner):
        inner = type(inner).__call__  # an object may have an async __call__
    if inspect.isasyncgenfunction(inner):
        raise InvalidArgumentError(
            f"{_name(function)} is a generator: only a method streams its reply"
        )
    if inspect.isgeneratorfunction(inner):
        raise InvalidArgumentError(
            f"{_name(function)} is a generator: declare it async def to stream its reply"
        )
    return inspect.iscoroutinefunction(inner)


def route_handler(function: Callable[..., Any], name: str) -> _core.Handler:
    """The handler of a route: a function of one request."""
    asynchronous = is_async(function)
    try:
        inspect.signature(function).bind(None)
    except ValueError:
        pass  # a builtin that does not tell
    except TypeError as error:
        raise InvalidArgumentError(
            f"{_name(function)} must take the request and nothing else: {error}"
        ) from None
    return _core.Handler(function, name, is_async=asynchronous, is_method=False)


def _is_async_generator(function: Callable[..., Any]) -> bool:
    inner: Any = inspect.unwrap(function)
    while hasattr(inner, "func") and not inspect.isroutine(inner):
        inner = inner.func
    return inspect.isasyncgenfunction(inner)


def _items_parameter(function: Callable[..., Any], hints: dict[str, Any]) -> str | None:
    """The parameter that is sent the stream of arguments, which is then the only one."""
    names = [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if typing.get_origin(hints.get(parameter.name)) in _STREAMS
        or hints.get(parameter.name) in _STREAMS
    ]
    if not names:
        return None
    others = [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name != names[0] and hints.get(parameter.name) is not _core.Context
    ]
    if others:
        raise InvalidArgumentError(
            f"{_name(function)}: beside the stream {names[0]} there are no arguments, so not "
            f"{', '.join(others)}"
        )
    return names[0]


def method_handler(function: Callable[..., Any], name: str) -> _core.Handler:
    """The handler of a method: its parameters are the names of the JSON object's members."""
    hints = _hints(function) if callable(function) else {}
    yields = _is_async_generator(function)
    asynchronous = yields or is_async(function)
    items = _items_parameter(function, hints)
    if items is not None and not asynchronous:
        raise InvalidArgumentError(f"{_name(function)} takes a stream: declare it async def")
    called: Callable[..., Any] = function
    if yields:
        called = replying(function, items)
    elif items is not None:
        called = receiving(function, items)
    handler = _core.Handler(called, name, is_async=asynchronous, is_method=True)
    handler.set_streams(yields, items is not None)
    has_context = False
    for parameter in inspect.signature(function).parameters.values():
        hint = hints.get(parameter.name, Any)
        if parameter.name == items:
            continue
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL):
            raise InvalidArgumentError(
                f"{_name(function)}: arguments come by name, which {parameter} does not take"
            )
        if parameter.kind is parameter.VAR_KEYWORD:
            handler.set_extra()
        elif hint is _core.Context and not has_context:
            handler.set_context(parameter.name)
            has_context = True
        else:
            required = parameter.default is parameter.empty
            default = None if required else parameter.default
            handler.add_parameter(parameter.name, default, required, json_types(hint))
    return handler


def json_types(hint: Any) -> list[str]:
    """The JSON types that an annotation takes; empty when it takes any."""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        names: list[str] = []
        for member in typing.get_args(hint):
            found = json_types(member)
            if not found:
                return []
            names += found
        return names
    if origin is typing.Annotated:
        return json_types(typing.get_args(hint)[0])
    try:
        name = _JSON_TYPES.get(origin or hint)
    except TypeError:  # not hashable
        return []
    return [] if name is None else [name]


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    target: Any = function
    while hasattr(target, "func") and not inspect.isroutine(target):
        target = target.func
    if not inspect.isroutine(target) and not inspect.isclass(target):
        target = type(target).__call__
    try:
        return typing.get_type_hints(target, include_extras=True)
    except Exception:  # a name that exists for type checkers only: read what can be read
        scope = getattr(target, "__globals__", {})
        hints = getattr(target, "__annotations__", {})
        return {name: _evaluated(hint, scope) for name, hint in hints.items()}


def _evaluated(hint: Any, scope: dict[str, Any]) -> Any:
    if not isinstance(hint, str):
        return hint
    try:
        return eval(hint, scope)
    except Exception:
        return Any


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", repr(function))
