"""Sample photos of mountains, deserts and water."""

import numpy as np

from draw import *


def alpine_dawn(h=1067, w=1600, seed=13, off=(300, 900)):
    """Ridges standing in morning mist, the sun still behind them."""
    hm = mountains(seed)
    ground = lambda x, z: sample(hm, z + off[0], x + off[1]) * 250
    eye, focal, hor = 205, w * 1.35, h * 0.38
    hit, t, x, z = terrain(h, w, ground, eye, focal, hor, 160, 2000)
    y = ground(x, z)
    n = normals(ground, x, z, np.maximum(0.8, t / focal))
    sun = unit(-0.42, 0.10, 0.9)
    rock = mix(hexa("2b3330"), hexa("4a4a48"), step(0.6, 0.85, n[..., 1]))
    light = np.maximum(n @ sun, 0)[..., None] * hexa("ffb27a", 1.5) + (0.35 + 0.65 * n[..., 1])[..., None] * hexa("5a77a8", 0.42)
    col = rock * light
    sx, sy = rays(h, w, focal, hor)
    near_sun = np.exp(-((sx[None, :] + 0.43) ** 2 / 0.16 + (sy[:, None] - 0.07) ** 2 / 0.05))
    e = np.clip(sy[:, None] / 0.32, -0.2, 1) + 0 * sx[None, :]
    sky = ramp(e, [(-0.2, hexa("ffb98a")), (0.05, hexa("ffc79c")), (0.25, hexa("f2b7a6")), (0.55, hexa("a9a8c4")), (1, hexa("5d7bab"))])
    sky = sky + near_sun[..., None] * hexa("ffa860", 0.9)
    tile = fbm(1024, 1024, 256, 7, 0.55, seed + 3, stretch=2)
    cl = step(0.50, 0.78, cloud_sheet(h, w, focal, hor, tile, 60, (200, 80), 0.03)) * step(0.03, 0.16, sy)[:, None]
    sky = mix(sky, hexa("ffd0b0", 1.1) * (0.6 + 0.7 * near_sun[..., None]), cl * 0.55)
    haze = mix(hexa("8fa3c4", 0.82), hexa("ffb98a", 1.05), near_sun * 0.85 + 0.12)
    wisps = 0.65 + 0.7 * sample(tile, z * 0.9, x * 0.9 + 100)
    low = np.exp(-np.maximum(y - 42, 0) / 30) * wisps
    fog = 1 - np.exp(-(t / 1500) ** 1.3 * 1.5 - np.minimum(t, 900) / 300 * low)
    col = mix(col, haze, np.clip(fog, 0, 1))
    img = np.where(hit[..., None], col, sky)
    return film(glow(img, [(60, 0.10)]), 1.15, seed, saturation=1.12, contrast=1.06)


def snow_peaks(h=1067, w=1600, seed=13, off=(250, 500), rise=150):
    """High snow in clear light, with blue shadows."""
    hm = mountains(seed)
    dt = fbm(1024, 1024, 64, 6, 0.55, seed + 1)
    ground = lambda x, z: sample(hm, z + off[0], x + off[1]) * 300 + sample(dt, z * 5, x * 5) * 4
    eye, focal, hor = rise, w * 1.5, h * 0.46
    hit, t, x, z = terrain(h, w, ground, eye, focal, hor, 240, 1900)
    y = ground(x, z)
    n = normals(ground, x, z, np.maximum(0.5, t / focal))
    sun = unit(-0.80, 0.50, -0.30)
    lit = shade(ground, x, y, z, sun, 260, 22, 8)
    steep = n[..., 1] + (sample(dt, z * 2.3, x * 2.3) - 0.5) * 0.45
    snow = step(0.46, 0.62, steep) 
    rock = mix(hexa("3a3634"), hexa("6b6159"), sample(dt, y * 3, x * 1.1))
    body = mix(rock, hexa("f2f4f8"), snow)
    light = (np.maximum(n @ sun, 0) * lit)[..., None] * hexa("ffe9cf", 2.1) + (0.4 + 0.6 * n[..., 1])[..., None] * hexa("6f97d8", 0.50)
    col = body * light
    sx, sy = rays(h, w, focal, hor)
    e = np.clip(sy[:, None] / 0.36, 0, 1) + 0 * sx[None, :]
    sky = ramp(e, [(0, hexa("bcd6ee")), (0.3, hexa("7fb0e2")), (1, hexa("235a9e"))])
    tile = fbm(1024, 1024, 256, 8, 0.55, seed + 5, stretch=1.6)
    cl = step(0.52, 0.85, cloud_sheet(h, w, focal, hor, tile, 40, (620, 330), 0.02)) * step(0.0, 0.1, sy)[:, None]
    sky = mix(sky, hexa("ffffff", 1.15), cl * 0.8)
    fog = 1 - np.exp(-((t / 1700) ** 1.4)) * 1.0
    col = mix(col, hexa("9dbfe6", 0.95), fog * 0.75)
    return film(np.where(hit[..., None], col, sky), 1.05, seed, contrast=1.08, saturation=1.05)


def dune_height(size, seed, tall=46.0):
    """Crests with a gentle windward and a steep lee side."""
    y, x = grid(size, size)
    wob = (fbm(size, size, 512, 4, 0.5, seed) - 0.5) * 460
    wob2 = (fbm(size, size, 512, 3, 0.5, seed + 9) - 0.5) * 1.2
    ph = ((y + wob) * 8 / size + 0.15 * np.sin(x * 2 * np.pi / size * 2) + wob2) % 1.0
    k = 0.72
    prof = np.where(ph < k, np.sin(ph / k * np.pi / 2) ** 1.5, 0)
    prof = np.where(ph >= k, 1 - step(k, 1.0, ph), prof)
    amp = 0.35 + 0.9 * fbm(size, size, 512, 2, 0.5, seed + 2)
    return blur(prof * amp, 2.0) * tall


def dunes(h=1067, w=1600, seed=8, mono=False, sun=(-0.92, 0.30, 0.20), eye=58, off=(520, 640), hor=0.30):
    """Sand in low light: a bright side, a dark side, ripples near the eye."""
    hm = dune_height(2048, seed)
    rp = fbm(1024, 1024, 128, 4, 0.5, seed + 4)
    big = fbm(2048, 2048, 1024, 3, 0.5, seed + 7) * 60

    def ground(x, z):
        return sample(hm, z + off[0], x + off[1]) + sample(big, z + off[0], x + off[1])

    def fine(x, z):
        wig = sample(rp, z * 2.0, x * 2.0) * 3.2
        near = np.exp(-((x * x + z * z) / 150**2))
        return ground(x, z) + np.sin((z * 0.5 + x * 0.22) * 3.2 + wig * 5) * 0.16 * (0.15 + near)

    focal, horizon = w * 1.3, h * hor
    e0 = float(np.max(ground(np.zeros(60, F), np.arange(60, dtype=F)))) 
    eye_y = e0 + eye * 0.35
    hit, t, x, z = terrain(h, w, ground, eye_y, focal, horizon, 12, 1700)
    y = ground(x, z)
    n = normals(fine, x, z, np.maximum(0.12, t / focal * 0.8))
    s = unit(*sun)
    lit = shade(ground, x, y, z, s, 170, 26, 10)
    grainy = 0.92 + 0.16 * sample(rp, z * 7, x * 7)
    sand = mix(hexa("c98a4e"), hexa("dba066"), sample(rp, z * 0.3, x * 0.3)) * grainy[..., None]
    light = (np.maximum(n @ s, 0) * lit)[..., None] * hexa("ffc489", 2.5) + (0.35 + 0.5 * n[..., 1])[..., None] * hexa("8c8fc0", 0.30)
    col = sand * light
    sx, sy = rays(h, w, focal, horizon)
    el = np.clip(sy[:, None] / 0.22, 0, 1) + 0 * sx[None, :]
    sky = ramp(el, [(0, hexa("ffd9a8")), (0.3, hexa("e9b894")), (0.65, hexa("b39aa6")), (1, hexa("7f86ab"))])
    col = mix(col, hexa("f3c79a", 0.95), 1 - np.exp(-((t / 1500) ** 1.5)))
    img = np.where(hit[..., None], col, sky)
    if mono:
        lum = img @ np.array([0.45, 0.40, 0.15], F)
        lum = np.where(hit, lum, 0.03 + 0.10 * (1 - el))
        return film(np.repeat(lum[..., None], 3, -1) * 1.25, 1.0, seed, grain=0.022, contrast=1.22, vignette=0.5)
    return film(img, 1.0, seed, contrast=1.08, saturation=1.05)


def canyon(h=1067, w=1600, seed=41):
    """Red rock in layers, late sun on the walls."""
    m = fbm(2048, 2048, 512, 9, 0.48, seed)
    m = blur(m, 1)
    gap = np.abs(fbm(2048, 2048, 1024, 7, 0.45, seed + 1) - 0.5) * 2
    base = step(0.10, 0.60, gap * 0.75 + m * 0.35)
    terr = base * 9
    f = terr - np.floor(terr)
    hm = (np.floor(terr) + step(0.30, 0.9, f)) / 9 * 250 + m * 22
    dt = fbm(1024, 1024, 64, 6, 0.6, seed + 5)
    ground = lambda x, z: sample(hm, z + 380, x + 1330) + sample(dt, z * 4, x * 4) * 4
    eye, focal, hor = 292, w * 1.0, h * 0.27
    hit, t, x, z = terrain(h, w, ground, eye, focal, hor, 40, 1850)
    y = ground(x, z)
    n = normals(ground, x, z, np.maximum(0.5, t / focal))
    sun = unit(-0.75, 0.42, 0.25)
    lit = shade(ground, x, y, z, sun, 300, 26, 9)
    bands = y / 250 * 34 + sample(dt, z * 0.5, x * 0.5) * 2.4
    tone = 0.5 + 0.5 * np.sin(bands * 1.7) * np.sin(bands * 0.63 + 1)
    rock = ramp(tone, [(0, hexa("7c3a22")), (0.45, hexa("b4613a")), (0.75, hexa("cf8a5a")), (1, hexa("e3b48a"))])
    flat = step(0.80, 0.95, n[..., 1])
    rock = mix(rock, mix(hexa("9a5a38"), hexa("6d6a44"), step(0.45, 0.7, sample(dt, z * 0.8, x * 0.8))), flat * 0.65)
    light = (np.maximum(n @ sun, 0) * lit)[..., None] * hexa("ffcf9a", 2.5) + (0.45 + 0.55 * n[..., 1])[..., None] * hexa("7c8cc4", 0.36)
    col = rock * light
    sx, sy = rays(h, w, focal, hor)
    el = np.clip(sy[:, None] / 0.28, 0, 1) + 0 * sx[None, :]
    sky = ramp(el, [(0, hexa("f4dcc0")), (0.25, hexa("c6cfdc")), (1, hexa("5f90c8"))])
    tile = fbm(1024, 1024, 256, 8, 0.56, seed + 6, stretch=2.2)
    cl = step(0.48, 0.80, cloud_sheet(h, w, focal, hor, tile, 34, (100, 500), 0.02)) * step(0, 0.06, sy)[:, None]
    sky = mix(sky, hexa("fff1e2", 1.1), cl * 0.85)
    col = mix(col, hexa("c9b8c4", 0.8), (1 - np.exp(-((t / 1700) ** 1.6))) * 0.8)
    return film(np.where(hit[..., None], col, sky), 1.02, seed, contrast=1.1, saturation=1.08)


def lake(h=1067, w=1600, seed=10, off=(500, 760)):
    """A still lake that doubles the mountains, at first light."""
    hm = mountains(seed)
    dt = fbm(1024, 1024, 64, 6, 0.55, seed + 1)

    def ground(x, z):
        rise = step(560, 1050, z + np.abs(x) * 0.25) 
        return (sample(hm, z + off[0], x + off[1]) * 330 + sample(dt, z * 4, x * 4) * 10) * rise - 30 + 60 * step(520, 620, z + (sample(dt, x * 0.4, x * 0.2 + 3) - 0.5) * 90)

    eye, focal, hor = 16, w * 1.05, h * 0.56
    hit, t, x, z = terrain(h, w, ground, eye, focal, hor, 380, 1900)
    y = ground(x, z)
    n = normals(ground, x, z, np.maximum(0.6, t / focal))
    sun = unit(0.85, 0.30, -0.35)
    lit = shade(ground, x, y, z, sun, 240, 18, 8)
    trees = step(170, 90, y + 120 * (sample(dt, z * 1.5, x * 1.5) - 0.5)) * step(0.35, 0.55, n[..., 1])
    snow = step(0.48, 0.66, n[..., 1] + (sample(dt, z * 2, x * 2) - 0.5) * 0.3) * step(200, 330, y + 140 * (sample(dt, z * 0.6, x * 0.6) - 0.5))
    rock = mix(hexa("4b4a50"), hexa("7d746e"), sample(dt, y * 2.2, x))
    body = mix(mix(rock, hexa("1f2f25") * (0.6 + 0.9 * sample(dt, z * 7, x * 7))[..., None], trees), hexa("eef1f6"), snow)
    light = (np.maximum(n @ sun, 0) * lit)[..., None] * hexa("ffb98a", 2.3) + (0.45 + 0.55 * n[..., 1])[..., None] * hexa("7f9fd6", 0.42)
    col = body * light
    sx, sy = rays(h, w, focal, hor)
    el = np.clip(sy[:, None] / 0.5, 0, 1) + 0 * sx[None, :]
    sky = ramp(el, [(0, hexa("ffd9bc")), (0.25, hexa("e8c3c2")), (0.55, hexa("9db4d6")), (1, hexa("4f7fba"))])
    tile = fbm(1024, 1024, 256, 8, 0.55, seed + 6, stretch=2.5)
    cl = step(0.46, 0.80, cloud_sheet(h, w, focal, hor, tile, 60, (90, 240), 0.03)) * step(0.03, 0.15, sy)[:, None]
    sky = mix(sky, hexa("ffd3c0", 1.1), cl * 0.7)
    col = mix(col, hexa("b7c3dc", 0.85), (1 - np.exp(-((t / 1900) ** 1.5))) * 0.7)
    mist = np.exp(-np.maximum(y, 0) / 16) * step(380, 620, t) * 0.5
    col = mix(col, hexa("e6d8dc", 0.9), mist * (0.5 + 0.7 * sample(tile, z * 0.3, x * 0.9)))
    top = np.where(hit[..., None], col, sky)
    shore = int(hor + focal * eye / 560)
    shore = int(np.clip(shore, hor + 4, h - 60))
    out = top.copy()
    rows = np.arange(shore, h)
    d = (rows - shore) / (h - shore)
    yy, xx = np.meshgrid(rows, np.arange(w), indexing="ij")
    rip = fbm(h, w, 90, 5, 0.5, seed + 8, stretch=6)[shore:h] - 0.5
    rip2 = fbm(h, w, 22, 3, 0.5, seed + 18, stretch=5)[shore:h] - 0.5
    src_y = np.clip(2 * shore - yy - 2 + (rip * 46 + rip2 * 16) * (0.15 + d[:, None]), 0, shore - 1)
    src_x = np.clip(xx + rip2 * 5, 0, w - 1)
    img_up = blur(top[:shore], 1.2)
    refl = img_up[src_y.astype(int), src_x.astype(int)]
    deep = hexa("0d2430", 0.9)
    f = 0.86 - 0.40 * d
    out[shore:h] = refl * f[:, None, None] * np.array([0.88, 0.93, 0.97], F) + deep * (1 - f)[:, None, None] * 0.8
    return film(out, 1.06, seed, contrast=1.07, saturation=1.1)


def coast_sky(stops, sun, strength, width):
    def sky(ex, ey):
        base = ramp(np.clip(ey / 0.6, 0, 1), stops)
        sxp = sun[0] / sun[2]
        g = np.exp(-(((ex - sxp) ** 2) / width + (ey - sun[1]) ** 2 / (width * 0.6)))
        return base + g[..., None] * strength

    return sky


def sea_sunset(h=1067, w=1600, seed=3, boat=False):
    """Evening sea with the sun's road on it."""
    focal, hor = w * 0.95, h * 0.46
    sxp = -0.12 if not boat else 0.16
    sun = unit(sxp, 0.045 if not boat else 0.15, 1)
    stops = [(0, hexa("ffb066", 1.1)), (0.1, hexa("ff9a6a")), (0.3, hexa("c87a86")), (0.6, hexa("6a6a9c")), (1, hexa("2c4778"))]
    if boat:
        stops = [(0, hexa("fbe6cf", 1.05)), (0.12, hexa("e4dcd6")), (0.3, hexa("a9c6d8")), (0.6, hexa("6a9cc6")), (1, hexa("2f6aa4"))]
    sky = coast_sky(stops, sun, hexa("ffd9a0" if boat else "ff9a4a", 0.8 if boat else 1.0), 0.05)
    waves = [(26, 0.9), (7, 0.8), (1.8, 0.55), (0.5, 0.3)]
    sea_img, glint, x, z = sea(h, w, focal, hor, 4.2, sky, sun, hexa("0c3a52" if boat else "0c2a3a", 0.5), waves, 0.55, (900, 5.0), seed)
    img = sea_img + glint[..., None] * hexa("ffe6c0" if boat else "ffb469", 6.0)
    sx, sy = rays(h, w, focal, hor)
    above = sy > 0
    full = sky(np.broadcast_to(sx[None, :], (h, w)), np.broadcast_to(np.maximum(sy, 0)[:, None], (h, w)) / 1.0)
    tile = fbm(1024, 1024, 256, 8, 0.54, seed + 2, stretch=3)
    v = cloud_sheet(h, w, focal, hor, tile, 46, (120 + 400 * boat, 60), 0.02)
    cl = step(0.42, 0.75, v) * step(0.015, 0.12, sy)[:, None]
    edge = step(0.42, 0.55, v) * (1 - step(0.55, 0.75, v))
    near = np.exp(-((sx[None, :] - sxp) ** 2 / 0.25))
    ccol = mix(hexa("8fa3b8" if boat else "55425c", 0.9), hexa("fff1e0" if boat else "ff9a66", 1.3), np.clip(edge * 0.8 + near * 0.35, 0, 1))
    full = mix(full, ccol, cl * 0.85)
    d = np.hypot(sx[None, :] - sxp, sy[:, None] - sun[1] / sun[2])
    full = full + step(0.0185, 0.0165, d)[..., None] * hexa("ffe2a0", 14) * (1 - cl[..., None] * 0.7)
    img = np.where(above[:, None, None], full, img)
    line_haze = np.exp(-np.abs(sy) / 0.006)[:, None]
    img = mix(img, hexa("e9dccf" if boat else "ffb98a", 0.85), line_haze * 0.5)
    if boat:
        bx, by, s = w * 0.395, hor + 30, 1.35

        def hull(dr, k):
            P = lambda pts: [((bx + px * s) * k, (by + py * s) * k) for px, py in pts]
            dr.polygon(P([(-62, -8), (66, -12), (52, 8), (-46, 8)]), fill=255)
            dr.polygon(P([(1, -16), (0.3, -196), (-1.3, -196), (-2, -16)]), fill=255)

        def sails(dr, k):
            main = [((bx + px * s) * k, (by + py * s) * k) for px, py in curve([(5, -190), (26, -120), (56, -22), (5, -20)], 0)]
            jib = [((bx + px * s) * k, (by + py * s) * k) for px, py in curve([(-5, -176), (-30, -96), (-58, -16), (-6, -24)], 1)]
            dr.polygon(main, fill=255)
            dr.polygon(jib, fill=255)

        def curve(p, side):
            a, b, c, d2 = [np.array(q, float) for q in p]
            ts = np.linspace(0, 1, 24)[:, None]
            bow = b + np.array([16 if side == 0 else -10, 0])
            arc = (1 - ts) ** 2 * a + 2 * ts * (1 - ts) * bow + ts**2 * c
            return [tuple(q) for q in arc] + [tuple(d2)]

        sail = mask(h, w, sails, 3)
        hm = mask(h, w, hull, 3)
        y, xg = grid(h, w)
        tone = np.clip((xg - bx + 70 * s) / (140 * s), 0, 1)
        img = over(img, mix(hexa("5f7288"), hexa("b9b4ae"), tone), sail * 0.96)
        img = over(img, hexa("1c2430") + 0 * img, hm)
        both = np.maximum(sail, hm)
        rip = (fbm(h, w, 26, 3, 0.5, seed + 40, stretch=4) - 0.5)
        src = np.clip((2 * (by + 8) - y + rip * 40), 0, h - 1).astype(int)
        sxx = np.clip(xg + rip * 26, 0, w - 1).astype(int)
        refl = both[src, sxx] * (y > by + 6) * np.exp(-(y - by) / 130)
        img = over(img, img * 0.35 + hexa("8fa0b0", 0.25), refl * 0.75)
    return film(glow(img, [(16, 0.08), (90, 0.10)]), 0.95, seed, saturation=1.06, contrast=1.06)


def moonlight(h=1600, w=1067, seed=14):
    """The moon over quiet water, upright."""
    focal, hor = w * 1.5, h * 0.60
    sun = unit(0.06, 0.30, 1)
    stops = [(0, hexa("3a5c86", 0.9)), (0.2, hexa("274a78", 0.8)), (0.6, hexa("122a52", 0.7)), (1, hexa("081632", 0.6))]
    sky = coast_sky(stops, sun, hexa("9fc0e8", 0.30), 0.09)
    waves = [(22, 0.9), (6, 0.9), (1.6, 0.6), (0.5, 0.3)]
    sea_img, glint, x, z = sea(h, w, focal, hor, 5, sky, sun, hexa("04101c", 0.4), waves, 0.9, (420, 4.0), seed)
    img = sea_img + glint[..., None] * hexa("dfeaff", 2.4)
    sx, sy = rays(h, w, focal, hor)
    full = sky(np.broadcast_to(sx[None, :], (h, w)), np.broadcast_to(np.maximum(sy, 0)[:, None], (h, w)))
    rng = np.random.default_rng(seed)
    stars = np.zeros((h, w), F)
    ys, xs = rng.integers(0, int(hor), 900), rng.integers(0, w, 900)
    stars[ys, xs] = rng.pareto(2.2, 900).astype(F) * 0.25 + 0.05
    stars = np.minimum(blur(stars, 0.9) * 6, 3)
    d = np.hypot(sx[None, :] - sun[0] / sun[2], sy[:, None] - sun[1] / sun[2])
    R = 0.047
    y, xg = grid(h, w)
    mare = fbm(h, w, 60, 5, 0.55, seed + 2)
    disc = step(R, R * 0.975, d)
    face = (0.72 + 0.28 * np.sqrt(np.clip(1 - (d / R) ** 2, 0, 1))) * (0.62 + 0.6 * step(0.3, 0.65, mare))
    tile = fbm(1024, 1024, 256, 8, 0.56, seed + 5, stretch=2.6)
    v = cloud_sheet(h, w, focal, hor, tile, 110, (40, 470), 0.03)
    cl = step(0.45, 0.80, v) * step(0.02, 0.12, sy)[:, None]
    near = np.exp(-(d**2) / 0.03)
    full = full + stars[..., None] * hexa("dfe8ff") * (1 - cl[..., None]) * (1 - near[..., None])
    full = mix(full, mix(hexa("1a2c4c", 0.8), hexa("cfdcf2", 0.8), near * 0.9), cl * 0.75)
    full = full * (1 - disc[..., None]) + (face * disc)[..., None] * hexa("fff6e2", 3.2) * (1 - cl[..., None] * 0.55)
    img = np.where((sy > 0)[:, None, None], full, img)
    img = mix(img, hexa("4a6a94", 0.8), np.exp(-np.abs(sy) / 0.008)[:, None] * 0.5)
    for k, (amp, base, tone) in enumerate([(60, 26, 0.55), (90, 6, 0.25)]):
        r = base + amp * line(w, w * (0.55 - 0.2 * k), 7, 0.45, seed + 50 + k) * np.linspace(1.0 if k else 0.2, 0.1 if k else 1.0, w)
        m = np.clip(r[None, :] - (hor - y), 0, 1) * (y < hor + 1)
        img = over(img, hexa("22395a", tone) + 0 * img, m)
    return film(glow(img, [(10, 0.12), (70, 0.14)]), 1.5, seed, grain=0.014, contrast=1.05)


def beach_above(h=1600, w=1067, seed=19):
    """Surf on a beach, straight from above, upright."""
    y, x = grid(h, w)
    warp = fbm(h, w, 500, 5, 0.5, seed) - 0.5
    s = x / w + 0.22 * (y / h - 0.5) + warp * 0.36
    small = fbm(h, w, 120, 6, 0.55, seed + 1)
    deep = np.clip((0.60 - s) / 0.60, 0, 1)
    water = ramp(deep, [(0, hexa("a9e3d6")), (0.18, hexa("58c9c6")), (0.5, hexa("1f9db0")), (1, hexa("0b5f86"))])
    ca = fbm(h, w, 46, 4, 0.6, seed + 2, ridged=True)
    ca2 = fbm(h, w, 60, 4, 0.6, seed + 12, ridged=True)
    caust = step(0.72, 0.98, np.minimum(ca, ca2) + 0.25 * small)
    water = water * (0.86 + 0.30 * small[..., None]) + caust[..., None] * hexa("e6fff8", 0.28) * (1 - deep)[..., None]
    dark = step(0.55, 0.72, fbm(h, w, 260, 6, 0.55, seed + 3)) * step(0.15, 0.4, deep)
    water = mix(water, water * np.array([0.50, 0.66, 0.68], F), dark * 0.8)
    tex = fbm(h, w, 14, 3, 0.6, seed + 4)
    sand = mix(hexa("e8d0a4"), hexa("d3b482"), fbm(h, w, 200, 5, 0.5, seed + 5)) * (0.93 + 0.14 * tex[..., None])
    wet = step(0.86, 0.62, s)
    sand = mix(sand, sand * np.array([0.66, 0.62, 0.58], F), wet * 0.85)
    img = mix(water, sand, step(0.585, 0.625, s + (small - 0.5) * 0.02))
    lace = fbm(h, w, 34, 5, 0.6, seed + 6, ridged=True)
    lace2 = fbm(h, w, 70, 5, 0.6, seed + 7, ridged=True)
    for at, wide, power in [(0.635, 0.075, 1.0), (0.50, 0.05, 0.8), (0.355, 0.05, 0.75), (0.22, 0.03, 0.4)]:
        wob = (fbm(h, w, 300, 5, 0.5, seed + int(at * 100)) - 0.5) * 0.07
        q = (at + wob - s) / wide
        body = step(-0.10, 0.02, q) * np.exp(-np.maximum(q, 0) * 1.5)
        web = np.clip(step(0.58, 0.86, np.maximum(lace, lace2 * 0.98)) + step(0.35, -0.02, q), 0, 1)
        img = mix(img, hexa("fbfdfc", 1.05), np.clip(body * web * power, 0, 1))
    sh = mask(h, w, lambda d, k: None)
    for px, py, c1, c2 in [(0.865, 0.235, "e4572e", "f7f3ea"), (0.93, 0.335, "f2be4a", "f7f3ea"), (0.845, 0.40, "2f6f9f", "f7f3ea")]:
        cx, cy, r = px * w, py * h, 27
        ang = np.arctan2(y - cy, x - cx)
        rr = np.hypot(x - cx, y - cy)
        shadow = step(r + 7, r - 7, np.hypot(x - cx - 20, y - cy - 16))
        img = img * (1 - 0.5 * shadow[..., None])
        seg = (np.floor((ang + np.pi) / (2 * np.pi) * 12 - 1e-4) % 2)
        tone = mix(hexa(c1), hexa(c2), seg) * (0.80 + 0.30 * np.cos(ang + 2.3) * rr / r)[..., None]
        img = over(img, tone, step(r + 0.8, r - 0.8, rr))
    return film(img, 1.12, seed, saturation=1.05, contrast=1.03, vignette=0.2)
