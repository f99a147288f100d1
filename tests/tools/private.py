#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""private.py ELF OWNERS.json: fills, in the dump ELF, all data that somebody preserved with one secret.

OWNERS is what `owners --json` says of that dump. Prints how many pages that were. The secret is SECRET
as text, 544552434553 in a word in hexadecimal.
"""
import json
import struct
import sys

PAGE = 4096
SECRET = b"\xa7SECRET\x01" * (PAGE // 8)


def segments(elf):
    """(physical address, bytes in the file, offset) of each PT_LOAD."""
    phoff, = struct.unpack_from("<Q", elf, 32)
    size, n = struct.unpack_from("<HH", elf, 54)
    for i in range(n):
        kind, _, offset, _, phys, filesz = struct.unpack_from("<IIQQQQ", elf, phoff + i * size)
        if kind == 1:
            yield phys, filesz, offset


def data_pages(path):
    with open(path, encoding="utf-8") as lines:
        for item in map(json.loads, lines):
            if item["type"] == "range" and item["role"] in ("data", "region"):
                yield from range(item["pfn"], item["pfn"] + item["pages"])


def main(dump, owners):
    planted = 0
    with open(dump, "r+b") as file:
        loads = list(segments(file.read(1 << 16)))
        for pfn in data_pages(owners):
            for phys, size, offset in loads:
                if phys <= pfn * PAGE < phys + size:
                    file.seek(offset + pfn * PAGE - phys)
                    file.write(SECRET)
                    planted += 1
    print(planted)


if __name__ == "__main__":
    main(*sys.argv[1:])
