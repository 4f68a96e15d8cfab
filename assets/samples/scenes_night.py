"""Sample photos of the city and the sky at night."""

import numpy as np
from PIL import Image, ImageDraw

from draw import *


def add_light(img, paint, colour, ss=1):
    """Adds light where paint(draw) draws; grey is dimmer."""
    h, w = img.shape[:2]
    return img + mask(h, w, paint, ss)[..., None] * colour


def skyline(h=1067, w=1600, seed=35):
    """Towers at blue hour, doubled in a river."""
    rng = np.random.default_rng(seed)
    y, x = grid(h, w)
    base = int(h * 0.66)
    sky = ramp(y / base, [(0, hexa("12264a")), (0.40, hexa("35538a")), (0.68, hexa("a87f96")), (0.88, hexa("f4a47c")), (1, hexa("ffcf98"))])
    cl = fbm(h, w, 330, 8, 0.55, seed, stretch=3.2)
    c = step(0.46, 0.80, cl) * step(0, h * 0.12, y)
    img = mix(sky, mix(hexa("27305c"), hexa("ff8f6a", 0.9), step(0.25, 0.95, y / base)), c * 0.75)
    layers = [(0.16, 0.42, hexa("8a6f8e", 0.95), 0.22, 30), (0.20, 0.80, hexa("333a5e", 0.8), 0.6, 40), (0.06, 0.30, hexa("0d1020", 0.8), 0.95, 52)]
    for k, (lo, hi, tone, lit, bw) in enumerate(layers):
        px = -20.0
        while px < w + 20:
            width = rng.uniform(0.8, 2.1) * bw
            centre = np.exp(-(((px / w - 0.58) / 0.26) ** 2)) if k < 2 else 0.35 + 0.5 * rng.random()
            tall = (lo + (hi - lo) * centre * rng.uniform(0.25, 1.0) ** 1.3) * base
            x0, x1, y0 = int(px), int(px + width), int(base - tall)
            a, b = max(x0, 0), min(x1, w)
            if b > a:
                face = np.broadcast_to(tone, (base - y0, b - a, 3)).copy()
                face *= (0.75 + 0.5 * np.linspace(0, 1, base - y0, dtype=F))[:, None, None]
                half = (b - a) * 2 // 5
                face[:, :half] *= 0.72
                cw, ch = rng.choice([5, 6, 7]), rng.choice([7, 8, 9])
                ny, nx = (base - y0) // ch + 1, (b - a) // cw + 1
                on = rng.random((ny, nx)) < lit * rng.uniform(0.25, 0.62)
                on &= rng.random(ny)[:, None] < 0.9
                colr = np.where((rng.random((ny, nx, 1)) < 0.78), hexa("ffc477"), hexa("cfe2ff")) * rng.uniform(0.25, 1.7, (ny, nx, 1))
                wy, wx = np.mgrid[0 : base - y0, 0 : b - a]
                pane = ((wy % ch) > 2) & ((wx % cw) > 1) & (wy > 5)
                glowing = on[wy // ch, wx // cw] & pane
                face[glowing] = (colr[wy // ch, wx // cw] * lit)[glowing]
                img[y0:base, a:b] = face
                if tall > 0.46 * base and k == 1:
                    m = (a + b) // 2
                    img[max(0, y0 - 46) : y0, m - 1 : m + 1] = tone
                    img[max(0, y0 - 48) : max(0, y0 - 44), m - 2 : m + 2] = hexa("ff4030", 6)
            px += width + (rng.uniform(0, 6) if k < 2 else rng.uniform(-4, 10))
    img[base - 7 : base] = hexa("120f18")
    for px in range(20, w, 46):
        img[base - 13 : base - 9, px : px + 4] = hexa("ffca7a", 7)
    d = (y[base:] - base) / (h - base)
    n1, n2 = fbm(h, w, 60, 5, 0.55, seed + 3, stretch=9)[base:] - 0.5, fbm(h, w, 12, 3, 0.55, seed + 4, stretch=6)[base:] - 0.5
    up = blur(img[:base], 1.0)
    acc = 0
    for s in np.linspace(-1, 1, 9):
        sy = np.clip(2 * base - y[base:] - 1 + n1 * 60 * (0.2 + d) + n2 * 26 * (0.3 + d) + s * (6 + 46 * d), 0, base - 1).astype(int)
        sx = np.clip(x[base:] + n2 * 14, 0, w - 1).astype(int)
        acc = acc + up[sy, sx] / 9
    img[base:] = acc * (0.80 - 0.30 * d)[..., None] + hexa("0a1226", 0.5)
    return film(glow(img, [(6, 0.10), (34, 0.13)]), 1.15, seed, grain=0.013, saturation=0.98, contrast=1.05)


def bokeh(h, w, seed, count=150, size=(20, 62), palette=("ff7a3c", "ffb65c", "ff3d4a", "58b6ff", "ffd9a0", "7affc8"), low=0.0, high=1.0):
    """Lights out of focus."""
    rng = np.random.default_rng(seed)
    y, x = grid(h, w)
    img = ramp(y / h, [(0, hexa("060812")), (0.5, hexa("1a1630")), (1, hexa("0a0810"))])
    for _ in range(count):
        r = rng.uniform(*size)
        cx, cy = rng.uniform(-40, w + 40), (low + (high - low) * np.clip(rng.normal(0.5, 0.22), 0, 1)) * h
        c = hexa(palette[rng.integers(len(palette))]) * rng.uniform(0.15, 1.1) ** 1.6
        x0, x1, y0, y1 = int(max(0, cx - r - 3)), int(min(w, cx + r + 3)), int(max(0, cy - r - 3)), int(min(h, cy + r + 3))
        if x1 <= x0 or y1 <= y0:
            continue
        d = np.hypot(x[y0:y1, x0:x1] - cx, y[y0:y1, x0:x1] - cy) / r
        img[y0:y1, x0:x1] += (step(1.02, 0.95, d) * (0.72 + 0.28 * d**3))[..., None] * c
    return img


def rain_glass(h=1067, w=1600, seed=47):
    """Rain on a window, the street behind it out of focus."""
    rng = np.random.default_rng(seed)
    bg = blur(bokeh(h, w, seed, 170, (26, 74), low=0.1, high=0.95), 2)
    sharp = np.clip(bg, 0, None)
    out = bg * 0.92 + blur(bg, 40) * 0.15
    y, x = grid(h, w)
    drops = [(rng.uniform(0, w), rng.uniform(0, h), 3 + rng.pareto(2.0) * 3.2) for _ in range(1500)]
    drops += [(rng.uniform(0, w), rng.uniform(0, h), rng.uniform(18, 34)) for _ in range(46)]
    drops.sort(key=lambda d: d[2])
    for cx, cy, r in drops:
        r = min(r, 38)
        tall = 1.0 + 0.35 * (r > 14) * rng.random()
        x0, x1, y0, y1 = int(max(0, cx - r - 2)), int(min(w, cx + r + 3)), int(max(0, cy - r * tall - 2)), int(min(h, cy + r * tall + 3))
        if x1 - x0 < 3 or y1 - y0 < 3:
            continue
        u, v = (x[y0:y1, x0:x1] - cx) / r, (y[y0:y1, x0:x1] - cy) / (r * tall)
        u = u * (1 + 0.16 * v * (r > 10))
        d = np.hypot(u, v)
        bend = 1 + 2.2 * d**3
        sx = np.clip(cx - u * r * 7.5 * bend, 0, w - 1).astype(int)
        sy = np.clip(cy - v * r * 6.0 * bend, 0, h - 1).astype(int)
        lens = sharp[sy, sx] * 1.15
        lens = lens * (1 - 0.70 * step(0.55, 1.0, d) * (0.55 - 0.45 * v))[..., None]
        spec = np.exp(-(((u + 0.32) ** 2 + (v + 0.45) ** 2) / 0.018)) * (0.35 if r > 7 else 0.1)
        lens = lens + spec[..., None] * hexa("ffe8cf")
        a = step(1.0, 1.0 - min(0.5, 2.2 / r), d)[..., None]
        out[y0:y1, x0:x1] = out[y0:y1, x0:x1] * (1 - a) + lens * a
    return film(glow(out, [(20, 0.06)]), 1.5, seed, saturation=1.1, contrast=1.05)


def trails(h=1067, w=1600, seed=52):
    """A mountain road at night, drawn by the lamps of cars."""
    rng = np.random.default_rng(seed)
    y, x = grid(h, w)
    hor = h * 0.42
    img = ramp(y / hor, [(0, hexa("0a1330")), (0.5, hexa("1d2c5e")), (0.8, hexa("8a5a80")), (1, hexa("ffa070"))])
    stars = np.zeros((h, w), F)
    stars[rng.integers(0, int(hor * 0.8), 500), rng.integers(0, w, 500)] = rng.random(500).astype(F) * 1.2
    img += (blur(stars, 0.8) * 5)[..., None] * hexa("dfe8ff")
    for k, (b, a, tone) in enumerate([(0.40, 0.20, "5a4a72"), (0.44, 0.13, "2a2748"), (0.475, 0.07, "14152a")]):
        r = (b - a * line(w, w * 0.5, 8, 0.48, seed + k)) * h
        img = over(img, hexa(tone, 0.7) + 0 * img, np.clip(y - r[None, :], 0, 1))
    ground = step(hor + 20, hor + 60, y)
    tex = fbm(h, w, 90, 6, 0.55, seed + 9, stretch=3)
    img = mix(img, hexa("2a3038") * (0.3 + 1.3 * tex[..., None]), ground)
    zs = np.geomspace(0.5, 30, 1100)
    bendx = lambda z: 4.2 * np.sin(z * 0.30 - 0.1) * np.minimum(z / 5, 1.6)
    px = lambda z, off: w * 0.46 + (bendx(z) + off) * w * 0.30 / z
    py = lambda z, up: hor + 46 + (1.35 - up) * h * 0.43 / z
    road = [(px(z, -1.9), py(z, 0)) for z in zs] + [(px(z, 1.9), py(z, 0)) for z in zs[::-1]]
    m = mask(h, w, lambda d, k: d.polygon([(a * k, b * k) for a, b in road], fill=255))
    img = over(img, hexa("34363f") * (0.7 + 0.6 * tex[..., None]), m)
    total = np.zeros_like(img)
    for lane, col, n in [(-1, "ffd9a0", 30), (1, "ff3018", 26)]:
        for _ in range(n):
            off = lane * rng.uniform(0.35, 1.5)
            up = abs(rng.normal(0.0, 0.16)) + 0.22
            z0, z1 = (0, 1100) if rng.random() < 0.8 else sorted(rng.integers(0, 1100, 2))
            if z1 - z0 < 60:
                continue
            wob = 0.04 * np.sin(zs * rng.uniform(0.3, 0.8) + rng.uniform(0, 6))
            pts = [(px(z, off + o), py(z, up)) for z, o in zip(zs[z0:z1], wob[z0:z1])]
            bright = rng.uniform(0.15, 1.0) ** 1.5

            def paint(d, k):
                for i in range(0, len(pts) - 1, 1):
                    z = zs[z0 + i]
                    d.line([pts[i][0] * k, pts[i][1] * k, pts[i + 1][0] * k, pts[i + 1][1] * k], fill=255, width=max(1, int(k * 5.5 / z**0.8)))

            im = Image.new("L", (w, h), 0)
            paint(ImageDraw.Draw(im), 1)
            total += (np.asarray(im, F) / 255)[..., None] * hexa(col) * bright * 0.9
    total = blur(total, 0.7)
    spill = blur(total[::2, ::2], 16)
    spill = np.repeat(np.repeat(spill, 2, 0), 2, 1)[:h, :w]
    img = img + total * 1.6 + spill * 0.45 * (y > hor + 40)[..., None]
    return film(glow(img, [(5, 0.10), (40, 0.06)]), 1.3, seed, saturation=1.02)


def star_field(h, w, seed, count, gain=1.0):
    rng = np.random.default_rng(seed)
    img = np.zeros((h, w, 3), F)
    ys, xs = rng.integers(0, h, count), rng.integers(0, w, count)
    power = np.minimum(0.06 * rng.pareto(1.5, count) + 0.03, 5).astype(F)[:, None]
    tint = ramp(rng.random(count), [(0, hexa("ffd2a1")), (0.4, hexa("fff4ea")), (1, hexa("b9d0ff"))])
    np.add.at(img, (ys, xs), power * tint * gain)
    return blur(img, 0.62) * 7


def aurora(h=1067, w=1600, seed=66):
    """Northern lights over a lake."""
    base = int(h * 0.68)
    y, x = grid(h, w)
    img = ramp(y / base, [(0, hexa("030814")), (0.6, hexa("0a1c34")), (1, hexa("16384a"))]) + star_field(h, w, seed, 2600)
    for k, (b, a, tall, power, shift) in enumerate([(0.90, 0.42, 0.62, 1.0, 0), (0.72, 0.34, 0.50, 0.8, 400), (0.50, 0.26, 0.35, 0.45, 800)]):
        wide = 3 * w
        curve = (b - a * line(wide, w * 0.75, 4, 0.42, seed + 10 + k)) * base
        ray = 0.35 + 0.9 * line(wide, 60, 4, 0.62, seed + 20 + k) ** 1.5
        swell = 0.15 + line(wide, w * 0.45, 3, 0.5, seed + 30 + k) ** 1.4
        lean = (x - w * 0.5) * (1 - y / base) * 0.22
        fold = 34 * np.sin(y / 90 + k * 2 + x / 240)
        xi = np.clip(x + w - lean + fold * 0.4 + shift * 0.3, 0, wide - 1).astype(int)
        up = (curve[xi] - y) / (tall * base)
        prof = step(-0.045, 0.03, up) * np.exp(-np.maximum(up, 0) * 3.0) 
        inten = prof * ray[xi] * swell[xi] * power
        c = ramp(np.clip(up, 0, 1), [(0, hexa("b8ffd0")), (0.08, hexa("5dffa0")), (0.32, hexa("2fd690")), (0.6, hexa("5a6fd8")), (1, hexa("a04ad0"))])
        img = img + blur(inten, 2.0)[..., None] * c * 1.35
    for k, (b, a, tone) in enumerate([(1.0, 0.17, "0c2230"), (1.005, 0.085, "050d14")]):
        r = (b - a * line(w, w * 0.42, 8, 0.47, seed + 40 + k)) * base
        img = over(img, hexa(tone, 0.9) + 0 * img, np.clip(y - r[None, :], 0, 1) * (y <= base))
    rng = np.random.default_rng(seed)
    trees = [(rng.uniform(0, w), rng.uniform(22, 60) * (1 + 1.2 * (abs(k / 300 - 0.5) > 0.38))) for k in range(300)]
    trees = [(w * i / 300 + rng.uniform(-4, 4), t[1] * (0.6 + 0.8 * abs(i / 150 - 1) ** 2)) for i, t in enumerate(trees)]

    def wood(d, s):
        for tx, th in trees:
            conifer(d, tx * s, (base + 2) * s, th * s, rng_for(tx + 50), thin=0.20)

    img = over(img, hexa("03070a") + 0 * img, mask(h, w, wood) * (y <= base + 2))
    d = (y[base:] - base) / (h - base)
    rip = fbm(h, w, 50, 5, 0.5, seed + 50, stretch=8)[base:] - 0.5
    src = np.clip(2 * base - y[base:] - 1 + rip * 60 * (0.1 + d), 0, base - 1).astype(int)
    sx = np.clip(x[base:] + rip * 10, 0, w - 1).astype(int)
    img[base:] = blur(img[:base], 1.6)[src, sx] * (0.72 - 0.3 * d)[..., None] * np.array([0.85, 0.95, 1.0], F)
    return film(glow(img, [(14, 0.07), (70, 0.10)]), 1.25, seed, grain=0.016, contrast=1.04)


def rng_for(v):
    return np.random.default_rng(int(v * 1000) & 0x7FFFFFFF)


def conifer(d, x, base, tall, rng, thin=0.17, fill=255):
    """A fir with uneven branches."""
    n = max(5, int(tall / 7))
    lean = rng.normal(0, 0.012) * tall
    left, right = [], []
    for i in range(n + 1):
        t = i / n
        yy = base - tall * (1 - t) 
        reach = (t**0.85) * tall * thin
        cx = x + lean * (1 - t)
        left += [(cx - reach * rng.uniform(0.7, 1.2), yy + tall * 0.02), (cx - reach * 0.45, yy)]
        right += [(cx + reach * rng.uniform(0.7, 1.2), yy + tall * 0.02), (cx + reach * 0.45, yy)]
    d.polygon([(x + lean, base - tall * 1.04)] + left + right[::-1], fill=fill)


def milky_way(h=1067, w=1600, seed=72):
    """The Milky Way over a lit tent."""
    y, x = grid(h, w)
    ang = -0.95
    u = (x - w * 0.55) * np.cos(ang) + (y - h * 0.42) * np.sin(ang)
    v = -(x - w * 0.55) * np.sin(ang) + (y - h * 0.42) * np.cos(ang)
    warp = fbm(h, w, 260, 7, 0.56, seed) - 0.5
    v2 = v + warp * 120
    core = np.exp(-((v2 / 150) ** 2)) * (0.45 + 0.75 * np.exp(-(((u + 120) / 430) ** 2)))
    dust = fbm(h, w, 190, 8, 0.62, seed + 1)
    lane = np.exp(-(((v2 + 8) / 52) ** 2)) * step(0.34, 0.66, dust) + 0.45 * step(0.55, 0.8, dust) * np.exp(-((v2 / 190) ** 2))
    haze = core * (0.55 + 0.7 * fbm(h, w, 90, 7, 0.6, seed + 2)) * (1 - np.clip(lane, 0, 1) * 0.88)
    sky = ramp(y / h, [(0, hexa("050a18")), (0.55, hexa("0d1a30")), (0.80, hexa("27384a")), (1, hexa("5a4f48"))])
    tint = mix(hexa("8fa6d6"), hexa("ffd2a6"), np.exp(-((v2 / 95) ** 2)) * np.exp(-(((u + 120) / 520) ** 2)))
    img = sky + haze[..., None] * tint * 0.62
    rng = np.random.default_rng(seed)
    pink = np.zeros((h, w), F)
    for _ in range(12):
        uu, vv = rng.normal(0, 380), rng.normal(0, 40)
        cx, cy = w * 0.55 + uu * np.cos(ang) - vv * np.sin(ang), h * 0.42 + uu * np.sin(ang) + vv * np.cos(ang)
        pink += np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / rng.uniform(4, 14) ** 2) * rng.uniform(0.2, 0.6)
    img += pink[..., None] * hexa("ff5a7a", 0.55)
    img += star_field(h, w, seed + 3, 5200, 0.75) + star_field(h, w, seed + 4, 26000, 0.30) * np.clip(core * 1.2, 0, 1)[..., None] * (1 - 0.8 * np.clip(lane, 0, 1))[..., None]
    for k, (b, a, tone) in enumerate([(0.90, 0.20, "141c26"), (0.97, 0.13, "06080c")]):
        r = (b - a * line(w, w * 0.5, 8, 0.46, seed + 40 + k)) * h
        img = over(img, hexa(tone, 0.8) + 0 * img, np.clip(y - r[None, :], 0, 1))
        last = r
    tx = int(w * 0.27)
    ty = float(last[tx]) + 20
    tent = mask(h, w, lambda d, s: d.polygon([((tx - 52) * s, (ty + 8) * s), ((tx - 34) * s, (ty - 26) * s), ((tx - 6) * s, (ty - 46) * s), ((tx + 24) * s, (ty - 30) * s), ((tx + 56) * s, (ty + 8) * s)], fill=255), 3)
    lamp = np.exp(-(((x - tx) ** 2 + (y - ty + 6) ** 2) / 46**2))
    seam = 1 - 0.55 * np.exp(-(((x - tx + 6 - (y - ty + 46) * 0.25) / 1.6) ** 2))
    img = over(img, hexa("ff9b3d") * (0.5 + 2.4 * lamp * seam)[..., None], tent)
    img += (np.exp(-(((x - tx) ** 2 / 150**2 + (y - ty - 16) ** 2 / 34**2))) * (y > last[None, :]) * (1 - tent))[..., None] * hexa("ff9b3d", 0.16)
    return film(glow(img, [(8, 0.10), (50, 0.06)]), 1.25, seed, grain=0.018, contrast=1.06)


def star_trails(h=1600, w=1067, seed=77):
    """An hour of stars turning over firs, upright."""
    rng = np.random.default_rng(seed)
    y, x = grid(h, w)
    img = ramp(y / h, [(0, hexa("081430")), (0.5, hexa("16305c")), (0.8, hexa("3d5a80")), (1, hexa("c07a5a"))])
    cx, cy = w * 0.56, h * 0.50
    lum = np.zeros((h, w, 3), F)
    groups = [("cfe0ff", 300), ("fff3e0", 220), ("ffcf9a", 120), ("9fc0ff", 160)]
    for g, (c, n) in enumerate(groups):
        for level in (60, 120, 230):
            im = Image.new("L", (w * 2, h * 2), 0)
            d = ImageDraw.Draw(im)
            for _ in range(n // 3):
                r = 2 * 1500 * np.sqrt(rng.random())
                a = rng.uniform(0, 360)
                d.arc([cx * 2 - r, cy * 2 - r, cx * 2 + r, cy * 2 + r], a, a + 46, fill=level, width=2 if level < 200 else 3)
            lum += (np.asarray(im.resize((w, h), Image.BOX), F) / 255)[..., None] * hexa(c)
    img += lum * 1.15 * step(h * 1.05, h * 0.55, y)[..., None]
    r = (0.90 - 0.06 * line(w, w * 0.8, 6, 0.45, seed)) * h
    img = over(img, hexa("1c2a3c", 0.5) + 0 * img, np.clip(y - r[None, :] + 60, 0, 1))
    trees = sorted([(rng.uniform(-20, w + 20), rng.uniform(120, 330) * (1 + 0.9 * abs(rng.uniform(-1, 1)))) for _ in range(26)], key=lambda t: -t[1])

    def wood(d, s):
        for tx, th in trees:
            edge = abs(tx / w - 0.55) * 1.3 + 0.35
            conifer(d, tx * s, h * 1.02 * s, th * edge * 1.5 * s, rng_for(tx + 50), 0.16)

    img = over(img, hexa("04070b") + 0 * img, mask(h, w, wood))
    return film(glow(img, [(5, 0.08)]), 1.2, seed, grain=0.012)
