"""Builds the subtasks of a slot from what DEPLOY says (``src/graph/deployment.ts``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..._program.kinds import is_source, name_of
from ..._settings.settings import Settings
from ..._values.failure import OperatorFailure
from ..._values.keep import Own, kept, sendable
from ..._values.raised import ANYTHING
from ..._values.weight import Scale
from ..state.identity import check_identity
from ..state.key_identity import GroupOf
from ..state.storage.restoring import read_states
from ..state.storage.subtask_state import KeptOperator, state_of_data
from ..state.store import SubtaskStore
from .coercion import Coerce
from .deployment import SlotDeployment, SubtaskDeployment
from .opening import open_function
from .operator import Cursor, Operator, OperatorContext
from .output import Output
from .senders import LocalSender, RemoteSender, Sender
from .split_driver import SplitDriver
from .subtask import Subtask
from .watermarks import restore_watermark
from .wire_batch import ChannelCodec

if TYPE_CHECKING:
    from ..._program.job_graph import FunctionRef, OperatorSpec, TypeSpec
    from .slot import Slot


def wire_subtasks(
    slot: Slot, deployment: SlotDeployment, load: Callable[[FunctionRef], Any]
) -> list[Subtask]:
    """Make all subtasks, wire them, then open them, downstream first."""
    settings = Settings.of(deployment["settings"])
    tasks = []
    contexts: list[list[OperatorContext]] = []
    for part in deployment["tasks"]:
        task, ctxs = _build(slot, deployment, settings, part, load)
        tasks.append(task)
        contexts.append(ctxs)
        for channel in task.inputs:
            slot.by_channel[channel] = task
    for task, ctxs in zip(tasks, contexts):
        _wire_outputs(slot, settings, task, ctxs)
    for task, ctxs in reversed(list(zip(tasks, contexts))):
        _open(slot, task, ctxs)
    return tasks


def _build(
    slot: Slot,
    deployment: SlotDeployment,
    settings: Settings,
    part: SubtaskDeployment,
    load: Callable[[FunctionRef], Any],
) -> tuple[Subtask, list[OperatorContext]]:
    cursor = Cursor()
    chain = part["chain"]
    batch_mode = deployment["mode"] == "BATCH"
    source = SplitDriver(slot.makers.make_source(chain[0])) if is_source(chain[0]) else None
    first = 1 if source is not None else 0
    operators: list[Operator] = [
        slot.makers.make_operator(spec, keyed=i == 0 and part["keyedInputs"][0], batch=batch_mode)
        for i, spec in enumerate(chain)
        if i >= first
    ]
    groups = GroupOf(part["maxParallelism"], part["parallelism"], part["subtask"])
    here = kept_operators(part)
    states = check_identity(
        [state_of_data(saved) for saved in (deployment.get("restore") or {}).get(str(part["task"]), ())],
        here,
        part["maxParallelism"],
    )
    saved = read_states(slot.snapshots.storage, states, groups.is_mine)
    store = SubtaskStore(
        groups,
        part["subtask"],
        part["parallelism"],
        saved,
        checkpoints=deployment.get("checkpoints", False),
    )
    known = {each.uid for each in here}
    others = {each.uid: each for state in states for each in state.operators if each.uid not in known}
    task = Subtask(
        deployment=part,
        operators=operators,
        cursor=cursor,
        clock=slot.clock,
        watchdog=slot.watchdog,
        store=store,
        kept_operators=[*here, *others.values()],
        source=source,
        checkpoints=deployment.get("checkpoints", False),
    )
    task.notify = slot.task_notice
    contexts = []
    for i, spec in enumerate(chain):
        tags = frozenset(
            o["sideTag"] for o in part["outputs"] if o["fromOperator"] == i and o.get("sideTag") is not None
        )
        ctx = OperatorContext(
            spec=spec,
            job_name=deployment["jobName"],
            task_name=part["name"],
            subtask=part["subtask"],
            parallelism=part["parallelism"],
            max_parallelism=part["maxParallelism"],
            attempt=deployment["attempt"],
            mode=deployment["mode"],
            keyed=i == 0 and bool(part["keyedInputs"][0]),
            key_type=_key_type(part),
            cursor=cursor,
            machine=slot.machine,
            settings=settings,
            load_function=load,
            emit_side=_side_emitter(task, i),
            side_tags=tags,
            state=store.of(_uid(spec)),
            wake=_waker(slot, task),
        )
        ctx.program_output = slot.program_output
        ctx.checkpointing = deployment.get("checkpoints", False)
        ctx.follows = i > first
        ctx.last = i == len(chain) - 1
        contexts.append(ctx)
    task.take = slot.take
    task.give_way = slot.give_way
    return task, contexts


def kept_operators(part: SubtaskDeployment) -> list[KeptOperator]:
    """The operators of a task, as whose state is kept."""
    return [
        KeptOperator(
            _uid(spec), spec["name"], name_of(spec), "python", _key_type(part) if i == 0 else None, []
        )
        for i, spec in enumerate(part["chain"])
    ]


def _uid(spec: OperatorSpec) -> str:
    return spec.get("uid") or str(spec["id"])


def _key_type(part: SubtaskDeployment) -> TypeSpec | None:
    return next((known["keyType"] for known in part["inputs"] if "keyType" in known), None)


def _waker(slot: Slot, task: Subtask) -> Callable[[], None]:
    return lambda: slot.wake(task)


def _side_emitter(task: Subtask, index: int) -> Callable[[str, Any], None]:
    return lambda tag, value: task.outputs.emit_side(index, tag, value)


def _wire_outputs(slot: Slot, settings: Settings, task: Subtask, contexts: list[OperatorContext]) -> None:
    window = settings.channel_window_bytes
    reuse = settings.object_reuse
    own = None if reuse else _own_for(task)
    #: Outputs that are given the same records.
    shared: list[Any] = []
    for channel, known in task.inputs.items():
        if not known["local"]:
            slot.codecs[channel] = ChannelCodec(known["codec"], known.get("type"), task.deployment["name"])
    for out in task.deployment["outputs"]:
        spec = task.deployment["chain"][out["fromOperator"]]
        senders: list[Sender] = []
        scale = Scale()
        for target in out["channels"]:
            channel = target["channel"]
            if target["local"]:
                consumer = slot.by_channel[channel]
                local = LocalSender(consumer.deliver, channel, copies=False, scale=scale)
                slot.local[channel] = local
                slot.sending[channel] = task
                senders.append(local)
            else:
                codec = ChannelCodec(target["codec"], out.get("type"), spec["name"])
                remote = RemoteSender(
                    channel,
                    codec.encode,
                    slot.transmit_batch,
                    slot.transmit_control,
                    window,
                    slot.max_frame_bytes,
                    scale,
                )
                slot.remote[channel] = remote
                slot.sending[channel] = task
                senders.append(remote)
        partitioner = out["partitioner"]
        ctx = contexts[out["fromOperator"]]
        key_selector = coerce_keys = custom = groups = None
        if partitioner["kind"] == "hash" or partitioner["kind"] == "custom":
            key_selector = _opened(spec, ctx, partitioner["key"], "get_key")
        if partitioner["kind"] == "hash":
            coerce_keys = _coercer(partitioner.get("keyType"))
        if partitioner["kind"] == "custom":
            custom = _opened(spec, ctx, partitioner["partition"], "partition")
        if partitioner["kind"] == "hash" and out["receivers"] > 1:
            from ..state.keys import KeyGroups

            groups = KeyGroups(out["maxParallelism"], out["receivers"])
        output = Output(
            spec=spec,
            partitioner=partitioner["kind"],
            senders=senders,
            receivers=[t["receiver"] for t in out["channels"]],
            coerce=_coercer(out.get("type")),
            key_selector=key_selector,
            coerce_keys=coerce_keys,
            custom=custom,
            key_groups=groups,
            num_receivers=out["receivers"],
            rng=slot.machine.rng,
            # One that cannot be copied is told of as a key, when it is encoded.
            own=None if own is None else kept,
            scale=scale,
        )
        if partitioner["kind"] == "broadcast":
            shared.append(output)
        if out.get("sideTag") is not None:
            # Several consumers of one side output each have an exchange.
            where = (out["fromOperator"], out["sideTag"])
            known_output = task.outputs.sides.get(where)
            task.outputs.sides[where] = output if known_output is None else Several(known_output, output)  # type: ignore[assignment]
            if known_output is not None:
                shared += [known_output, output]
        else:
            task.outputs.main.append(output)
    if len(task.outputs.main) > 1:
        shared += task.outputs.main
    if not reuse:
        # Readers share nothing that can be changed, be the exchange real or elided.
        for output in shared:
            for sender in output.senders:
                if isinstance(sender, LocalSender):
                    sender.copies = True
    if own is not None:
        task.outputs.own_side = own
        # Records of a source are their reader's own; without a reader nothing is kept.
        if task.outputs.main and task.operators:
            task.outputs.own = own


def _own_for(task: Subtask) -> Own:
    """A record for Python must be one that pickle takes, also where the exchange is elided; TypeScript has its own codec."""
    targets = [target for out in task.deployment["outputs"] for target in out["channels"]]
    only_typescript = all(not t["local"] and t["codec"] != "pickle" for t in targets)
    return kept if only_typescript else sendable


def _coercer(declared: TypeSpec | None) -> Coerce | None:
    if not declared:
        return None
    # Imported on use: untyped jobs start faster without.
    from ..._types.coerce import coercer

    return coercer(declared)


def _opened(spec: OperatorSpec, ctx: OperatorContext, ref: FunctionRef, method: str) -> Callable[..., Any]:
    try:
        function, close = open_function(ctx, method, ref)
    except ANYTHING as e:
        raise OperatorFailure(e, spec, where=_where(ctx)) from e
    del close
    return function


class Several:
    """Several exchanges behind one side output."""

    def __init__(self, *outputs: Any) -> None:
        self._outputs = outputs
        self.senders = [s for o in outputs for s in o.senders]

    @property
    def ready(self) -> bool:
        return all(o.ready for o in self._outputs)

    @property
    def empty(self) -> bool:
        return all(o.empty for o in self._outputs)

    @property
    def scale(self) -> Scale:
        return self._outputs[0].scale  # type: ignore[no-any-return]

    def emit(self, values: list[Any], timestamps: list[int] | None, reach: int) -> None:
        for output in self._outputs:
            output.emit(values, timestamps, reach)

    def push(self) -> None:
        for output in self._outputs:
            output.push()

    def control(self, element: tuple[Any, ...]) -> None:
        for output in self._outputs:
            output.control(element)


def _where(ctx: OperatorContext) -> dict[str, Any]:
    return {"subtask": ctx.subtask, "parallelism": ctx.parallelism}


def _open(slot: Slot, task: Subtask, contexts: list[OperatorContext]) -> None:
    source = task.source_head
    for op, ctx in zip(task.operators, contexts[1:] if source is not None else contexts):
        try:
            op.ctx = ctx
            restore_watermark(ctx)
            op.open(ctx)
        except ANYTHING as e:
            raise OperatorFailure(e, ctx.spec, where=_where(ctx)) from e
    if source is not None:
        ctx = contexts[0]
        try:
            source.open(ctx, lambda subtask, message: slot.send_splits(task.id, subtask, message))
        except ANYTHING as e:
            raise OperatorFailure(e, ctx.spec, where=_where(ctx)) from e
    try:
        task.opened(task.store.is_restored)
    except ANYTHING as e:
        raise task.failure(e) from e
