//! What the host sees of the plugin: its entry, and the table of its component.
mod cbor;
mod component;
mod norn;
mod norn_abi;

use norn::{guard, Host, NornResult};
use norn_abi::*;
use std::ffi::c_void;

const NAME: &str = "@MODULE@";

/// The same as in manifest.json: the site compares them.
fn description() -> Vec<u8> {
    let mut out = cbor::Writer::default();
    out.map(6);
    out.text("name");
    out.text(NAME);
    out.text("roles");
    out.array(2);
    out.text("guest");
    out.text("host");
    out.text("inputs");
    out.array(1);
    out.text("data");
    out.text("kernels");
    out.array(0);
    out.text("outputs");
    out.array(0);
    out.text("parameters");
    out.map(1);
    out.text("minimum_rows");
    out.integer(1);
    out.bytes
}

unsafe extern "C" fn describe(
    _component: *const norn_component,
    sink: *const norn_sink,
    error: *mut norn_error,
) -> norn_status {
    guard(error, || norn::push(sink, &description()))
}

unsafe extern "C" fn create(
    _component: *const norn_component,
    host: *const norn_host,
    task: *const norn_task,
    instance: *mut *mut c_void,
    error: *mut norn_error,
) -> norn_status {
    guard(error, || {
        let host = Host::new(host, task)?;
        *instance = Box::into_raw(Box::new(host)) as *mut c_void;
        Ok(())
    })
}

unsafe extern "C" fn run(instance: *mut c_void, error: *mut norn_error) -> norn_status {
    guard(error, || component::run(&*(instance as *const Host)))
}

/// Calls that block are the host's, and end by themselves; a long loop asks host.is_cancelled().
unsafe extern "C" fn cancel(_instance: *mut c_void, _reason: u32) {}

unsafe extern "C" fn destroy(instance: *mut c_void) {
    drop(Box::from_raw(instance as *mut Host));
}

fn component_table() -> norn_component {
    norn_component {
        struct_size: std::mem::size_of::<norn_component>() as u32,
        kernel_count: 0,
        name: norn::string(NAME),
        context: std::ptr::null(),
        kernels: std::ptr::null(),
        describe: Some(describe),
        create: Some(create),
        run: Some(run),
        cancel: Some(cancel),
        destroy: Some(destroy),
    }
}

/// The lowest level of a host that this plugin works with: that of the newest item of norn_abi.rs that it uses. The
/// manifest says the same.
const LEVEL_NEEDED: u32 = 1;

/// The address of the table, which is made once and lives as long as the process.
static PLUGIN_TABLE: std::sync::OnceLock<usize> = std::sync::OnceLock::new();

fn plugin_table() -> *const norn_plugin {
    *PLUGIN_TABLE.get_or_init(|| make_plugin_table() as *const norn_plugin as usize) as *const norn_plugin
}

fn make_plugin_table() -> &'static norn_plugin {
    let component: &'static norn_component = Box::leak(Box::new(component_table()));
    let components: &'static *const norn_component = Box::leak(Box::new(component as *const norn_component));
    Box::leak(Box::new(norn_plugin {
        struct_size: std::mem::size_of::<norn_plugin>() as u32,
        level_min: LEVEL_NEEDED,
        level_built: NORN_LEVEL,
        component_count: 1,
        id: norn::string("@NAME@"),
        version: norn::string("0.1.0"),
        components,
        engines: std::ptr::null(),
        engine_count: 0,
        _pad0: 0,
    }))
}

/// # Safety
/// The host calls it once, with pointers that hold as norn.h says.
#[no_mangle]
pub unsafe extern "C" fn norn_plugin_entry_1(
    _host: *const norn_host,
    level_low: u32,
    level_high: u32,
    out: *mut *const norn_plugin,
    error: *mut norn_error,
) -> norn_status {
    guard(error, || -> NornResult<()> {
        if NORN_LEVEL < level_low || LEVEL_NEEDED > level_high {
            return Err(norn::Error::new(
                NORN_FAILED_PRECONDITION,
                "the plugin is built for another level of the plugin interface",
            ));
        }
        *out = plugin_table();
        Ok(())
    })
}
