#!/usr/bin/env python3
"""Makes a tree of small valid JPEGs with EXIF for the scan bench: make_tree.py DIR [FILES] [PER_FOLDER].

Every file is a 1x1 JPEG with a camera, a capture time of its own and a few bytes that differ, so that no two are equal.
The folders are years, months and days, as import tools make them. Times of the files are those of the photos.
"""
import os
import struct
import sys

# A 1x1 grey baseline JPEG without its start marker (T.81), made once with libjpeg and written out here.
BODY = bytes.fromhex(
    "ffdb004300" + "10" * 64 +
    "ffc0000b080001000101011100" +
    "ffc4001f0000010501010101010100000000000000000102030405060708090a0b" +
    "ffc400b5100002010303020403050504040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1f0"
    "2433627282090a161718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a7374757677"
    "78797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8"
    "d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa" +
    "ffda0008010100003f00" + "7f" + "ffd9")


def exif(number: int, when: str) -> bytes:
    """An APP1 segment with maker, model and DateTimeOriginal (TIFF 6.0 and EXIF 2.3, little-endian)."""
    make, model = b"Canon\0", b"Canon EOS R6\0"
    taken = when.encode() + b"\0"
    # IFD0: four entries at 8, then its data; the EXIF directory behind it.
    ifd0_end = 8 + 2 + 4 * 12 + 4
    make_at = ifd0_end
    model_at = make_at + len(make)
    exif_at = (model_at + len(model) + 1) & ~1
    taken_at = exif_at + 2 + 2 * 12 + 4
    unique_at = taken_at + len(taken)
    unique = f"{number:032x}".encode() + b"\0"
    tiff = b"II*\0" + struct.pack("<I", 8)
    tiff += struct.pack("<H", 4)
    tiff += struct.pack("<HHII", 0x010F, 2, len(make), make_at)
    tiff += struct.pack("<HHII", 0x0110, 2, len(model), model_at)
    tiff += struct.pack("<HHIHH", 0x0112, 3, 1, 1, 0)
    tiff += struct.pack("<HHII", 0x8769, 4, 1, exif_at)
    tiff += struct.pack("<I", 0) + make + model
    tiff = tiff.ljust(exif_at, b"\0")
    tiff += struct.pack("<H", 2)
    tiff += struct.pack("<HHII", 0x9003, 2, len(taken), taken_at)
    tiff += struct.pack("<HHII", 0xA420, 2, len(unique), unique_at)
    tiff += struct.pack("<I", 0) + taken + unique
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def main() -> None:
    root = sys.argv[1]
    files = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    per_folder = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    folder = ""
    for number in range(files):
        day = number // per_folder
        year, month, date = 2005 + day // 336 % 20, day // 28 % 12 + 1, day % 28 + 1
        if number % per_folder == 0:
            folder = os.path.join(root, f"{year}", f"{month:02}", f"{date:02}-{day}")
            os.makedirs(folder, exist_ok=True)
        second = number % per_folder % 60
        minute = number % per_folder // 60 % 60
        when = f"{year}:{month:02}:{date:02} 12:{minute:02}:{second:02}"
        path = os.path.join(folder, f"IMG_{number:06}.JPG")
        with open(path, "wb") as out:
            out.write(b"\xff\xd8" + exif(number, when) + BODY)
        at = 1_104_580_800 + day * 86_400 + minute * 60 + second
        os.utime(path, (at, at))
    print(f"{files} files in {root}")


main()
