"""A device's key: one file, readable by its owner alone."""

import os
import secrets
import stat
from pathlib import Path

import coincurve

from commons_device.errors import DeviceError


def create_key(path: Path) -> bytes:
    """A new key in a file of mode 600; a key that is there is never replaced.

    Raises:
        DeviceError
    """
    key = secrets.token_bytes(32)
    coincurve.PrivateKey(key)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise DeviceError(f"There is a key in {path} already. Move it away to make another.") from error
    with os.fdopen(file, "w") as text:
        text.write(key.hex() + "\n")
        text.flush()
        os.fsync(text.fileno())
    return key


def load_key(path: Path) -> bytes:
    """The key of a file that nobody else can read.

    Raises:
        DeviceError
    """
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise DeviceError(f"Others can read {path}; say chmod 600 to it first.")
        key = bytes.fromhex(path.read_text().strip())
        coincurve.PrivateKey(key)
    except FileNotFoundError as error:
        raise DeviceError(f"There is no key in {path}; `new` makes one.") from error
    except ValueError as error:
        raise DeviceError(f"{path} holds no key: 64 hexadecimal digits are expected.") from error
    return key
