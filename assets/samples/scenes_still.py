"""Sample photos of plants, buildings, weather and quiet things."""

import numpy as np
from PIL import Image, ImageDraw

from draw import *
from scenes_night import bokeh, conifer, rng_for


def fir_fog(h=1067, w=1600, seed=83):
    """Fir slopes fading into fog."""
    rng = np.random.default_rng(seed)
    y, x = grid(h, w)
    img = ramp(y / h, [(0, hexa("c9d3d6", 0.95)), (0.35, hexa("e9e6dc", 1.05)), (1, hexa("aab6b8"))])
    light = np.exp(-(((x - w * 0.68) ** 2) / (w * 0.26) ** 2 + ((y - h * 0.16) ** 2) / (h * 0.28) ** 2))
    img = img + light[..., None] * hexa("ffe0b0", 0.40)
    n = 15
    hills = [(line(w, w * (0.95 - 0.12 * j), 5, 0.45, seed + j) - 0.5) * 2 for j in range(6)]
    for k in range(n):
        f = k / (n - 1)
        j, part = int(f * 4.99), f * 4.99 % 1
        shape = hills[j] * (1 - part) + hills[j + 1] * part
        ridge = (0.30 + 0.66 * f**1.1) * h + (0.10 + 0.05 * f) * h * shape
        tone = ramp(np.array([f]), [(0, hexa("c2cdcf", 0.95)), (0.35, hexa("8fa3a3", 0.85)), (0.7, hexa("3d5654", 0.75)), (1, hexa("0c1a1a", 0.7))])[0]
        size = 20 + 160 * f**1.4
        count = int(w / (size * 0.135))
        trees = [(i * w / count + rng.normal(0, size * 0.08), size * rng.uniform(0.5, 1.25)) for i in range(-2, count + 3)]

        def wood(d, s):
            d.polygon([(0, h * s)] + [(i * s, ridge[i] * s) for i in range(0, w, 8)] + [(w * s, ridge[-1] * s), (w * s, h * s)], fill=255)
            for tx, th in trees:
                yy = ridge[int(np.clip(tx, 0, w - 1))]
                conifer(d, tx * s, (yy + th * 0.22) * s, th * s, rng_for(tx + 900 * k + 200), 0.15)

        m = mask(h, w, wood)
        v = fbm(h, w, 420, 5, 0.5, seed + 30 + k, stretch=2.2)
        depth = np.clip((y - ridge[None, :] + size * 0.5) / (h * 0.11 + size), 0, 1)
        veil = np.clip(depth * (0.15 + 1.1 * step(0.35, 0.8, v)), 0, 1) * (0.95 - 0.30 * f) * float(step(1.0, 0.72, np.array(f)))
        body = mix(tone + light[..., None] * hexa("ffd9a8", 0.16) * (1 - f), hexa("dfe3e0", 0.92) + light[..., None] * hexa("ffd9a8", 0.12), veil)
        img = over(img, body, m)
    return film(img, 0.92, seed, contrast=1.08, saturation=1.05, vignette=0.35)


def lavender(h=1067, w=1600, seed=88):
    """Lavender rows and one tree at sunset."""
    tile = fbm(1024, 1024, 16, 3, 0.6, seed)
    big = fbm(1024, 1024, 256, 4, 0.5, seed + 1)

    def rows(x):
        return np.abs(np.cos((x + 1.0) * np.pi / 2.4))

    def ground(x, z):
        bush = rows(x) ** 0.7
        return bush * 0.85 + (sample(tile, z * 26, x * 26) - 0.5) * 0.42 * (0.25 + bush) + sample(big, z * 2, x * 2) * 0.5 + 2.2 * step(60, 190, z)

    eye, focal, hor = 2.9, w * 0.85, h * 0.40
    hit, t, x, z = terrain(h, w, ground, eye, focal, hor, 2.0, 420, 2600)
    n = normals(ground, x, z, np.maximum(0.03, t / focal * 0.9))
    sun = unit(0.35, 0.28, 0.75)
    top = step(0.25, 0.75, rows(x) + (sample(tile, z * 26, x * 26) - 0.5) * 0.5 + step(70, 200, t) * 0.3)
    speck = sample(tile, z * 61, x * 61)
    flower = mix(hexa("5a3f9e"), hexa("a58ae6", 1.1), step(0.35, 0.8, speck))
    soil = mix(hexa("4a5a30"), hexa("7a6a4c"), sample(big, z * 8, x * 8))
    body = mix(soil, flower, top)
    light = np.maximum(n @ sun * 0.6 + 0.4, 0)[..., None] * hexa("ffc49a", 1.5) + (0.4 + 0.4 * n[..., 1])[..., None] * hexa("8f9fe0", 0.40)
    col = body * light
    sx, sy = rays(h, w, focal, hor)
    el = np.clip(sy[:, None] / 0.42, 0, 1) + 0 * sx[None, :]
    g = np.exp(-((sx[None, :] - 0.30) ** 2 / 0.20 + (sy[:, None] - 0.03) ** 2 / 0.025))
    sky = ramp(el, [(0, hexa("ffc58a")), (0.18, hexa("ffab84")), (0.45, hexa("d490a8")), (0.75, hexa("8a86b8")), (1, hexa("5a6ca8"))]) + g[..., None] * hexa("ffb050", 0.9)
    cloud = fbm(1024, 1024, 256, 8, 0.55, seed + 5, stretch=1.8)
    v = cloud_sheet(h, w, focal, hor, cloud, 60, (300, 700), 0.03)
    c = step(0.44, 0.74, v) * step(0.02, 0.12, sy)[:, None]
    sky = mix(sky, mix(hexa("8f6f96", 0.9), hexa("ffb48a", 1.25), np.clip(1.2 - 2 * step(0.44, 0.85, v) + g, 0, 1)), c * 0.8)
    col = mix(col, hexa("e6a08c", 0.9), (1 - np.exp(-((t / 330) ** 1.5))) * 0.75)
    img = np.where(hit[..., None], col, sky)
    top_y = np.argmax(hit, axis=0)
    for k, (px, tall) in enumerate([(0.655, 0.165)]):
        cx = px * w
        by = top_y[int(cx)] + 4
        yy, xx = grid(h, w)
        d = np.hypot((xx - cx) / (tall * h * 0.62), (yy - (by - tall * h * 0.62)) / (tall * h * 0.48))
        edge = fbm(h, w, 46, 5, 0.62, seed + 8)
        leaf = step(1.02, 0.90, d + (edge - 0.5) * 0.75)
        trunk = mask(h, w, lambda dr, s: dr.polygon([((cx - 5) * s, by * s), ((cx + 5) * s, by * s), ((cx + 3) * s, (by - tall * h * 0.6) * s), ((cx - 3) * s, (by - tall * h * 0.6) * s)], fill=255))
        tone = mix(hexa("1c1a18"), hexa("5c4a24", 1.0), step(0.4, 0.8, edge) * step(-0.5, 0.8, (xx - cx) / (tall * h * 0.6)))
        img = over(img, tone, np.maximum(leaf, trunk))
    return film(glow(img, [(60, 0.08)]), 1.08, seed, saturation=0.92, contrast=1.05)


def voronoi(py, px, seed, jitter=0.9):
    """Distances to the two nearest of jittered grid points."""
    rng = np.random.default_rng(seed)
    g = rng.uniform(-0.5, 0.5, (256, 256, 2)).astype(F) * jitter
    iy, ix = np.floor(py).astype(int), np.floor(px).astype(int)
    f1 = np.full(py.shape, 9, F)
    f2 = np.full(py.shape, 9, F)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            o = g[(iy + dy) % 256, (ix + dx) % 256]
            d = np.hypot(iy + dy + 0.5 + o[..., 0] - py, ix + dx + 0.5 + o[..., 1] - px).astype(F)
            f2 = np.minimum(f2, np.maximum(f1, d))
            f1 = np.minimum(f1, d)
    return f1, f2


def leaf(h=1067, w=1600, seed=91):
    """An autumn leaf against the light, from very near."""
    y, x = grid(h, w)
    ang = 0.42
    wy, wx = (fbm(h, w, 500, 3, 0.5, seed) - 0.5) * 60, (fbm(h, w, 500, 3, 0.5, seed + 1) - 0.5) * 60
    X, Y = x - w * 0.08 + wx, y - h * 0.30 + wy
    u = X * np.cos(ang) + Y * np.sin(ang)
    v = -X * np.sin(ang) + Y * np.cos(ang) + 0.00009 * (X - 500) ** 2
    side = np.sign(v)
    av = np.abs(v)
    ph = (u - av * 1.05 + 0.0009 * av * av + side * 60) / 205
    k = np.floor(ph)
    fr = ph - k
    dist2 = np.minimum(fr, 1 - fr) * 205 * 0.70
    wid2 = 4.6 * np.exp(-av / 620) + 0.9
    vein2 = np.exp(-((dist2 / wid2) ** 2))
    vein1 = np.exp(-((av / (13 * np.clip(1.2 - u / 2300, 0.3, 1.2))) ** 2))
    a1, a2 = voronoi(v / 58, ph * 3.4, seed + 2)
    b1, b2 = voronoi(Y / 15, X / 15, seed + 3)
    net1 = np.exp(-(((a2 - a1) / 0.055) ** 2))
    net2 = np.exp(-(((b2 - b1) / 0.11) ** 2))
    patch = fbm(h, w, 520, 7, 0.5, seed + 4)
    mott = fbm(h, w, 90, 6, 0.6, seed + 5)
    green = np.exp(-(dist2 / 46)) * np.exp(-av / 500)
    tone = np.clip(0.15 + 0.85 * patch + 0.22 * (mott - 0.5) - 0.15 * green, 0, 1)
    col = ramp(tone, [(0, hexa("a8b43a")), (0.28, hexa("e9c23e")), (0.5, hexa("f29a2e")), (0.72, hexa("dd5a22")), (1, hexa("8f1f1c"))])
    cell = 0.80 + 0.30 * np.clip(b1, 0, 1)
    col = col * cell[..., None] * (0.82 + 0.36 * mott)[..., None]
    spots = step(0.74, 0.86, fbm(h, w, 60, 5, 0.55, seed + 6)) * step(0.4, 0.7, patch)
    col = mix(col, hexa("3a1410"), spots * 0.75)
    col = mix(col, hexa("ffe7a0", 0.85), net2 * 0.16)
    col = mix(col, hexa("ffdf8c", 0.95), net1 * 0.34)
    col = mix(col, hexa("ffe9b0", 0.95), vein2 * 0.80)
    col = mix(col, col * 0.45, np.exp(-(((dist2 - wid2 * 1.9) / 3.0) ** 2)) * 0.5)
    col = mix(col, hexa("ffedc4", 1.0), vein1 * 0.9)
    col = mix(col, col * 0.4, np.exp(-(((v - 20) / 8) ** 2)) * 0.6)
    back = 0.55 + 0.9 * np.exp(-(((x - w * 0.62) / (w * 0.42)) ** 2 + ((y - h * 0.38) / (h * 0.55)) ** 2))
    img = col * back[..., None]
    soft = blur(img, 9)
    focus = step(0.30, 0.72, np.abs((x / w - 0.55) * 0.55 + (y / h - 0.45) * 1.0))
    return film(mix(img, soft, focus), 1.05, seed, contrast=1.12, saturation=1.02, vignette=0.45)


def petals(size, rng, hue):
    """One blossom: colour and cover."""
    y, x = grid(size, size)
    u, v = (x - size / 2) / (size / 2), (y - size / 2) / (size / 2)
    tilt = rng.uniform(0.62, 1.0)
    a0 = rng.uniform(0, 6.28)
    ta = rng.uniform(0, 6.28)
    p, q = u * np.cos(ta) + v * np.sin(ta), (-u * np.sin(ta) + v * np.cos(ta)) / tilt
    r, th = np.hypot(p, q), np.arctan2(q, p) + a0
    cover = np.zeros((size, size), F)
    colour = np.zeros((size, size, 3), F)
    for i in range(5):
        da = (th - i * 2 * np.pi / 5 + np.pi) % (2 * np.pi) - np.pi
        width = 0.70 * np.sqrt(np.clip(r / 0.5, 0, 1)) 
        edge = 0.93 * (1 - 0.40 * np.abs(da) ** 2.2) - 0.09 * np.exp(-((da / 0.09) ** 2))
        m = step(edge, edge - 0.05, r) * step(width, width - 0.06, np.abs(da))
        shade_ = 0.80 + 0.20 * np.cos(da * 2.6) + 0.07 * np.cos(da * 26 + np.sin(r * 5)) * r
        c = mix(hexa("d0507f"), hue, step(0.0, 0.42, r)) * shade_[..., None] * (0.82 + 0.2 * np.cos(i * 2.1 + a0))
        dark = np.exp(-(((np.abs(da) - width) / 0.10) ** 2)) * 0.25
        colour = colour * (1 - m[..., None]) + c * (1 - dark[..., None]) * m[..., None]
        cover = np.maximum(cover, m)
    for _ in range(14):
        a, rr = rng.uniform(0, 6.28), rng.uniform(0.20, 0.42)
        for s in np.linspace(0.05, 1, 12):
            d = np.exp(-((p - rr * s * np.cos(a)) ** 2 + (q - rr * s * np.sin(a)) ** 2) / 0.0004)
            colour = mix(colour, hexa("ffdfe6"), d * 0.8)
        d = np.exp(-((p - rr * np.cos(a)) ** 2 + (q - rr * np.sin(a)) ** 2) / 0.0011)
        colour = mix(colour, hexa("e9b23a"), np.clip(d * 1.3, 0, 1))
    core = np.exp(-(r**2) / 0.006)
    colour = mix(colour, hexa("9a2f52"), core * 0.8)
    return colour, cover


def blossom(h=1067, w=1600, seed=97):
    """Cherry blossom, the garden behind it melting away."""
    rng = np.random.default_rng(seed)
    y, x = grid(h, w)
    bg = ramp(y / h, [(0, hexa("a9d0ee")), (0.5, hexa("bcd6c8")), (1, hexa("7fa27a"))])
    spots = bokeh(h, w, seed, 120, (34, 90), ("ffc3d6", "ffe6ee", "cfe8a8", "e8f4ff", "ff9fc0"), 0, 1) - bokeh(h, w, seed, 0)
    img = blur(bg, 20) * 0.78 + blur(spots, 5) * 0.42
    branches = [[(-40, 905), (260, 800), (560, 700), (900, 560), (1210, 470), (1640, 300)], [(560, 700), (700, 540), (830, 400), (960, 250)], [(900, 560), (1100, 640), (1330, 690), (1500, 800)]]

    def along(pts, n=160):
        pts = np.array(pts, float)
        t = np.linspace(0, len(pts) - 1, n)
        return np.stack([np.interp(t, range(len(pts)), pts[:, 0]), np.interp(t, range(len(pts)), pts[:, 1])], 1)

    def put(layer, cx, cy, size, hue, soft=0.0):
        size = int(size)
        c, m = petals(size, rng, hue)
        if soft:
            c, m = blur(c * m[..., None], soft), blur(m, soft)
        else:
            c = c * m[..., None]
        x0, y0 = int(cx - size / 2), int(cy - size / 2)
        a0, b0, a1, b1 = max(0, y0), max(0, x0), min(h, y0 + size), min(w, x0 + size)
        if a1 <= a0 or b1 <= b0:
            return
        sl = (slice(a0 - y0, a1 - y0), slice(b0 - x0, b1 - x0))
        if not soft > 2:  # what lies beneath gets less light
            dark = np.roll(blur(m, size * 0.07), int(size * 0.06), 0)
            layer[a0:a1, b0:b1] *= (1 - 0.42 * dark[sl])[..., None]
        layer[a0:a1, b0:b1] = layer[a0:a1, b0:b1] * (1 - m[sl][..., None]) + c[sl]

    for _ in range(26):
        p = along(branches[rng.integers(3)])[rng.integers(160)]
        put(img, p[0] + rng.normal(0, 150), p[1] + rng.normal(-60, 130), rng.uniform(90, 150), hexa("f6b9d0", 0.85), 9)
    bark = np.zeros((h, w), F)
    for pts, thick in zip(branches, (30, 17, 14)):
        q = along(pts, 400)
        wob = (line(400, 90, 5, 0.5, seed + thick) - 0.5) * 26
        im = Image.new("L", (w * 2, h * 2), 0)
        d = ImageDraw.Draw(im)
        for i, (a, b) in enumerate(q):
            r = thick * (1 - 0.72 * i / 400) * (0.9 + 0.2 * np.sin(i * 0.37))
            d.ellipse([2 * (a - r / 2), 2 * (b + wob[i] - r / 2), 2 * (a + r / 2), 2 * (b + wob[i] + r / 2)], fill=255)
        bark = np.maximum(bark, np.asarray(im.resize((w, h), Image.BOX), F) / 255)
    soft = blur(bark, 7)
    gy, _ = np.gradient(soft)
    tone = mix(hexa("2a1c18"), hexa("8a6656"), step(-0.05, 0.09, gy)) * (0.6 + 0.9 * fbm(h, w, 26, 5, 0.6, seed + 3, stretch=2))[..., None]
    img = over(img, tone, bark)
    spots_at = []
    for _ in range(400):
        b = rng.choice(3, p=[0.5, 0.25, 0.25])
        p = along(branches[b])[rng.integers(8, 158)]
        c = np.array([p[0] + rng.normal(0, 48), p[1] + rng.normal(-12, 46)])
        if all(np.hypot(*(c - s)) > 62 for s in spots_at):
            spots_at.append(c)
        if len(spots_at) > 62:
            break
    for c in sorted(spots_at, key=lambda c: rng.random()):
        lit = 0.92 + 0.5 * (1 - c[1] / h) * rng.uniform(0.7, 1.1)
        put(img, c[0], c[1], rng.uniform(96, 186), mix(hexa("ffc4d8"), hexa("fff0f3"), rng.random()) * lit, 0.6)
        sun = np.exp(-(((x - w * 0.92) / (w * 0.5)) ** 2 + ((y + h * 0.05) / (h * 0.75)) ** 2))
    img = img * (0.88 + 0.35 * sun)[..., None] + sun[..., None] * hexa("ffe2b8", 0.16)
    return film(glow(img, [(14, 0.06), (60, 0.10)]), 1.05, seed, saturation=1.14, contrast=1.10)


def facade(h=1600, w=1067, seed=101):
    """White balconies that roll like water, upright."""
    y, x = grid(h, w)
    sky = ramp(np.clip((y / h + x / w) / 2, 0, 1), [(0, hexa("1f5fae")), (1, hexa("6fa8dc"))])
    u = x / w
    wave = 62 * np.sin(u * 5.2 + y / h * 2.4) + 26 * np.sin(u * 11 + 1.3 + y / 380)
    pitch = 98 * (0.55 + 0.75 * (y / h))
    yy = y * 1.0 + wave * (0.6 + 0.7 * y / h) + (x - w * 0.5) * -0.42
    acc = np.log1p(np.maximum(yy + 260, 1) / 520) * 13.5
    f = acc - np.floor(acc)
    slope = np.cos(u * 5.2 + y / h * 2.4) * 0.75 + 0.45 * np.cos(u * 11 + 1.3 + y / 380)
    lightside = 0.62 + 0.38 * np.clip(slope, -1, 1)
    tex = 0.97 + 0.06 * fbm(h, w, 30, 4, 0.6, seed)
    face = hexa("fbf6ee") * (lightside * tex)[..., None] * 1.05
    under = mix(hexa("3f4a5e"), hexa("a8a29c"), step(0.44, 0.70, f)) * (0.55 + 0.5 * lightside)[..., None]
    glass = hexa("1b2836") + (0.5 + 0.5 * np.sin(x / 34 + np.floor(acc) * 2.1))[..., None] ** 3 * hexa("7fb0e0", 0.38) * lightside[..., None]
    band = np.where((f < 0.40)[..., None], face, np.where((f < 0.62)[..., None], glass, under))
    s1 = step(0.395, 0.415, f)[..., None]
    s2 = step(0.60, 0.64, f)[..., None]
    band = face * (1 - s1) + s1 * (glass * (1 - s2) + under * s2)
    band = band * (1 - 0.55 * np.exp(-(((f - 0.43) / 0.035) ** 2)))[..., None]
    band = band + np.exp(-(((f - 0.02) / 0.012) ** 2))[..., None] * hexa("ffffff", 0.25) * lightside[..., None]
    edge = h * 0.10 + (w - x) * -0.05 + x * 0.62 + 74 * np.sin(u * 5.2 + 0.6)
    building = step(-1.2, 1.2, y - edge + wave * 0.4)
    img = sky * (1 - building[..., None]) + band * building[..., None]
    return film(img, 1.02, seed, contrast=1.08, vignette=0.2)


def ink(h=1067, w=1600, seed=105):
    """Ink let into water."""
    y, x = grid(h, w)
    T = 1024
    a, b, c = fbm(T, T, 512, 7, 0.46, seed), fbm(T, T, 512, 7, 0.46, seed + 1), fbm(T, T, 512, 8, 0.5, seed + 2)
    py, px = y * 0.55, x * 0.55
    q = sample(a, py, px) - 0.5, sample(b, py + 50, px + 130) - 0.5
    py2, px2 = py + 620 * q[0], px + 620 * q[1]
    r = sample(b, py2 + 170, px2 + 90) - 0.5, sample(a, py2 + 80, px2 + 280) - 0.5
    v = sample(c, py + 560 * r[0], px + 560 * r[1])
    gy, gx = np.gradient(blur(v, 1.5))
    lit = np.clip(0.75 + 24 * (gx * 0.6 - gy * 0.8), 0.2, 1.8)
    t = np.clip(v * 1.15 + 0.5 * r[0] - 0.05, 0, 1)
    col = ramp(t, [(0, hexa("050b1c")), (0.25, hexa("0e3a5e")), (0.42, hexa("1aa0a8")), (0.55, hexa("f4e2c0")), (0.68, hexa("f2a03c")), (0.82, hexa("c7342e")), (1, hexa("3a0c2c"))])
    return film(col * lit[..., None], 1.0, seed, contrast=1.08, vignette=0.35)


def pier(h=1067, w=1600, seed=109):
    """A jetty in a very long exposure, black and white."""
    y, x = grid(h, w)
    hor = h * 0.44
    sky = 0.30 + 0.55 * (y / hor) ** 2
    streak = fbm(h, w, 300, 6, 0.5, seed, stretch=5)
    rad = np.arctan2(y - hor - 160, x - w * 0.5)
    fan = line(2000, 140, 5, 0.5, seed + 1)[((rad + np.pi) / (2 * np.pi) * 1999).astype(int)]
    sky = sky * (0.62 + 0.5 * (0.5 * streak + 0.5 * fan))
    d = (y - hor) / (h - hor)
    water = 0.80 - 0.62 * np.clip(d, 0, 1) ** 0.7 + 0.05 * (fbm(h, w, 120, 4, 0.5, seed + 2, stretch=9) - 0.5)
    lum = np.where(y < hor, sky, water)
    lum = lum + 0.28 * np.exp(-((y - hor) / 34) ** 2)
    hill = hor - 46 * line(w, w * 0.6, 7, 0.45, seed + 3) * np.linspace(1.2, 0.1, w)
    lum = np.where((y > hill[None, :]) & (y < hor), 0.50 + 0.25 * (y - hill[None, :]) / 46, lum)
    img = np.repeat(lum[..., None], 3, -1).astype(F) * 0.8
    vx = w * 0.5
    zs = np.geomspace(1.0, 17, 44)
    P = lambda sx, up, z: (vx + sx * w * 0.40 / z, hor + 6 + (1.0 - up) * h * 0.60 / z)
    posts, deck, shadow = np.zeros((h, w), F), np.zeros((h, w), F), np.zeros((h, w), F)
    for z in zs[::-1][::2]:
        for s in (-0.62, 0.62):
            (a, t), (_, b) = P(s, 0.62, z), P(s, 0.0, z)
            r = 0.028 * w / z
            m = mask(h, w, lambda dr, k: (dr.rectangle([(a - r) * k, t * k, (a + r) * k, b * k], fill=255), dr.ellipse([(a - r) * k, (t - r * 0.3) * k, (a + r) * k, (t + r * 0.3) * k], fill=255)))
            rl = mask(h, w, lambda dr, k: dr.rectangle([(a - r) * k, b * k, (a + r) * k, (b + (b - t) * 0.8) * k], fill=140))
            rl = blur(rl, 4) * np.exp(-np.maximum(y - b, 0) / (b - t + 1) * 1.4)
            img = img * (1 - 0.55 * rl[..., None])
            u = np.clip((x - a) / r, -1, 1)
            tone = (0.035 + 0.16 * np.clip(0.5 - u * 0.7, 0, 1) ** 1.5) + 0.42 * (1 - np.exp(-((z / 12) ** 1.5)))
            img = img * (1 - m[..., None]) + (tone * m)[..., None]
    z2 = np.geomspace(0.9, 17, 90)
    for i in range(len(z2) - 1)[::-1]:
        za, zb = z2[i], z2[i] + (z2[i + 1] - z2[i]) * 0.86
        pts = [P(-0.44, 0.40, za), P(0.44, 0.40, za), P(0.44, 0.40, zb), P(-0.44, 0.40, zb)]
        lo = int(max(0, min(p[1] for p in pts) - 2))
        m = mask(h, w, lambda dr, k: dr.polygon([(a * k, b * k) for a, b in pts], fill=255))
        tone = (0.16 + 0.16 * rng_for(i + 3).random()) * (0.8 + 0.4 * streak) + 0.50 * (1 - np.exp(-((za / 11) ** 1.5)))
        img = img * (1 - m[..., None]) + (tone * m)[..., None]
    return film(glow(img, [(50, 0.08)]), 1.05, seed, grain=0.02, contrast=1.18, vignette=0.55)
