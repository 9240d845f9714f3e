"""What somebody would write by hand instead of txflow: boto3, threads, no checks, no waits but those without which AWS
refuses the next call.

by_hand.py ENDPOINT fresh|unchanged|handler|destroy BINARY...

Deploys one function for each binary and a state machine that calls them in turn. Prints the seconds that it took, without
those for starting Python and importing boto3.
"""

import base64
import hashlib
import io
import json
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

endpoint, command, *binaries = sys.argv[1:]
account, region, stack = "000000000000", "us-east-1", "byhand-dev"
settings = dict(
    endpoint_url=endpoint,
    region_name=region,
    aws_access_key_id="test",
    aws_secret_access_key="test",
    config=Config(max_pool_connections=64),
)
iam, functions, states, logs = (boto3.client(name, **settings) for name in ("iam", "lambda", "stepfunctions", "logs"))
machine = f"arn:aws:states:{region}:{account}:stateMachine:{stack}"
alias = f"{machine}:live"
tags = {"stack": stack}
handlers = {f"{stack}-{path.rsplit('/', 1)[-1]}": path for path in binaries}
pool = ThreadPoolExecutor(64)


def at_once(call, arguments):
    return list(pool.map(call, arguments))


def zipped(path):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zip_file:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        with open(path, "rb") as binary:
            zip_file.writestr(entry, binary.read(), zipfile.ZIP_DEFLATED)
    return archive.getvalue()


def trust(service):
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def policy(action, resource):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role(of):
    name, service, action = of
    as_list = [{"Key": key, "Value": value} for key, value in tags.items()]
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service), Tags=as_list)
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(action, "*"))


def log_group(name):
    logs.create_log_group(logGroupName=f"/aws/lambda/{name}", tags=tags)
    logs.put_retention_policy(logGroupName=f"/aws/lambda/{name}", retentionInDays=30)


def function(name):
    return functions.create_function(
        FunctionName=name,
        Runtime="provided.al2023",
        Handler="bootstrap",
        Role=f"arn:aws:iam::{account}:role/{name}",
        Code={"ZipFile": zipped(handlers[name])},
        Publish=True,
        Tags=tags,
    )["Version"]


def definition(versions):
    names = list(versions)
    return json.dumps({
        "StartAt": names[0],
        "States": {
            name: {
                "Type": "Task",
                "Resource": f"arn:aws:lambda:{region}:{account}:function:{name}:{version}",
                **({"Next": following} if following else {"End": True}),
            }
            for (name, version), following in zip(versions.items(), names[1:] + [None])
        },
    })


def pinned():
    states_of = json.loads(states.describe_state_machine(stateMachineArn=machine)["definition"])["States"]
    return {name: state["Resource"].rsplit(":", 1)[-1] for name, state in states_of.items()}


def fresh():
    roles = [(name, "lambda.amazonaws.com", "logs:*") for name in handlers]
    groups = pool.submit(at_once, log_group, handlers)
    at_once(role, roles + [(stack, "states.amazonaws.com", "lambda:InvokeFunction")])
    versions = dict(zip(handlers, at_once(function, handlers)))
    groups.result()
    version = states.create_state_machine(
        name=stack,
        definition=definition(versions),
        roleArn=f"arn:aws:iam::{account}:role/{stack}",
        publish=True,
        tags=[{"key": key, "value": value} for key, value in tags.items()],
    )["stateMachineVersionArn"]
    states.create_state_machine_alias(name="live", routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}])


def read(of):
    call, arguments = of
    return call(**arguments)


def unchanged():
    """Reads what could have changed, and compares the code."""
    reads = [(states.describe_state_machine, {"stateMachineArn": machine})]
    for name in [*handlers, stack]:
        reads.append((iam.get_role, {"RoleName": name}))
        reads.append((iam.get_role_policy, {"RoleName": name, "PolicyName": "own"}))
    for name in handlers:
        reads.append((logs.describe_log_groups, {"logGroupNamePrefix": f"/aws/lambda/{name}"}))
        reads.append((functions.get_function, {"FunctionName": name}))
    answers = pool.map(read, reads)
    hashes = at_once(lambda path: base64.b64encode(hashlib.sha256(zipped(path)).digest()).decode(), handlers.values())
    held = [answer["Configuration"]["CodeSha256"] for answer in answers if "Configuration" in answer]
    return [name for name, (old, new) in zip(handlers, zip(held, hashes)) if old != new]


def handler():
    changed = unchanged()
    update = lambda name: functions.update_function_code(FunctionName=name, ZipFile=zipped(handlers[name]), Publish=True)
    versions = {**pinned(), **{name: answer["Version"] for name, answer in zip(changed, at_once(update, changed))}}
    version = states.update_state_machine(stateMachineArn=machine, definition=definition(versions), publish=True)
    routing = [{"stateMachineVersionArn": version["stateMachineVersionArn"], "weight": 100}]
    states.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=routing)


def remove_role(name):
    iam.delete_role_policy(RoleName=name, PolicyName="own")
    iam.delete_role(RoleName=name)


def destroy():
    gone = pool.submit(states.delete_state_machine_alias, stateMachineAliasArn=alias)
    states.delete_state_machine(stateMachineArn=machine)
    at_once(lambda name: functions.delete_function(FunctionName=name), handlers)
    groups = pool.submit(at_once, lambda name: logs.delete_log_group(logGroupName=f"/aws/lambda/{name}"), handlers)
    at_once(remove_role, [*handlers, stack])
    groups.result()
    gone.result()


began = time.monotonic()
{"fresh": fresh, "unchanged": unchanged, "handler": handler, "destroy": destroy}[command]()
print(time.monotonic() - began)
