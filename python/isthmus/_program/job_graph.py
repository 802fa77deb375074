"""The job graph: what a program says, as plain data. Twin of ``src/graph/job-graph.ts``, which explains the fields;
``test/vectors/deployments.json`` holds both to the same (``shape.py``).
"""

from typing import Any, Literal, TypedDict, final

Language = Literal["python", "typescript"]
#: ``any``: where the neighbour runs.
HostLanguage = Literal["python", "typescript", "any"]


# Declared element types.

ScalarTypeKind = Literal[
    "STRING",
    "BYTE",
    "BOOLEAN",
    "SHORT",
    "INT",
    "LONG",
    "FLOAT",
    "DOUBLE",
    "CHAR",
    "BIG_INT",
    "BIG_DEC",
    "INSTANT",
    "SQL_DATE",
    "SQL_TIME",
    "SQL_TIMESTAMP",
    "PICKLED_BYTE_ARRAY",
]
ArrayKind = Literal["LIST", "PRIMITIVE_ARRAY", "BASIC_ARRAY", "OBJECT_ARRAY"]


@final
class ScalarType(TypedDict):
    kind: ScalarTypeKind


@final
class TupleType(TypedDict):
    kind: Literal["TUPLE"]
    fields: list["TypeSpec"]


@final
class RowType(TypedDict):
    kind: Literal["ROW"]
    names: list[str]
    fields: list["TypeSpec"]


@final
class ListType(TypedDict):
    kind: ArrayKind
    element: "TypeSpec"


@final
class MapType(TypedDict):
    kind: Literal["MAP"]
    key: "TypeSpec"
    value: "TypeSpec"


TypeSpec = ScalarType | TupleType | RowType | ListType | MapType


# Where functions are found.


class _PickledFunction(TypedDict):
    language: Literal["python"]
    form: Literal["pickle"]
    blob: int
    name: str


@final
class PickledFunction(_PickledFunction, total=False):
    part: str


class _ImportedFunction(TypedDict):
    language: Literal["python"]
    form: Literal["import"]
    name: str


@final
class ImportedFunction(_ImportedFunction, total=False):
    file: str
    module: str
    args: list[Any]
    kwargs: dict[str, Any]


@final
class ClosureFunction(TypedDict):
    language: Literal["typescript"]
    form: Literal["closure"]
    id: int
    name: str


class _ModuleFunction(TypedDict):
    language: Literal["typescript"]
    form: Literal["module"]
    url: str
    name: str


@final
class ModuleFunction(_ModuleFunction, total=False):
    args: list[Any]


FunctionRef = PickledFunction | ImportedFunction | ClosureFunction | ModuleFunction


# Edges.


@final
class AutoPartitioner(TypedDict):
    kind: Literal["auto"]


@final
class PlainPartitioner(TypedDict):
    kind: Literal["forward", "rebalance", "rescale", "shuffle", "broadcast", "global"]


class _HashPartitioner(TypedDict):
    kind: Literal["hash"]
    key: FunctionRef


@final
class HashPartitioner(_HashPartitioner, total=False):
    keyType: TypeSpec


@final
class CustomPartitioner(TypedDict):
    kind: Literal["custom"]
    key: FunctionRef
    partition: FunctionRef


#: As a plan has it: none is left open.
SettledPartitioner = PlainPartitioner | HashPartitioner | CustomPartitioner
PartitionerSpec = AutoPartitioner | PlainPartitioner | HashPartitioner | CustomPartitioner

_EdgeSpec = TypedDict(
    "_EdgeSpec", {"from": int, "to": int, "input": Literal[0, 1], "partitioner": PartitionerSpec}
)


class EdgeSpec(_EdgeSpec, total=False):
    sideTag: str


# Operators.


class Location(TypedDict):
    file: str
    line: int


class _OperatorSpec(TypedDict):
    id: int
    kind: str
    name: str
    language: HostLanguage
    chaining: Literal["always", "head", "never"]
    params: dict[str, Any]


class OperatorSpec(_OperatorSpec, total=False):
    connector: str
    uid: str
    parallelism: int
    maxParallelism: int
    nonParallel: bool
    fns: dict[str, FunctionRef]
    outputType: TypeSpec
    sideTypes: dict[str, TypeSpec]
    description: str
    location: Location


class _PythonEnvironmentSpec(TypedDict):
    mainBundles: list[int]


class PythonEnvironmentSpec(_PythonEnvironmentSpec, total=False):
    interpreter: str
    sysPath: list[str]
    sysPathEnd: list[str]
    cwd: str
    archives: list[tuple[str, str]]
    env: dict[str, str | None]
    mainFile: str
    sources: dict[str, str]
    moduleState: str
    logLevels: dict[str, int]
    intDigits: int


class _SubmittedGraph(TypedDict):
    version: Literal[1]
    client: Language
    parallelism: int
    operators: list[OperatorSpec]
    edges: list[EdgeSpec]
    config: dict[str, str]
    python: PythonEnvironmentSpec


class SubmittedGraph(_SubmittedGraph, total=False):
    """What a program makes of its code, before file, environment and command line have been heard."""

    name: str
