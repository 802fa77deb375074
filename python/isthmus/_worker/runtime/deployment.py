"""What a slot is told: its subtasks, and which of its channels lead where. Twin of ``src/graph/deployment.ts``, which explains
the fields; ``test/vectors/deployments.json`` holds both to the same (``shape.py``).
"""

from typing import Any, Literal, TypedDict

from ..._program.job_graph import OperatorSpec, PythonEnvironmentSpec, SettledPartitioner, TypeSpec

EdgeCodec = Literal["local", "pickle", "msgpack"]


class _InputChannelDeployment(TypedDict):
    channel: int
    input: Literal[0, 1]
    codec: EdgeCodec
    keyed: bool
    local: bool


class InputChannelDeployment(_InputChannelDeployment, total=False):
    keyType: TypeSpec
    type: TypeSpec


class ChannelDeployment(TypedDict):
    channel: int
    receiver: int
    codec: EdgeCodec
    local: bool


class _OutputDeployment(TypedDict):
    fromOperator: int
    partitioner: SettledPartitioner
    channels: list[ChannelDeployment]
    receivers: int
    maxParallelism: int


class OutputDeployment(_OutputDeployment, total=False):
    sideTag: str
    type: TypeSpec


class SubtaskDeployment(TypedDict):
    task: int
    name: str
    subtask: int
    parallelism: int
    maxParallelism: int
    chain: list[OperatorSpec]
    keyedInputs: tuple[bool, bool]
    inputs: list[InputChannelDeployment]
    outputs: list[OutputDeployment]


class _SlotDeployment(TypedDict):
    job: str
    jobName: str
    slot: int
    mode: Literal["STREAMING", "BATCH"]
    attempt: int
    settings: dict[str, Any]
    python: PythonEnvironmentSpec
    tasks: list[SubtaskDeployment]


class SlotDeployment(_SlotDeployment, total=False):
    checkpoints: bool
    stateFolder: str
    restore: dict[str, list[dict[str, Any]]]
