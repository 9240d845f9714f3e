#!/usr/bin/env python3
"""Writes models.bin: the shapes and errors of the services that Step Functions can call, and how they are spoken to.

With the Python packages of `.ci/tables.txt`, `python3 generate.py` writes the file anew from AWS's own models (botocore,
Apache-2.0). Like the table of `crates/asl/src/integrations`, which has the same form, it is a list of deflated blocks: the
first has a line `b` for each service, with the compressed length of its block. A block is text of tab-separated lines, of
which the first fields say what follows:

    w   service in Java, protocol, signing name, version or target, JSON version, namespace
    e   error code, exception in Java
    o   operation, input shape, output shape, method, path
    s   shape: structure, members
    l   shape: list, of what, wire name of its items (`!` if they have no element around them)
    m   shape: map, of what, wire names of entry, key and value

Shapes are numbered in order. What a member or a list is of is the number of a shape, or a letter: i (integer), f (other
number), b (boolean), x (blob), t (timestamp in the format of the protocol), T (ISO 8601), U (seconds), H (HTTP date), d (document);
nothing is text. A member is its name, then of what, wire name if it has another, location, and name in Java if that is not the name with
a capital. Locations are h (header), H (headers with a prefix), q (query), u (path), s (status), p (payload), a (XML attribute).
"""
import argparse
import importlib.metadata
import pathlib
import sys

import botocore.session

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER.parents[2] / "asl" / "src" / "integrations"))
from generate import deflated, java_class, java_name, line, offered, service_name  # noqa: E402

SCALARS = {
    "string": "", "character": "", "integer": "i", "long": "i", "float": "f", "double": "f", "bigdecimal": "f",
    "boolean": "b", "blob": "x",
}
TIMESTAMPS = {"iso8601": "T", "unixTimestamp": "U", "rfc822": "H"}
LOCATIONS = {"header": "h", "headers": "H", "querystring": "q", "uri": "u", "statusCode": "s"}
# What the SDK names otherwise than its own rules have it.
JAVA_NAMES = {("DynamoDB", "NULL"): "Nul"}
# Of several protocols, the first of these.
PROTOCOLS = ["json", "rest-json", "rest-xml", "query", "ec2", "smithy-rpc-v2-cbor"]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--output", type=pathlib.Path, default=FOLDER / "models.bin")
    arguments.parse_args().output.write_bytes(file())


def file():
    session = botocore.session.get_session()
    models = (session.get_service_model(name) for name in session.get_available_services())
    blocks = {service_name(model.service_id): deflated(Block(model).lines()) for model in models}
    contents = [line("v", "botocore", importlib.metadata.version("botocore"))]
    contents += [line("b", name, str(len(blocks[name]))) for name in sorted(blocks)]
    first = deflated(contents)
    return len(first).to_bytes(4, "little") + first + b"".join(blocks[name] for name in sorted(blocks))


class Block:
    def __init__(self, model):
        self.model = model
        self.numbers = {}
        self.shapes = []

    def lines(self):
        operations = [self.operation(self.model.operation_model(name)) for name in self.model.operation_names]
        return [self.wire(), *self.errors(), *(line for line in operations if line), *self.shapes]

    def wire(self):
        meta = self.model.metadata
        protocols = meta.get("protocols") or [meta["protocol"]]
        protocol = next(known for known in PROTOCOLS if known in [*protocols, meta["protocol"]])
        version = meta["apiVersion"] if protocol in ("query", "ec2") else meta.get("targetPrefix", "")
        namespace = meta.get("xmlNamespace", "")
        name = java_class(self.model.service_id).removeprefix("Amazon").removeprefix("Aws").removesuffix("Service")
        signing = self.model.signing_name
        return line("w", name, protocol, signing, version, meta.get("jsonVersion", ""), namespace)

    def errors(self):
        return sorted(line("e", shape.error_code, java_exception(shape.name)) for shape in self.model.error_shapes)

    def operation(self, operation):
        if not offered(operation, []):
            return None
        shapes = [operation.input_shape, operation.output_shape]
        numbers = [self.of(shape) if shape else "" for shape in shapes]
        http = [operation.http["method"], operation.http["requestUri"]]
        return line("o", operation.name, *numbers, *(http if http != ["POST", "/"] else []))

    def of(self, shape):
        """What a member, an item or a value is of."""
        kind = shape.type_name
        if kind == "timestamp":
            return TIMESTAMPS.get(shape.serialization.get("timestampFormat"), "t")
        if kind == "structure" and shape.is_document_type:
            return "d"
        if kind in SCALARS:
            return SCALARS[kind]
        if shape.name not in self.numbers:
            number = len(self.shapes)
            self.numbers[shape.name] = str(number)
            self.shapes.append("")
            self.shapes[number] = getattr(self, kind)(shape)
        return self.numbers[shape.name]

    def structure(self, shape):
        payload = shape.serialization.get("payload")
        members = [self.member(name, member, name == payload) for name, member in shape.members.items()]
        return "\t".join(["s", *members])

    def member(self, name, shape, payload):
        serialization = shape.serialization
        location = LOCATIONS.get(serialization.get("location"), "")
        if payload:
            location = "p"
        elif serialization.get("xmlAttribute"):
            location = "a"
        wire = serialization.get("name", name)
        # A list without an element around its items has the name of these.
        if shape.type_name == "list" and serialization.get("flattened"):
            wire = shape.member.serialization.get("name", wire)
        java = JAVA_NAMES.get((self.model.service_id, name), java_name(name))
        java = "" if java == name[:1].upper() + name[1:] else java
        return ",".join([name, self.of(shape), wire if wire != name else "", location, java]).rstrip(",")

    def list(self, shape):
        items = shape.member.serialization.get("name", "member")
        flat = shape.serialization.get("flattened")
        return "\t".join(["l", self.of(shape.member), "!" if flat else items])

    def map(self, shape):
        key = shape.key.serialization.get("name", "key")
        value = shape.value.serialization.get("name", "value")
        entry = "!" if shape.serialization.get("flattened") else "entry"
        return "\t".join(["m", self.of(shape.value), entry, key, value])


def java_exception(name):
    """As the AWS SDK for Java 2.x names the class of an error."""
    for suffix in ("Fault", "Exception"):
        if name.endswith(suffix):
            return java_class(name.removesuffix(suffix)) + "Exception"
    return java_class(name) + "Exception"


if __name__ == "__main__":
    main()
