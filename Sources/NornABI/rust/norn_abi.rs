// Norn's plugin ABI for Rust. Generated from spec/norn.json by norn-abi-generate: do not edit.
// SPDX-License-Identifier: Apache-2.0
//
// The comments of norn.h say what each function does, on which thread, and who owns what.
#![allow(non_camel_case_types, dead_code, clippy::all)]

use std::ffi::c_void;
use std::os::raw::c_char;

pub type norn_status = u32;

/// the level that this header describes; ABI.md says what a later one may change
pub const NORN_LEVEL: u32 = 1;
/// the lowest level that hosts still speak; 0 was a draft
pub const NORN_LEVEL_LOWEST: u32 = 1;
/// rows of one batch
pub const NORN_BATCH_MAX_ROWS: u32 = 65536;
/// bytes of keys and values of one batch; one larger row makes a batch of its own
pub const NORN_BATCH_MAX_BYTES: u32 = 4194304;
/// bytes of an encoded key, in every engine
pub const NORN_KEY_MAX_BYTES: u32 = 511;
/// bytes of one value
pub const NORN_ROW_MAX_BYTES: u32 = 67108864;
/// success
pub const NORN_OK: u32 = 0;
/// the attempt is to end
pub const NORN_CANCELLED: u32 = 1;
/// a failure without a better name
pub const NORN_UNKNOWN: u32 = 2;
/// the caller's argument cannot be used, whatever the state
pub const NORN_INVALID_ARGUMENT: u32 = 3;
/// the time given was too short
pub const NORN_DEADLINE_EXCEEDED: u32 = 4;
/// nothing of that name or handle
pub const NORN_NOT_FOUND: u32 = 5;
/// something of that name is there
pub const NORN_ALREADY_EXISTS: u32 = 6;
/// not granted by manifest and policy
pub const NORN_PERMISSION_DENIED: u32 = 7;
/// memory, disk, count or size is used up
pub const NORN_RESOURCE_EXHAUSTED: u32 = 8;
/// not in this state
pub const NORN_FAILED_PRECONDITION: u32 = 9;
/// given up because of something else that happened
pub const NORN_ABORTED: u32 = 10;
/// past the end of what there is
pub const NORN_OUT_OF_RANGE: u32 = 11;
/// this side does not have it
pub const NORN_UNIMPLEMENTED: u32 = 12;
/// a fault of the side that says it
pub const NORN_INTERNAL: u32 = 13;
/// not now; trying again may help
pub const NORN_UNAVAILABLE: u32 = 14;
/// bytes that were kept or sent are damaged
pub const NORN_DATA_LOSS: u32 = 15;
/// another attempt may succeed
pub const NORN_ERROR_RETRYABLE: u32 = 1;
/// the submitter's parameters or data
pub const NORN_ERROR_USER_FAULT: u32 = 2;
/// another party's message
pub const NORN_ERROR_PEER_FAULT: u32 = 4;
/// the host's or its machine's
pub const NORN_ERROR_HOST_FAULT: u32 = 8;
/// the message was cut at the struct's end
pub const NORN_ERROR_TRUNCATED: u32 = 16;
/// for the author
pub const NORN_LOG_DEBUG: u32 = 0;
/// what happened
pub const NORN_LOG_INFO: u32 = 1;
/// what a person should look at
pub const NORN_LOG_WARNING: u32 = 2;
/// what went wrong
pub const NORN_LOG_ERROR: u32 = 3;
/// the host broke this contract
pub const NORN_LOG_HOST_FAULT: u32 = 4;
/// the plugin broke this contract
pub const NORN_LOG_PLUGIN_FAULT: u32 = 5;
/// left batches in, rows out
pub const NORN_KERNEL_MAP: u32 = 1;
/// aligned left and right batches in, rows out
pub const NORN_KERNEL_ZIP: u32 = 2;
/// folds batches into a state, whose bytes freeze gives and merge takes
pub const NORN_KERNEL_REDUCE: u32 = 3;
/// sees rows with equal keys side by side (a run may cross batches); emits each key once
pub const NORN_KERNEL_GROUP: u32 = 4;
/// equal input gives equal output
pub const NORN_KERNEL_PURE: u32 = 1;
/// every output key is an input row's key, in order: nothing is shuffled
pub const NORN_KERNEL_KEEPS_KEYS: u32 = 2;
/// the order of the folded rows does not matter
pub const NORN_KERNEL_COMMUTATIVE: u32 = 4;
/// needs its rows in ascending key order
pub const NORN_KERNEL_ORDERED: u32 = 8;
/// a partition may be run twice
pub const NORN_KERNEL_IDEMPOTENT: u32 = 16;
/// h = XXH64(key bytes, seed 0); partition = ((h >> 32) * partitions) >> 32
pub const NORN_PARTITIONER_HASH: u32 = 1;
/// the key is 8 big-endian bytes, read as an unsigned integer; partition = it modulo partitions
pub const NORN_PARTITIONER_ORDINAL: u32 = 2;
/// lives as long as the session
pub const NORN_TABLE_TEMPORARY: u32 = 0;
/// synced to disk before the rename that seals it
pub const NORN_TABLE_DURABLE: u32 = 1;
/// keys of both
pub const NORN_ZIP_INNER: u32 = 1;
/// keys of the left; a validity bitmap marks the right rows that are missing
pub const NORN_ZIP_LEFT: u32 = 2;
/// keys of either; validity bitmaps on both sides
pub const NORN_ZIP_OUTER: u32 = 3;
/// left rows whose key the right has not; without a kernel they pass as they are
pub const NORN_ZIP_ANTI: u32 = 4;
/// both sides stream, rows not aligned; a side may be NULL in a step
pub const NORN_ZIP_COGROUP: u32 = 5;
/// until one ticket can be taken
pub const NORN_WAIT_ANY: u32 = 1;
/// until all can
pub const NORN_WAIT_ALL: u32 = 2;
/// every partition, one after the other
pub const NORN_ALL_PARTITIONS: u32 = 4294967295;
/// wait as long as the attempt lives
pub const NORN_NO_TIMEOUT: u64 = 18446744073709551615;
pub const NORN_ARTIFACTS_ID: &str = "norn.artifacts";
pub const NORN_ARTIFACTS_REVISION: u32 = 1;
pub const NORN_ENGINE_ACCESS_ID: &str = "norn.engine";
pub const NORN_ENGINE_ACCESS_REVISION: u32 = 1;
pub const NORN_FEDERATION_ID: &str = "norn.federation";
pub const NORN_FEDERATION_REVISION: u32 = 1;
pub const NORN_TRACKING_ID: &str = "norn.tracking";
pub const NORN_TRACKING_REVISION: u32 = 1;
pub const NORN_WORKERS_ID: &str = "norn.workers";
pub const NORN_WORKERS_REVISION: u32 = 1;

// What a reader holds struct_size against: never today's size_of.
pub const NORN_BYTES_LEVEL_1_BYTES: u32 = 16;
pub const NORN_STRING_LEVEL_1_BYTES: u32 = 16;
pub const NORN_ERROR_LEVEL_1_BYTES: u32 = 512;
pub const NORN_SINK_LEVEL_1_BYTES: u32 = 24;
pub const NORN_BATCH_LEVEL_1_BYTES: u32 = 48;
pub const NORN_EMIT_LEVEL_1_BYTES: u32 = 24;
pub const NORN_HOST_LEVEL_1_BYTES: u32 = 72;
pub const NORN_KERNEL_LEVEL_1_BYTES: u32 = 88;
pub const NORN_KERNEL_REFERENCE_LEVEL_1_BYTES: u32 = 88;
pub const NORN_TASK_LEVEL_1_BYTES: u32 = 144;
pub const NORN_COMPONENT_LEVEL_1_BYTES: u32 = 80;
pub const NORN_ENGINE_OPTIONS_LEVEL_1_BYTES: u32 = 56;
pub const NORN_TABLE_SPEC_LEVEL_1_BYTES: u32 = 16;
pub const NORN_TABLE_INFO_LEVEL_1_BYTES: u32 = 32;
pub const NORN_ENGINE_LEVEL_1_BYTES: u32 = 176;
pub const NORN_PLUGIN_LEVEL_1_BYTES: u32 = 72;
pub const NORN_ARTIFACTS_LEVEL_1_BYTES: u32 = 48;
pub const NORN_ENGINE_ACCESS_LEVEL_1_BYTES: u32 = 24;
pub const NORN_FEDERATION_LEVEL_1_BYTES: u32 = 64;
pub const NORN_TRACKING_LEVEL_1_BYTES: u32 = 40;
pub const NORN_WORKERS_LEVEL_1_BYTES: u32 = 24;

/// Borrowed bytes: valid for the call that passes them, unless its comment says otherwise.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_bytes {
    pub data: *const u8,
    pub count: u64,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_bytes>() == 16);

/// Borrowed UTF-8 text, not ended by a NUL; valid for the call that passes it, unless its comment says otherwise.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_string {
    pub data: *const c_char,
    pub count: u64,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_string>() == 16);

/// What went wrong. The caller owns it and sets struct_size; the callee fills it when it returns a status other than NORN_OK, and leaves it alone otherwise. 512 bytes, no pointer in it, so it outlives everybody. NULL is allowed where a caller does not want to know.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_error {
    pub struct_size: u32,
    pub code: norn_status,
    pub flags: u32,
    pub message_count: u32,
    pub error_id: u64,
    pub domain: [c_char; 32],
    pub message: [c_char; 456],
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_error>() == 512);

/// Where a callee pushes bytes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_sink {
    pub struct_size: u32,
    pub _pad0: u32,
    pub context: *mut c_void,
    pub write: Option<unsafe extern "C" fn(context: *mut c_void, bytes: norn_bytes, error: *mut norn_error) -> norn_status>,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_sink>() == 24);

/// Rows in Arrow's binary layout. Keys ascend by bytes (memcmp, then length) and are unique, unless a comment says otherwise. Borrowed for the call; never written by the receiver.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_batch {
    pub struct_size: u32,
    pub rows: u32,
    pub key_offsets: *const u32,
    pub keys: *const u8,
    pub value_offsets: *const u32,
    pub values: *const u8,
    pub validity: *const u8,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_batch>() == 48);

/// Where a kernel or a scan puts rows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_emit {
    pub struct_size: u32,
    pub _pad0: u32,
    pub context: *mut c_void,
    pub batch: Option<unsafe extern "C" fn(context: *mut c_void, batch: *const norn_batch, error: *mut norn_error) -> norn_status>,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_emit>() == 24);

/// What every plugin gets: the only things that it may use of the process it is in.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_host {
    pub struct_size: u32,
    pub level: u32,
    pub context: *mut c_void,
    pub get_extension: Option<unsafe extern "C" fn(host: *const norn_host, id: norn_string, revision: u32) -> *const c_void>,
    pub log: Option<unsafe extern "C" fn(host: *const norn_host, severity: u32, text: norn_string)>,
    pub alloc: Option<unsafe extern "C" fn(host: *const norn_host, count: u64, alignment: u64) -> *mut c_void>,
    pub dealloc: Option<unsafe extern "C" fn(host: *const norn_host, pointer: *mut c_void, count: u64, alignment: u64)>,
    pub monotonic_nanoseconds: Option<unsafe extern "C" fn(host: *const norn_host) -> u64>,
    pub unix_nanoseconds: Option<unsafe extern "C" fn(host: *const norn_host) -> u64>,
    pub random: Option<unsafe extern "C" fn(host: *const norn_host, out: *mut u8, count: u64, error: *mut norn_error) -> norn_status>,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_host>() == 72);

/// A named function that an engine may run on partitions, in this process or in another one that opened the same library. It touches its state, its inputs and the host's log and memory, nothing else; it may run many at a time, be retried, or run twice.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_kernel {
    pub struct_size: u32,
    pub revision: u32,
    pub kind: u32,
    pub flags: u32,
    pub name: norn_string,
    pub context: *const c_void,
    pub open: Option<unsafe extern "C" fn(kernel: *const norn_kernel, host: *const norn_host, closure: norn_bytes, partition: u32, partitions: u32, state: *mut *mut c_void, error: *mut norn_error) -> norn_status>,
    pub step: Option<unsafe extern "C" fn(state: *mut c_void, left: *const norn_batch, right: *const norn_batch, emit: *const norn_emit, error: *mut norn_error) -> norn_status>,
    pub finish: Option<unsafe extern "C" fn(state: *mut c_void, emit: *const norn_emit, error: *mut norn_error) -> norn_status>,
    pub freeze: Option<unsafe extern "C" fn(state: *mut c_void, sink: *const norn_sink, error: *mut norn_error) -> norn_status>,
    pub merge: Option<unsafe extern "C" fn(state: *mut c_void, frozen: norn_bytes, error: *mut norn_error) -> norn_status>,
    pub close: Option<unsafe extern "C" fn(state: *mut c_void)>,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_kernel>() == 88);

/// How a kernel travels: by name. A process that has another library under that name refuses it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_kernel_reference {
    pub struct_size: u32,
    pub revision: u32,
    pub kind: u32,
    pub flags: u32,
    pub plugin_digest: norn_bytes,
    pub component: norn_string,
    pub name: norn_string,
    pub closure: norn_bytes,
    pub local: *const norn_kernel,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_kernel_reference>() == 88);

/// The attempt that a component is made for. Lives until destroy returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_task {
    pub struct_size: u32,
    pub attempt: u32,
    pub job: norn_string,
    pub task: norn_string,
    pub component: norn_string,
    pub role: norn_string,
    pub party: norn_string,
    pub parties: norn_bytes,
    pub parameters: norn_bytes,
    pub cancel_flag: *const u32,
    pub memory_bytes: u64,
    pub cores: u32,
    pub partitions: u32,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_task>() == 144);

/// An algorithm. States: described, created, running, ended, destroyed.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_component {
    pub struct_size: u32,
    pub kernel_count: u32,
    pub name: norn_string,
    pub context: *const c_void,
    pub kernels: *const *const norn_kernel,
    pub describe: Option<unsafe extern "C" fn(component: *const norn_component, sink: *const norn_sink, error: *mut norn_error) -> norn_status>,
    pub create: Option<unsafe extern "C" fn(component: *const norn_component, host: *const norn_host, task: *const norn_task, instance: *mut *mut c_void, error: *mut norn_error) -> norn_status>,
    pub run: Option<unsafe extern "C" fn(instance: *mut c_void, error: *mut norn_error) -> norn_status>,
    pub cancel: Option<unsafe extern "C" fn(instance: *mut c_void, reason: u32)>,
    pub destroy: Option<unsafe extern "C" fn(instance: *mut c_void)>,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_component>() == 80);

/// What a session is opened with.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_engine_options {
    pub struct_size: u32,
    pub cores: u32,
    pub scratch: norn_string,
    pub session: norn_string,
    pub options: norn_bytes,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_engine_options>() == 56);

/// How a table is to be made.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_table_spec {
    pub struct_size: u32,
    pub partitions: u32,
    pub partitioner: u32,
    pub flags: u32,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_table_spec>() == 16);

/// What a sealed table is.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_table_info {
    pub struct_size: u32,
    pub partitions: u32,
    pub partitioner: u32,
    pub flags: u32,
    pub rows: u64,
    pub bytes: u64,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_table_info>() == 32);

/// A computing backend. Tables are immutable versions: written, sealed, then only read. Handles belong to their session; a stale or foreign one gives NORN_NOT_FOUND. Every function but open, close and describe may be called from several threads at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_engine {
    pub struct_size: u32,
    pub _pad0: u32,
    pub name: norn_string,
    pub context: *const c_void,
    pub describe: Option<unsafe extern "C" fn(engine: *const norn_engine, sink: *const norn_sink, error: *mut norn_error) -> norn_status>,
    pub open: Option<unsafe extern "C" fn(engine: *const norn_engine, host: *const norn_host, options: *const norn_engine_options, session: *mut *mut c_void, error: *mut norn_error) -> norn_status>,
    pub cancel: Option<unsafe extern "C" fn(session: *mut c_void)>,
    pub close: Option<unsafe extern "C" fn(session: *mut c_void)>,
    pub table_create: Option<unsafe extern "C" fn(session: *mut c_void, spec: *const norn_table_spec, table: *mut u64, error: *mut norn_error) -> norn_status>,
    pub table_put: Option<unsafe extern "C" fn(session: *mut c_void, table: u64, batch: *const norn_batch, error: *mut norn_error) -> norn_status>,
    pub table_seal: Option<unsafe extern "C" fn(session: *mut c_void, table: u64, error: *mut norn_error) -> norn_status>,
    pub table_publish: Option<unsafe extern "C" fn(session: *mut c_void, table: u64, descriptor: *const norn_sink, error: *mut norn_error) -> norn_status>,
    pub table_open: Option<unsafe extern "C" fn(session: *mut c_void, descriptor: norn_bytes, table: *mut u64, error: *mut norn_error) -> norn_status>,
    pub table_info: Option<unsafe extern "C" fn(session: *mut c_void, table: u64, info: *mut norn_table_info, error: *mut norn_error) -> norn_status>,
    pub table_release: Option<unsafe extern "C" fn(session: *mut c_void, table: u64)>,
    pub table_destroy: Option<unsafe extern "C" fn(session: *mut c_void, table: u64, error: *mut norn_error) -> norn_status>,
    pub table_get: Option<unsafe extern "C" fn(session: *mut c_void, table: u64, keys: *const norn_batch, emit: *const norn_emit, error: *mut norn_error) -> norn_status>,
    pub table_scan: Option<unsafe extern "C" fn(session: *mut c_void, table: u64, partition: u32, limit_rows: u64, emit: *const norn_emit, error: *mut norn_error) -> norn_status>,
    pub map_reduce: Option<unsafe extern "C" fn(session: *mut c_void, table: u64, map: *const norn_kernel_reference, group: *const norn_kernel_reference, spec: *const norn_table_spec, out: *mut u64, error: *mut norn_error) -> norn_status>,
    pub zip: Option<unsafe extern "C" fn(session: *mut c_void, left: u64, right: u64, mode: u32, kernel: *const norn_kernel_reference, spec: *const norn_table_spec, out: *mut u64, error: *mut norn_error) -> norn_status>,
    pub reduce: Option<unsafe extern "C" fn(session: *mut c_void, table: u64, kernel: *const norn_kernel_reference, result: *const norn_sink, error: *mut norn_error) -> norn_status>,
    pub repartition: Option<unsafe extern "C" fn(session: *mut c_void, table: u64, spec: *const norn_table_spec, out: *mut u64, error: *mut norn_error) -> norn_status>,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_engine>() == 176);

/// What a library offers. Lives as long as the process: libraries are never unloaded.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_plugin {
    pub struct_size: u32,
    pub level_min: u32,
    pub level_built: u32,
    pub component_count: u32,
    pub id: norn_string,
    pub version: norn_string,
    pub components: *const *const norn_component,
    pub engines: *const *const norn_engine,
    pub engine_count: u32,
    pub _pad0: u32,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_plugin>() == 72);

/// What flows in and out of the task, by the names of its ports.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_artifacts {
    pub struct_size: u32,
    pub _pad0: u32,
    pub inputs: Option<unsafe extern "C" fn(host: *const norn_host, sink: *const norn_sink, error: *mut norn_error) -> norn_status>,
    pub open_table: Option<unsafe extern "C" fn(host: *const norn_host, name: norn_string, index: u32, table: *mut u64, error: *mut norn_error) -> norn_status>,
    pub read: Option<unsafe extern "C" fn(host: *const norn_host, name: norn_string, index: u32, sink: *const norn_sink, error: *mut norn_error) -> norn_status>,
    pub output_table: Option<unsafe extern "C" fn(host: *const norn_host, name: norn_string, table: u64, schema: norn_bytes, error: *mut norn_error) -> norn_status>,
    pub write: Option<unsafe extern "C" fn(host: *const norn_host, name: norn_string, bytes: norn_bytes, error: *mut norn_error) -> norn_status>,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_artifacts>() == 48);

/// The attempt's engine, for components.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_engine_access {
    pub struct_size: u32,
    pub _pad0: u32,
    pub session: Option<unsafe extern "C" fn(host: *const norn_host, engine: *mut *const norn_engine, session: *mut *mut c_void, error: *mut norn_error) -> norn_status>,
    pub kernel: Option<unsafe extern "C" fn(host: *const norn_host, name: norn_string, closure: norn_bytes, out: *mut norn_kernel_reference, error: *mut norn_error) -> norn_status>,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_engine_access>() == 24);

/// Messages between the parties of a task: the only way out. Addressed by name, tag and party; a message reaches this attempt at that party, once, or never.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_federation {
    pub struct_size: u32,
    pub _pad0: u32,
    pub send: Option<unsafe extern "C" fn(host: *const norn_host, name: norn_string, tag: norn_string, role: norn_string, party: norn_string, bytes: norn_bytes, error: *mut norn_error) -> norn_status>,
    pub send_table: Option<unsafe extern "C" fn(host: *const norn_host, name: norn_string, tag: norn_string, role: norn_string, party: norn_string, table: u64, error: *mut norn_error) -> norn_status>,
    pub post: Option<unsafe extern "C" fn(host: *const norn_host, name: norn_string, tag: norn_string, role: norn_string, party: norn_string, ticket: *mut u64, error: *mut norn_error) -> norn_status>,
    pub wait: Option<unsafe extern "C" fn(host: *const norn_host, tickets: *const u64, count: u64, mode: u32, timeout_milliseconds: u64, done: *mut u8, error: *mut norn_error) -> norn_status>,
    pub take: Option<unsafe extern "C" fn(host: *const norn_host, ticket: u64, sink: *const norn_sink, error: *mut norn_error) -> norn_status>,
    pub take_table: Option<unsafe extern "C" fn(host: *const norn_host, ticket: u64, table: *mut u64, error: *mut norn_error) -> norn_status>,
    pub drop: Option<unsafe extern "C" fn(host: *const norn_host, ticket: u64)>,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_federation>() == 64);

/// What people and programs see of a running task. Never blocks for long; points may be dropped under a flood.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_tracking {
    pub struct_size: u32,
    pub _pad0: u32,
    pub metric: Option<unsafe extern "C" fn(host: *const norn_host, metric: norn_bytes, error: *mut norn_error) -> norn_status>,
    pub progress: Option<unsafe extern "C" fn(host: *const norn_host, done: u64, total: u64, what: norn_string, error: *mut norn_error) -> norn_status>,
    pub summary: Option<unsafe extern "C" fn(host: *const norn_host, summary: norn_bytes, error: *mut norn_error) -> norn_status>,
    pub model: Option<unsafe extern "C" fn(host: *const norn_host, name: norn_string, model: norn_bytes, error: *mut norn_error) -> norn_status>,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_tracking>() == 40);

/// Threads inside the grant.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct norn_workers {
    pub struct_size: u32,
    pub _pad0: u32,
    pub width: Option<unsafe extern "C" fn(host: *const norn_host) -> u32>,
    pub parallel_for: Option<unsafe extern "C" fn(host: *const norn_host, count: u64, context: *mut c_void, body: Option<unsafe extern "C" fn(context: *mut c_void, index: u64, error: *mut norn_error) -> norn_status>, error: *mut norn_error) -> norn_status>,
}
#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::size_of::<norn_workers>() == 24);
