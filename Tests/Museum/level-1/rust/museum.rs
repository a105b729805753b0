// The museum's plugin in Rust, as it was built for level 1, with its own mirror of the structs that it needs.
// Never edit it: the binary beside it is what counts.
#![allow(non_camel_case_types, dead_code)]
use std::ffi::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;

type status = u32;
const OK: status = 0;
const FAILED_PRECONDITION: status = 9;
const PERMISSION_DENIED: status = 7;
const DATA_LOSS: status = 15;
const INTERNAL: status = 13;

#[repr(C)]
#[derive(Clone, Copy)]
struct bytes { data: *const u8, count: u64 }
#[repr(C)]
#[derive(Clone, Copy)]
struct string { data: *const u8, count: u64 }
#[repr(C)]
struct error { struct_size: u32, code: u32, flags: u32, message_count: u32, error_id: u64, domain: [u8; 32], message: [u8; 456] }
#[repr(C)]
struct sink { struct_size: u32, pad: u32, context: *mut c_void, write: extern "C" fn(*mut c_void, bytes, *mut error) -> status }
#[repr(C)]
struct batch { struct_size: u32, rows: u32, key_offsets: *const u32, keys: *const u8, value_offsets: *const u32, values: *const u8, validity: *const u8 }
#[repr(C)]
struct host {
    struct_size: u32, level: u32, context: *mut c_void,
    get_extension: extern "C" fn(*const host, string, u32) -> *const c_void,
    log: extern "C" fn(*const host, u32, string),
    alloc: *const c_void, dealloc: *const c_void, monotonic: *const c_void, unix: *const c_void, random: *const c_void,
}
#[repr(C)]
struct kernel {
    struct_size: u32, revision: u32, kind: u32, flags: u32, name: string, context: *const c_void,
    open: Option<extern "C" fn(*const kernel, *const host, bytes, u32, u32, *mut *mut c_void, *mut error) -> status>,
    step: Option<extern "C" fn(*mut c_void, *const batch, *const batch, *const c_void, *mut error) -> status>,
    finish: Option<extern "C" fn(*mut c_void, *const c_void, *mut error) -> status>,
    freeze: Option<extern "C" fn(*mut c_void, *const sink, *mut error) -> status>,
    merge: Option<extern "C" fn(*mut c_void, bytes, *mut error) -> status>,
    close: Option<extern "C" fn(*mut c_void)>,
}
#[repr(C)]
struct kernel_reference {
    struct_size: u32, revision: u32, kind: u32, flags: u32, plugin_digest: bytes, component: string, name: string,
    closure: bytes, local: *const kernel,
}
#[repr(C)]
struct task {
    struct_size: u32, attempt: u32, job: string, task: string, component: string, role: string, party: string,
    parties: bytes, parameters: bytes, cancel_flag: *const u32, memory_bytes: u64, cores: u32, partitions: u32,
}
#[repr(C)]
struct component {
    struct_size: u32, kernel_count: u32, name: string, context: *const c_void, kernels: *const *const kernel,
    describe: extern "C" fn(*const component, *const sink, *mut error) -> status,
    create: extern "C" fn(*const component, *const host, *const task, *mut *mut c_void, *mut error) -> status,
    run: extern "C" fn(*mut c_void, *mut error) -> status,
    cancel: extern "C" fn(*mut c_void, u32),
    destroy: extern "C" fn(*mut c_void),
}
/// The first slots are the host's; of them only reduce is called here.
#[repr(C)]
struct engine {
    struct_size: u32, pad: u32, name: string, context: *const c_void, others: [*const c_void; 16],
    reduce: extern "C" fn(*mut c_void, u64, *const kernel_reference, *const sink, *mut error) -> status,
    repartition: *const c_void,
}
#[repr(C)]
struct plugin {
    struct_size: u32, level_min: u32, level_built: u32, component_count: u32, id: string, version: string,
    components: *const *const component, engines: *const *const engine, engine_count: u32, pad: u32,
}
#[repr(C)]
struct artifacts {
    struct_size: u32, pad: u32, inputs: *const c_void,
    open_table: extern "C" fn(*const host, string, u32, *mut u64, *mut error) -> status,
    read: *const c_void, output_table: *const c_void,
    write: extern "C" fn(*const host, string, bytes, *mut error) -> status,
}
#[repr(C)]
struct engine_access {
    struct_size: u32, pad: u32,
    session: extern "C" fn(*const host, *mut *const engine, *mut *mut c_void, *mut error) -> status,
    kernel: extern "C" fn(*const host, string, bytes, *mut kernel_reference, *mut error) -> status,
}
#[repr(C)]
struct federation {
    struct_size: u32, pad: u32,
    send: extern "C" fn(*const host, string, string, string, string, bytes, *mut error) -> status,
    send_table: *const c_void,
    post: extern "C" fn(*const host, string, string, string, string, *mut u64, *mut error) -> status,
    wait: *const c_void,
    take: extern "C" fn(*const host, u64, *const sink, *mut error) -> status,
    take_table: *const c_void, drop: *const c_void,
}

struct Shared<T>(T);
// Sync: the tables are never written.
unsafe impl<T> Sync for Shared<T> {}

const fn text(value: &'static str) -> string { string { data: value.as_ptr(), count: value.len() as u64 } }
const NONE: bytes = bytes { data: ptr::null(), count: 0 };

fn fail(out: *mut error, code: status, message: &str) -> status {
    unsafe {
        if out.is_null() || (*out).struct_size < std::mem::size_of::<error>() as u32 { return code; }
        let count = message.len().min(455);
        (*out).message = [0; 456];
        (*out).domain = [0; 32];
        (&mut (*out).message)[..count].copy_from_slice(&message.as_bytes()[..count]);
        (&mut (*out).domain)[..6].copy_from_slice(b"museum");
        (*out).code = code;
        (*out).flags = 0;
        (*out).message_count = count as u32;
        (*out).error_id = 0;
    }
    code
}

/// No panic crosses the border.
fn guarded(out: *mut error, body: impl FnOnce() -> status) -> status {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| fail(out, INTERNAL, "it panicked"))
}

struct Instance { host: *const host, task: *const task, artifacts: *const artifacts, access: *const engine_access, federation: *const federation }

extern "C" fn gather(context: *mut c_void, given: bytes, _: *mut error) -> status {
    let out = unsafe { &mut *(context as *mut Vec<u8>) };
    if given.count > 0 { out.extend_from_slice(unsafe { std::slice::from_raw_parts(given.data, given.count as usize) }); }
    OK
}

fn sink_into(out: &mut Vec<u8>) -> sink {
    sink { struct_size: std::mem::size_of::<sink>() as u32, pad: 0, context: out as *mut Vec<u8> as *mut c_void, write: gather }
}

const DESCRIPTION: &[u8] = b"\xa6\x64name\x66Museum\x65roles\x82\x65guest\x64host\x66inputs\x81\x64data\x67kernels\x81\xa2\x64name\x63sum\x68revision\x01\x67outputs\x81\x65model\x6aparameters\xa1\x64note\x60";

extern "C" fn describe(_: *const component, out: *const sink, failure: *mut error) -> status {
    unsafe { ((*out).write)((*out).context, bytes { data: DESCRIPTION.as_ptr(), count: DESCRIPTION.len() as u64 }, failure) }
}

extern "C" fn create(_: *const component, given: *const host, task: *const task, out: *mut *mut c_void, failure: *mut error) -> status {
    guarded(failure, || unsafe {
        if (*given).struct_size < std::mem::size_of::<host>() as u32 { return fail(failure, FAILED_PRECONDITION, "the host's table is too short"); }
        let find = |id: &'static str| ((*given).get_extension)(given, text(id), 1);
        let instance = Instance {
            host: given, task, artifacts: find("norn.artifacts") as *const artifacts,
            access: find("norn.engine") as *const engine_access, federation: find("norn.federation") as *const federation,
        };
        if instance.artifacts.is_null() || instance.access.is_null() || instance.federation.is_null() {
            return fail(failure, PERMISSION_DENIED, "an extension is not granted");
        }
        *out = Box::into_raw(Box::new(instance)) as *mut c_void;
        OK
    })
}

fn work(me: &Instance, failure: *mut error) -> Result<(), status> {
    let checked = |code: status| if code == OK { Ok(()) } else { Err(code) };
    unsafe {
        let (mut found, mut session, mut table) = (ptr::null::<engine>(), ptr::null_mut::<c_void>(), 0u64);
        let mut reference: kernel_reference = std::mem::zeroed();
        reference.struct_size = std::mem::size_of::<kernel_reference>() as u32;
        checked(((*me.access).session)(me.host, &mut found, &mut session, failure))?;
        checked(((*me.artifacts).open_table)(me.host, text("data"), 0, &mut table, failure))?;
        checked(((*me.access).kernel)(me.host, text("sum"), NONE, &mut reference, failure))?;
        let mut sum = Vec::new();
        checked(((*found).reduce)(session, table, &reference, &sink_into(&mut sum), failure))?;
        if (*me.task).role.count == 4 {
            let given = bytes { data: sum.as_ptr(), count: sum.len() as u64 };
            checked(((*me.federation).send)(me.host, text("sum"), text("0"), text("guest"), text("9999"), given, failure))?;
        } else {
            let mut ticket = 0;
            checked(((*me.federation).post)(me.host, text("sum"), text("0"), text("host"), text("10000"), &mut ticket, failure))?;
            checked(((*me.federation).take)(me.host, ticket, &sink_into(&mut sum), failure))?;
        }
        let given = bytes { data: sum.as_ptr(), count: sum.len() as u64 };
        checked(((*me.artifacts).write)(me.host, text("model"), given, failure))
    }
}

extern "C" fn run(context: *mut c_void, failure: *mut error) -> status {
    guarded(failure, || work(unsafe { &*(context as *const Instance) }, failure).err().unwrap_or(OK))
}

extern "C" fn cancel(_: *mut c_void, _: u32) {}
extern "C" fn destroy(context: *mut c_void) { drop(unsafe { Box::from_raw(context as *mut Instance) }) }

extern "C" fn open_sum(_: *const kernel, _: *const host, _: bytes, _: u32, _: u32, out: *mut *mut c_void, failure: *mut error) -> status {
    guarded(failure, || unsafe { *out = Box::into_raw(Box::new(0u64)) as *mut c_void; OK })
}
extern "C" fn step_sum(state: *mut c_void, left: *const batch, _: *const batch, _: *const c_void, _: *mut error) -> status {
    unsafe {
        let left = &*left;
        if left.rows == 0 { return OK; }
        let (start, end) = (*left.value_offsets as usize, *left.value_offsets.add(left.rows as usize) as usize);
        let values = std::slice::from_raw_parts(left.values.add(start), end - start);
        *(state as *mut u64) += values.iter().map(|byte| u64::from(*byte)).sum::<u64>();
    }
    OK
}
extern "C" fn freeze_sum(state: *mut c_void, out: *const sink, failure: *mut error) -> status {
    unsafe { ((*out).write)((*out).context, bytes { data: state as *const u8, count: 8 }, failure) }
}
extern "C" fn merge_sum(state: *mut c_void, frozen: bytes, failure: *mut error) -> status {
    if frozen.count != 8 { return fail(failure, DATA_LOSS, "a frozen sum is not eight bytes long"); }
    unsafe { *(state as *mut u64) += (frozen.data as *const u64).read_unaligned(); }
    OK
}
extern "C" fn close_sum(state: *mut c_void) { drop(unsafe { Box::from_raw(state as *mut u64) }) }

static SUM: Shared<kernel> = Shared(kernel {
    struct_size: std::mem::size_of::<kernel>() as u32, revision: 1, kind: 3, flags: 1 | 4 | 16, name: text("sum"),
    context: ptr::null(), open: Some(open_sum), step: Some(step_sum), finish: None, freeze: Some(freeze_sum),
    merge: Some(merge_sum), close: Some(close_sum),
});
static KERNELS: Shared<[*const kernel; 1]> = Shared([&SUM.0]);
static MUSEUM: Shared<component> = Shared(component {
    struct_size: std::mem::size_of::<component>() as u32, kernel_count: 1, name: text("Museum"), context: ptr::null(),
    kernels: KERNELS.0.as_ptr(), describe, create, run, cancel, destroy,
});
static COMPONENTS: Shared<[*const component; 1]> = Shared([&MUSEUM.0]);
static PLUGIN: Shared<plugin> = Shared(plugin {
    struct_size: std::mem::size_of::<plugin>() as u32, level_min: 1, level_built: 1, component_count: 1,
    id: text("museum.rust"), version: text("1.0.0"), components: COMPONENTS.0.as_ptr(), engines: ptr::null(),
    engine_count: 0, pad: 0,
});

#[no_mangle]
pub extern "C" fn norn_plugin_entry_1(_: *const c_void, low: u32, high: u32, out: *mut *const c_void, failure: *mut c_void) -> u32 {
    if low > PLUGIN.0.level_built || high < PLUGIN.0.level_min {
        return fail(failure as *mut error, FAILED_PRECONDITION, "it works at level 1, the host at others");
    }
    unsafe { *out = &PLUGIN.0 as *const plugin as *const c_void };
    OK
}
