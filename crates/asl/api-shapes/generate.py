#!/usr/bin/env python3
"""Writes shapes.json: the output shapes of AWS APIs, for checking mocked results.

Run it with botocore 1.41.5, from the month in which `TestState` got its mocks:
`python3 generate.py > shapes.json`. Step Functions adopts new models late. The models are
AWS's own (botocore, Apache-2.0). Whatever Step Functions does not check is left out: patterns,
documentation, locations.

A shape is `[type, …]`:
    ["o", {field: shape index}, [required fields]]   an object
    ["a", shape index]                               an array
    ["m", shape index]                               a map with string keys
    ["s", least, most, [allowed values]]             a string; null if there is no limit
    ["n", least, most]                               a number
    ["b"]                                            a boolean
"""
import json
import sys

import botocore.session

# The name in a resource ARN, and the name in botocore.
SERVICES = {
    "dynamodb": "dynamodb",
    "eventbridge": "events",
    "events": "events",
    "kms": "kms",
    "lambda": "lambda",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "sfn": "stepfunctions",
    "sns": "sns",
    "sqs": "sqs",
    "ssm": "ssm",
    "states": "stepfunctions",
}
# What the optimized integrations of other services call, and ask until a job has ended.
JOBS = {
    "athena": ("athena", "GetQueryExecution GetQueryResults StartQueryExecution StopQueryExecution"),
    "batch": ("batch", "DescribeJobs SubmitJob"),
    "bedrock": ("bedrock", "CreateModelCustomizationJob GetModelCustomizationJob"),
    "codebuild": (
        "codebuild",
        "BatchDeleteBuilds BatchGetBuildBatches BatchGetBuilds BatchGetReports RetryBuildBatch StartBuild "
        "StartBuildBatch StopBuild StopBuildBatch",
    ),
    "databrew": ("databrew", "ListJobRuns StartJobRun"),
    "ecs": ("ecs", "DescribeTasks RunTask"),
    "eks": (
        "eks",
        "CreateCluster CreateFargateProfile CreateNodegroup DeleteCluster DeleteFargateProfile DeleteNodegroup "
        "DescribeCluster DescribeFargateProfile DescribeNodegroup",
    ),
    "elasticmapreduce": ("emr", "DescribeCluster DescribeStep"),
    "emr-containers": (
        "emr-containers",
        "CreateVirtualCluster DeleteVirtualCluster DescribeJobRun DescribeVirtualCluster StartJobRun",
    ),
    "emr-serverless": ("emr-serverless", "CancelJobRun GetApplication GetJobRun StartJobRun"),
    "glue": ("glue", "GetJobRun StartJobRun"),
    "mediaconvert": ("mediaconvert", "CreateJob GetJob"),
    "sagemaker": (
        "sagemaker",
        "CreateEndpoint CreateEndpointConfig CreateHyperParameterTuningJob CreateLabelingJob CreateModel "
        "CreateProcessingJob CreateTrainingJob CreateTransformJob DescribeHyperParameterTuningJob "
        "DescribeLabelingJob DescribeProcessingJob DescribeTrainingJob DescribeTransformJob UpdateEndpoint",
    ),
}
NUMBERS = {"integer", "long", "float", "double"}


class Shapes:
    def __init__(self):
        self.list, self.known, self.named = [], {}, {}

    def of(self, service, shape):
        key = (service, shape.name)
        if key in self.named:
            return self.named[key]
        if shape.type_name in ("structure", "list", "map"):
            # Reserves its index first, because a shape may be recursive.
            index = self.named[key] = len(self.list)
            self.list.append(None)
            self.list[index] = self.compound(service, shape)
        else:
            index = self.named[key] = self.simple(shape)
        return index

    def compound(self, service, shape):
        if shape.type_name == "list":
            return ["a", self.of(service, shape.member)]
        if shape.type_name == "map":
            return ["m", self.of(service, shape.value)]
        fields = {
            pascal(name): self.of(service, member)
            for name, member in shape.members.items()
            # Step Functions accepts any JSON as the body of a response.
            if name != shape.serialization.get("payload") or member.type_name != "blob"
        }
        return ["o", fields, [pascal(name) for name in shape.required_members]]

    def simple(self, shape):
        limits = [shape.metadata.get("min"), shape.metadata.get("max")]
        if shape.type_name in NUMBERS:
            entry = ["n", *limits]
        elif shape.type_name == "boolean":
            entry = ["b"]
        else:
            entry = ["s", *limits, getattr(shape, "enum", None) or None]
        while entry[-1] is None:
            entry.pop()
        text = json.dumps(entry)
        if text not in self.known:
            self.known[text] = len(self.list)
            self.list.append(entry)
        return self.known[text]


def pascal(name):
    return name[:1].upper() + name[1:]


def main():
    session = botocore.session.get_session()
    shapes, operations = Shapes(), {}
    served = [(service, model, None) for service, model in SERVICES.items()]
    served += [(service, model, names.split()) for service, (model, names) in JOBS.items()]
    for service, model_name, names in served:
        model = session.get_service_model(model_name)
        for name in names or model.operation_names:
            output = model.operation_model(name).output_shape
            if output is not None:
                action = f"{service}:{name[:1].lower()}{name[1:]}"
                operations[action] = shapes.of(model_name, output)
    json.dump({"operations": operations, "shapes": shapes.list}, sys.stdout, separators=(",", ":"))
    print()


main()
