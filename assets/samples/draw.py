"""The paint box of the sample photos: noise, terrain, sea, sky, light and film.

Pictures are float32 arrays of linear light, height x width x 3. Everything is seeded, so a picture is the same each time.
"""

import numpy as np
from PIL import Image, ImageDraw

F = np.float32


def hexa(code, gain=1.0):
    """A colour written as in CSS, as linear light."""
    v = np.array([int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)], F)
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(F) * F(gain)


def mix(a, b, t):
    t = np.asarray(t, F)
    if np.ndim(t) >= 2 and (np.ndim(a) == 3 or np.ndim(b) == 3 or np.shape(a) == (3,)):
        t = t[..., None] if t.ndim == 2 else t
    return a + (b - a) * t


def step(lo, hi, x):
    """Smooth from 0 at lo to 1 at hi."""
    t = np.clip((x - lo) / (hi - lo), 0, 1)
    return (t * t * (3 - 2 * t)).astype(F)


def ramp(x, stops):
    """Colours between stops [(position, colour)] at each value of x."""
    pos = [p for p, _ in stops]
    cols = np.array([c for _, c in stops])
    return np.stack([np.interp(x, pos, cols[:, i]) for i in range(3)], -1).astype(F)


def grid(h, w):
    y, x = np.mgrid[0:h, 0:w].astype(F)
    return y, x


def noise(h, w, cy, cx, seed):
    """Smooth noise, about -1 to 1, with cells of cy x cx pixels. Its edges join when the cells fit."""
    gy, gx = max(2, round(h / cy)), max(2, round(w / cx))
    g = np.random.default_rng(seed).uniform(-1, 1, (gy, gx)).astype(F)
    g = np.pad(g, 3, mode="wrap")
    return np.asarray(Image.fromarray(g).resize((w, h), Image.BICUBIC, box=(3, 3, 3 + gx, 3 + gy)))


def fbm(h, w, cell, octaves=6, gain=0.5, seed=0, stretch=1.0, ridged=False):
    """Fractal noise from 0 to 1; stretch > 1 makes it wider than high."""
    out, amp, total = np.zeros((h, w), F), 1.0, 0.0
    for o in range(octaves):
        cy, cx = cell / 2**o, cell * stretch / 2**o
        if min(cy, cx) < 1:
            break
        n = noise(h, w, cy, cx, seed * 977 + o)
        out += amp * ((1 - np.abs(n) * 1.6) if ridged else n)
        total += amp
        amp *= gain
    out -= out.min()
    return out / out.max()


def line(w, cell, octaves=7, gain=0.5, seed=0):
    """A fractal line from 0 to 1, for ridges."""
    v = np.zeros(w, F)
    for o in range(octaves):
        if cell / 2**o < 2:
            break
        v += gain**o * noise(2, w, 1, cell / 2**o, seed * 131 + o)[0]
    v -= v.min()
    return v / v.max()


def sample(a, y, x):
    """Bilinear reading of an array that repeats."""
    h, w = a.shape[:2]
    yf, xf = np.floor(y), np.floor(x)
    ty, tx = (y - yf).astype(F), (x - xf).astype(F)
    y0, x0 = yf.astype(np.int32) % h, xf.astype(np.int32) % w
    y1, x1 = (y0 + 1) % h, (x0 + 1) % w
    if a.ndim == 3:
        ty, tx = ty[..., None], tx[..., None]
    top = a[y0, x0] * (1 - tx) + a[y0, x1] * tx
    low = a[y1, x0] * (1 - tx) + a[y1, x1] * tx
    return top * (1 - ty) + low * ty


def blur(a, r):
    """Close to a Gaussian blur of r pixels: three box blurs."""
    if r < 0.5:
        return a
    k = max(1, int(r * 0.95))
    for axis in (0, 1):
        for _ in range(3):
            pad = [(0, 0)] * a.ndim
            pad[axis] = (k + 1, k)
            c = np.cumsum(np.pad(a, pad, mode="edge"), axis=axis, dtype=np.float64)
            n = c.shape[axis]
            hi = np.take(c, range(2 * k + 1, n), axis=axis)
            lo = np.take(c, range(0, n - 2 * k - 1), axis=axis)
            a = ((hi - lo) / (2 * k + 1)).astype(F)
    return a


def glow(img, parts):
    """Light that spills in the lens: [(radius, strength)]."""
    h, w = img.shape[:2]
    small = np.stack([np.asarray(Image.fromarray(np.ascontiguousarray(img[..., i])).resize((w // 4, h // 4), Image.BOX)) for i in range(3)], -1)
    out = img.copy()
    for r, s in parts:
        b = blur(small, r / 4)
        out += s * np.stack([np.asarray(Image.fromarray(np.ascontiguousarray(b[..., i])).resize((w, h), Image.BICUBIC)) for i in range(3)], -1)
    return out


def mask(h, w, paint, ss=2):
    """What paint(draw, scale) draws in white, as 0 to 1, smoothed."""
    im = Image.new("L", (w * ss, h * ss), 0)
    paint(ImageDraw.Draw(im), ss)
    return np.asarray(im.resize((w, h), Image.BOX), F) / 255


def over(img, colour, alpha):
    return img * (1 - alpha[..., None]) + colour * alpha[..., None]


def warm(img, k):
    return img * np.array([1 + k, 1, 1 - k], F)


def film(img, exposure=1.0, seed=0, grain=0.010, vignette=0.25, contrast=1.0, saturation=1.0, curve=True):
    """Linear light to a finished 8-bit picture: shoulder, contrast, vignette, grain."""
    h, w = img.shape[:2]
    y, x = grid(h, w)
    r2 = ((x / w - 0.5) ** 2 + (y / h - 0.5) ** 2) * 2
    v = np.maximum(img, 0) * exposure * (1 - vignette * r2)[..., None]
    lum = (v @ np.array([0.2126, 0.7152, 0.0722], F))[..., None]
    v = np.maximum(lum + (v - lum) * saturation, 0)
    if curve:  # ACES as fitted by Narkowicz, scaled so that middle grey stays
        v = v * 0.72
        v = v * (2.51 * v + 0.03) / (v * (2.43 * v + 0.59) + 0.14)
    v = np.clip(v, 0, 1)
    s = np.where(v <= 0.0031308, v * 12.92, 1.055 * v ** (1 / 2.4) - 0.055)
    if contrast != 1.0:
        s = np.clip(0.5 + (s - 0.5) * contrast, 0, 1)
    g = np.random.default_rng(seed + 5000).normal(0, 1, (h, w)).astype(F)
    g = (g + np.roll(g, 1, 0) + np.roll(g, 1, 1)) / 1.73
    s = s + (g * grain * (0.35 + 1.3 * s.mean(-1) * (1 - s.mean(-1))))[..., None]
    return (np.clip(s, 0, 1) * 255 + 0.5).astype(np.uint8)


# ---------------------------------------------------------------- terrain


def rays(h, w, focal, horizon):
    """Columns as slopes in plan, rows as slopes above the horizon."""
    return ((np.arange(w) - w / 2) / focal).astype(F), ((horizon - np.arange(h)) / focal).astype(F)


def terrain(h, w, height, eye, focal, horizon, near, far, steps=1800):
    """Where each pixel's ray meets the ground: (hit, t, x, z). Rays start at (0, eye, 0) and go along z."""
    sx, sy = rays(h, w, focal, horizon)
    t = np.geomspace(near, far, steps).astype(F)
    p = (height(sx[None, :] * t[:, None], np.broadcast_to(t[:, None], (steps, w))) - eye) / t[:, None]
    run = np.maximum.accumulate(p, axis=0)
    rows = sy[::-1]
    depth = np.full((h, w), far, F)
    hit = np.zeros((h, w), bool)
    for c in range(w):
        i = np.searchsorted(run[:, c], rows)[::-1]
        ok = i < steps
        j = np.clip(i, 1, steps - 1)
        p0, p1 = p[j - 1, c], p[j, c]
        f = np.clip((sy - p0) / np.where(np.abs(p1 - p0) < 1e-9, 1e-9, p1 - p0), 0, 1)
        depth[:, c] = np.where(ok, t[j - 1] + (t[j] - t[j - 1]) * f, far)
        hit[:, c] = ok
    return hit, depth, sx[None, :] * depth, depth


def normals(height, x, z, e):
    dx = (height(x + e, z) - height(x - e, z)) / (2 * e)
    dz = (height(x, z + e) - height(x, z - e)) / (2 * e)
    n = np.stack([-dx, np.ones_like(dx), -dz], -1)
    return n / np.linalg.norm(n, axis=-1, keepdims=True)


def shade(height, x, y, z, sun, reach, steps=26, soft=10.0):
    """Sunlight that is not blocked, 0 to 1."""
    lit = np.ones_like(x)
    for k in np.geomspace(reach / 150, reach, steps):
        room = y + sun[1] * k - height(x + sun[0] * k, z + sun[2] * k)
        lit = np.minimum(lit, np.clip(0.5 + soft * room / k, 0, 1))
    return lit.astype(F)


def unit(*v):
    v = np.array(v, F)
    return v / np.linalg.norm(v)


def mountains(seed, size=2048, cell=512, sharp=2.1, rough=0.5):
    """A height map after Musgrave's ridged multifractal: crests carry detail, valleys stay calm. Bent, so nothing is round."""
    h, weight, amp, c = np.zeros((size, size), F), np.ones((size, size), F), 1.0, float(cell)
    o = 0
    while c >= 4:
        n = noise(size, size, c, c, seed * 71 + o)
        signal = np.maximum(1 - np.sqrt(n * n + 0.0006) * 1.35, 0) ** 2 * weight
        h += signal * amp
        weight = np.clip(signal * sharp, 0, 1)
        amp *= rough
        c /= 2
        o += 1
    y, x = grid(size, size)
    wy = (fbm(size, size, cell / 2, 6, 0.5, seed + 61) - 0.5) * cell * 0.35
    wx = (fbm(size, size, cell / 2, 6, 0.5, seed + 62) - 0.5) * cell * 0.35
    h = sample(h, y + wy, x + wx)
    h -= h.min()
    return h / h.max()


def cloud_sheet(h, w, focal, horizon, tile, scale, drift=(0, 0), lowest=0.01):
    """A flat layer of cloud seen from below: the tile read in perspective."""
    sx, sy = rays(h, w, focal, horizon)
    e = np.maximum(sy, lowest)[:, None]
    return sample(tile, np.broadcast_to(scale / e + drift[1], (h, w)), scale * sx[None, :] / e + drift[0])


# ---------------------------------------------------------------- sea


def sea(h, w, focal, horizon, eye, sky, sun, colour, waves, rough=1.0, sparkle=(600, 3.0), seed=0, foam=0.0):
    """Water below the horizon: returns a picture (rows above the horizon are black).

    sky(ex, ey) gives the light from a direction (sideways slope, upward sine); waves is [(size, height)].
    """
    sx, sy = rays(h, w, focal, horizon)
    d = np.maximum(-sy, 1e-5)[:, None]
    t = eye / d
    x, z = sx[None, :] * t, np.broadcast_to(t, (h, w))
    nx = np.zeros((h, w), F)
    nz = np.zeros((h, w), F)
    size = 1024
    for k, (length, steep) in enumerate(waves):
        tile = fbm(size, size, 128, 4, 0.5, seed * 31 + k, stretch=1.6)
        gy, gx = np.gradient(tile)
        s = 128 / length
        fade = 1 / (1 + (t / (length * focal * 0.45)) ** 1.5)
        nx += sample(gx, z * s + 37 * k, x * s + 91 * k) * steep * 90 * fade
        nz += sample(gy, z * s + 37 * k, x * s + 91 * k) * steep * 90 * fade
    spread = rough * 0.5
    nx, nz = nx * spread, nz * spread
    inv = 1 / np.sqrt(1 + nx * nx + nz * nz)
    vl = np.sqrt(sx[None, :] ** 2 + d * d + 1)
    vx, vy, vz = sx[None, :] / vl, -d / vl, 1 / vl
    dot = (vx * -nx + vy - vz * nz) * inv
    rx, ry, rz = vx + 2 * dot * nx * inv, vy - 2 * dot * inv, vz + 2 * dot * nz * inv
    ry = np.abs(ry)
    fres = 0.02 + 0.98 * (1 - np.clip(-dot, 0, 1)) ** 5
    ref = sky(rx / np.maximum(np.abs(rz), 0.15), ry)
    out = colour * (1 - fres[..., None]) + ref * fres[..., None]
    power, gain = sparkle
    glint = np.maximum(rx * sun[0] + ry * sun[1] + rz * sun[2], 0) ** power
    return out, glint * gain, x, z
