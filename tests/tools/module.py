#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""module.py FOLDER: tests of python/khoscope.py, which has to be on the path; prints TAP.

FOLDER has what tests/python.sh puts there: dumps, for each of them DUMP.json/VERB, what the command
line tool says of it, and, where drgn is to be tried, vmlinux.
"""

import json
import os
import signal
import subprocess
import sys

import khoscope

folder = sys.argv[1]
count = 0
failed = 0


def dumps():
    return sorted(f[:-5] for f in os.listdir(folder) if f.endswith(".json"))


def path(*parts):
    return os.path.join(folder, *parts)


def said(dump, verb):
    with open(path(f"{dump}.json", verb), encoding="utf-8") as file:
        text = file.read()
    return [json.loads(l) for l in text.splitlines()] if verb in ("list", "owners") else \
        json.loads(text)


def test(function):
    """Runs it now: a test passes if it raises nothing."""
    global count, failed
    count += 1
    try:
        function()
        print(f"ok {count} - {function.__doc__}", flush=True)
    except Exception as e:
        failed += 1
        print(f"not ok {count} - {function.__doc__}\n# {e!r}", flush=True)


def same(a, b):
    assert a == b, f"{str(a)[:300]} is not {str(b)[:300]}"


def raises(kind, function, *arguments, **named):
    try:
        function(*arguments, **named)
    except kind as e:
        return e
    raise AssertionError(f"no {kind.__name__}")


def as_objects(document):
    return [khoscope.Finding(f["id"], f["class"], *[f[key] for key in (
        "severity", "pfn", "pages", "order", "node", "cause", "summary", "evidence")])
        for f in document["findings"]]


def same_facts(ours, theirs):
    """But for who answered, and for what only BTF in memory needs."""
    for a, b in zip(ours, theirs, strict=True):
        same({**a, "source": 0}, {**b, "source": 0})


def compare(k, dump, facts=same):
    same(k.status(), said(dump, "status"))
    same(k.check(), as_objects(said(dump, "check")))
    same(k.preflight(), as_objects(said(dump, "preflight")))
    same(k.list(), said(dump, "list"))
    same(k.owners(), said(dump, "owners"))
    same(k.fdt(), said(dump, "fdt")["blobs"])
    facts(k.facts(), said(dump, "facts")["facts"])
    same(k.all_judged, said(dump, "status")["coverage"]["all_judged"])


def of_file(dump):
    def check():
        with khoscope.open(path(dump)) as k:
            compare(k, dump)

    check.__doc__ = f"{dump}: what the command line tool says"
    return check


def options():
    """arguments mean what they do on the command line"""
    with khoscope.open(path("v72-out-faults")) as k:
        of_order = k.list("out", order=5, start=0xA00, end=0xB00)
        same([(r["pfn"], r["pages"]) for r in of_order], [(0xA20, 32)])
        same(k.list("in"), [r for r in k.list() if r["direction"] == "in"])
        same(len(k.list(limit=3)), 3)
        same({r["node"] for r in k.list(node=1)}, {1})
        page = k.page(pfn=0x8545)
        same(k.page(page=int(page["address"], 16)), page)
        same(k.page(phys=0x8545000), page)
        assert k.owners_of(pfn=0x6001)[0]["sentence"].startswith("data at offset 0x1000 of file")
        same([b["name"] for b in k.fdt("out", name="LUO")], ["LUO"])
        assert any(f.id.startswith("pf-") for f in k.preflight("7.2"))
        assert str(k.check()[0]).startswith("error: raw-page (N2): pfn 0x4ea: poison")
        raises(TypeError, k.page, pfn=1, phys=4096)
        raises(KeyError, k.list, "sideways")


def errors():
    """errors say what and why"""
    e = raises(khoscope.Error, khoscope.open, path("no-such-dump"))
    same(e.code, khoscope.Code.IO)
    assert "no-such-dump" in str(e), e
    with khoscope.open(path("v72-out-faults")) as k:
        same(raises(khoscope.Error, k.preflight, "9.9").code, khoscope.Code.USAGE)
        same(raises(khoscope.Error, k.page, pfn=1 << 40).code, khoscope.Code.NOTFOUND)
    raises(ValueError, k.status)


def interrupt():
    """Ctrl-C ends it, and what follows is no half answer"""
    def work():
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for _ in range(1000):
            k.check()

    signal.signal(signal.SIGINT, signal.default_int_handler)
    for delay in 0.001, 0.01, 0.03:
        with khoscope.open(path("v72-out-faults")) as k:
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # not before its time
            press = subprocess.Popen(["sh", "-c", f"sleep {delay}; kill -INT {os.getpid()}"])
            raises(KeyboardInterrupt, work)
            press.wait()
            try:
                found = k.check()  # it came between two calls
            except khoscope.Error as e:
                same(e.code, khoscope.Code.INTERRUPTED)
            else:
                same(found, as_objects(said("v72-out-faults", "check")))
        with khoscope.open(path("v72-out-faults")) as k:
            same(k.check(), as_objects(said("v72-out-faults", "check")))


def of_drgn(dump):
    def check():
        prog = drgn.Program()
        prog.set_core_dump(path(dump))
        prog.load_debug_info([path("vmlinux")])
        with khoscope.from_program(prog) as k:
            compare(k, dump, same_facts)
            same({f["source"] for f in k.facts() if f["kind"] == "size"} - {"VMCOREINFO", None},
                 {"drgn"})

    check.__doc__ = f"{dump}: over drgn, what the command line tool says"
    return check


def drgn_refuses():
    """a program that is no kernel's, and one without types"""
    raises(ValueError, khoscope.from_program, drgn.Program())
    prog = drgn.Program()
    prog.set_core_dump(path("v72-out-faults"))
    with khoscope.from_program(prog) as k:
        same(k.all_judged, False)
        untyped = {(f.id, f.pfn) for f in k.check()}
    prog.load_debug_info([path("vmlinux")])
    with khoscope.from_program(prog) as k:
        same(untyped - {(f.id, f.pfn) for f in k.check()}, set())


def drgn_raises():
    """what a callback raises comes out of the call"""
    prog = drgn.Program()
    prog.set_core_dump(path("v72-out-faults"))
    prog.load_debug_info([path("vmlinux")])
    read = khoscope._Drgn.read
    khoscope._Drgn.read = lambda *_: 1 // 0
    try:
        raises(ZeroDivisionError, khoscope.from_program, prog)
    finally:
        khoscope._Drgn.read = read


if os.path.exists(path("vmlinux")):
    import drgn

    for name in dumps():
        test(of_drgn(name))
    test(drgn_refuses)
    test(drgn_raises)
else:
    for name in dumps():
        test(of_file(name))
    test(options)
    test(errors)
    test(interrupt)
print(f"1..{count}")
sys.exit(failed > 0)
