# Norn's plugin ABI for Python's ctypes. Generated from spec/norn.json by norn-abi-generate: do not edit.
# SPDX-License-Identifier: Apache-2.0
#
# The comments of norn.h say what each function does, on which thread, and who owns what. A pointer is a
# c_void_p: an address, or None.
import ctypes

NORN_LEVEL = 1  # the level that this header describes; ABI.md says what a later one may change
NORN_LEVEL_LOWEST = 1  # the lowest level that hosts still speak; 0 was a draft
NORN_BATCH_MAX_ROWS = 65536  # rows of one batch
NORN_BATCH_MAX_BYTES = 4194304  # bytes of keys and values of one batch; one larger row makes a batch of its own
NORN_KEY_MAX_BYTES = 511  # bytes of an encoded key, in every engine
NORN_ROW_MAX_BYTES = 67108864  # bytes of one value
NORN_OK = 0  # success
NORN_CANCELLED = 1  # the attempt is to end
NORN_UNKNOWN = 2  # a failure without a better name
NORN_INVALID_ARGUMENT = 3  # the caller's argument cannot be used, whatever the state
NORN_DEADLINE_EXCEEDED = 4  # the time given was too short
NORN_NOT_FOUND = 5  # nothing of that name or handle
NORN_ALREADY_EXISTS = 6  # something of that name is there
NORN_PERMISSION_DENIED = 7  # not granted by manifest and policy
NORN_RESOURCE_EXHAUSTED = 8  # memory, disk, count or size is used up
NORN_FAILED_PRECONDITION = 9  # not in this state
NORN_ABORTED = 10  # given up because of something else that happened
NORN_OUT_OF_RANGE = 11  # past the end of what there is
NORN_UNIMPLEMENTED = 12  # this side does not have it
NORN_INTERNAL = 13  # a fault of the side that says it
NORN_UNAVAILABLE = 14  # not now; trying again may help
NORN_DATA_LOSS = 15  # bytes that were kept or sent are damaged
NORN_ERROR_RETRYABLE = 1  # another attempt may succeed
NORN_ERROR_USER_FAULT = 2  # the submitter's parameters or data
NORN_ERROR_PEER_FAULT = 4  # another party's message
NORN_ERROR_HOST_FAULT = 8  # the host's or its machine's
NORN_ERROR_TRUNCATED = 16  # the message was cut at the struct's end
NORN_LOG_DEBUG = 0  # for the author
NORN_LOG_INFO = 1  # what happened
NORN_LOG_WARNING = 2  # what a person should look at
NORN_LOG_ERROR = 3  # what went wrong
NORN_LOG_HOST_FAULT = 4  # the host broke this contract
NORN_LOG_PLUGIN_FAULT = 5  # the plugin broke this contract
NORN_KERNEL_MAP = 1  # left batches in, rows out
NORN_KERNEL_ZIP = 2  # aligned left and right batches in, rows out
NORN_KERNEL_REDUCE = 3  # folds batches into a state, whose bytes freeze gives and merge takes
NORN_KERNEL_GROUP = 4  # sees rows with equal keys side by side (a run may cross batches); emits each key once
NORN_KERNEL_PURE = 1  # equal input gives equal output
NORN_KERNEL_KEEPS_KEYS = 2  # every output key is an input row's key, in order: nothing is shuffled
NORN_KERNEL_COMMUTATIVE = 4  # the order of the folded rows does not matter
NORN_KERNEL_ORDERED = 8  # needs its rows in ascending key order
NORN_KERNEL_IDEMPOTENT = 16  # a partition may be run twice
NORN_PARTITIONER_HASH = 1  # h = XXH64(key bytes, seed 0); partition = ((h >> 32) * partitions) >> 32
NORN_PARTITIONER_ORDINAL = 2  # the key is 8 big-endian bytes, read as an unsigned integer; partition = it modulo partitions
NORN_TABLE_TEMPORARY = 0  # lives as long as the session
NORN_TABLE_DURABLE = 1  # synced to disk before the rename that seals it
NORN_ZIP_INNER = 1  # keys of both
NORN_ZIP_LEFT = 2  # keys of the left; a validity bitmap marks the right rows that are missing
NORN_ZIP_OUTER = 3  # keys of either; validity bitmaps on both sides
NORN_ZIP_ANTI = 4  # left rows whose key the right has not; without a kernel they pass as they are
NORN_ZIP_COGROUP = 5  # both sides stream, rows not aligned; a side may be NULL in a step
NORN_WAIT_ANY = 1  # until one ticket can be taken
NORN_WAIT_ALL = 2  # until all can
NORN_ALL_PARTITIONS = 4294967295  # every partition, one after the other
NORN_NO_TIMEOUT = 18446744073709551615  # wait as long as the attempt lives

# What a reader holds struct_size against: never today's sizeof.
NORN_BYTES_LEVEL_1_BYTES = 16
NORN_STRING_LEVEL_1_BYTES = 16
NORN_ERROR_LEVEL_1_BYTES = 512
NORN_SINK_LEVEL_1_BYTES = 24
NORN_BATCH_LEVEL_1_BYTES = 48
NORN_EMIT_LEVEL_1_BYTES = 24
NORN_HOST_LEVEL_1_BYTES = 72
NORN_KERNEL_LEVEL_1_BYTES = 88
NORN_KERNEL_REFERENCE_LEVEL_1_BYTES = 88
NORN_TASK_LEVEL_1_BYTES = 144
NORN_COMPONENT_LEVEL_1_BYTES = 80
NORN_ENGINE_OPTIONS_LEVEL_1_BYTES = 56
NORN_TABLE_SPEC_LEVEL_1_BYTES = 16
NORN_TABLE_INFO_LEVEL_1_BYTES = 32
NORN_ENGINE_LEVEL_1_BYTES = 176
NORN_PLUGIN_LEVEL_1_BYTES = 72
NORN_ARTIFACTS_LEVEL_1_BYTES = 48
NORN_ENGINE_ACCESS_LEVEL_1_BYTES = 24
NORN_FEDERATION_LEVEL_1_BYTES = 64
NORN_TRACKING_LEVEL_1_BYTES = 40
NORN_WORKERS_LEVEL_1_BYTES = 24


class norn_bytes(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("count", ctypes.c_uint64),
    ]


assert ctypes.sizeof(norn_bytes) == 16


class norn_string(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("count", ctypes.c_uint64),
    ]


assert ctypes.sizeof(norn_string) == 16


class norn_error(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("code", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("message_count", ctypes.c_uint32),
        ("error_id", ctypes.c_uint64),
        ("domain", ctypes.c_char * 32),
        ("message", ctypes.c_char * 456),
    ]


assert ctypes.sizeof(norn_error) == 512


class norn_sink(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("_pad0", ctypes.c_uint32),
        ("context", ctypes.c_void_p),
        ("write", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, norn_bytes, ctypes.c_void_p)),
    ]


assert ctypes.sizeof(norn_sink) == 24


class norn_batch(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("rows", ctypes.c_uint32),
        ("key_offsets", ctypes.c_void_p),
        ("keys", ctypes.c_void_p),
        ("value_offsets", ctypes.c_void_p),
        ("values", ctypes.c_void_p),
        ("validity", ctypes.c_void_p),
    ]


assert ctypes.sizeof(norn_batch) == 48


class norn_emit(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("_pad0", ctypes.c_uint32),
        ("context", ctypes.c_void_p),
        ("batch", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)),
    ]


assert ctypes.sizeof(norn_emit) == 24


class norn_host(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("level", ctypes.c_uint32),
        ("context", ctypes.c_void_p),
        ("get_extension", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, norn_string, ctypes.c_uint32)),
        ("log", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, norn_string)),
        ("alloc", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64)),
        ("dealloc", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64)),
        ("monotonic_nanoseconds", ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p)),
        ("unix_nanoseconds", ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p)),
        ("random", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p)),
    ]


assert ctypes.sizeof(norn_host) == 72


class norn_kernel(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("revision", ctypes.c_uint32),
        ("kind", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("name", norn_string),
        ("context", ctypes.c_void_p),
        ("open", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, norn_bytes, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p)),
        ("step", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)),
        ("finish", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)),
        ("freeze", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)),
        ("merge", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, norn_bytes, ctypes.c_void_p)),
        ("close", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
    ]


assert ctypes.sizeof(norn_kernel) == 88


class norn_kernel_reference(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("revision", ctypes.c_uint32),
        ("kind", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("plugin_digest", norn_bytes),
        ("component", norn_string),
        ("name", norn_string),
        ("closure", norn_bytes),
        ("local", ctypes.c_void_p),
    ]


assert ctypes.sizeof(norn_kernel_reference) == 88


class norn_task(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("attempt", ctypes.c_uint32),
        ("job", norn_string),
        ("task", norn_string),
        ("component", norn_string),
        ("role", norn_string),
        ("party", norn_string),
        ("parties", norn_bytes),
        ("parameters", norn_bytes),
        ("cancel_flag", ctypes.c_void_p),
        ("memory_bytes", ctypes.c_uint64),
        ("cores", ctypes.c_uint32),
        ("partitions", ctypes.c_uint32),
    ]


assert ctypes.sizeof(norn_task) == 144


class norn_component(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("kernel_count", ctypes.c_uint32),
        ("name", norn_string),
        ("context", ctypes.c_void_p),
        ("kernels", ctypes.c_void_p),
        ("describe", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)),
        ("create", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)),
        ("run", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p)),
        ("cancel", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32)),
        ("destroy", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
    ]


assert ctypes.sizeof(norn_component) == 80


class norn_engine_options(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("cores", ctypes.c_uint32),
        ("scratch", norn_string),
        ("session", norn_string),
        ("options", norn_bytes),
    ]


assert ctypes.sizeof(norn_engine_options) == 56


class norn_table_spec(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("partitions", ctypes.c_uint32),
        ("partitioner", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
    ]


assert ctypes.sizeof(norn_table_spec) == 16


class norn_table_info(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("partitions", ctypes.c_uint32),
        ("partitioner", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("rows", ctypes.c_uint64),
        ("bytes", ctypes.c_uint64),
    ]


assert ctypes.sizeof(norn_table_info) == 32


class norn_engine(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("_pad0", ctypes.c_uint32),
        ("name", norn_string),
        ("context", ctypes.c_void_p),
        ("describe", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)),
        ("open", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)),
        ("cancel", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        ("close", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        ("table_create", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)),
        ("table_put", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p)),
        ("table_seal", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p)),
        ("table_publish", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p)),
        ("table_open", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, norn_bytes, ctypes.c_void_p, ctypes.c_void_p)),
        ("table_info", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p)),
        ("table_release", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64)),
        ("table_destroy", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p)),
        ("table_get", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)),
        ("table_scan", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p)),
        ("map_reduce", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)),
        ("zip", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)),
        ("reduce", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)),
        ("repartition", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)),
    ]


assert ctypes.sizeof(norn_engine) == 176


class norn_plugin(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("level_min", ctypes.c_uint32),
        ("level_built", ctypes.c_uint32),
        ("component_count", ctypes.c_uint32),
        ("id", norn_string),
        ("version", norn_string),
        ("components", ctypes.c_void_p),
        ("engines", ctypes.c_void_p),
        ("engine_count", ctypes.c_uint32),
        ("_pad0", ctypes.c_uint32),
    ]


assert ctypes.sizeof(norn_plugin) == 72


class norn_artifacts(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("_pad0", ctypes.c_uint32),
        ("inputs", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)),
        ("open_table", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, norn_string, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p)),
        ("read", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, norn_string, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p)),
        ("output_table", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, norn_string, ctypes.c_uint64, norn_bytes, ctypes.c_void_p)),
        ("write", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, norn_string, norn_bytes, ctypes.c_void_p)),
    ]


assert ctypes.sizeof(norn_artifacts) == 48


class norn_engine_access(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("_pad0", ctypes.c_uint32),
        ("session", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)),
        ("kernel", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, norn_string, norn_bytes, ctypes.c_void_p, ctypes.c_void_p)),
    ]


assert ctypes.sizeof(norn_engine_access) == 24


class norn_federation(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("_pad0", ctypes.c_uint32),
        ("send", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, norn_string, norn_string, norn_string, norn_string, norn_bytes, ctypes.c_void_p)),
        ("send_table", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, norn_string, norn_string, norn_string, norn_string, ctypes.c_uint64, ctypes.c_void_p)),
        ("post", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, norn_string, norn_string, norn_string, norn_string, ctypes.c_void_p, ctypes.c_void_p)),
        ("wait", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p)),
        ("take", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p)),
        ("take_table", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p)),
        ("drop", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64)),
    ]


assert ctypes.sizeof(norn_federation) == 64


class norn_tracking(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("_pad0", ctypes.c_uint32),
        ("metric", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, norn_bytes, ctypes.c_void_p)),
        ("progress", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64, norn_string, ctypes.c_void_p)),
        ("summary", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, norn_bytes, ctypes.c_void_p)),
        ("model", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, norn_string, norn_bytes, ctypes.c_void_p)),
    ]


assert ctypes.sizeof(norn_tracking) == 40


class norn_workers(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("_pad0", ctypes.c_uint32),
        ("width", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p)),
        ("parallel_for", ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p, ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p), ctypes.c_void_p)),
    ]


assert ctypes.sizeof(norn_workers) == 24


# id -> (revision, table)
EXTENSIONS = {
    "norn.artifacts": (1, norn_artifacts),
    "norn.engine": (1, norn_engine_access),
    "norn.federation": (1, norn_federation),
    "norn.tracking": (1, norn_tracking),
    "norn.workers": (1, norn_workers),
}
