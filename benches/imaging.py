"""The rows of benches/imaging.sh: work | safelight | peer | ratio. A new row is one call of `cpu_row` or `wall_row`."""

import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import time

BIN, PHOTOS, WORK = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(sys.argv[3]).resolve()
ROUNDS = int(os.environ.get("ROUNDS", 5))
ENVIRONMENT = dict(os.environ, VIPS_CONCURRENCY="1")
OUT = WORK / "out"


def run(command):
    """Processor seconds and wall seconds of one process and its children."""
    start = time.monotonic()
    child = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise RuntimeError(f"{command[0]} failed with status {status}: {command[:5]}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start


def peak_of(command):
    """Peak MiB, by GNU time: a child of this program would count this program's own memory as its own. 0 without it."""
    note = WORK / "peak"
    if not shutil.which("time"):
        return 0
    run(["time", "-q", "-f", "%M", "-o", note, *command])
    return int(note.read_text().split()[-1]) / 1024


def best(commands, which, rounds):
    """The mean over some commands, each the best of some rounds, and the largest peak."""
    seconds = sum(min(run(command)[which] for _ in range(rounds)) for command in commands)
    return seconds / len(commands), max(map(peak_of, commands)) if which == 0 else 0


def wanted(work):
    return os.environ.get("ROWS", "") in work


def show(work, ours, peers, each=1):
    for name, (seconds, peak) in peers:
        own, own_peak = ours
        memory = [f"{mib:4.0f} MiB" if mib else "" for mib in (own_peak, peak)]
        print(
            f"| {work:54} | {own * 1000 / each:8.1f} ms {memory[0]:8} | {name:22} {seconds * 1000 / each:8.1f} ms"
            f" {memory[1]:8} | {own / seconds:5.2f} |",
            flush=True,
        )


def cpu_row(work, ours, *peers, each=1):
    """Processor time. `ours` and each peer: a name and its commands; only programs that are installed are asked."""
    row(work, 0, ROUNDS, ours, peers, each)


def wall_row(work, ours, *peers, each=1):
    """Wall time, once each."""
    row(work, 1, 1, ours, peers, each)


def row(work, which, rounds, ours, peers, each):
    peers = [(name, commands) for name, commands in peers if commands and shutil.which(name.split()[0])]
    if wanted(work) and ours and peers:
        measured = best(ours, which, rounds)
        show(work, measured, [(name, best(commands, which, rounds)) for name, commands in peers], each)


def vips(*words):
    subprocess.run(["vips", *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def large(name, source, box, mirror, sampling):
    """A large photo of a camera's quality: a part of a real one as it is, or four times beside itself."""
    path = WORK / f"{name}.jpg"
    if path.exists() or not source.exists():
        return path
    part, whole = WORK / "part.v", WORK / "whole.v"
    vips("extract_area", source, part, *box)
    if mirror:
        vips("replicate", part, whole, 2, 2)
    else:
        vips("copy", part, whole)
    vips("copy", whole, f"{path}[Q=94,strip,subsample_mode={sampling}]")
    part.unlink()
    whole.unlink()
    return path


def with_preview(path):
    """The same as a camera writes it: EXIF of an unedited photo, and a 1620 px preview in the multi-picture format."""
    target = path.with_name(path.stem + "-preview.jpg")
    if target.exists() or not path.exists() or not shutil.which("exiftool"):
        return target if target.exists() else None
    preview = WORK / "preview.jpg"
    subprocess.run(["vipsthumbnail", path, "--size", "1620x1620", "-o", f"{preview}[Q=85,strip]"], check=True)
    dates = ["-DateTimeOriginal=2026:05:01 10:00:00", "-ModifyDate=2026:05:01 10:00:00", "-Make=NIKON", "-Model=Z"]
    subprocess.run(["exiftool", "-q", "-o", target, *dates, path], check=True)
    photo, small = target.read_bytes(), preview.read_bytes()
    at = 2
    while photo[at + 1] in (0xE0, 0xE1):
        at += 2 + int.from_bytes(photo[at + 2 : at + 4], "big")

    def segment(size, offset):
        rows = struct.pack("<IIIHH", 0x030000, size, 0, 0, 0) + struct.pack("<IIIHH", 0x010002, len(small), offset, 0, 0)
        entries = [(0xB000, 7, 4, b"0100"), (0xB001, 4, 1, struct.pack("<I", 2)), (0xB002, 7, len(rows), struct.pack("<I", 50))]
        ifd = struct.pack("<H", 3) + b"".join(struct.pack("<HHI", *one[:3]) + one[3] for one in entries) + struct.pack("<I", 0)
        body = b"MPF\0" + b"II*\0" + struct.pack("<I", 8) + ifd + rows
        return b"\xff\xe2" + struct.pack(">H", len(body) + 2) + body

    size = len(photo) + len(segment(0, 0))
    # Offsets count from behind the letters MPF and a zero.
    target.write_bytes(photo[:at] + segment(size, size - (at + 8)) + photo[at:] + small)
    preview.unlink()
    return target


def thumb(path):
    return [BIN, "thumbs", OUT, 1, path]


def vips_thumb(path):
    return ["vipsthumbnail", "--size", "512x512", "-o", f"{OUT}/vips.jpg[Q=80,strip]", path]


def screen(size):
    """The long edge of a 3:2 photo on a screen of 2560 x 1440."""
    return min(2560, 1440 * size[0] // size[1])


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    nikon, pixel = PHOTOS / "jpeg/by-make/Nikon D3100.jpg", PHOTOS / "jpeg/ultra-hdr/Ultra_HDR_Samples_Originals_01.jpg"
    infinite = PHOTOS / "large/Infinite-Sea_by_Aury88.jpg"
    mp24 = [
        large("24-nikon", nikon, (500, 500, 3000, 2000), True, "on"),
        large("24-pixel", pixel, (500, 500, 3000, 2000), True, "on"),
        large("24-sea", infinite, (500, 500, 3000, 2000), True, "on"),
    ]
    mp12 = [
        large("12-nikon", nikon, (200, 20, 4000, 3000), False, "on"),
        large("12-pixel", pixel, (20, 20, 4000, 3000), False, "on"),
        large("12-sea", infinite, (20, 20, 4000, 3000), False, "on"),
    ]
    mp24, mp12 = ([path for path in paths if path.exists()] for paths in (mp24, mp12))
    cameras = [path for path in map(with_preview, mp24 + mp12) if path]
    print(f"| {'work':54} | {'safelight':20} | {'peer':43} | ratio |")
    print(f"|{'-' * 56}|{'-' * 22}|{'-' * 45}|{'-' * 7}|")
    for name, paths in ("24 MP JPEG to 512 px", mp24), ("12 MP JPEG to 512 px", mp12), ("camera JPEG with preview to 512 px", cameras):
        cpu_row(f"{name}, CPU", [thumb(p) for p in paths], ("vipsthumbnail", [vips_thumb(p) for p in paths]))
        ten = [thumb(p) + [p] * 9 for p in paths]
        cpu_row(f"{name}, CPU, ten a process", ten, ("vipsthumbnail", [vips_thumb(p) + [p] * 9 for p in paths]), each=10)
    edge = screen((6000, 4000))
    djpeg = [["djpeg", "-scale", "1/2", p] for p in mp24]
    cpu_row("24 MP JPEG to a 2560x1440 screen, CPU", [[BIN, "screen", edge, p] for p in mp24], ("djpeg -scale 1/2", djpeg))
    heic_rows(mp24[-1:])
    raw_row(mp24[-1:])
    mixed_row(mp24 + mp12 + cameras)


def heic_rows(mp24):
    """HEIC of 24 MP by libheif's own encoder, with and without a thumbnail item, and a phone's of 12 MP."""
    plain, stored = WORK / "24.heic", WORK / "24-stored.heic"
    for path in mp24:
        if not shutil.which("heif-enc"):
            return
        if not plain.exists():
            subprocess.run(["heif-enc", "-q", "80", "-o", plain, path], check=True, stdout=subprocess.DEVNULL)
        if not stored.exists():
            subprocess.run(["heif-enc", "-q", "80", "-t", "512", "-o", stored, path], check=True, stdout=subprocess.DEVNULL)
    phone = PHOTOS / "heic/IMG_2929.HEIC"
    for name, path in ("24 MP HEIC", plain), ("24 MP HEIC with a stored thumbnail", stored), ("12 MP HEIC of a phone", phone):
        if path.exists():
            libheif = ["heif-thumbnailer", "-s", "512", path, OUT / "heif.png"]
            peers = ("vipsthumbnail", [vips_thumb(path)]), ("heif-thumbnailer", [libheif])
            cpu_row(f"{name} to 512 px, CPU", [thumb(path)], *peers)


def raw_row(mp24):
    """A RAW file with a camera's preview, which exiftool puts into the only real one at hand."""
    source, raw, preview = PHOTOS / "raw/test.dng", WORK / "raw.dng", WORK / "raw-preview.jpg"
    if not (source.exists() and mp24 and shutil.which("exiftool")):
        return
    if not raw.exists():
        subprocess.run(["vipsthumbnail", mp24[0], "--size", "1620x1620", "-o", f"{preview}[Q=90,strip]"], check=True)
        subprocess.run(["exiftool", "-q", "-m", "-o", raw, f"-PreviewImage<={preview}", source], check=True)
        preview.unlink()
    pipe = f"exiftool -b -PreviewImage '{raw}' > {OUT}/p.jpg; vipsthumbnail --size 512x512 -o '{OUT}/v.jpg[Q=80,strip]' {OUT}/p.jpg"
    cpu_row("RAW with a preview of 1620 px to 512 px, CPU", [thumb(raw)], ("exiftool and vipsthumbnail", [["sh", "-c", pipe]]))


def mixed_row(large_ones):
    """Mixed photos on two threads; the peers as two processes, as many photos a process as they take."""
    many = int(os.environ.get("MANY", 500))
    small = [p for p in sorted(PHOTOS.glob("jpeg/**/*.[jJ][pP]*[gG]")) if p.stat().st_size > 50_000 and "cmyk" not in p.parts]
    pool = large_ones * 6 + small
    if not pool:
        return
    random.Random(7).shuffle(pool)
    files = [pool[at % len(pool)] for at in range(many)]
    names = WORK / "names"
    names.write_bytes(b"\0".join(os.fsencode(path) for path in files))

    def two(per_process, command):
        return [["sh", "-c", f"xargs -0 -P2 -n{per_process} {command} < '{names}'"]]

    each = [f"sh -c '{program} \"$0\" {OUT}/$$.{kind}'" for program, kind in (("gdk-pixbuf-thumbnailer -s 512", "png"),)]
    wall_row(
        f"{many} mixed JPEGs, 2 threads, wall",
        [[BIN, "thumbs", OUT, 2, *files]],
        ("vipsthumbnail", two(25, f"vipsthumbnail --size 512x512 -o '{OUT}/%s-v.jpg[Q=80,strip]'")),
        ("gdk-pixbuf-thumbnailer", two(1, each[0])),
        ("ffmpegthumbnailer", two(1, f"sh -c 'ffmpegthumbnailer -s 512 -i \"$0\" -o {OUT}/$$.jpg'")),
        each=many,
    )


main()
