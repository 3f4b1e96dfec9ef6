"""Frozen classes as plain values for JSON, and back. What is damaged is refused by the name of its field.

Nothing is converted but integers to floats. Every field has to be there, also one with a default, unless its
metadata is `LATER`: older files lack it. What is `OPTIONAL` is not written either while it has its default.
Fields that a class does not know are ignored, or refused if it is `CLOSED`. The metadata `name` is a field's
name in JSON where that is another.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar, get_origin

from cattrs import BaseConverter, BaseValidationError, Converter, override, transform_error
from cattrs.cols import homogenous_tuple_structure_factory, mapping_structure_factory
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn

LATER = {"later": True}
OPTIONAL = {"later": True, "optional": True}
COLLECTIONS: tuple[object, ...] = (tuple, dict, Mapping)
T = TypeVar("T")
Read = Callable[[Any, Any], Any]

_converter = Converter()


def to_plain(value: object) -> Any:
    """Return plain values, of which `from_plain` makes an equal object."""
    return _converter.unstructure(value)


def from_plain(kind: type[T], content: object) -> T:
    """Read what `to_plain` returned; raise a `ValueError` that says what is wrong, and where."""
    try:
        return _converter.structure(content, kind)
    except (BaseValidationError, ValueError) as error:
        reasons = transform_error(error, format_exception=lambda one, _: str(one))
        raise ValueError("; ".join(reasons)) from error


def _class(kind: Any, converter: BaseConverter) -> Read:
    closed = getattr(kind, "CLOSED", False)
    read = make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=closed, **_names(kind))
    needed = [one.metadata.get("name", one.name) for one in fields(kind) if not one.metadata.get("later")]

    def structure(content: Any, _: Any) -> Any:
        if lacking := [name for name in needed if name not in _exactly(dict, content)]:
            raise ValueError(f"{', '.join(lacking)} is missing")
        return read(content, kind)

    return structure


def _names(kind: Any) -> dict[str, Any]:
    return {
        one.name: override(
            rename=one.metadata.get("name"), omit_if_default=one.metadata.get("optional", False)
        )
        for one in fields(kind)
    }


def _collection(kind: Any, converter: BaseConverter) -> Read:
    plain: type
    if get_origin(kind) is tuple:
        plain, read = list, homogenous_tuple_structure_factory(kind, converter)
    else:
        plain, read = dict, mapping_structure_factory(kind, converter)
    return lambda content, _: read(_exactly(plain, content), kind)


def _exactly(kind: type[T], content: object) -> T:
    if type(content) is not kind:  # to isinstance, True is an integer
        raise ValueError(f"{content!r} is no {kind.__name__}")
    return content


def _scalar(plain: type) -> Read:
    return lambda content, kind: kind(_exactly(plain, content))  # `kind` may be an enumeration of these


def _float(content: object, _: Any) -> float:
    number = content if type(content) is int else _exactly(float, content)
    if not abs(number) <= sys.float_info.max:
        raise ValueError(f"{content!r} is no finite number")
    return float(number)


def _time(content: object, _: Any) -> datetime:
    time = datetime.fromisoformat(_exactly(str, content))
    if time.tzinfo is None:
        raise ValueError(f"{content} has no time zone")
    return time


for _kind in (bool, int, str):
    _converter.register_structure_hook(_kind, _scalar(_kind))
_converter.register_structure_hook(float, _float)
_converter.register_structure_hook(datetime, _time)
_converter.register_unstructure_hook(datetime, datetime.isoformat)
_converter.register_unstructure_hook(StrEnum, str)
_converter.register_structure_hook_factory(lambda kind: get_origin(kind) in COLLECTIONS, _collection)
_converter.register_structure_hook_factory(is_dataclass, _class)
_converter.register_unstructure_hook_factory(
    is_dataclass, lambda kind, converter: make_dict_unstructure_fn(kind, converter, **_names(kind))
)
