"""Draws the sample photos and writes them as a photographer's folders would hold them.

Run it here with Python 3, numpy, Pillow and exiftool: `python3 make_samples.py [--only NAME]`. Everything is seeded, so
the pictures are the same each time (compressed bytes may differ with another Pillow). Nothing in them comes from anyone
else's photo: cameras, lenses and people are invented.
"""

import pathlib
import shutil
import subprocess
import sys

import numpy as np
from PIL import Image, ImageCms

import scenes_far as far
import scenes_land as land
import scenes_night as night
import scenes_still as still

HERE = pathlib.Path(__file__).resolve().parent
CACHE = HERE / ".drawn"

LUMEN = dict(Make="Lumen", Model="Lumen L1", SerialNumber="0012345")
ASTER = dict(Make="Aster", Model="Aster Fieldcam 5")
PHONE = dict(Make="Kite", Model="Kite Phone 8", LensModel="Kite Phone 8 back camera 5.6mm f/1.8")
W24 = dict(LensModel="Lumen 24-70mm F2.8 S", LensMake="Lumen")
W16 = dict(LensModel="Lumen 16-35mm F4 S", LensMake="Lumen")
W85 = dict(LensModel="Lumen 85mm F1.4 S", LensMake="Lumen")
T100 = dict(LensModel="Aster 100-400mm f/4.5-6.3 OSS", LensMake="Aster")
M60 = dict(LensModel="Aster Macro 60mm f/2.8", LensMake="Aster")
P35 = dict(LensModel="Aster Prime 35mm f/1.8", LensMake="Aster")


def shot(camera, lens, when, speed, f, iso, mm, zone=None, gps=None, **more):
    """EXIF in exiftool's words. The zone and the place are left out where a camera would not know them."""
    tags = {**camera, **lens}
    tags.update(DateTimeOriginal=when, CreateDate=when, ModifyDate=when, ExposureTime=speed, FNumber=f, ISO=iso, FocalLength=mm)
    tags.update(ExposureProgram=3, MeteringMode=5, Flash=0, WhiteBalance=0, ColorSpace=1)
    if zone:
        tags.update(OffsetTimeOriginal=zone, OffsetTime=zone, OffsetTimeDigitized=zone)
    if gps:
        lat, lon, alt = gps
        tags.update(GPSLatitude=abs(lat), GPSLatitudeRef="N" if lat >= 0 else "S", GPSLongitude=abs(lon))
        tags.update(GPSLongitudeRef="E" if lon >= 0 else "W", GPSAltitude=abs(alt), GPSAltitudeRef=0 if alt >= 0 else 1)
    tags.update(more)
    return tags


COAST, PEAKS, CITY, STILL = "2024-06 Coast", "2024-09 Mountains", "2025-01 City at night", "2025-04 Garden and studio"

# path, scene, how it is written, EXIF
PHOTOS = [
    (f"{COAST}/IMG_0001.jpg", lambda: land.sea_sunset(), {}, shot(LUMEN, W24, "2024:06:14 21:38:05", "1/640", 8, 100, 35, "+01:00", (50.1163, -5.4780, 6))),
    (f"{COAST}/IMG_0002.jpg", lambda: land.sea_sunset(seed=4, boat=True), {}, shot(LUMEN, W85, "2024:06:14 19:12:44", "1/1250", 5.6, 100, 85, "+01:00", (50.1171, -5.4768, 5))),
    (f"{COAST}/IMG_0003.jpg", lambda: far.lighthouse(), {}, shot(LUMEN, W24, "2024:06:15 22:04:31", "1.3", 9, 100, 28, "+01:00", (50.0659, -5.7147, 24))),
    (f"{COAST}/IMG_0004.jpg", lambda: land.moonlight(), {}, shot(LUMEN, W85, "2024:06:16 00:21:10", "2.5", 4, 400, 85, "+01:00")),
    (f"{COAST}/Beach from above.jpg", lambda: land.beach_above(), dict(turn=6), shot(PHONE, {}, "2024:06:16 13:05:52", "1/2000", 1.8, 50, 5.6, "+01:00", (50.0920, -5.6900, 61))),
    (f"{COAST}/IMG_0006.jpg", lambda: still.pier(), dict(gray=True), shot(ASTER, P35, "2024:06:17 05:48:00", "120", 11, 100, 35)),
    (f"{PEAKS}/DSC_1101.jpg", lambda: land.alpine_dawn(), dict(icc="p3"), shot(ASTER, T100, "2024:09:07 06:31:12", "1/200", 8, 200, 135, "+02:00", (46.5585, 8.0042, 2061))),
    (f"{PEAKS}/DSC_1102.jpg", lambda: land.snow_peaks(), {}, shot(ASTER, P35, "2024:09:07 09:15:40", "1/1000", 8, 100, 35, "+02:00", (46.5372, 7.9626, 2840))),
    (f"{PEAKS}/DSC_1103.jpg", lambda: land.lake(), {}, shot(ASTER, P35, "2024:09:08 06:52:27", "1/60", 9, 100, 35, "+02:00", (46.6712, 8.1003, 1210))),
    (f"{PEAKS}/DSC_1104.jpg", lambda: still.fir_fog(), dict(progressive=True), shot(ASTER, T100, "2024:09:08 08:20:03", "1/320", 7.1, 400, 210, "+02:00")),
    (f"{PEAKS}/DSC_1105.jpg", lambda: far.balloons(), {}, shot(ASTER, T100, "2024:09:09 07:02:55", "1/800", 6.3, 200, 100, "+02:00")),
    (f"{PEAKS}/DSC_1106.jpg", lambda: land.canyon(), {}, shot(ASTER, P35, "2024:09:12 18:41:19", "1/250", 8, 100, 35)),
    (f"{PEAKS}/DSC_1107.jpg", lambda: land.dunes(), {}, shot(ASTER, T100, "2024:09:14 18:22:08", "1/500", 9, 100, 120)),
    (f"{PEAKS}/DSC_1108.jpg", lambda: night.milky_way(), {}, shot(LUMEN, W16, "2024:09:15 23:47:30", "15", 2.8, 6400, 16, "+02:00", (46.3300, 8.1100, 1904))),
    (f"{PEAKS}/Σεπτέμβριος – λίμνη.jpg", lambda: land.lake(seed=8), {}, shot(PHONE, {}, "2024:09:08 07:10:00", "1/120", 1.8, 64, 5.6, "+02:00", (46.6710, 8.1011, 1209))),
    (f"{CITY}/IMG_2001.jpg", lambda: night.skyline(), {}, shot(LUMEN, W24, "2025:01:17 17:21:46", "4", 8, 100, 40, "+01:00", (52.5163, 13.4500, 34))),
    (f"{CITY}/IMG_2002.jpg", lambda: night.rain_glass(), {}, shot(LUMEN, W85, "2025:01:17 19:02:11", "1/125", 1.4, 1600, 85, "+01:00")),
    (f"{CITY}/IMG_2003.jpg", lambda: night.trails(), {}, shot(LUMEN, W16, "2025:01:18 17:48:20", "30", 11, 100, 20, "+01:00")),
    (f"{CITY}/IMG_2004.jpg", lambda: night.star_trails(), dict(turn=8), shot(LUMEN, W16, "2025:01:18 23:10:00", "3600", 4, 200, 16, "+01:00", (52.9000, 12.8000, 71))),
    (f"{CITY}/IMG_2005.jpg", lambda: night.aurora(), {}, shot(LUMEN, W16, "2025:01:21 22:36:18", "6", 2.8, 3200, 16, "+01:00", (69.6492, 18.9553, 12))),
    (f"{CITY}/IMG_2006.jpg", lambda: still.facade(), {}, shot(PHONE, {}, "2025:01:19 12:14:09", "1/1600", 1.8, 50, 5.6, "+01:00", (52.5075, 13.3903, 36))),
    (f"{STILL}/DSC_3001.jpg", lambda: still.blossom(), {}, shot(ASTER, M60, "2025:04:12 10:33:26", "1/400", 3.2, 200, 60, "+02:00")),
    (f"{STILL}/DSC_3002.jpg", lambda: still.leaf(), {}, shot(ASTER, M60, "2025:04:12 11:04:58", "1/160", 5.6, 400, 60, "+02:00")),
    (f"{STILL}/DSC_3003.jpg", lambda: still.lavender(), {}, shot(LUMEN, W24, "2025:04:13 20:41:33", "1/200", 8, 100, 24, "+02:00", (43.9270, 5.9890, 590))),
    (f"{STILL}/DSC_3004.jpg", lambda: far.storm(), {}, shot(LUMEN, W24, "2025:04:13 21:55:17", "8", 8, 100, 24, "+02:00")),
    (f"{STILL}/DSC_3005.webp", lambda: far.icebergs(), dict(size=(1200, 800)), shot(ASTER, T100, "2025:04:20 15:09:41", "1/1000", 8, 100, 160)),
    (f"{STILL}/ink.png", lambda: still.ink(), dict(size=(720, 480)), None),
    (f"{STILL}/print of the dunes.tif", lambda: land.dunes(seed=11, mono=True), dict(size=(720, 480), gray=True), shot(LUMEN, {}, "2025:04:21 10:00:00", "1/60", 8, 100, 50)),
    (f"{STILL}/contact.bmp", lambda: land.snow_peaks(seed=1), dict(size=(300, 200)), None),
    (f"{STILL}/lamps.gif", None, {}, None),
]


def drawn(scene, key):
    """The scene as pixels, kept in a cache so that a second run only writes files."""
    CACHE.mkdir(exist_ok=True)
    at = CACHE / (key.replace("/", "_") + ".png")
    if not at.exists():
        Image.fromarray(scene()).save(at, compress_level=1)
    return Image.open(at).convert("RGB")


def display_p3():
    """A Display P3 profile, built here from its published primaries (SMPTE EG 432-1, D65, sRGB curve)."""
    import struct

    def xyz(v):
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(c * 65536)) for c in v)

    def text(kind, s):
        if kind == "mluc":
            u = s.encode("utf-16-be")
            return b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(u), 28) + u

    curve = b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + b"".join(struct.pack(">i", round(c * 65536)) for c in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
    chad = b"sf32\0\0\0\0" + b"".join(struct.pack(">i", round(c * 65536)) for c in (1.0479, 0.0229, -0.0502, 0.0296, 0.9904, -0.0171, -0.0092, 0.0151, 0.7517))
    tags = [
        (b"desc", text("mluc", "Display P3")),
        (b"cprt", text("mluc", "Made for Safelight, no rights reserved")),
        (b"wtpt", xyz((0.9642, 1.0, 0.8249))),
        (b"rXYZ", xyz((0.51512, 0.2412, -0.00105))),
        (b"gXYZ", xyz((0.29198, 0.69225, 0.04189))),
        (b"bXYZ", xyz((0.1571, 0.06657, 0.78407))),
        (b"chad", chad),
        (b"rTRC", curve),
        (b"gTRC", curve),
        (b"bTRC", curve),
    ]
    table, body, at = b"", b"", 128 + 4 + 12 * len(tags)
    seen = {}
    for name, data in tags:
        data += b"\0" * (-len(data) % 4)
        if data not in seen:
            seen[data] = at + len(body)
            body += data
        table += struct.pack(">4sII", name, seen[data], len(data))
    head = struct.pack(">I4sI4s4s4s", 0, b"\0\0\0\0", 0x04000000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2025, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + struct.pack(">3i", 63190, 65536, 54061)
    head += b"\0" * (128 - len(head))
    out = bytearray(head + struct.pack(">I", len(tags)) + table + body)
    out[0:4] = struct.pack(">I", len(out))
    return bytes(out)


def write(path, im, gray=False, progressive=False, turn=0, icc=None, size=None):
    at = HERE / path
    at.parent.mkdir(parents=True, exist_ok=True)
    if size:
        im = im.resize(size, Image.LANCZOS)
    if gray:
        im = im.convert("L")
    if turn:  # stored lying, shown upright by the orientation tag
        im = im.transpose({6: Image.ROTATE_90, 8: Image.ROTATE_270}[turn])
    kind = at.suffix
    if kind == ".jpg":
        more = dict(quality=83, optimize=True, progressive=progressive)
        if not gray:
            more["subsampling"] = 2
        if icc == "p3":
            profile = ImageCms.ImageCmsProfile(__import__("io").BytesIO(display_p3()))
            im = ImageCms.profileToProfile(im, ImageCms.createProfile("sRGB"), profile, renderingIntent=1)
            more["icc_profile"] = display_p3()
        im.save(at, **more)
    elif kind == ".webp":
        im.save(at, quality=82, method=6)
    elif kind == ".tif":
        im.save(at, compression="tiff_lzw", dpi=(300, 300))
    elif kind == ".png":
        im.save(at, optimize=True)
    else:
        im.save(at)


def lamps(path):
    """A small looping animation: lights out of focus that swell and fade."""
    frames = []
    for k in range(6):
        img = night.bokeh(240, 360, 47, 60, (8, 22))
        beat = night.bokeh(240, 360, 48, 26, (8, 20))
        frames.append(night.film(img + beat * (0.5 + 0.5 * np.sin(k / 6 * 2 * np.pi)), 1.3, 1, grain=0))
    ims = [Image.fromarray(f).quantize(96, dither=Image.Dither.NONE) for f in frames]
    ims[0].save(HERE / path, save_all=True, append_images=ims[1:], duration=180, loop=0)


def exif(path, tags, turn):
    """Written by exiftool, so that the tags are those other programs write."""
    args = ["exiftool", "-q", "-overwrite_original", "-n"]
    group = lambda k: "GPS" if k.startswith("GPS") else "EXIF"
    args += [f"-{group(k)}:{k}={v}" for k, v in tags.items()]
    if not path.endswith(".tif"):
        args += [f"-EXIF:Orientation={turn or 1}"]
    with Image.open(HERE / path) as im:
        args += [f"-EXIF:ExifImageWidth={im.width}", f"-EXIF:ExifImageHeight={im.height}"]
    args += ["-EXIF:Artist=Mara Lind", "-EXIF:Software=Safelight samples"]
    subprocess.run(args + [str(HERE / path)], check=True)


# Marks that came with the files: written into two of them and into one sidecar, as other programs do.
EMBEDDED = {
    f"{COAST}/IMG_0003.jpg": ["-XMP-xmp:Rating=5", "-XMP-xmp:Label=Red", "-XMP-dc:Subject=lighthouse", "-XMP-dc:Subject=coast", "-XMP-dc:Subject=dusk", "-XMP-dc:Title=The lamp comes on"],
    f"{PEAKS}/DSC_1103.jpg": ["-XMP-xmp:Rating=4", "-XMP-dc:Subject=lake", "-XMP-dc:Subject=reflection", "-XMP-lr:HierarchicalSubject=nature|water|lake", "-XMP-dc:Description=First light, no wind at all."],
}
SIDECAR = (f"{CITY}/IMG_2005.jpg", ["-XMP-xmp:Rating=5", "-XMP-xmp:Label=Green", "-XMP-dc:Subject=aurora", "-XMP-dc:Subject=night", "-XMP-dc:Title=Northern lights"])

# Marks of the demonstration: rating, flag, label, keywords.
MARKS = {
    f"{COAST}/IMG_0001.jpg": (4, "pick", None, ["sea", "sunset"]),
    f"{COAST}/IMG_0002.jpg": (5, "pick", "yellow", ["sea", "sailing", "sunset"]),
    f"{COAST}/IMG_0003.jpg": (5, "pick", "red", ["lighthouse", "coast", "dusk"]),
    f"{COAST}/IMG_0004.jpg": (3, None, "blue", ["moon", "sea", "night"]),
    f"{COAST}/Beach from above.jpg": (4, "pick", None, ["beach", "aerial"]),
    f"{COAST}/IMG_0006.jpg": (3, None, None, ["long exposure", "black and white"]),
    f"{PEAKS}/DSC_1101.jpg": (5, "pick", "green", ["mountains", "dawn", "mist"]),
    f"{PEAKS}/DSC_1102.jpg": (4, None, "blue", ["mountains", "snow"]),
    f"{PEAKS}/DSC_1103.jpg": (4, "pick", None, ["lake", "reflection"]),
    f"{PEAKS}/DSC_1104.jpg": (3, None, None, ["forest", "fog"]),
    f"{PEAKS}/DSC_1105.jpg": (4, "pick", "yellow", ["balloons", "morning"]),
    f"{PEAKS}/DSC_1106.jpg": (3, None, None, ["canyon"]),
    f"{PEAKS}/DSC_1107.jpg": (4, None, "yellow", ["desert", "dunes"]),
    f"{PEAKS}/DSC_1108.jpg": (5, "pick", "purple", ["stars", "night", "camping"]),
    f"{CITY}/IMG_2001.jpg": (4, "pick", None, ["city", "blue hour"]),
    f"{CITY}/IMG_2002.jpg": (4, None, "purple", ["rain", "city", "night"]),
    f"{CITY}/IMG_2003.jpg": (2, "reject", None, ["road", "night"]),
    f"{CITY}/IMG_2004.jpg": (3, None, None, ["stars", "night"]),
    f"{CITY}/IMG_2005.jpg": (5, "pick", "green", ["aurora", "night"]),
    f"{CITY}/IMG_2006.jpg": (3, None, None, ["architecture"]),
    f"{STILL}/DSC_3001.jpg": (4, "pick", "red", ["blossom", "spring"]),
    f"{STILL}/DSC_3002.jpg": (4, None, None, ["macro", "leaf"]),
    f"{STILL}/DSC_3003.jpg": (5, "pick", "purple", ["lavender", "field"]),
    f"{STILL}/DSC_3004.jpg": (3, None, None, ["storm", "lightning"]),
    f"{STILL}/contact.bmp": (0, "reject", None, []),
}
ALBUMS = [
    ("Portfolio", [f"{COAST}/IMG_0002.jpg", f"{COAST}/IMG_0003.jpg", f"{PEAKS}/DSC_1101.jpg", f"{PEAKS}/DSC_1103.jpg", f"{PEAKS}/DSC_1107.jpg", f"{PEAKS}/DSC_1108.jpg", f"{CITY}/IMG_2001.jpg", f"{CITY}/IMG_2005.jpg", f"{STILL}/DSC_3001.jpg", f"{STILL}/DSC_3003.jpg"]),
    ("Prints for grandma", [f"{COAST}/Beach from above.jpg", f"{COAST}/IMG_0001.jpg", f"{PEAKS}/DSC_1105.jpg", f"{STILL}/DSC_3001.jpg", f"{STILL}/DSC_3002.jpg"]),
]
DAMAGED = "2025-04 Garden and studio/IMG_0027 (damaged).jpg"
NOTES = """Notes to these photos

They come with Safelight, so that you can try everything without risking a photo of your own. All of them are drawn by a
program; no camera, place or person in them is real. "IMG_0027 (damaged).jpg" is broken on purpose, so that you see how
Safelight speaks of a file it cannot read.
"""


def quoted(s):
    return '"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"'


def lists():
    """albums.ron, marks.ron, manifest.ron and the table that the program includes."""
    (HERE / "albums.ron").write_text("[\n" + "".join(f"    (name: {quoted(n)}, files: [\n" + "".join(f"        {quoted(f)},\n" for f in fs) + "    ]),\n" for n, fs in ALBUMS) + "]\n")
    opt = lambda v: f"Some({quoted(v)})" if v else "None"
    (HERE / "marks.ron").write_text("[\n" + "".join(f"    (file: {quoted(f)}, rating: {r}, flag: {opt(fl)}, label: {opt(lb)}, keywords: [{', '.join(map(quoted, kw))}]),\n" for f, (r, fl, lb, kw) in MARKS.items()) + "]\n")
    files = sorted(str(p.relative_to(HERE)) for d in HERE.iterdir() if d.is_dir() and d.name[0] == "2" for p in d.rglob("*") if p.is_file()) + ["notes.txt"]
    (HERE / "manifest.ron").write_text("[\n" + "".join(f"    {quoted(f)},\n" for f in files) + "]\n")
    (HERE / "samples.in.rs").write_text("&[\n" + "".join(f"    ({quoted(f)}, include_bytes!({quoted(f)}) as &[u8]),\n" for f in files) + "]\n")
    missing = [f for f in [*MARKS, *(f for _, fs in ALBUMS for f in fs)] if f not in files]
    if missing:
        sys.exit(f"named but not there: {missing}")


def main():
    only = sys.argv[2] if len(sys.argv) > 2 else ""
    for path, scene, how, tags in PHOTOS:
        if only not in path:
            continue
        if scene is None:
            (HERE / path).parent.mkdir(parents=True, exist_ok=True)
            lamps(path)
            continue
        write(path, drawn(scene, path), **how)
        if tags:
            exif(path, tags, how.get("turn", 0))
    for path, args in EMBEDDED.items():
        if only in path:
            subprocess.run(["exiftool", "-q", "-overwrite_original", *args, str(HERE / path)], check=True)
    path, args = SIDECAR
    sidecar = HERE / (path + ".xmp")
    if only in path:
        sidecar.unlink(missing_ok=True)
        subprocess.run(["exiftool", "-q", *args, "-o", str(sidecar)], check=True)
    # The damaged file ends in the middle of its EXIF, before any picture: no decoder can make anything of it.
    whole = (HERE / COAST / "IMG_0001.jpg").read_bytes()
    (HERE / DAMAGED).parent.mkdir(parents=True, exist_ok=True)
    (HERE / DAMAGED).write_bytes(whole[:310])
    (HERE / "notes.txt").write_text(NOTES)
    lists()


if __name__ == "__main__":
    main()
