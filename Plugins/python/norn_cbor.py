"""Deterministic CBOR (RFC 8949, 4.2) as Norn's parties speak it; floats always take 64 bits."""
import struct

DEPTH_MAXIMUM = 64


def encode(value):
    """The bytes of None, booleans, integers, floats, texts, bytes, lists and dictionaries of these."""
    out = bytearray()
    _put(out, value, 0)
    return bytes(out)


def _head(out, major, value):
    if value < 24:
        out.append(major << 5 | value)
        return
    for code, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << 8 * width:
            out.append(major << 5 | code)
            out += value.to_bytes(width, "big")
            return
    raise ValueError("an integer is wider than 64 bits")


def _put(out, value, depth):
    if depth > DEPTH_MAXIMUM:
        raise ValueError("a value is nested too deeply")
    if value is None:
        out.append(0xF6)
    elif value is True or value is False:
        out.append(0xF5 if value else 0xF4)
    elif isinstance(value, str):
        data = value.encode("utf-8")
        _head(out, 3, len(data))
        out += data
    elif isinstance(value, (bytes, bytearray, memoryview)):
        data = bytes(value)
        _head(out, 2, len(data))
        out += data
    elif isinstance(value, dict):
        members = sorted((encode(key), member) for key, member in value.items())
        _head(out, 5, len(members))
        for key, member in members:
            out += key
            _put(out, member, depth + 1)
    elif isinstance(value, (list, tuple)):
        _head(out, 4, len(value))
        for element in value:
            _put(out, element, depth + 1)
    elif isinstance(value, float):
        out.append(0xFB)
        out += struct.pack(">d", value)
    elif hasattr(value, "__index__"):
        number = value.__index__()
        _head(out, 0 if number >= 0 else 1, number if number >= 0 else -1 - number)
    elif hasattr(value, "tolist"):
        # NumPy's arrays and numbers.
        _put(out, value.tolist(), depth)
    else:
        raise TypeError(f"a {type(value).__name__} has no form in CBOR")


def decode(data):
    """The value of bytes that hold exactly one."""
    reader = _Reader(bytes(data))
    value = reader.value(0)
    if reader.at != len(reader.data):
        raise ValueError("bytes follow the value")
    return value


class _Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, count):
        if count > len(self.data) - self.at:
            raise ValueError("the bytes end inside a value")
        self.at += count
        return self.data[self.at - count : self.at]

    def value(self, depth):
        if depth > DEPTH_MAXIMUM:
            raise ValueError("a value is nested too deeply")
        first = self.take(1)[0]
        major, code = first >> 5, first & 31
        if major == 7:
            return self.simple(code)
        if code > 27:
            raise ValueError("a value has no length")
        number = code if code < 24 else int.from_bytes(self.take(1 << (code - 24)), "big")
        if major == 0:
            return number
        if major == 1:
            return -1 - number
        if major == 2:
            return self.take(number)
        if major == 3:
            return self.take(number).decode("utf-8")
        if major == 4:
            return [self.value(depth + 1) for _ in range(number)]
        if major == 5:
            return {self.value(depth + 1): self.value(depth + 1) for _ in range(number)}
        return self.value(depth + 1)  # a tag says more of the value that follows

    def simple(self, code):
        if code in (20, 21):
            return code == 21
        if code in (22, 23):
            return None
        for known, form, width in ((25, ">e", 2), (26, ">f", 4), (27, ">d", 8)):
            if code == known:
                return struct.unpack(form, self.take(width))[0]
        raise ValueError("a simple value is not known")
