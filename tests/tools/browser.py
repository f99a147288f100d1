#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Looks at reports in a real browser: headless Chromium, driven over its own pipe, with no other
software. Prints TAP.

    browser.py CHROMIUM REPORT.html HOSTILE.html [SCREENSHOT.png]

REPORT has findings; HOSTILE is of a dump whose names try to be markup. SCREENSHOT is what REPORT looks
like from its top.
"""
import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import time

FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run
--disable-background-networking --disable-component-update --disable-sync --hide-scrollbars
--remote-debugging-pipe""".split()
PATIENCE = 60  # seconds; the machine may be busy


class Browser:
    """One tab. Commands of the DevTools protocol go to descriptor 3 of the browser, and come from 4."""

    def __init__(self, program):
        self.home = tempfile.mkdtemp(prefix="khoscope-browser.")
        to_read, self.to = os.pipe()
        self.back, back_write = os.pipe()

        def give():
            # Both ends may have the numbers 3 or 4 themselves.
            a, b = os.dup(to_read), os.dup(back_write)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            [program, *FLAGS, "--user-data-dir=" + self.home], preexec_fn=give, close_fds=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(back_write)
        self.buffer = b""
        self.last = 0
        self.session = None
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def message(self, until):
        while b"\0" not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.back], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            data = os.read(self.back, 1 << 20)
            if not data:
                raise EOFError("the browser is gone")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(line)

    def call(self, method, **params):
        self.last += 1
        request = {"id": self.last, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.to, json.dumps(request).encode() + b"\0")
        until = time.monotonic() + PATIENCE
        while True:
            answer = self.message(until)
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, path):
        self.events.clear()
        self.call("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
        until = time.monotonic() + PATIENCE
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events):
            self.events.append(self.message(until))

    def js(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description", expression))
        return answer["result"].get("value")

    def key(self, key, code=None):
        text = key if len(key) == 1 else ("\r" if key == "Enter" else None)
        down = {"type": "keyDown", "key": key, "code": code or key}
        if text:
            down["text"] = text
        if key == "Enter":
            down["windowsVirtualKeyCode"] = 13
        self.call("Input.dispatchKeyEvent", **down)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=code or key)

    def mouse(self, kind, x, y, buttons=0):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, buttons=buttons,
                  button="left" if kind != "mouseMoved" else "none",
                  clickCount=1 if kind != "mouseMoved" else 0)

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def look(self, scheme="light", media=""):
        self.call("Emulation.setEmulatedMedia", media=media,
                  features=[{"name": "prefers-color-scheme", "value": scheme}])


class Tap:
    count = failed = 0

    def check(self, name, good, why=""):
        self.count += 1
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}")
        if not good:
            self.failed += 1
            print("# " + str(why).replace("\n", "\n# "))

    def same(self, name, got, want):
        self.check(name, got == want, f"got {got!r}, wanted {want!r}")


# WCAG: the contrast of two colours as getComputedStyle() gives them.
CONTRAST = """(() => {
    const rgb = (c) => c.match(/[\\d.]+/g).map(Number);
    const light = (c) => { const [r, g, b] = rgb(c).map((v) => (v /= 255) <= 0.03928 ? v / 12.92 :
        ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const paper = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
        if (rgb(c)[3] !== 0) return c; } return "rgb(255, 255, 255)"; };
    let worst = [99, ""];
    for (const e of document.querySelectorAll("h1, h2, h3, p, dt, dd, td, summary, pre, figcaption, .tag, li, button, #said")) {
        if (!e.checkVisibility()) continue;
        const a = light(getComputedStyle(e).color), b = light(paper(e));
        const c = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (c < worst[0]) worst = [c, e.tagName + " " + e.className];
    }
    return worst;
})()"""

# What the map of the JSON has, against what is drawn.
DRAWN = """(() => {
    const map = JSON.parse(document.querySelector("#json pre").textContent).map;
    const drawn = new Map();
    for (const svg of document.querySelectorAll("svg.map"))
        for (const r of svg.querySelectorAll("rect.i")) {
            const key = r.dataset.p + " " + r.dataset.e;
            drawn.set(key, (drawn.get(key) ?? 0) + 1);
        }
    const missing = [];
    for (const i of map.items) {
        const key = i.pfn + " " + (i.pfn + i.span);
        if (!drawn.get(key)) missing.push(JSON.stringify(i));
        else drawn.set(key, drawn.get(key) - 1);
    }
    const extra = [...drawn].filter(([, n]) => n).map(([key]) => key);
    return { items: map.items.length, missing, extra,
        nodes: new Set(map.items.map((i) => i.node)).size,
        svgs: document.querySelectorAll("svg.map").length };
})()"""

FIRST_AXIS = "[...document.querySelectorAll('svg.map')].map((s) => s.querySelector('text.axis').textContent)"
AXES = "[...document.querySelectorAll('svg.map text.axis')].map((t) => t.textContent).join(' ')"
SAID = "document.getElementById('said').textContent"


def is_alone(b, tap, name):
    """It asked for nothing but itself, and there was no complaint."""
    asked = {e["params"]["request"]["url"] for e in b.events
             if e.get("method") == "Network.requestWillBeSent"}
    asked = {u for u in asked if not u.startswith("file:") or not u.endswith(".html")}
    tap.same(name + ": asks for no other file", sorted(asked), [])
    said = [e["params"] for e in b.events if e.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown")]
    tap.same(name + ": no complaint on the console", said, [])


def centre(b, selector):
    return b.js(f"""(() => {{ const e = document.querySelector({json.dumps(selector)});
        e.scrollIntoView({{ block: "center" }}); const r = e.getBoundingClientRect();
        return [r.x + r.width / 2, r.y + r.height / 2]; }})()""")


def drawing(b, tap):
    drawn = b.js(DRAWN)
    tap.check("the map has items", drawn["items"] > 10, drawn)
    tap.same("each item of the map is drawn", drawn["missing"], [])
    tap.same("and nothing else", drawn["extra"], [])
    tap.same("a drawing for each node", drawn["svgs"], drawn["nodes"])
    for s in ("ram", "scratch", "own", "finding"):
        tap.check(f"something is drawn as {s}", b.js(f"""[...document.querySelectorAll('svg.map rect.i.{s}')]
            .some((r) => r.getBoundingClientRect().width >= 0.5 && r.getBoundingClientRect().height > 5)"""))
    tap.check("all of it lies within its lane", b.js("""[...document.querySelectorAll('svg.map rect.i')].every((r) => {
        const x = Number(r.getAttribute('x')), w = Number(r.getAttribute('width'));
        return x >= 91.9 && x + w <= 995.1; })"""))


def hovering(b, tap):
    x, y = centre(b, "svg.map rect.i.scratch")
    b.mouse("mouseMoved", x, y)
    said = b.js(SAID)
    tap.check("hover: pfn, size and node", said.startswith("scratch: pfn 0x") and ", node 0" in said, said)
    x, y = centre(b, "svg.map rect.i.own")
    b.mouse("mouseMoved", x, y)
    said = b.js(SAID)
    tap.check("hover: the owner", said.startswith(("preserved, ", "pending, ")), said)
    tap.same("hover: what the title says, too", said, b.js(
        f"document.elementFromPoint({x}, {y}).closest('rect').querySelector('title').textContent"))


def zooming(b, tap):
    whole = b.js(AXES)
    centre(b, "svg.map")
    b.js("document.querySelector('svg.map').focus()")
    b.key("f")
    first = b.js(SAID)
    tap.check("f: a finding", first.startswith(("error: ", "warning: ", "note: ", "several")), first)
    b.key("f")
    tap.check("f again: the next", b.js(SAID) != first, first)
    b.key("ArrowLeft")
    b.key("ArrowRight")
    tap.check("arrow keys: an item", ": pfn 0x" in b.js(SAID), b.js(SAID))
    b.key("+", "Equal")
    closer = b.js(AXES)
    tap.check("+: closer", closer != whole, closer)
    b.key("-", "Minus")
    b.key("0", "Digit0")
    tap.same("0: all again", b.js(AXES), whole)
    b.js("document.getElementById('range').focus()")
    b.js("document.getElementById('range').value = '0x400-0x4ff'")
    b.key("Enter")
    tap.same("a range: where the axis begins", b.js(FIRST_AXIS)[0], "0x400")
    tap.check("a range: what lies elsewhere is not shown", b.js(
        """[...document.querySelector('svg.map').querySelectorAll('rect.i')].every((r) =>
            (r.style.display !== 'none') === (Number(r.dataset.p) < 0x500 && Number(r.dataset.e) > 0x400))"""))
    x, y = centre(b, "[data-do=all]")
    b.mouse("mousePressed", x, y, 1)
    b.mouse("mouseReleased", x, y)
    tap.same("the button All", b.js(AXES), whole)
    x, y = centre(b, "svg.map")
    b.mouse("mousePressed", x, y, 1)
    b.mouse("mouseMoved", x + 100, y, 1)
    b.mouse("mouseReleased", x + 100, y)
    tap.check("drag: closer", b.js(AXES) != whole)
    x, y = centre(b, "article a[data-pfn]")
    pfn = b.js("document.querySelector('article a[data-pfn]').textContent")
    b.mouse("mousePressed", x, y, 1)
    b.mouse("mouseReleased", x, y)
    said = b.js(SAID)
    tap.check("a finding's pfn leads to the map", pfn in said or "several" in said, said)
    b.js("document.querySelector('[data-do=all]').click()")


def looks(b, tap):
    for scheme in ("light", "dark"):
        b.look(scheme)
        worst, where = b.js(CONTRAST)
        tap.check(f"{scheme}: contrast of text", worst >= 4.5, f"{worst:.2f} at {where}")
    light = b.look("light") or b.js("getComputedStyle(document.body).backgroundColor")
    dark = b.look("dark") or b.js("getComputedStyle(document.body).backgroundColor")
    tap.check("light and dark differ", light != dark, light)
    b.look("dark", "print")
    tap.same("print: black on white, whatever the screen has", b.js(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"),
        ["rgb(0, 0, 0)", "rgb(255, 255, 255)"])
    tap.check("print: no buttons", b.js("!document.querySelector('.tools').checkVisibility()"))
    tap.check("print: the maps", b.js("[...document.querySelectorAll('svg.map')].every((s) => s.checkVisibility())"))
    pdf = base64.b64decode(b.call("Page.printToPDF", printBackground=True)["data"])
    tap.check("print: a PDF", pdf.startswith(b"%PDF") and len(pdf) > 20000, len(pdf))
    b.look("light")
    b.size(400, 800)
    tap.check("a small window: nothing sticks out", b.js("document.documentElement.scrollWidth <= innerWidth"),
              b.js("document.documentElement.scrollWidth"))
    b.size(1280, 900)


def without_script(b, tap, path):
    b.call("Emulation.setScriptExecutionDisabled", value=True)
    b.open(path)
    tap.check("without script: the maps are whole", b.js(
        "[...document.querySelectorAll('svg.map rect.i')].some((r) => r.getBoundingClientRect().width > 50)"))
    tap.check("without script: no buttons that do nothing", b.js(
        "!document.querySelector('.tools').checkVisibility()"))
    b.call("Emulation.setScriptExecutionDisabled", value=False)


def hostile(b, tap, path):
    b.open(path)
    is_alone(b, tap, "hostile names")
    tap.same("hostile names: no script of theirs ran", b.js("typeof window.pwned"), "undefined")
    tap.same("hostile names: no element of theirs", b.js(
        "document.querySelectorAll('img, iframe, object, embed, link, base, form, b').length"), 0)
    tap.same("hostile names: one script, one style", b.js(
        "[document.scripts.length, document.querySelectorAll('style').length]"), [1, 1])
    tap.check("hostile names: no attribute of theirs", b.js(
        "![...document.querySelectorAll('*')].some((e) => [...e.attributes].some((a) => a.name.startsWith('on')))"))
    tap.check("hostile names: they are shown", b.js("document.body.textContent.includes('<script>window.pwned=1</script>')"))
    tap.check("hostile names: on the map as well", b.js(
        "[...document.querySelectorAll('svg.map title')].some((t) => t.textContent.includes('<img'))"))
    tap.check("hostile names: no control characters", b.js(
        "![...document.documentElement.outerHTML].some((c) => c < ' ' && c !== '\\n' && c !== '\\t')"))


def main(program, report, bad, screenshot=None):
    tap = Tap()
    b = Browser(program)
    try:
        b.size(1280, 900)
        b.look("light")
        b.open(report)
        is_alone(b, tap, "the report")
        if screenshot:
            b.size(1280, 1500)
            shot = b.call("Page.captureScreenshot", format="png")["data"]
            pathlib.Path(screenshot).write_bytes(base64.b64decode(shot))
            b.size(1280, 900)
        drawing(b, tap)
        hovering(b, tap)
        zooming(b, tap)
        looks(b, tap)
        is_alone(b, tap, "after all that")
        without_script(b, tap, report)
        hostile(b, tap, bad)
    finally:
        b.close()
    print(f"1..{tap.count}")
    return tap.failed != 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
