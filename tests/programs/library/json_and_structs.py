# json, struct, array, base64, binascii, zlib, hashing.
import array
import base64
import binascii
import hashlib
import hmac
import json
import math
import struct
import zlib

VALUE = {"text": "é\U0001f600\u2028\"\\\n\x01/", "numbers": [0, -0.0, 1e100, 1.5, 10**20, True, None], "nested": {"a": {}, "b": [], "c": [[1], {"d": ()}]}, 1: "int", None: "none", 2.5: "float", False: "bool"}
print(json.dumps(VALUE), json.dumps(VALUE, ensure_ascii=False, separators=(",", ":")), json.dumps(VALUE["nested"], indent=2), json.dumps({"b": 1, "a": 2}, sort_keys=True, indent="\t"), sep="\n")
print(json.loads(json.dumps(VALUE)) == {str(k).lower() if isinstance(k, bool) else "null" if k is None else str(k): json.loads(json.dumps(v)) for k, v in VALUE.items()}, json.dumps([math.inf, -math.inf, math.nan]), json.loads("[Infinity, NaN, -Infinity]"))
for text in ('{"a": 1, "a": 2}', '"\\ud83d\\ude00\\ud800"', "[1,]", "{1: 2}", '{"a" 1}', '{"a": }', "", "  ", "[1 2]", '"unterminated', '"bad \\x"', "01", "1.", "-", "nul", "1 2", '"\t"', "[" * 5, '{"a": 1,}', "1e5", "-0", "1E400", b"\xff\xfe[\x001\x00]\x00", b'"\xc3\xa9"', "\ufeff1", '"\\u12"', "{,}"):
    try:
        print(repr(text), repr(json.loads(text)))
    except ValueError as error:
        print(repr(text), type(error).__name__, error)


class Encoder(json.JSONEncoder):
    def default(self, o):
        return sorted(o) if isinstance(o, set) else super().default(o)


print(json.dumps({"set": {3, 1, 2}}, cls=Encoder), json.dumps([1j], default=str), json.loads('{"x": [1.1, 2]}', parse_float=str, parse_int=lambda s: -int(s)), json.loads('{"a": {"b": 1}}', object_hook=lambda d: tuple(d.items())), json.loads('{"b": 1, "a": 2}', object_pairs_hook=list))
circular = []
circular.append(circular)
for bad in (lambda: json.dumps({1, 2}), lambda: json.dumps(circular), lambda: json.dumps({(1, 2): 3}), lambda: json.dumps(math.nan, allow_nan=False), lambda: json.dumps({(1,): 1, "a": 2}, skipkeys=True), lambda: json.loads(5), lambda: json.dumps({"b": 1, 2: 3}, sort_keys=True), lambda: json.dumps(b"x")):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)
print(json.JSONDecoder().raw_decode('{"a": 1} rest'), "".join(json.JSONEncoder(indent=1).iterencode([1, {"a": [2]}])))
# struct
for form, values in ((">bBhHiIqQ", (-1, 255, -2, 65535, -3, 2**32 - 1, -4, 2**64 - 1)), ("<efd", (1.5, 3.25, -1e100)), ("3s5pc?x", (b"abcdef", b"pascal", b"c", True)), ("@bi", (1, 2)), ("=bi", (1, 2)), ("!2h3B", (1, 2, 3, 4, 5)), ("n", (-5,)), (">d", (math.nan,))):
    packed = struct.pack(form, *values)
    print(form, packed, struct.calcsize(form), struct.unpack(form, packed))
for bad in (lambda: struct.pack("b", 128), lambda: struct.pack("B", -1), lambda: struct.pack("i", "a"), lambda: struct.pack("2i", 1), lambda: struct.unpack("i", b"abc"), lambda: struct.pack("z", 1), lambda: struct.pack("f", 1e300), lambda: struct.pack("c", b"ab"), lambda: struct.pack("e", 1e10), lambda: struct.unpack_from("i", b"abcd", 2), lambda: struct.pack("s", 5), lambda: struct.calcsize("99999999999999999999i"), lambda: struct.pack(">q", 2**63)):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)
buffer = bytearray(8)
struct.pack_into(">H", buffer, 3, 0xABCD)
s = struct.Struct("<hh")
print(buffer, list(struct.iter_unpack(">H", b"abcdef")), s.format, s.size, s.unpack_from(b"\1\0\2\0\3", 1))
a = array.array("h", [1, -2, 3])
a.extend([4]), a.insert(0, 9), a.byteswap()
print(a, a.tobytes(), a.itemsize, array.array("d", [1.5]), array.array("u", "té"), a.index(256), a[1:3], a.typecode, memoryview(a)[1], array.array("B", b"xyz").tolist())
# base64 and friends
data = bytes(range(0, 256, 7))
for encode, decode in ((base64.b64encode, base64.b64decode), (base64.urlsafe_b64encode, base64.urlsafe_b64decode), (base64.b32encode, base64.b32decode), (base64.b16encode, base64.b16decode), (base64.b85encode, base64.b85decode), (base64.a85encode, base64.a85decode), (binascii.hexlify, binascii.unhexlify), (binascii.b2a_base64, binascii.a2b_base64), (binascii.b2a_qp, binascii.a2b_qp)):
    print(encode(data), decode(encode(data)) == data)
for bad in (lambda: base64.b64decode("abc"), lambda: base64.b64decode("ab!=", validate=True), lambda: base64.b32decode("a"), lambda: binascii.unhexlify("abc"), lambda: binascii.unhexlify("zz"), lambda: base64.b64encode("text"), lambda: zlib.decompress(b"junk"), lambda: bytes.fromhex("0g"), lambda: base64.b16decode("ab")):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)
print(binascii.crc32(data), zlib.adler32(data), zlib.crc32(b"more", 5), binascii.crc_hqx(data, 0), zlib.decompress(zlib.compress(data * 50, 9)) == data * 50, zlib.decompressobj(-15).decompress(zlib.compress(b"raw")[2:-4]))
for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s"):
    h = hashlib.new(name, b"some ")
    h.update(data)
    print(name, h.hexdigest(), h.digest_size, h.block_size, h.copy().hexdigest() == h.hexdigest())
print(hashlib.shake_128(b"x").hexdigest(10), hashlib.blake2b(b"x", digest_size=8, key=b"k", salt=b"s", person=b"p").hexdigest(), hmac.new(b"key", b"message", "sha256").hexdigest(), hmac.compare_digest("a", "a"))
