"""The errors: one class per code of the error table, all under `tidewire.Error`.

Each class also derives from the builtin that one would catch for it (`TimeoutError`,
`ConnectionError`, `ValueError`, `PermissionError`, ...).
"""

from __future__ import annotations

from tidewire import _errors_generated
from tidewire._errors_generated import *  # noqa: F403

__all__ = ["error_for"]
__all__ += _errors_generated.__all__


def error_for(code: str, message: str = "") -> _errors_generated.Error:
    """The error of that code; `internal` for a code that the table does not have."""
    kind = _errors_generated.ERRORS.get(code, _errors_generated.InternalError)
    return kind(message)
