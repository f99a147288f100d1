#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""schema.py [--broken] SCHEMA VERB FILE...: holds documents against docs/khoscope.schema.json.

Strictly: a key that the schema doesn't have fails, which to its users is but a newer tool. FILE has
one or more JSON documents, one after the other. With --broken it goes on to break them, in each
place in each way that a key can be wrong, and each that passes then is a hole in the schema.
"""
import copy
import json
import sys

from jsonschema import Draft202012Validator


def seal(schema):
    """Objects have the keys that are named, if any are."""
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
        for value in schema.values():
            seal(value)
    elif isinstance(schema, list):
        for value in schema:
            seal(value)
    return schema


def documents(path):
    """Those of one file; a line "status N" at its end is that of tests/golden."""
    with open(path, encoding="utf-8") as file:
        text = "".join(l for l in file if not l.startswith("status "))
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        document, at = decoder.raw_decode(text, at)
        yield document
        while at < len(text) and text[at].isspace():
            at += 1


def places(value, path=()):
    """Each object's place, but for those whose keys the dump decides."""
    if isinstance(value, dict):
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in items:
        if key not in ("evidence", "attributes") and isinstance(child, (dict, list)):
            yield from places(child, path + (key,))


def broken(document):
    """Copies of it, each with one thing wrong, and what that is."""
    for path in places(document):
        keyed_by_dump = path and path[-1] in ("by_order", "by_node", "outcomes")
        target = document
        for step in path:
            target = target[step]
        changes = [("added", "no-such-key", 0)]
        for key, value in target.items():
            if not keyed_by_dump:
                changes.append(("removed", key, None))
            changes.append(("retyped", key, [[]] if value != [[]] else {}))
        for what, key, value in changes:
            copied = copy.deepcopy(document)
            target = copied
            for step in path:
                target = target[step]
            if what == "removed":
                del target[key]
            else:
                target[key] = value
            yield f"{what} {'.'.join(map(str, path + (key,)))}", copied


def main(args):
    breaking = "--broken" in args
    schema_path, verb, *files = [a for a in args if a != "--broken"]
    with open(schema_path, encoding="utf-8") as file:
        schema = seal(json.load(file))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator({"$defs": schema["$defs"], "$ref": f"#/$defs/{verb}"})
    seen = wrong = 0
    for path in files:
        for document in documents(path):
            seen += 1
            for error in validator.iter_errors(document):
                wrong += 1
                print(f"{path}: {error.json_path}: {error.message}")
            for what, copied in broken(document) if breaking else ():
                if validator.is_valid(copied):
                    wrong += 1
                    print(f"{path}: valid with {what}")
    if not seen:
        print("no documents")
    return 1 if wrong or not seen else 0


sys.exit(main(sys.argv[1:]))
