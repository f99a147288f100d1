#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench.py BUILD DOCS [VMLINUX]: measures khoscope against what the hardware can do at the least,
and against drgn and crash; puts the tables into DOCS/performance.md and draws DOCS/performance.svg.

What is compared is measured by turns, in one run, and what is said is the ratio of each pair of
turns: its median, and the least and the greatest. Dumps are made, once, in BUILD/bench/dumps."""

import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

GIB = 1 << 30
HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = [1, 4, 16, 64, 256, 1024]  # GiB
ROUNDS = 9
KMEMS = 40  # in one crash: one alone is lost in what starting crash takes
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"

# In the interpreter of drgn's command line, which knows prog and for_each_page().
DRGN = """
import time
n, start = 0, time.monotonic()
for page in for_each_page(prog):
    page.flags.value_()
    n += 1
print(n, time.monotonic() - start)
"""


def say(text):
    print(text, file=sys.stderr, flush=True)


def output(*command, **options):
    return subprocess.run([str(c) for c in command], check=True, text=True,
                          stdout=subprocess.PIPE, **options).stdout


class Bench:
    def __init__(self, build, docs, vmlinux=None):
        self.build, self.docs, self.vmlinux = os.path.abspath(build), docs, vmlinux
        self.dumps = os.path.join(self.build, "bench/dumps")
        self.lines = []
        # Seconds a struct page, of the largest uncompressed dump, and the same of its floor.
        self.at_scale = self.floor_at_scale = 0.0
        os.makedirs(self.dumps, exist_ok=True)

    def tool(self, name):
        return os.path.join(self.build, name)

    # ---- dumps ---------------------------------------------------------------------------------

    def dump(self, gib, style):
        """A machine of two nodes, most of its memory free and left out of the dump."""
        path = os.path.join(self.dumps, f"{gib}g-{style.replace(' ', '-')}")
        if os.path.exists(path):
            return path
        half, far = gib * GIB // 2, gib * GIB * 3 // 4 >> 12
        case = f"""
machine x86_64
node 0 0-{half:#x}
node 1 {half:#x}-{2 * half:#x}
kernel 7.3
handover
scratch {half - (64 << 20):#x}+64M
preserve {far:#x} order 9 folio
pending {far + 0x400:#x} order 9
pending {far + 0x2000:#x} order 10
exclude free
format {style}
"""
        say(f"making a dump of a machine of {gib} GiB, {style}")
        with tempfile.NamedTemporaryFile("w", suffix=".case") as file:
            file.write(case)
            file.flush()
            output(self.tool("tests/mkdump/mkdump"), "--layouts",
                   os.path.join(HERE, "../tests/mkdump/layouts"), file.name, path + ".part")
        os.rename(path + ".part", path)
        return path

    # ---- what is measured ----------------------------------------------------------------------

    def scan(self, jobs, dump):
        """Seconds for all struct pages, how many those are, and KiB of memory at most."""
        fields = output(self.tool("bench/scan"), jobs, dump).split()
        return float(fields[1]), int(fields[2]), int(fields[3])

    def memmap(self, dump):
        """Where the memory map lies in physical memory, and its bytes."""
        page = json.loads(output(self.tool("khoscope"), "page", "--json", "pfn:0", dump))["page"]
        return page["address_phys"], self.scan(0, dump)[1] * 64

    def floor(self, jobs, place, dump):
        return float(output(self.tool("bench/floor"), jobs, *place, dump))

    def timed(self, *command):
        start = time.monotonic()
        subprocess.run([str(c) for c in command], stdout=subprocess.DEVNULL, check=False)
        return time.monotonic() - start

    # ---- what is said --------------------------------------------------------------------------

    def put(self, text=""):
        self.lines.append(text + "\n")

    def table(self, title, *heads):
        self.put(f"\n### {title}\n")
        self.row(*heads)
        self.row(*["---"] * len(heads))

    def row(self, *cells):
        self.put("| " + " | ".join(str(c) for c in cells) + " |")
        if cells[0] != "---":
            say("  " + "  ".join(str(c) for c in cells))

    @staticmethod
    def spread(values, digits=2):
        return (f"**{statistics.median(values):.{digits}f}** "
                f"({min(values):.{digits}f} to {max(values):.{digits}f})")

    def pairs(self, first, second, rounds=ROUNDS):
        """Each of both by turns: the times of either, and the ratios."""
        one, two = [], []
        for i in range(rounds):
            for function, times in ((first, one), (second, two))[::1 if i & 1 else -1]:
                times.append(function())
        return one, two, [a / b for a, b in zip(one, two)]

    # ---- the measurements ----------------------------------------------------------------------

    def plain(self):
        dump = self.dump(32, "elf")
        place = self.memmap(dump)
        self.table("(a) An uncompressed dump, against reading and adding up the same bytes",
                   "threads", "scan, s", "floor, s", "ratio (target 1.15)")
        for jobs in (1, 2):
            scan, floor, ratios = self.pairs(lambda: self.scan(jobs, dump)[0],
                                             lambda: self.floor(jobs, place, dump))
            self.row(jobs, self.spread(scan, 3), self.spread(floor, 3), self.spread(ratios))
            self.at_scale = statistics.median(scan) / (place[1] // 64)
            self.floor_at_scale = statistics.median(floor) / (place[1] // 64)

    def codecs(self):
        self.table("(b) A compressed dump, against decompressing the same pages and no more",
                   "codec", "scan, s", "floor, s", "ratio (target 1.1)")
        for codec in ("zlib", "lzo", "snappy", "zstd"):
            dump = self.dump(16, "kdump " + codec)
            place = self.memmap(dump)
            scan, floor, ratios = self.pairs(lambda: self.scan(1, dump)[0],
                                             lambda: self.floor(1, place, dump))
            self.row(codec, self.spread(scan, 3), self.spread(floor, 3), self.spread(ratios))

    def inside(self, root, folder, words, **options):
        """What a command prints in a Debian root, where @folder is /mnt."""
        script = ('mount -t proc proc "$1/proc" && mount --bind "$2" "$1/mnt" || exit; '
                  'root=$1; shift 2; exec chroot "$root" "$@"')
        return output("unshare", "-m", "sh", "-c", script, "sh", root, folder, *words,
                      stderr=subprocess.DEVNULL, **options)

    def drgn(self, root, folder):
        pages, seconds = self.inside(root, folder, [
            "drgn", "-q", "-c", "/mnt/dump", "-s", "/mnt/vmlinux", "-e", DRGN]).split()
        return float(seconds) / int(pages)

    def crash(self, root, folder, command):
        start = time.monotonic()
        self.inside(root, folder, ["crash", "--no_modules", "--no_crashrc", "-s", "/mnt/vmlinux",
                                   "/mnt/dump"], input=command + "\nquit\n")
        return time.monotonic() - start

    def peers(self):
        dump = self.tool("vmcores/v72-out-faults.kdump")
        pages = self.scan(0, dump)[1]
        self.table(f"(c) Against drgn and crash, on a real dump of {pages * 4 >> 10} MiB, "
                   "uncompressed (v72-out-faults)",
                   "", "ns a struct page", "khoscope, ns", "ratio", "ratio at 32 GiB",
                   "the floor's there")
        found = subprocess.run([os.path.join(HERE, "../tests/package-root.sh"), "clean"],
                               text=True, stdout=subprocess.PIPE, check=False).stdout
        root = re.search(r"root='?([^'\n]*)'?", found)
        if not root:
            self.row("not measured: a Debian root with drgn and crash is not to be had", *[""] * 5)
            return
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(dump, os.path.join(folder, "dump"))
            shutil.copy(self.tool("vmcores/vmlinux-7.2.13"), os.path.join(folder, "vmlinux"))

            def kmem():
                idle = self.crash(root[1], folder, "")
                busy = self.crash(root[1], folder, "\n".join(["kmem -p > /mnt/out"] * KMEMS))
                with open(os.path.join(folder, "out")) as file:
                    return (busy - idle) / KMEMS / sum(1 for _ in file)

            self.peer("drgn: for_each_page(), flags of each (target 300)", dump,
                      lambda: self.drgn(root[1], folder))
            self.peer("crash: kmem -p (target 200)", dump, kmem)

    def peer(self, name, dump, other):
        def own():
            seconds, pages, _ = self.scan(0, dump)
            return seconds / pages

        try:
            theirs, ours, ratios = self.pairs(other, own, 5)
        except (subprocess.CalledProcessError, OSError, ValueError, ZeroDivisionError) as error:
            self.row(name, "not measured: it fails (" + str(error).split("\n")[0][:60] + ")", *[""] * 4)
            return
        self.row(name, self.spread([1e9 * t for t in theirs], 0),
                 self.spread([1e9 * t for t in ours], 1), self.spread(ratios, 0),
                 f"{statistics.median(theirs) / self.at_scale:.0f}",
                 f"{statistics.median(theirs) / self.floor_at_scale:.0f}")

    def sizes(self):
        points = []
        self.table("(d) Time and memory by the machine's size (kdump-compressed, lzo)",
                   "GiB", "struct pages", "scan, s", "ns a struct page", "peak memory, MiB")
        for gib in SIZES:
            dump = self.dump(gib, "kdump lzo")
            runs = [self.scan(0, dump) for _ in range(3)]
            seconds, pages = [r[0] for r in runs], runs[0][1]
            peak = max(r[2] for r in runs) / 1024
            points.append((gib, statistics.median(seconds), peak))
            self.row(gib, pages, self.spread(seconds, 3),
                     f"{1e9 * statistics.median(seconds) / pages:.1f}", f"{peak:.1f}")
        self.draw(points)

    def start(self):
        self.table("(e) Start-up: the whole command, on a real dump of 640 MiB",
                   "command", "s", "target")
        dump = self.tool("vmcores/v72-out-faults.kdump")
        for verb in ("status", "check", "facts"):
            command = (self.tool("khoscope"), verb, dump)
            self.row(f"`khoscope {verb}`",
                     self.spread([self.timed(*command) for _ in range(ROUNDS)], 3), 0.1)
        if not self.vmlinux:
            return
        sections = re.findall(r"\.debug_info +PROGBITS +\S+ \S+ (\S+)",
                              output("readelf", "-SW", self.vmlinux))
        size = sum(int(s, 16) for s in sections) >> 20
        command = (self.tool("khoscope"), "status", "-q", "--any-build-id", "-k", self.vmlinux, dump)
        self.row(f"`khoscope status -k {os.path.basename(self.vmlinux)}`, {size} MiB of .debug_info",
                 self.spread([self.timed(*command) for _ in range(ROUNDS)], 3), 0.5)

    def threads(self):
        self.table("(f) Two threads against one", "dump", "gain (target 1.8)", "gain of the floor")
        for style in ("elf", "kdump zlib", "kdump lzo", "kdump zstd"):
            dump = self.dump(32 if style == "elf" else 16, style)
            place = self.memmap(dump)
            gains = self.pairs(lambda: self.scan(1, dump)[0], lambda: self.scan(2, dump)[0])[2]
            floors = self.pairs(lambda: self.floor(1, place, dump),
                                lambda: self.floor(2, place, dump))[2]
            self.row(style, self.spread(gains), self.spread(floors))

    # ---- the plot ------------------------------------------------------------------------------

    def draw(self, points):
        """Log-log: seconds (left axis), MiB (right axis) by GiB."""
        width, height, left, right, top, bottom = 640, 380, 70, 70, 30, 50
        times, peaks = [p[1] for p in points], [p[2] for p in points]

        def scale(values):
            return math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) + 0.01)

        t_low, t_high = scale(times)
        m_low, m_high = 0, max(3, scale(peaks)[1])

        def x(gib):
            return left + (width - left - right) * math.log2(gib) / math.log2(SIZES[-1])

        def y(value, low, high):
            share = (math.log10(value) - low) / (high - low)
            return height - bottom - (height - top - bottom) * share

        svg = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
               'font-family="sans-serif" font-size="12">',
               f'<rect width="{width}" height="{height}" fill="white"/>']

        def text(at_x, at_y, words, anchor="middle", fill="black"):
            svg.append(f'<text x="{at_x:.1f}" y="{at_y:.1f}" text-anchor="{anchor}" '
                       f'fill="{fill}">{words}</text>')

        def line(at, to, colour="#ddd", wide=1):
            svg.append(f'<line x1="{at[0]:.1f}" y1="{at[1]:.1f}" x2="{to[0]:.1f}" '
                       f'y2="{to[1]:.1f}" stroke="{colour}" stroke-width="{wide}"/>')

        for e in range(t_low, t_high + 1):
            line((left, y(10.0 ** e, t_low, t_high)),
                 (width - right, y(10.0 ** e, t_low, t_high)))
            text(left - 8, y(10.0 ** e, t_low, t_high) + 4, f"{10.0 ** e:g} s", "end", "#1f5fa8")
        for e in range(m_low, m_high + 1):
            text(width - right + 8, y(10.0 ** e, m_low, m_high) + 4, f"{10 ** e} MiB", "start",
                 "#b4530a")
        for gib in SIZES:
            line((x(gib), top), (x(gib), height - bottom))
            text(x(gib), height - bottom + 18, f"{gib} GiB" if gib < 1024 else "1 TiB")
        for values, low, high, colour in ((times, t_low, t_high, "#1f5fa8"),
                                          (peaks, m_low, m_high, "#b4530a")):
            path = [(x(p[0]), y(v, low, high)) for p, v in zip(points, values)]
            for at, to in zip(path, path[1:]):
                line(at, to, colour, 2)
            svg += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in path]
        text(width / 2, 18, "All struct pages looked at (blue), and memory it takes at most (orange)")
        text(width / 2, height - 8, "memory of the dumped machine; kdump-compressed, lzo")
        with open(os.path.join(self.docs, "performance.svg"), "w") as file:
            file.write("\n".join(svg + ["</svg>", ""]))

    # ---- all -----------------------------------------------------------------------------------

    def machine(self):
        with open("/proc/cpuinfo") as file:
            model = re.search(r"model name\s*: (.*)", file.read())
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
        note = os.environ.get("NOTE", "")
        self.put(f"{len(os.sched_getaffinity(0))} processors, {model[1] if model else 'unknown'}; "
                 f"{memory:.0f} GiB of memory; Linux {os.uname().release}; load when it began "
                 f"{os.getloadavg()[0]:.1f}. Dumps are in the page cache. Each figure is the "
                 f"median, in parentheses are the least and the greatest."
                 + (f" {note}" if note else ""))

    def run(self):
        begun = time.monotonic()
        self.machine()
        for part in (self.plain, self.codecs, self.peers, self.sizes, self.start, self.threads):
            part()
        path = os.path.join(self.docs, "performance.md")
        with open(path) as file:
            before, rest = file.read().split(BEGIN)
        with open(path, "w") as file:
            file.write(before + BEGIN + "".join(self.lines) + END + rest.split(END)[1])
        say(f"{path}: written, after {time.monotonic() - begun:.0f} s")


if len(sys.argv) not in (3, 4):
    sys.exit("usage: bench.py BUILD DOCS [VMLINUX]")
Bench(*sys.argv[1:]).run()
