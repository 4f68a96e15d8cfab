"""Makes Inter.ttf and lucide.ttf from the fonts that Inter and Lucide publish.

Usage: build_fonts.py INTER_ROMAN_VAR_TTF LUCIDE_STATIC_FOLDER

The first is `Inter-roman.var.ttf` (Debian package fonts-inter-variable 4.0~beta7), the second the unpacked npm package
`lucide-static` 1.62.0. It needs fonttools. It writes Inter.ttf, lucide.ttf, lucide.txt and Lucide-LICENSE.txt beside itself.
"""

import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent

# Latin with its extensions, Greek, Cyrillic, punctuation, currency, arrows, mathematics, keys and simple shapes.
TEXT = (
    "U+0020-007E,U+00A0-024F,U+0259,U+02B0-02FF,U+0300-0315,U+031B,U+0323-0328,U+0335-0338,U+0370-03FF,U+0400-052F,"
    "U+1E00-1EFF,U+2000-209F,U+20A0-20C0,U+2100-218B,U+2190-22FF,U+2300-23FF,U+25A0-25FF,U+2605,U+2606,U+2713,U+2717,"
    "U+FB00-FB04,U+FFFD"
)
FEATURES = "kern,mark,mkmk,ccmp,locl,calt,tnum,pnum,case,frac,numr,dnom,sups,subs,zero"

ICONS = """
activity album aperture archive archive-restore arrow-down arrow-down-up arrow-left arrow-left-right arrow-right arrow-up
arrow-up-down badge-check ban bell bell-off blend book-image book-open bookmark box bug calendar calendar-days camera
camera-off chart-pie check check-check chevron-down chevron-left chevron-right chevron-up chevrons-left chevrons-right
chevrons-up-down circle circle-alert circle-check circle-dashed circle-dot circle-minus circle-pause circle-play
circle-question-mark circle-slash circle-x clipboard clock cloud cloud-alert cloud-check cloud-download cloud-off
cloud-upload columns-2 columns-3 command contrast copy copy-check copy-plus copy-x corner-down-left crop crosshair database
download droplet ellipsis ellipsis-vertical expand external-link eye eye-off file file-check file-image file-question-mark
file-text file-warning file-x files film fingerprint-pattern flag flag-off flip-horizontal-2 flip-vertical-2 focus folder
folder-check folder-clock folder-heart folder-input folder-open folder-plus folder-search folder-sync folder-tree folder-x
folders fullscreen funnel funnel-plus funnel-x gallery-horizontal gallery-thumbnails gauge globe grid-2x2 grid-3x3
grip-vertical group hand hard-drive hard-drive-download hard-drive-upload hash heart heart-off history hourglass house image
image-down image-off image-plus images import inbox info key-round keyboard laptop layers layers-2 layout-grid life-buoy
lightbulb lightbulb-off link link-2 list list-checks list-ordered loader-circle locate lock lock-open mail map map-pin
maximize maximize-2 medal merge minimize minimize-2 minus monitor moon mouse-pointer move octagon-alert package palette
panel-bottom panel-left panel-left-close panel-right panel-right-close pause pencil piggy-bank pin pin-off play plug plug-zap
plus power printer proportions receipt-text redo-2 refresh-cw refresh-cw-off repeat rotate-ccw rotate-cw ruler save scale
scan scissors search search-x send server settings settings-2 share share-2 shield shield-alert shield-check shield-off
shield-question-mark shield-x shuffle skip-back skip-forward sliders-horizontal smartphone sparkles square square-check
square-dashed star star-half star-off sticky-note sun sun-dim sun-moon tag tags terminal text thermometer thumbs-down
thumbs-up timer trash-2 tree-pine triangle-alert undo-2 ungroup unlink unplug upload usb user users video volume-2 volume-x
wallet wand-sparkles wifi wifi-off wrench x zap zap-off zoom-in zoom-out
""".split()


def subset(source, target, unicodes, *more):
    subprocess.run(
        ["pyftsubset", str(source), f"--unicodes={unicodes}", f"--output-file={target}", "--no-hinting", "--name-IDs=*", *more],
        check=True,
    )


def main(inter, lucide):
    subset(inter, HERE / "Inter.ttf", TEXT, f"--layout-features={FEATURES}")
    points = json.loads((lucide / "font" / "codepoints.json").read_text())
    wanted = {name: points[name] for name in sorted(ICONS)}
    subset(lucide / "font" / "lucide.ttf", HERE / "lucide.ttf", ",".join(f"U+{p:04X}" for p in wanted.values()))
    (HERE / "lucide.txt").write_text("".join(f"{name} U+{point:04X}\n" for name, point in wanted.items()))
    (HERE / "Lucide-LICENSE.txt").write_text((lucide / "LICENSE").read_text().rstrip() + "\n")


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
