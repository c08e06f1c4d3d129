"""A header and arrays as one stretch of bytes, which ``network/payload.js`` reads.

The packed bytes are, little-endian::

    4 bytes   length of the header in bytes
    header    JSON in UTF-8; its ``arrays`` gives dtype, shape and offset of each array
    padding   up to a multiple of 4
    arrays    raw, each at its offset (counted from here), each padded to a multiple of 4
"""

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]

DTYPES = ("float32", "float16", "int32", "uint8")
"""What an array may be; the browser widens float16 to float32 and has a typed array for others."""


def narrow(arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    """Return the arrays, those of float32 as float16 where that loses nothing.

    Weights of shipped runs were stored in half precision, so they travel in it too.
    """
    return {name: _narrow(array) for name, array in arrays.items()}


def _narrow(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype != np.float32:
        return array
    with np.errstate(over="ignore"):
        half = array.astype(np.float16)
    return half if np.array_equal(half.astype(np.float32), array) else array


def _padding(length: int) -> bytes:
    return b"\0" * (-length % 4)


def pack(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Join a header and arrays into bytes; equal input gives equal bytes.

    Raises
    ------
    ValueError
        If an array's dtype is not one of :data:`DTYPES`.
    """
    listing: dict[str, dict[str, Any]] = {}
    parts: list[bytes] = []
    offset = 0
    for name, array in arrays.items():
        if array.dtype.name not in DTYPES:
            raise ValueError(f"array {name} is {array.dtype}, not one of {', '.join(DTYPES)}")
        raw = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()
        listing[name] = {"dtype": array.dtype.name, "shape": list(array.shape), "offset": offset}
        parts += [raw, _padding(len(raw))]
        offset += len(raw) + len(parts[-1])
    text = json.dumps({**header, "arrays": listing}, allow_nan=False).encode()
    return b"".join([struct.pack("<I", len(text)), text, _padding(len(text)), *parts])


def unpack(payload: bytes) -> tuple[dict[str, Any], Arrays]:
    """Undo :func:`pack`: the header without its ``arrays``, and the arrays.

    Raises
    ------
    ValueError
        If the bytes end before their header or arrays do.
    """
    (length,) = struct.unpack_from("<I", payload)
    header = json.loads(payload[4 : 4 + length])
    start = 4 + length + (-length % 4)
    arrays: Arrays = {}
    for name, info in header.pop("arrays").items():
        count = int(np.prod(info["shape"], dtype=np.int64))
        dtype = np.dtype(info["dtype"]).newbyteorder("<")
        values = np.frombuffer(payload, dtype, count, start + info["offset"])
        arrays[name] = values.reshape(info["shape"])
    return header, arrays
