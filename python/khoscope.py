# SPDX-License-Identifier: GPL-2.0-or-later
"""What Linux Kexec Handover (KHO) left in a kernel's memory: libkhoscope for Python and drgn.

    import khoscope

    with khoscope.from_program(prog) as k:      # a drgn.Program
        for finding in k.check():
            print(finding)

    with khoscope.open("vmcore") as k:          # without drgn
        print(k.status()["kernel"]["release"])

from_program() takes memory, symbols and types from drgn; open() all of it from the dump itself.
Both give a Dump, whose methods are the verbs of khoscope(1). What they return is what the verb prints
with --json (docs/json.md), findings as objects. The library is libkhoscope.so.0, or the file that
$KHOSCOPE_LIBRARY names.

A Dump may be used by one thread at a time. Ctrl-C ends what it is doing, and the dump has
to be opened again (in a program of several threads it may get lost: block SIGINT in the others). It does
not follow a running kernel through drgn: open("/proc/kcore") does.
"""

import contextlib
import ctypes
import dataclasses
import enum
import functools
import json
import logging
import os
import signal

__all__ = ["Code", "Dump", "Error", "Finding", "from_program", "open", "version"]

log = logging.getLogger("khoscope")


class Code(enum.IntEnum):
    """What kind of failure an Error is: enum khs_code of khoscope.h."""

    NOMEM = 1
    USAGE = 2
    IO = 3
    FORMAT = 4
    UNSUPPORTED = 5
    MISMATCH = 6
    NODATA = 7
    CORRUPT = 8
    NOTFOUND = 9
    INTERRUPTED = 10


class Error(Exception):
    """The library could not do it; str() is one line, code a Code."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = Code(code)


@dataclasses.dataclass(frozen=True)
class Finding:
    """What is wrong, as docs/findings.md and docs/preflight.md explain it."""

    id: str
    class_name: str | None
    severity: str
    pfn: int | None
    pages: int | None
    order: int | None
    node: int | None
    cause: int | None  # where in the list the one is that explains it
    summary: str
    evidence: dict

    def __str__(self):
        text = f"{self.severity}: {self.id}"
        if self.class_name is not None:
            text += f" ({self.class_name})"
        if self.pfn is not None:
            text += f": pfn {self.pfn:#x}"
            text += f", {self.pages} pages" if self.pages != 1 else ""
        return f"{text}: {self.summary}"


# ---- khoscope.h ----------------------------------------------------------------------------------

_PRESENT, _MISSING = 0, 2
_OUT, _IN = 1, 2
_DIRECTIONS = {None: 0, "out": _OUT, "in": _IN}
_ADDRESS_KINDS = {"pfn": 0, "phys": 1, "page": 2, "virt": 3}

_u64, _size, _pointer = ctypes.c_uint64, ctypes.c_size_t, ctypes.c_void_p
_string, _bool = ctypes.c_char_p, ctypes.c_bool


class _Options(ctypes.Structure):
    interrupted_fn = ctypes.CFUNCTYPE(_bool, _pointer)
    progress_fn = ctypes.CFUNCTYPE(None, _pointer, _string, _u64, _u64)
    warn_fn = ctypes.CFUNCTYPE(None, _pointer, _string)
    _fields_ = [
        ("size", _size), ("vmlinux", _string), ("any_build_id", _bool), ("arg", _pointer),
        ("interrupted", interrupted_fn), ("progress", progress_fn), ("warn", warn_fn),
    ]


class _Source(ctypes.Structure):
    read_fn = ctypes.CFUNCTYPE(ctypes.c_int, _pointer, _u64, _pointer, _size,
                               ctypes.POINTER(_size))
    vmcoreinfo_fn = ctypes.CFUNCTYPE(_bool, _pointer, ctypes.POINTER(_pointer),
                                     ctypes.POINTER(_size))
    symbol_fn = ctypes.CFUNCTYPE(_bool, _pointer, _string, ctypes.POINTER(_u64))
    type_size_fn = symbol_fn
    member_fn = ctypes.CFUNCTYPE(_bool, _pointer, _string, _string, ctypes.POINTER(_u64),
                                 ctypes.POINTER(_u64))
    enumerator_fn = ctypes.CFUNCTYPE(_bool, _pointer, _string, ctypes.POINTER(ctypes.c_int64))
    close_fn = ctypes.CFUNCTYPE(None, _pointer)
    _fields_ = [
        ("size", _size), ("name", _string), ("file", _string), ("format", _string),
        ("flattened", _bool), ("incomplete_why", _string), ("priv", _pointer), ("read", read_fn),
        ("vmcoreinfo", vmcoreinfo_fn), ("symbol", symbol_fn), ("type_size", type_size_fn),
        ("member", member_fn), ("enumerator", enumerator_fn), ("close", close_fn),
    ]


class _Filter(ctypes.Structure):
    _fields_ = [
        ("size", _size), ("directions", ctypes.c_uint), ("by_node", _bool), ("by_order", _bool),
        ("node", ctypes.c_int), ("order", ctypes.c_uint), ("start", _u64), ("end", _u64),
        ("limit", _u64),
    ]


class _PreflightOptions(ctypes.Structure):
    _fields_ = [("size", _size), ("as_", _string)]


class _FdtOptions(ctypes.Structure):
    _fields_ = [("size", _size), ("directions", ctypes.c_uint), ("name", _string),
                ("bytes", _bool)]


def _sized(structure, **values):
    return structure(size=ctypes.sizeof(structure), **values)


@functools.lru_cache(maxsize=None)
def _libc():
    c = ctypes.CDLL(None, use_errno=True)
    c.open_memstream.restype = _pointer
    c.open_memstream.argtypes = [ctypes.POINTER(_pointer), ctypes.POINTER(_size)]
    c.fclose.argtypes = c.free.argtypes = [_pointer]
    c.strndup.restype, c.strndup.argtypes = _pointer, [_string, _size]
    return c


@functools.lru_cache(maxsize=None)
def _library():
    lib = ctypes.CDLL(os.environ.get("KHOSCOPE_LIBRARY", "libkhoscope.so.0"))
    lib.khs_version.restype = lib.khs_error_message.restype = _string
    lib.khs_error_code.argtypes = lib.khs_error_message.argtypes = [_pointer]
    lib.khs_error_free.argtypes = lib.khs_close.argtypes = [_pointer]
    lib.khs_all_judged.restype, lib.khs_all_judged.argtypes = _bool, [_pointer]
    lib.khs_interrupted.restype, lib.khs_interrupted.argtypes = _bool, [_pointer]
    worst, judged = ctypes.POINTER(ctypes.c_int), ctypes.POINTER(_bool)
    handle, out, address = _pointer, [_pointer, _bool], [ctypes.c_int, _u64]
    for name, arguments in {
        "khs_open": [_string, ctypes.POINTER(_Options), ctypes.POINTER(handle)],
        "khs_open_source": [ctypes.POINTER(_Source), ctypes.POINTER(_Options),
                            ctypes.POINTER(handle)],
        "khs_print_status": [handle, *out],
        "khs_print_list": [handle, ctypes.POINTER(_Filter), *out],
        "khs_print_page": [handle, *address, *out],
        "khs_print_owners": [handle, ctypes.c_uint, _u64, *out],
        "khs_print_owner_of": [handle, *address, *out],
        "khs_print_facts": [handle, *out],
        "khs_print_fdt": [handle, ctypes.POINTER(_FdtOptions), *out],
        "khs_print_check": [handle, _bool, *out, worst],
        "khs_print_preflight": [handle, ctypes.POINTER(_PreflightOptions), *out, worst, judged],
    }.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = _pointer, arguments
    return lib


def version():
    """The library's, "1.2.3"."""
    return _library().khs_version().decode()


# ---- a dump --------------------------------------------------------------------------------------


@contextlib.contextmanager
def _signals_held():
    """A signal's handler runs, and may raise, when the library has returned: there is no place for
    it in between. interrupted() looks whether one waits."""
    handled = {s for s in signal.valid_signals() if callable(signal.getsignal(s))}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, handled)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Callbacks:
    """Python exceptions can't cross C: what a callback raises ends the work, and is raised then."""

    def __init__(self):
        self.raised = None
        self.kept = []  # ctypes keeps no reference to what C may call

    def interrupted(self):
        return self.raised is not None or signal.SIGINT in signal.sigpending()

    def wrap(self, kind, function, failed=None):
        def call(_, *arguments):
            try:
                return function(*arguments)
            except BaseException as e:  # KeyboardInterrupt, too
                self.raised = self.raised or e
                return failed

        self.kept.append(kind(call))
        return self.kept[-1]

    def options(self, **values):
        return _sized(
            _Options,
            interrupted=self.wrap(_Options.interrupted_fn, self.interrupted, True),
            warn=self.wrap(_Options.warn_fn, lambda text: log.warning("%s", text.decode())),
            **values,
        )

    def call(self, function, *arguments):
        """Raises what a callback raised, or what the function says."""
        with _signals_held():
            error = function(*arguments)
        raised, self.raised = self.raised, None
        if error:
            lib = _library()
            code, message = lib.khs_error_code(error), lib.khs_error_message(error).decode()
            lib.khs_error_free(error)
        if raised:
            raise raised
        if error:
            raise Error(code, message)


class Dump:
    """An open dump, closed by close() or at the end of a with block."""

    def __init__(self, callbacks, opener, what, options):
        self._callbacks, self._handle = callbacks, _pointer()
        callbacks.call(opener, what, ctypes.byref(options), ctypes.byref(self._handle))

    def close(self):
        if self._handle:
            _library().khs_close(self._handle)
            self._handle = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        if getattr(self, "_handle", None):
            self.close()

    def _print(self, name, *before, after=()):
        """What khs_print_@name() writes."""
        if not self._handle:
            raise ValueError("the dump is closed")
        if _library().khs_interrupted(self._handle):
            raise Error(Code.INTERRUPTED, "interrupted before: open the dump again")
        c, text, size = _libc(), _pointer(), _size()
        out = c.open_memstream(ctypes.byref(text), ctypes.byref(size))
        if not out:
            raise MemoryError
        function = getattr(_library(), f"khs_print_{name}")
        try:
            self._callbacks.call(function, self._handle, *before, out, True, *after)
        finally:
            c.fclose(out)
            said = ctypes.string_at(text, size.value)
            c.free(text)
        return said

    def _object(self, *arguments, **named):
        return json.loads(self._print(*arguments, **named))

    def _lines(self, *arguments):
        return [json.loads(line) for line in self._print(*arguments).splitlines()]

    @property
    def all_judged(self):
        """Whether all that status() or check() had to read was in the dump."""
        return _library().khs_all_judged(self._handle)

    def status(self):
        return self._object("status")

    def check(self):
        """What is wrong with the dumped kernel's handover and struct pages: a list of Finding."""
        return _findings(self._object("check", True, after=[ctypes.c_int()]))

    def preflight(self, as_=None):
        """What would go wrong in the next kernel, one like "7.2" if @as_ says so."""
        options = _sized(_PreflightOptions, as_=as_ and as_.encode())
        return _findings(self._object("preflight", options, after=[ctypes.c_int(), _bool()]))

    def list(self, direction=None, node=None, order=None, start=0, end=0, limit=0):
        """Preserved ranges, of pfns from @start to @end; @direction is "out" or "in"."""
        wanted = _sized(_Filter, directions=_DIRECTIONS[direction], start=start, end=end,
                        limit=limit, by_node=node is not None, node=node or 0,
                        by_order=order is not None, order=order or 0)
        return self._lines("list", wanted)

    def page(self, **address):
        """All that is known of one page: page(pfn=N), phys=, page= (its struct page), virt=."""
        return self._object("page", *_address(address))["page"]

    def owners(self, direction=None):
        return self._lines("owners", _DIRECTIONS[direction], 0)

    def owners_of(self, **address):
        """Whose a page is, the address as of page()."""
        return self._object("owner_of", *_address(address))["owners"]

    def fdt(self, direction=None, name=None):
        options = _sized(_FdtOptions, directions=_DIRECTIONS[direction], name=name and name.encode())
        return self._object("fdt", options)["blobs"]

    def facts(self):
        return self._object("facts")["facts"]


def _address(address):
    if len(address) != 1 or next(iter(address)) not in _ADDRESS_KINDS:
        raise TypeError(f"one of {', '.join(_ADDRESS_KINDS)} has to be given")
    ((kind, value),) = address.items()
    return _ADDRESS_KINDS[kind], int(value)


def _findings(document):
    keys = [field.name for field in dataclasses.fields(Finding)]
    return [Finding(**{key: f.get("class" if key == "class_name" else key) for key in keys})
            for f in document["findings"]]


def open(path, vmlinux=None, any_build_id=False):
    """The dump at @path, with symbols and types of its own or of @vmlinux."""
    callbacks = _Callbacks()
    options = callbacks.options(vmlinux=vmlinux and os.fsencode(vmlinux),
                                any_build_id=any_build_id)
    return Dump(callbacks, _library().khs_open, os.fsencode(path), options)


# ---- drgn ----------------------------------------------------------------------------------------


class _Drgn:
    """The callbacks of struct khs_source, over a drgn.Program."""

    def __init__(self, prog):
        import drgn

        self.drgn, self.prog = drgn, prog

    def read(self, address, buffer, size, done):
        """Page by page, so that it is known how far it came."""
        done[0] = 0
        while done[0] < size:
            at = address + done[0]
            n = min(size - done[0], 4096 - at % 4096)
            try:
                data = self.prog.read(at, n, physical=True)
            except self.drgn.FaultError:
                return _MISSING
            ctypes.memmove(buffer + done[0], data, n)
            done[0] += n
        return _PRESENT

    def vmcoreinfo(self, text, size):
        try:
            data = self.prog["VMCOREINFO"].string_()
        except LookupError:
            return False
        text[0], size[0] = _libc().strndup(data, len(data)), len(data)
        return bool(text[0])

    def symbol(self, name, address):
        try:
            address[0] = self.prog.symbol(name.decode()).address
        except LookupError:
            return False
        return True

    def _type(self, name):
        for kind in "struct", "union":
            try:
                found = self.prog.type(f"{kind} {name.decode()}")
            except LookupError:
                continue
            if found.is_complete():
                return found
        return None

    def type_size(self, name, size):
        found = self._type(name)
        if found:
            size[0] = found.size
        return bool(found)

    def member(self, name, member, offset, size):
        found = self._type(name)
        if not found:
            return False
        member = member.decode()
        try:
            offset[0] = self.drgn.offsetof(found, member)
        except LookupError:
            return False
        value = functools.reduce(lambda o, m: o.member_(m), member.split("."),
                                 self.drgn.Object(self.prog, found, address=0))
        complete = value.type_.is_complete()
        size[0] = self.drgn.sizeof(value) if complete else 0
        return True

    def enumerator(self, name, value):
        try:
            value[0] = self.prog.constant(name.decode()).value_()
        except LookupError:
            return False
        return True


def from_program(prog):
    """The dump that a drgn.Program has open, read, and its kernel's types known, by drgn."""
    import drgn

    if not prog.flags & drgn.ProgramFlags.IS_LINUX_KERNEL:
        raise ValueError("not a program of a Linux kernel")
    if prog.flags & drgn.ProgramFlags.IS_LIVE:
        raise ValueError('of a running kernel say khoscope.open("/proc/kcore")')
    callbacks, over = _Callbacks(), _Drgn(prog)
    functions = {
        name: callbacks.wrap(getattr(_Source, f"{name}_fn"), getattr(over, name), failed)
        for name, failed in [("read", _MISSING), ("vmcoreinfo", False), ("symbol", False),
                             ("type_size", False), ("member", False), ("enumerator", False)]
    }
    path = prog.core_dump_path
    source = _sized(_Source, name=b"drgn", file=path and os.fsencode(path), **functions)
    callbacks.kept.append(source)
    return Dump(callbacks, _library().khs_open_source, ctypes.byref(source), callbacks.options())
