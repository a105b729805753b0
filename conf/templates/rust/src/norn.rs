//! A small safe layer over the generated ABI: what the component of this project needs. Grow it as yours does.
use crate::cbor;
use crate::norn_abi::*;
use std::ffi::c_void;
use std::os::raw::c_char;
use std::panic::{catch_unwind, AssertUnwindSafe};

pub type NornResult<Value> = Result<Value, Error>;

/// Why an attempt fails: a status, whose fault it is, and one sentence for people.
pub struct Error {
    code: norn_status,
    flags: u32,
    message: String,
}

impl Error {
    pub fn new(code: norn_status, message: &str) -> Self {
        Error { code, flags: 0, message: message.to_string() }
    }
    pub fn user(code: norn_status, message: &str) -> Self {
        Error { code, flags: NORN_ERROR_USER_FAULT, message: message.to_string() }
    }
    pub fn peer(message: &str) -> Self {
        Error { code: NORN_DATA_LOSS, flags: NORN_ERROR_PEER_FAULT, message: message.to_string() }
    }

    /// Fills the caller's error, which may be null.
    unsafe fn write(&self, out: *mut norn_error) -> norn_status {
        if out.is_null() || ((*out).struct_size as usize) < std::mem::size_of::<norn_error>() {
            return self.code;
        }
        (*out).code = self.code;
        (*out).flags = self.flags;
        (*out).error_id = 0;
        put(&mut (*out).domain, "@NAME@");
        (*out).message_count = put(&mut (*out).message, &self.message) as u32;
        self.code
    }
}

/// Copies a text into a field that a NUL ends; how many bytes it took, cut between characters.
fn put(field: &mut [c_char], text: &str) -> usize {
    let mut count = text.len().min(field.len() - 1);
    while !text.is_char_boundary(count) {
        count -= 1;
    }
    field.fill(0);
    for (place, byte) in field.iter_mut().zip(&text.as_bytes()[..count]) {
        *place = *byte as c_char;
    }
    count
}

/// The border: an error or a panic of the body becomes a status.
pub unsafe fn guard(error: *mut norn_error, body: impl FnOnce() -> NornResult<()>) -> norn_status {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => NORN_OK,
        Ok(Err(failure)) => failure.write(error),
        Err(_) => Error::new(NORN_INTERNAL, "the component panicked").write(error),
    }
}

pub fn string(text: &str) -> norn_string {
    norn_string { data: text.as_ptr() as *const c_char, count: text.len() as u64 }
}

fn bytes(data: &[u8]) -> norn_bytes {
    norn_bytes { data: data.as_ptr(), count: data.len() as u64 }
}

/// Pushes bytes into a sink of the host's.
pub unsafe fn push(sink: *const norn_sink, data: &[u8]) -> NornResult<()> {
    let write = slot((*sink).write)?;
    call(|error| write((*sink).context, bytes(data), error))
}

fn slot<Function>(function: Option<Function>) -> NornResult<Function> {
    function.ok_or_else(|| Error::new(NORN_UNIMPLEMENTED, "the host's table has an empty slot"))
}

/// Calls a function of the host, and takes over what it says when it fails.
fn call(function: impl FnOnce(*mut norn_error) -> norn_status) -> NornResult<()> {
    // An error without a pointer in it: all zeros is one.
    let mut error: norn_error = unsafe { std::mem::zeroed() };
    error.struct_size = std::mem::size_of::<norn_error>() as u32;
    let status = function(&mut error);
    if status == NORN_OK {
        return Ok(());
    }
    let count = (error.message_count as usize).min(error.message.len());
    let message: Vec<u8> = error.message[..count].iter().map(|byte| *byte as u8).collect();
    Err(Error { code: status, flags: error.flags, message: String::from_utf8_lossy(&message).into_owned() })
}

unsafe fn extension<Table>(host: *const norn_host, id: &str, revision: u32) -> NornResult<*const Table> {
    let get = slot((*host).get_extension)?;
    let table = get(host, string(id), revision) as *const Table;
    if table.is_null() {
        return Err(Error::new(NORN_PERMISSION_DENIED, &format!("{id} is not granted")));
    }
    Ok(table)
}

unsafe fn text<'a>(value: norn_string) -> &'a str {
    if value.count == 0 {
        return "";
    }
    let bytes = std::slice::from_raw_parts(value.data as *const u8, value.count as usize);
    std::str::from_utf8(bytes).unwrap_or("")
}

unsafe extern "C" fn gather(context: *mut c_void, piece: norn_bytes, _error: *mut norn_error) -> norn_status {
    if piece.count > 0 {
        let gathered = &mut *(context as *mut Vec<u8>);
        gathered.extend_from_slice(std::slice::from_raw_parts(piece.data, piece.count as usize));
    }
    NORN_OK
}

unsafe extern "C" fn count_batch(
    context: *mut c_void,
    batch: *const norn_batch,
    _error: *mut norn_error,
) -> norn_status {
    *(context as *mut u64) += (*batch).rows as u64;
    NORN_OK
}

/// A party of the task.
pub struct Party {
    pub role: String,
    pub id: String,
}

/// One attempt at one party, with what the host granted it.
pub struct Host {
    // Valid until the host calls destroy, which drops this value.
    host: *const norn_host,
    task: *const norn_task,
    artifacts: *const norn_artifacts,
    engine: *const norn_engine_access,
    federation: *const norn_federation,
    tracking: *const norn_tracking,
}

impl Host {
    /// # Safety
    /// Both pointers are the host's, and valid for as long as the value lives.
    pub unsafe fn new(host: *const norn_host, task: *const norn_task) -> NornResult<Self> {
        Ok(Host {
            host,
            task,
            artifacts: extension(host, NORN_ARTIFACTS_ID, NORN_ARTIFACTS_REVISION)?,
            engine: extension(host, NORN_ENGINE_ACCESS_ID, NORN_ENGINE_ACCESS_REVISION)?,
            federation: extension(host, NORN_FEDERATION_ID, NORN_FEDERATION_REVISION)?,
            tracking: extension(host, NORN_TRACKING_ID, NORN_TRACKING_REVISION)?,
        })
    }

    pub fn role(&self) -> &str {
        unsafe { text((*self.task).role) }
    }

    /// Whether the attempt is to stop; for long loops.
    #[allow(dead_code)]
    pub fn is_cancelled(&self) -> bool {
        unsafe { std::ptr::read_volatile((*self.task).cancel_flag) != 0 }
    }

    /// A CBOR map, every default filled in.
    pub fn parameters(&self) -> &[u8] {
        let parameters = unsafe { (*self.task).parameters };
        unsafe { std::slice::from_raw_parts(parameters.data, parameters.count as usize) }
    }

    /// Every party of the task, in the job's order in each role.
    pub fn parties(&self) -> NornResult<Vec<Party>> {
        let encoded = unsafe { (*self.task).parties };
        let encoded = unsafe { std::slice::from_raw_parts(encoded.data, encoded.count as usize) };
        let mut reader = cbor::Reader::new(encoded);
        let mut parties = Vec::new();
        for _ in 0..reader.map()? {
            let role = reader.text()?;
            for _ in 0..reader.array()? {
                parties.push(Party { role: role.to_string(), id: reader.text()?.to_string() });
            }
        }
        Ok(parties)
    }

    pub fn log(&self, line: &str) {
        unsafe {
            if let Some(log) = (*self.host).log {
                log(self.host, NORN_LOG_INFO, string(line))
            }
        }
    }

    /// How many rows an input table has, batch by batch. A component that computes much gives the engine a kernel.
    pub fn count_rows(&self, input: &str) -> NornResult<u64> {
        unsafe {
            let mut engine: *const norn_engine = std::ptr::null();
            let mut session: *mut c_void = std::ptr::null_mut();
            let mut table = 0u64;
            let mut rows = 0u64;
            let open_session = slot((*self.engine).session)?;
            call(|error| open_session(self.host, &mut engine, &mut session, error))?;
            let open = slot((*self.artifacts).open_table)?;
            call(|error| open(self.host, string(input), 0, &mut table, error))?;
            let emit = norn_emit {
                struct_size: std::mem::size_of::<norn_emit>() as u32,
                _pad0: 0,
                context: &mut rows as *mut u64 as *mut c_void,
                batch: Some(count_batch),
            };
            let scan = slot((*engine).table_scan)?;
            call(|error| scan(session, table, NORN_ALL_PARTITIONS, u64::MAX, &emit, error))?;
            Ok(rows)
        }
    }

    pub fn send(&self, name: &str, tag: &str, to: &Party, message: &[u8]) -> NornResult<()> {
        let send = slot(unsafe { (*self.federation).send })?;
        call(|error| unsafe {
            send(self.host, string(name), string(tag), string(&to.role), string(&to.id), bytes(message), error)
        })
    }

    /// Announces that a message is wanted, and gives the ticket to take it with.
    pub fn post(&self, name: &str, tag: &str, from: &Party) -> NornResult<u64> {
        let post = slot(unsafe { (*self.federation).post })?;
        let mut ticket = 0u64;
        call(|error| unsafe {
            post(self.host, string(name), string(tag), string(&from.role), string(&from.id), &mut ticket, error)
        })?;
        Ok(ticket)
    }

    /// A message's bytes; waits for it.
    pub fn take(&self, ticket: u64) -> NornResult<Vec<u8>> {
        let wait = slot(unsafe { (*self.federation).wait })?;
        let mut done = 0u8;
        call(|error| unsafe { wait(self.host, &ticket, 1, NORN_WAIT_ALL, NORN_NO_TIMEOUT, &mut done, error) })?;
        let take = slot(unsafe { (*self.federation).take })?;
        let mut gathered: Vec<u8> = Vec::new();
        let sink = norn_sink {
            struct_size: std::mem::size_of::<norn_sink>() as u32,
            _pad0: 0,
            context: &mut gathered as *mut Vec<u8> as *mut c_void,
            write: Some(gather),
        };
        call(|error| unsafe { take(self.host, ticket, &sink, error) })?;
        Ok(gathered)
    }

    /// A CBOR map of results; a later one replaces an earlier one.
    pub fn summary(&self, summary: &[u8]) -> NornResult<()> {
        let publish = slot(unsafe { (*self.tracking).summary })?;
        call(|error| unsafe { publish(self.host, bytes(summary), error) })
    }
}
