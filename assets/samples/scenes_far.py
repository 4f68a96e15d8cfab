"""Sample photos of weather, ice, balloons and a lighthouse."""

import numpy as np
from PIL import Image, ImageDraw

from draw import *


def lighthouse(h=1067, w=1600, seed=121):
    """A lighthouse on its rock as the lamp comes on."""
    focal, hor = w * 0.95, int(h * 0.62)
    y, x = grid(h, w)
    sun = unit(0.55, 0.06, 1)
    stops = [(0, hexa("ff9a6a")), (0.12, hexa("e8859a")), (0.35, hexa("8f7fb4")), (0.7, hexa("45619e")), (1, hexa("1d3a72"))]

    def sky(ex, ey):
        g = np.exp(-((ex - 0.55) ** 2 / 0.20 + (ey - 0.03) ** 2 / 0.03))
        return ramp(np.clip(ey / 0.6, 0, 1), stops) + g[..., None] * hexa("ff9a5a", 0.7)

    water, glint, _, _ = sea(h, w, focal, hor, 6, sky, sun, hexa("0d2238", 0.4), [(24, 0.9), (6, 0.8), (1.6, 0.5)], 0.8, (200, 1.2), seed)
    water = water + glint[..., None] * hexa("ff9a70", 1.2)
    sx, sy = rays(h, w, focal, hor)
    full = sky(np.broadcast_to(sx[None, :], (h, w)), np.broadcast_to(np.maximum(sy, 0)[:, None], (h, w)))
    tile = fbm(1024, 1024, 256, 8, 0.55, seed + 2, stretch=2.4)
    v = cloud_sheet(h, w, focal, hor, tile, 56, (410, 150), 0.025)
    c = step(0.42, 0.76, v) * step(0.02, 0.16, sy)[:, None]
    rim = np.clip(1.1 - 2.4 * (step(0.42, 0.9, v)), 0, 1)
    full = mix(full, mix(hexa("4a4672", 0.9), hexa("ff9a86", 1.1), rim * np.exp(-np.maximum(sy, 0) / 0.30)[:, None]), c * 0.85)
    img = np.where((sy > 0)[:, None, None], full, water)
    img = mix(img, hexa("e08a86", 0.8), np.exp(-np.abs(sy) / 0.006)[:, None] * 0.5)
    # the rock
    prof = np.interp(np.arange(w), [0, 90, 260, 420, 560, 640, 700], [0.30, 0.28, 0.24, 0.19, 0.09, 0.02, -0.06]) * h
    prof = prof + (line(w, 260, 8, 0.52, seed + 4) - 0.5) * 60 * (prof > 0)
    top = hor - prof + 46
    foot = hor + 60 + 26 * (line(w, 120, 6, 0.5, seed + 5) - 0.5) - np.maximum(np.arange(w) - 560, 0) * 0.2
    rock = np.clip(y - top[None, :], 0, 1) * np.clip(foot[None, :] - y, 0, 1)
    r1 = fbm(h, w, 120, 8, 0.55, seed + 6, stretch=0.6, ridged=True)
    gy, gx = np.gradient(blur(r1, 1.0))
    lit = np.clip(0.42 + 7 * gx * 1.0 - 5 * gy, 0.05, 1.6)
    grass = np.exp(-np.maximum(y - top[None, :], 0) / (26 + 50 * r1))
    tone = mix(hexa("4a3f44"), hexa("54603a"), grass) * lit[..., None] * (hexa("c99aa0", 1.1) + 0.35)
    img = over(img, tone, rock)
    spray = fbm(h, w, 70, 7, 0.58, seed + 8, stretch=2)
    s = np.exp(-(((y - foot[None, :] - 4) / 16) ** 2)) * step(0.36, 0.62, spray) * (x < 720) * step(720, 640, x)
    img = mix(img, hexa("d9c4d2", 0.85), s * 0.85)
    # the tower
    cx, by, tall = w * 0.165, top[int(w * 0.165)] + 14, h * 0.40
    wid = lambda q: 44 - 15 * q
    q = (by - y) / tall
    half = wid(np.clip(q, 0, 1))
    u = (x - cx) / half
    tower = np.clip((half - np.abs(x - cx)) + 0.5, 0, 1) * ((q > 0) & (q < 0.80))
    red = ((q > 0.20) & (q < 0.38)) | ((q > 0.56) & (q < 0.72))
    shade_ = np.clip(0.55 + 0.50 * u - 0.25 * u * u, 0.12, 1.2)
    paint = np.where(red[..., None], hexa("b4322c"), hexa("ece4de")) * shade_[..., None] * (hexa("ffc0a6", 0.75) + 0.10)
    img = over(img, paint, tower)
    for qq in (0.12, 0.46, 0.66):
        win = mask(h, w, lambda d, k: d.rectangle([(cx - 5) * k, (by - qq * tall - 15) * k, (cx + 5) * k, (by - qq * tall) * k], fill=255))
        img = over(img, hexa("ffcf7a", 1.5) + 0 * img, win)
    ty = by - 0.80 * tall
    head = mask(h, w, lambda d, k: [d.rectangle([(cx - 42) * k, (ty - 8) * k, (cx + 42) * k, (ty + 3) * k], fill=255), d.polygon([((cx - 27) * k, (ty - 62) * k), (cx * k, (ty - 96) * k), ((cx + 27) * k, (ty - 62) * k)], fill=255), d.rectangle([(cx - 1.5) * k, (ty - 118) * k, (cx + 1.5) * k, (ty - 90) * k], fill=255)] + [d.rectangle([(cx + o - 1) * k, (ty - 62) * k, (cx + o + 1) * k, (ty - 8) * k], fill=255) for o in (-22, -8, 8, 22)] + [d.rectangle([(cx + o - 0.8) * k, (ty - 22) * k, (cx + o + 0.8) * k, (ty - 8) * k], fill=255) for o in range(-41, 42, 8)], 3)
    room = mask(h, w, lambda d, k: d.rectangle([(cx - 22) * k, (ty - 62) * k, (cx + 22) * k, (ty - 8) * k], fill=255))
    img = over(img, hexa("ffd98a", 2.6) + 0 * img, room)
    img = over(img, hexa("2a1c22", 0.7) + 0 * img, head)
    ly = ty - 36
    ang = np.arctan2(y - ly, x - cx)
    dist = np.hypot(x - cx, y - ly)
    for a0, power in ((-0.10, 1.0), (np.pi - 0.10 + 0.16, 0.8)):
        da = (ang - a0 + np.pi) % (2 * np.pi) - np.pi
        img += (np.exp(-((da / 0.030) ** 2)) * np.exp(-dist / 620) * power)[..., None] * hexa("ffe0a0", 0.75) * step(8, 60, dist)[..., None]
    img += np.exp(-((dist / 14) ** 2))[..., None] * hexa("fff2cc", 9)
    return film(glow(img, [(12, 0.10), (70, 0.10)]), 1.12, seed, saturation=1.06, contrast=1.05)


def storm(h=1067, w=1600, seed=127):
    """Lightning over a wheat field."""
    rng = np.random.default_rng(seed)
    y, x = grid(h, w)
    focal, hor = w * 0.85, h * 0.74
    sx, sy = rays(h, w, focal, hor)
    tile = fbm(1024, 1024, 340, 9, 0.56, seed, stretch=1.5)
    wt = fbm(1024, 1024, 256, 6, 0.5, seed + 1)
    e = np.maximum(sy, 0.02)[:, None] + 0.05
    cy, cx = 46 / e + 0 * sx[None, :], 60 * sx[None, :] / e + 430
    v = sample(tile, cy * 2.2 + 120 * sample(wt, cy, cx), cx * 2.2 + 120 * sample(wt, cy + 300, cx + 70))
    v2 = sample(tile, cy * 2.2 + 6 + 120 * sample(wt, cy, cx), cx * 2.2 - 9 + 120 * sample(wt, cy + 300, cx + 70))
    relief = np.clip(0.5 + (v - v2) * 7, 0, 1)
    bx, top = w * 0.64, h * 0.26
    flash = np.exp(-(((x - bx) / (w * 0.20)) ** 2 + ((y - top) / (h * 0.24)) ** 2))
    el = np.clip(sy[:, None] / 0.72, 0, 1) + 0 * sx[None, :]
    dark = ramp(el, [(0, hexa("a9a6a0", 0.75)), (0.10, hexa("76808e", 0.7)), (0.4, hexa("3f4a60", 0.6)), (1, hexa("171d2e", 0.55))])
    sky = dark * (0.45 + 0.75 * v + 0.55 * relief)[..., None] + flash[..., None] * (0.25 + 0.75 * relief * v * 1.8)[..., None] * hexa("b9b4ff", 0.95)
    rain = fbm(h, w, 260, 5, 0.5, seed + 3, stretch=0.35)
    curtain = np.exp(-(((x - w * 0.28 - (y - hor) * 0.12) / (w * 0.16)) ** 2)) * step(h * 0.34, h * 0.62, y)
    sky = mix(sky, hexa("8b93a4", 0.55), curtain * (0.45 + 0.5 * rain) * 0.8)
    bolt = np.zeros((h, w), F)

    def strike(x0, y0, x1, y1, width, depth):
        pts = [(x0, y0), (x1, y1)]
        sway = abs(y1 - y0) * 0.20
        for _ in range(7):
            new = [pts[0]]
            for a, b in zip(pts, pts[1:]):
                new += [((a[0] + b[0]) / 2 + rng.normal(0, 0.5) * sway, (a[1] + b[1]) / 2 + rng.normal(0, 0.18) * sway), b]
            pts, sway = new, sway * 0.52
        out = mask(h, w, lambda d, k: [d.line([a[0] * k, a[1] * k, b[0] * k, b[1] * k], fill=255, width=max(1, int(width * k))) for a, b in zip(pts, pts[1:])])
        total = out * (1.0 if depth == 0 else 0.45)
        if depth < 2:
            for _ in range(5 - 2 * depth):
                p = pts[rng.integers(len(pts) // 8, len(pts) * 3 // 4)]
                ln = (hor - p[1]) * rng.uniform(0.25, 0.6)
                total = total + strike(p[0], p[1], p[0] + rng.choice([-1, 1]) * ln * rng.uniform(0.5, 1.1), p[1] + ln * 0.8, width * 0.45, depth + 1)
        return total

    bolt = strike(bx, top, bx + 46, hor - 8, 2.4, 0)
    bolt = np.minimum(bolt, 1.4) * (y < hor)
    sky = sky + bolt[..., None] * hexa("f4f0ff", 9)
    # the field
    t = 3.0 / np.maximum(-sy, 1e-4)[:, None]
    fx = sx[None, :] * t
    ears = fbm(1024, 1024, 10, 3, 0.6, seed + 7)
    swell = fbm(1024, 1024, 256, 5, 0.5, seed + 8)
    a = sample(ears, np.log(np.maximum(t, 0.1)) * 420, fx * 30 / np.maximum(t / 12, 1))
    b = sample(swell, t * 5 + 0 * fx, fx * 5)
    path = np.exp(-(((np.abs(fx + 0.8 - t * 0.10) - 0.75) / 0.16) ** 2)) * step(120, 40, t)
    field = ramp(np.clip(0.5 * a + 0.6 * b, 0, 1), [(0, hexa("4a3c1c")), (0.5, hexa("9a7a36")), (1, hexa("dcb560"))]) * (0.55 + 0.3 * np.exp(-(((x - bx) / (w * 0.3)) ** 2)))[..., None]
    field = mix(field, hexa("2f2614"), path * 0.7)
    field = mix(field, hexa("6f7480", 0.6), (1 - np.exp(-t / 260)) * 0.8)
    img = np.where((sy > 0)[:, None, None], sky, field)
    trees = hor - 16 * line(w, 200, 8, 0.6, seed + 9) ** 2 + 2
    img = over(img, hexa("14171c") + 0 * img, np.clip(y - trees[None, :], 0, 1) * (y < hor + 2))
    return film(glow(img, [(6, 0.14), (50, 0.14)]), 1.25, seed, grain=0.013, contrast=1.1)


def balloon(img, cx, cy, r, cols, sun, haze, haze_col):
    """One balloon of radius r, lit from the side."""
    h, w = img.shape[:2]
    x0, x1, y0, y1 = int(max(0, cx - r * 1.2)), int(min(w, cx + r * 1.2)), int(max(0, cy - r * 1.2)), int(min(h, cy + r * 2.3))
    if x1 <= x0 or y1 <= y0:
        return
    ss = 3
    yy, xx = np.mgrid[y0 * ss : y1 * ss, x0 * ss : x1 * ss].astype(F) / ss
    u, v = (xx - cx) / r, (yy - cy) / r
    taper = np.where(v < 0.15, np.sqrt(np.clip(1 - (v - 0.15).clip(-1.15, 0) ** 2 / 1.3225, 0, 1)), np.clip(1 - ((v - 0.15).clip(0, 2) / 1.28) ** 1.75 * 0.86, 0, 1))
    inside = (v > -1.0) & (v < 1.30) & (np.abs(u) < taper)
    k = np.clip(u / np.maximum(taper, 1e-3), -1, 1)
    lon = np.arcsin(k)
    gore = lon / np.pi * 16 + 8
    which = np.floor(gore).astype(int) % len(cols)
    nz = np.sqrt(1 - k * k)
    lightness = np.clip(0.40 + 0.55 * (k * sun + nz * 0.45) - 0.25 * v * 0.6, 0.10, 1.3) * (0.90 + 0.10 * np.abs(np.sin(gore * np.pi)))
    col = np.array(cols)[which]
    col = np.where(((v > 0.22) & (v < 0.42))[..., None], cols[(0)] * 0.55 + 0.30, col)
    col = col * lightness[..., None] * np.array([1.25, 1.10, 0.95], F)
    a = inside.astype(F)
    basket = (v > 1.62) & (v < 1.86) & (np.abs(u) < 0.15)
    ropes = (v >= 1.28) & (v <= 1.64) & (np.abs(np.abs(u) - (0.19 - (v - 1.28) * 0.16)) < 0.012)
    fire = np.exp(-((u / 0.05) ** 2 + ((v - 1.38) / 0.12) ** 2))
    col = np.where(basket[..., None], hexa("5a3a1e") * (0.7 + 0.5 * k[..., None]), col)
    col = np.where(ropes[..., None], hexa("2a2018"), col) + fire[..., None] * hexa("ffb040", 1.5)
    a = np.maximum(np.maximum(a, basket), ropes * 0.8)
    col = mix(col, haze_col, haze)
    sh = lambda m: m.reshape((y1 - y0), ss, (x1 - x0), ss, -1).mean((1, 3))
    ca, aa = sh(col * a[..., None]), sh(a[..., None])
    img[y0:y1, x0:x1] = img[y0:y1, x0:x1] * (1 - aa) + ca


def balloons(h=1067, w=1600, seed=131):
    """Balloons rising over stone valleys."""
    m = fbm(2048, 2048, 512, 8, 0.46, seed)
    sp = fbm(2048, 2048, 128, 6, 0.5, seed + 1, ridged=True)
    hm = m * 190 + step(0.62, 0.92, sp) * 46 * step(0.25, 0.55, m)
    ground = lambda x, z: sample(hm, z + 300, x + 1100)
    eye, focal, hor = 190, w * 1.2, h * 0.55
    hit, t, x, z = terrain(h, w, ground, eye, focal, hor, 110, 2000)
    yy = ground(x, z)
    n = normals(ground, x, z, np.maximum(0.8, t / focal))
    sun = unit(0.85, 0.24, 0.28)
    lit = shade(ground, x, yy, z, sun, 260, 18, 9)
    band = 0.5 + 0.5 * np.sin(yy * 0.32 + 4 * m[0, 0])
    rock = mix(mix(hexa("c79a78"), hexa("e3c3a2"), band), hexa("7d7a4e"), step(0.86, 0.97, n[..., 1]) * 0.6)
    col = rock * ((np.maximum(n @ sun, 0) * lit)[..., None] * hexa("ffb676", 2.6) + (0.45 + 0.5 * n[..., 1])[..., None] * hexa("8f93c8", 0.36))
    sx, sy = rays(h, w, focal, hor)
    el = np.clip(sy[:, None] / 0.42, 0, 1) + 0 * sx[None, :]
    g = np.exp(-((sx[None, :] - 0.5) ** 2 / 0.22 + (sy[:, None] - 0.02) ** 2 / 0.05))
    sky = ramp(el, [(0, hexa("ffd2a0")), (0.25, hexa("f7c3b0")), (0.6, hexa("a9bfe0")), (1, hexa("6f9fd8"))]) + g[..., None] * hexa("ffb870", 0.55)
    tile = fbm(1024, 1024, 256, 8, 0.55, seed + 4, stretch=2.4)
    c = step(0.50, 0.80, cloud_sheet(h, w, focal, hor, tile, 60, (700, 300), 0.03)) * step(0.02, 0.14, sy)[:, None]
    sky = mix(sky, hexa("ffe6d6", 1.05), c * 0.6)
    hz = mix(hexa("c3b3c6", 0.9), hexa("ffc79a", 1.0), g * 0.8 + 0.25)
    low = np.exp(-np.maximum(yy - 60, 0) / 26)
    col = mix(col, hz, np.clip(1 - np.exp(-((t / 1500) ** 1.3) * 1.2 - np.minimum(t, 900) / 700 * low), 0, 1))
    img = np.where(hit[..., None], col, sky)
    P = lambda *c: [hexa(k) for k in c]
    sets = [P("d8382e", "f2be4a"), P("2f6fb0", "f4ede0"), P("f08a2c", "c93a3a", "f2be4a"), P("2f8f7a", "f2e6c8"), P("7a4a9e", "f0a0b8"), P("e0584a", "f4ede0"), P("3a4fa0", "f2be4a"), P("c9403a", "2f5f8f", "f4ede0")]
    rng = np.random.default_rng(seed + 5)
    far = [(rng.uniform(0.04, 0.96), rng.uniform(0.22, 0.52), rng.uniform(9, 20)) for _ in range(12)]
    mid = [(0.40, 0.36, 34), (0.60, 0.20, 40), (0.90, 0.44, 36), (0.15, 0.50, 30), (0.75, 0.50, 27)]
    near = [(0.235, 0.24, 118), (0.79, 0.205, 74), (0.50, 0.52, 58)]
    for i, (px, py, r) in enumerate(sorted(far + mid + near, key=lambda b: b[2])):
        haze = np.clip(0.62 - r / 80, 0.04, 0.6)
        balloon(img, px * w, py * h, r * w / 1600, sets[i % len(sets)] if r < 100 else sets[0], 0.75, haze, np.array([0.85, 0.62, 0.48], F))
    return film(glow(img, [(50, 0.06)]), 1.05, seed, saturation=1.05, contrast=1.06)


def icebergs(h=1067, w=1600, seed=8, off=(300, 700)):
    """Icebergs on a calm sea under a low sky."""
    hm = mountains(seed, cell=256, sharp=2.4)
    dt = fbm(1024, 1024, 64, 6, 0.55, seed + 1)
    isl = fbm(2048, 2048, 400, 4, 0.5, seed + 2)

    def ground(x, z):
        a, b = z + off[0], x + off[1]
        rise = step(0.55, 0.80, sample(isl, a, b) + 0.06 * (sample(dt, a * 0.6, b * 0.6) - 0.5)) * step(360, 520, z)
        q = (sample(hm, a * 1.0, b * 1.0) * 0.8 + 0.30) * rise * 130
        q = q * 0.6 + 0.4 * (np.floor(q / 22) * 22 + 22 * step(0.5, 1.0, q / 22 - np.floor(q / 22)))
        return q + (sample(dt, a * 2, b * 2) - 0.5) * 7 * (rise > 0) - 5.5

    eye, focal, hor = 26, w * 1.15, h * 0.47
    lift = lambda x, z: np.where(ground(x, z) > 0, ground(x, z), -1e4)
    hit, t, x, z = terrain(h, w, lambda x, z: np.maximum(ground(x, z), 0), eye, focal, hor, 40, 1900, 2600)
    hit = hit & (ground(x, z) > 0.05)
    sun = unit(-0.80, 0.34, -0.25)
    sx, sy = rays(h, w, focal, hor)

    def skyof(s, ex):
        el = np.clip(s / 0.42, 0, 1)
        base = ramp(el, [(0, hexa("f4d9c8")), (0.15, hexa("d9cfd8")), (0.45, hexa("93acc6")), (1, hexa("4a6c94"))])
        return base

    tile = fbm(1024, 1024, 256, 8, 0.57, seed + 5, stretch=2.4)

    def ice(x, z, t):
        yy = ground(x, z)
        n = normals(ground, x, z, np.maximum(0.7, t / focal))
        lit = shade(ground, x, yy, z, sun, 160, 16, 8)
        steep = step(0.75, 0.35, n[..., 1])
        body = mix(hexa("eef3f8"), hexa("9fd0e8"), steep * (0.35 + 0.5 * sample(dt, yy * 4, x * 0.6)))
        body = mix(body, hexa("3fa3c8"), np.exp(-np.maximum(yy, 0) / 4.5) * 0.65)
        c = body * ((np.maximum(n @ sun, 0) * lit)[..., None] * hexa("ffdcb8", 1.7) + (0.4 + 0.6 * n[..., 1])[..., None] * hexa("7fa6d0", 0.52))
        return mix(c, hexa("d6d2dc", 0.92), (1 - np.exp(-((t / 1500) ** 1.5))) * 0.85)

    full = skyof(sy[:, None] + 0 * sx[None, :], sx)
    c = step(0.40, 0.78, cloud_sheet(h, w, focal, hor, tile, 50, (200, 640), 0.025)) * step(0.02, 0.12, sy)[:, None]
    full = mix(full, mix(hexa("7c8ca4", 0.85), hexa("fbe3d4", 1.05), step(0, 0.3, 0.3 - np.maximum(sy, 0))[:, None] + 0 * c), c * 0.75)
    img = np.where(hit[..., None], ice(x, z, t), full)
    # what the water shows: the same world seen from as far below the surface
    hit2, t2, x2, z2 = terrain(h, w, lift, -eye, focal, hor, 130, 1900, 2200)
    hit2 = hit2 & (t2 > 0.97 * eye / np.maximum(sy, 1e-5)[:, None])
    mirror = np.where(hit2[..., None], ice(x2, z2, t2), full)
    shore = int(hor)
    y, xg = grid(h, w)
    water = (~hit) & (y >= hor)
    d = np.clip((y - hor) / (h - hor), 0, 1)
    rip = fbm(h, w, 60, 5, 0.52, seed + 8, stretch=7) - 0.5
    rip2 = fbm(h, w, 14, 3, 0.5, seed + 9, stretch=5) - 0.5
    src = np.clip(2 * hor - y + (rip * 70 + rip2 * 22) * (0.12 + d), 0, h - 1).astype(int)
    sxx = np.clip(xg + rip2 * 7, 0, w - 1).astype(int)
    refl = blur(mirror, 1.0)[src, sxx]
    deep = hexa("10384c", 0.9)
    wcol = refl * (0.80 - 0.42 * d)[..., None] * np.array([0.84, 0.95, 1.0], F) + deep * (0.14 + 0.35 * d)[..., None]
    img = np.where(water[..., None], wcol, img)
    img = mix(img, hexa("e6d9d6", 0.95), (np.exp(-np.abs(y - hor) / 7) * (~hit) * 0.6).astype(F))
    return film(img, 1.02, seed, contrast=1.08, saturation=1.08)
