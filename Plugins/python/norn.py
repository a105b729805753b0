"""What a component in Python works with.

    import norn

    @norn.component("RowTotal")
    def run(context):
        rows = context.table("data").rows
        ...

The manifest says what the component takes, makes and sends; the function does it, once for every attempt. What it
raises becomes the attempt's failure: norn.UserError for the submitter's parameters or data, norn.PeerError for what
another party sent, norn.Error for anything else that people should read.
"""
import ctypes
import json
import os
import site
import struct
import sys
import traceback

import norn_abi as abi
import norn_cbor as cbor

__all__ = ["Cancelled", "Context", "Error", "PeerError", "Table", "UserError", "component"]

# Rows that are written at once.
ROWS_AT_ONCE = abi.NORN_BATCH_MAX_ROWS


class Error(Exception):
    """Why an attempt fails: a sentence for people, and a status of the ABI."""

    flags = 0

    def __init__(self, message, code=abi.NORN_UNKNOWN):
        super().__init__(message)
        self.code = code


class UserError(Error):
    """The submitter's parameters or data."""

    flags = abi.NORN_ERROR_USER_FAULT

    def __init__(self, message, code=abi.NORN_INVALID_ARGUMENT):
        super().__init__(message, code)


class PeerError(Error):
    """What another party sent."""

    flags = abi.NORN_ERROR_PEER_FAULT

    def __init__(self, message, code=abi.NORN_DATA_LOSS):
        super().__init__(message, code)


class Cancelled(Error):
    """The attempt is to end; let it through."""


_components = {}


def component(name):
    """Makes a function the component of this name: it gets a Context and does the work of one attempt."""

    def register(function):
        if name in _components:
            raise Error(f"there are two components {name}")
        _components[name] = function
        return function

    return register


# ---- The border ----


def _text(value):
    return ctypes.string_at(value.data, value.count).decode("utf-8") if value.count else ""


def _bytes(value):
    return ctypes.string_at(value.data, value.count) if value.count else b""


def _lend_text(text):
    """A string for a call, and the buffer that must live as long."""
    data = text.encode("utf-8")
    buffer = ctypes.create_string_buffer(data, len(data) + 1)
    return abi.norn_string(ctypes.addressof(buffer), len(data)), buffer


def _lend_bytes(data):
    data = bytes(data)
    buffer = ctypes.create_string_buffer(data, len(data) + 1)
    return abi.norn_bytes(ctypes.addressof(buffer) if data else None, len(data)), buffer


def _fill(address, failure):
    """Writes a failure into the caller's error, and gives the status."""
    code = failure.code if isinstance(failure, Error) else abi.NORN_UNKNOWN
    message = str(failure) if isinstance(failure, Error) else f"{type(failure).__name__}: {failure}"
    if isinstance(failure, MemoryError):
        code, message = abi.NORN_RESOURCE_EXHAUSTED, "the memory that was granted is used up"
    if not address:
        return code
    error = abi.norn_error.from_address(address)
    if error.struct_size < ctypes.sizeof(abi.norn_error):
        return code
    data = message.encode("utf-8", "replace")
    room = ctypes.sizeof(error) - abi.norn_error.message.offset - 1
    kept = data[:room].decode("utf-8", "ignore").encode("utf-8")
    error.code = code
    error.flags = getattr(failure, "flags", 0) | (abi.NORN_ERROR_TRUNCATED if len(kept) < len(data) else 0)
    error.error_id = 0
    error.domain = b"python"
    error.message = kept
    error.message_count = len(kept)
    return code


def _guarded(body, error):
    """Runs a body that the host called: nothing that it raises crosses the border."""
    try:
        body()
        return abi.NORN_OK
    except BaseException as failure:
        if not isinstance(failure, Error):
            traceback.print_exc()
            sys.stderr.flush()
        return _fill(error, failure)


def _call(function, *arguments):
    """Calls a function of the host that takes an error last, and raises what it says."""
    error = abi.norn_error(struct_size=ctypes.sizeof(abi.norn_error))
    status = function(*arguments, ctypes.byref(error))
    if status == abi.NORN_OK:
        return
    message = error.message.decode("utf-8", "replace") or f"the host answered with status {status}"
    if status == abi.NORN_CANCELLED:
        raise Cancelled(message, status)
    failure = Error(message, status)
    failure.flags = error.flags
    raise failure


class _Gathered:
    """A sink that keeps what is pushed."""

    def __init__(self):
        self.data = bytearray()
        self._write = dict(abi.norn_sink._fields_)["write"](self._take)
        self.sink = abi.norn_sink(ctypes.sizeof(abi.norn_sink), 0, None, self._write)

    def _take(self, _context, piece, error):
        return _guarded(lambda: self.data.extend(_bytes(piece)), error)


# ---- Tables ----


class Batch:
    """Rows in Arrow's binary layout: offsets are rows + 1 little-endian uint32 into the bytes beside them."""

    def __init__(self, rows, key_offsets, keys, value_offsets, values):
        self.rows = rows
        self.key_offsets = key_offsets
        self.keys = keys
        self.value_offsets = value_offsets
        self.values = values

    def pairs(self):
        """The encoded key and the value's bytes of every row."""
        keys = struct.unpack(f"<{self.rows + 1}I", self.key_offsets)
        values = struct.unpack(f"<{self.rows + 1}I", self.value_offsets)
        for row in range(self.rows):
            yield self.keys[keys[row] : keys[row + 1]], self.values[values[row] : values[row + 1]]


def _copy_batch(address):
    batch = abi.norn_batch.from_address(address)
    count = 4 * (batch.rows + 1)
    key_offsets = ctypes.string_at(batch.key_offsets, count)
    value_offsets = ctypes.string_at(batch.value_offsets, count)
    key_end = struct.unpack_from("<I", key_offsets, count - 4)[0]
    value_end = struct.unpack_from("<I", value_offsets, count - 4)[0]
    keys = ctypes.string_at(batch.keys, key_end) if key_end else b""
    values = ctypes.string_at(batch.values, value_end) if value_end else b""
    return Batch(batch.rows, key_offsets, keys, value_offsets, values)


def decode_key(data):
    """A row's key: a text, an integer, or bytes that are neither."""
    if data[:1] == b"\x01":
        return data[1:].decode("utf-8")
    if data[:1] == b"\x02" and len(data) == 9:
        return int.from_bytes(data[1:], "big") - (1 << 63)
    return data


def encode_key(key):
    if isinstance(key, str):
        return b"\x01" + key.encode("utf-8")
    if hasattr(key, "__index__"):
        return b"\x02" + (key.__index__() + (1 << 63)).to_bytes(8, "big")
    return bytes(key)


def _numpy():
    try:
        import numpy
    except ImportError:
        raise Error(
            "NumPy is not there: install Debian's python3-numpy, or name an environment that has it in the manifest"
        ) from None
    return numpy


class Table:
    """A table of the attempt's engine: immutable rows, each a key and bytes; schema is a dictionary."""

    def __init__(self, context, handle, schema):
        self._context = context
        self._handle = handle
        self.schema = schema
        info = abi.norn_table_info(struct_size=ctypes.sizeof(abi.norn_table_info))
        engine, session = context._session()
        _call(engine.table_info, session, handle, ctypes.byref(info))
        self.rows = info.rows
        self.partitions = info.partitions

    def __len__(self):
        return self.rows

    @property
    def columns(self):
        """Names of the columns; label and weight of instances are not among them."""
        return list(self.schema.get("header") or [])

    def batches(self, partition=abi.NORN_ALL_PARTITIONS):
        """All batches of a partition, or of every one: for Arrow's buffers without NumPy."""
        batches = []
        field = dict(abi.norn_emit._fields_)["batch"]

        def take(_context, address, error):
            return _guarded(lambda: batches.append(_copy_batch(address)), error)

        callback = field(take)
        emit = abi.norn_emit(ctypes.sizeof(abi.norn_emit), 0, None, callback)
        engine, session = self._context._session()
        _call(engine.table_scan, session, self._handle, partition, (1 << 64) - 1, ctypes.byref(emit))
        return batches

    def pairs(self):
        """Encoded key and value bytes of all rows, keys ascending: the same order whatever the partitions."""
        return sorted(pair for batch in self.batches() for pair in batch.pairs())

    def keys(self):
        """Ids in the order of every other view of the table."""
        return [decode_key(key) for key, _ in self.pairs()]

    def lines(self):
        """Ids and cells of a table of text, as it was uploaded: [(id, [cell, …]), …]."""
        self._require("text", "it was transformed already: use instances()")
        delimiter = self.schema.get("delimiter") or ","
        return [(decode_key(key), value.decode("utf-8").split(delimiter)) for key, value in self.pairs()]

    def instances(self):
        """Ids, features (rows × columns, float64), labels and weights (or None) of a transformed table, in NumPy."""
        numpy = _numpy()
        self._require("float64", "put DataTransform before this component")
        pairs = self.pairs()
        lead = (1 if self.schema.get("label_name") else 0) + (1 if self.schema.get("weight") else 0)
        width = lead + len(self.columns)
        matrix = numpy.frombuffer(b"".join(value for _, value in pairs), dtype="<f8")
        if matrix.size != len(pairs) * width:
            raise Error(f"the rows of a table are not {width} numbers wide", abi.NORN_DATA_LOSS)
        matrix = matrix.reshape(len(pairs), width)
        labels = matrix[:, 0] if self.schema.get("label_name") else None
        weights = matrix[:, lead - 1] if self.schema.get("weight") else None
        return Instances([decode_key(key) for key, _ in pairs], self.columns, matrix[:, lead:], labels, weights)

    def _require(self, layout, advice):
        if self.schema.get("layout") != layout:
            raise UserError(
                f"a table holds {self.schema.get('layout') or 'unnamed'} rows where {layout} is needed: {advice}",
                abi.NORN_FAILED_PRECONDITION,
            )


class Instances:
    """Rows as NumPy holds them; the order is that of ids."""

    def __init__(self, ids, columns, features, labels=None, weights=None):
        self.ids = ids
        self.columns = columns
        self.features = features
        self.labels = labels
        self.weights = weights


# ---- The context of an attempt ----


class Context:
    """What an attempt can reach: its parameters, inputs and outputs, the other parties, and its tracks."""

    def __init__(self, host, task):
        self._host_address = host
        self._host = abi.norn_host.from_address(host)
        self._task = abi.norn_task.from_address(task)
        self._engine = None
        self._inputs = None
        #: Job, task, number of the attempt, role and party id.
        self.job = _text(self._task.job)
        self.task = _text(self._task.task)
        self.attempt = self._task.attempt
        self.component = _text(self._task.component)
        self.role = _text(self._task.role)
        self.party = _text(self._task.party)
        #: role -> party ids, in the job's order
        self.parties = cbor.decode(_bytes(self._task.parties))
        #: every default filled in
        self.parameters = cbor.decode(_bytes(self._task.parameters))
        #: threads that may be busy, bytes that may be used (0: no limit), partitions of new tables
        self.cores = self._task.cores
        self.memory_bytes = self._task.memory_bytes
        self.partitions = self._task.partitions

    @property
    def cancelled(self):
        """Whether the attempt is to end; for long loops."""
        return ctypes.c_uint32.from_address(self._task.cancel_flag).value != 0

    def _extension(self, name):
        revision, table = abi.EXTENSIONS[name]
        text, _buffer = _lend_text(name)
        address = self._host.get_extension(self._host_address, text, revision)
        if not address:
            raise Error(
                f"{name} is not granted: name it under the manifest's permissions", abi.NORN_PERMISSION_DENIED
            )
        return table.from_address(address)

    def _session(self):
        if self._engine is None:
            engine, session = ctypes.c_void_p(), ctypes.c_void_p()
            access = self._extension("norn.engine")
            _call(access.session, self._host_address, ctypes.byref(engine), ctypes.byref(session))
            self._engine = abi.norn_engine.from_address(engine.value), session
        return self._engine

    def log(self, text, severity=abi.NORN_LOG_INFO):
        """A line of the attempt's log; never rows, secrets or keys."""
        line, _buffer = _lend_text(str(text))
        self._host.log(self._host_address, severity, line)

    # What comes in.

    @property
    def inputs(self):
        """[{name, index, kind, from, rows, schema}, …]"""
        if self._inputs is None:
            gathered = _Gathered()
            _call(
                self._extension("norn.artifacts").inputs, self._host_address, ctypes.byref(gathered.sink)
            )
            self._inputs = cbor.decode(gathered.data)
        return self._inputs

    def table(self, name="data", index=0):
        """An input table."""
        handle = ctypes.c_uint64()
        text, _buffer = _lend_text(name)
        _call(
            self._extension("norn.artifacts").open_table, self._host_address, text, index, ctypes.byref(handle)
        )
        schemas = [entry.get("schema") for entry in self.inputs if (entry["name"], entry["index"]) == (name, index)]
        schema = schemas[0] if schemas else None
        if isinstance(schema, bytes):
            schema = cbor.decode(schema) if schema else None
        return Table(self, handle.value, schema or {})

    def read(self, name, index=0):
        """The bytes of an input model, cache or file."""
        gathered = _Gathered()
        text, _buffer = _lend_text(name)
        _call(
            self._extension("norn.artifacts").read, self._host_address, text, index, ctypes.byref(gathered.sink)
        )
        return bytes(gathered.data)

    # What goes out; it is kept when the attempt succeeds.

    def write(self, name, data):
        """Appends to an output model, cache or file."""
        lent, _data = _lend_bytes(data)
        text, _name = _lend_text(name)
        _call(self._extension("norn.artifacts").write, self._host_address, text, lent)

    def write_instances(self, name, ids, features, columns, labels=None, label_name=None, content="instances"):
        """Hands out a table of float64 rows: features is rows × columns, labels one for each row or None."""
        numpy = _numpy()
        matrix = numpy.asarray(features, dtype="<f8")
        if matrix.ndim != 2 or matrix.shape != (len(ids), len(columns)):
            raise Error(f"features have the shape {matrix.shape}, not ({len(ids)}, {len(columns)})")
        if labels is not None:
            matrix = numpy.column_stack([numpy.asarray(labels, dtype="<f8"), matrix])
        matrix = numpy.ascontiguousarray(matrix)
        schema = {
            "layout": "float64", "header": list(columns), "content": content, "id_name": "id", "weight": False,
            "delimiter": ",", "anonymous_header": [],
        }
        if labels is not None:
            schema["label_name"] = label_name or "y"
        rows = ((encode_key(key), matrix[row].tobytes()) for row, key in enumerate(ids))
        self.write_table(name, rows, schema)

    def write_table(self, name, rows, schema):
        """Hands out a table of (encoded key, value bytes) pairs."""
        engine, session = self._session()
        handle = ctypes.c_uint64()
        spec = abi.norn_table_spec(
            ctypes.sizeof(abi.norn_table_spec), self.partitions, abi.NORN_PARTITIONER_HASH, abi.NORN_TABLE_TEMPORARY
        )
        _call(engine.table_create, session, ctypes.byref(spec), ctypes.byref(handle))
        pending, pending_bytes = [], 0
        for key, value in rows:
            if pending and (
                len(pending) == ROWS_AT_ONCE
                or pending_bytes + len(key) + len(value) > abi.NORN_BATCH_MAX_BYTES
            ):
                _put_rows(engine, session, handle, pending)
                pending, pending_bytes = [], 0
            pending.append((key, value))
            pending_bytes += len(key) + len(value)
        if pending:
            _put_rows(engine, session, handle, pending)
        _call(engine.table_seal, session, handle)
        text, _name = _lend_text(name)
        lent, _schema = _lend_bytes(cbor.encode(schema))
        _call(self._extension("norn.artifacts").output_table, self._host_address, text, handle, lent)

    # Between parties: a message has a name of the manifest's wire contract, and a tag that says which one it is.

    def send(self, name, value, role, party=None, tag=""):
        """Sends a value as CBOR to a party, or to every party of a role."""
        self.send_bytes(name, cbor.encode(value), role, party, tag)

    def send_bytes(self, name, data, role, party=None, tag=""):
        federation = self._extension("norn.federation")
        lent, _data = _lend_bytes(data)
        texts = [_lend_text(text) for text in (name, tag, role)]
        for receiver in self._parties(role, party):
            to, _party = _lend_text(receiver)
            _call(federation.send, self._host_address, *(text for text, _ in texts), to, lent)

    def receive(self, name, role, party=None, tag=""):
        """A party's value; a list in the job's order when no party is named."""
        messages = self.receive_bytes(name, role, party, tag)
        try:
            return cbor.decode(messages) if party is not None else [cbor.decode(message) for message in messages]
        except (ValueError, UnicodeDecodeError) as failure:
            raise PeerError(f"the message {name} of a {role} is not CBOR: {failure}") from None

    def receive_bytes(self, name, role, party=None, tag=""):
        federation = self._extension("norn.federation")
        texts = [_lend_text(text) for text in (name, tag, role)]
        tickets = []
        for sender in self._parties(role, party):
            ticket = ctypes.c_uint64()
            lent, _party = _lend_text(sender)
            _call(
                federation.post, self._host_address, *(text for text, _ in texts), lent, ctypes.byref(ticket)
            )
            tickets.append(ticket)
        if tickets:
            numbers = (ctypes.c_uint64 * len(tickets))(*[ticket.value for ticket in tickets])
            done = (ctypes.c_uint8 * len(tickets))()
            _call(
                federation.wait, self._host_address, numbers, len(tickets), abi.NORN_WAIT_ALL, abi.NORN_NO_TIMEOUT,
                done,
            )
        messages = []
        for ticket in tickets:
            gathered = _Gathered()
            _call(federation.take, self._host_address, ticket, ctypes.byref(gathered.sink))
            messages.append(bytes(gathered.data))
        return messages if party is None else messages[0]

    def _parties(self, role, party):
        known = self.parties.get(role) or []
        if party is None:
            return known
        if str(party) not in known:
            raise Error(f"{role} {party} takes no part in the job", abi.NORN_NOT_FOUND)
        return [str(party)]

    # What people and programs see.

    def metric(self, name, value, namespace="", key=None, type=None):
        """One number, or with a key a point of a series: metric("loss", 0.3, key=7)."""
        points = [[name if key is None else key, float(value)]]
        self.series(name, points, namespace, type or ("SCALAR" if key is None else "LINE"))

    def series(self, name, points, namespace="", type="LINE", meta=None):
        """Appends [key, value] points to a series."""
        lent, _data = _lend_bytes(
            cbor.encode(
                {"namespace": namespace, "name": name, "type": type, "points": points, "meta": meta or {}}
            )
        )
        _call(self._extension("norn.tracking").metric, self._host_address, lent)

    def progress(self, done, total, what=""):
        text, _buffer = _lend_text(what)
        _call(self._extension("norn.tracking").progress, self._host_address, done, total, text)

    def summary(self, values):
        """A dictionary of results; a later one replaces an earlier one."""
        lent, _data = _lend_bytes(cbor.encode(values))
        _call(self._extension("norn.tracking").summary, self._host_address, lent)

    def model(self, view, name="model"):
        """What people see of a model, as a dictionary; it stays at this party."""
        text, _name = _lend_text(name)
        lent, _data = _lend_bytes(cbor.encode(view))
        _call(self._extension("norn.tracking").model, self._host_address, text, lent)


def _put_rows(engine, session, handle, rows):
    def buffers(pieces):
        offsets, end = [0], 0
        for piece in pieces:
            end += len(piece)
            offsets.append(end)
        lent, buffer = _lend_bytes(b"".join(pieces))
        return (ctypes.c_uint32 * len(offsets))(*offsets), lent, buffer

    key_offsets, keys, _keys = buffers([key for key, _ in rows])
    value_offsets, values, _values = buffers([value for _, value in rows])
    batch = abi.norn_batch(
        ctypes.sizeof(abi.norn_batch), len(rows), ctypes.addressof(key_offsets), keys.data,
        ctypes.addressof(value_offsets), values.data, None,
    )
    _call(engine.table_put, session, handle, ctypes.byref(batch))


# ---- The plugin that the host sees ----

# What the host keeps pointers to; it lives as long as the process.
_kept = []
# Attempts that were created and not destroyed, by the number that the host has for an instance.
_instances = {}


def _keep(value):
    _kept.append(value)
    return value


def _permanent_text(text):
    lent, buffer = _lend_text(text)
    _keep(buffer)
    return lent


def _defaults(declared):
    properties = (declared.get("parameters") or {}).get("properties") or {}
    return {name: schema["default"] for name, schema in properties.items() if "default" in schema}


def _description(declared):
    return {
        "name": declared["name"],
        "roles": declared["roles"],
        "inputs": [port["name"] for port in declared.get("inputs") or []],
        "outputs": [port["name"] for port in declared.get("outputs") or []],
        "kernels": [],
        "parameters": _defaults(declared),
    }


def _table(declared, function):
    """The table of one component."""
    slots = dict(abi.norn_component._fields_)
    description = cbor.encode(_description(declared))

    def describe(_component, sink_address, error):
        def body():
            sink = abi.norn_sink.from_address(sink_address)
            lent, _buffer = _lend_bytes(description)
            _call(sink.write, sink.context, lent)

        return _guarded(body, error)

    def create(_component, host, task, out, error):
        def body():
            number = max(_instances, default=0) + 1
            _instances[number] = Context(host, task)
            ctypes.c_void_p.from_address(out).value = number

        return _guarded(body, error)

    def run(instance, error):
        return _guarded(lambda: function(_instances[instance]), error)

    def cancel(_instance, _reason):
        # Every host call gives NORN_CANCELLED from now on, and context.cancelled is true.
        return None

    def destroy(instance):
        _instances.pop(instance, None)

    table = abi.norn_component(
        struct_size=ctypes.sizeof(abi.norn_component), name=_permanent_text(declared["name"]),
        describe=slots["describe"](describe), create=slots["create"](create), run=slots["run"](run),
        cancel=slots["cancel"](cancel), destroy=slots["destroy"](destroy),
    )
    return _keep(table)


def _plugin(manifest):
    declared = {entry["name"]: entry for entry in manifest.get("components") or []}
    unknown = sorted(set(_components) - set(declared))
    if unknown:
        raise Error(f"the manifest has no component {unknown[0]}, which the Python file has")
    tables = [_table(declared[name], function) for name, function in sorted(_components.items())]
    pointers = _keep((ctypes.c_void_p * max(len(tables), 1))(*[ctypes.addressof(table) for table in tables]))
    # The manifest's levels: a later bridge runs what was written for an earlier one.
    levels = manifest["abi"]
    if levels["level_min"] > abi.NORN_LEVEL:
        raise Error(
            f"the plugin needs level {levels['level_min']} of the plugin interface, the bridge has {abi.NORN_LEVEL}"
        )
    return _keep(
        abi.norn_plugin(
            struct_size=ctypes.sizeof(abi.norn_plugin), level_min=levels["level_min"],
            level_built=min(levels["level_built"], abi.NORN_LEVEL),
            component_count=len(tables), id=_permanent_text(manifest["plugin"]["id"]),
            version=_permanent_text(manifest["plugin"]["version"]), components=ctypes.addressof(pointers),
        )
    )


def _add_packages(environment):
    """What site would do, without its files in /etc: the system's packages, or those of the environment instead."""
    if environment is None:
        for folder in site.getsitepackages():
            if os.path.isdir(folder):
                site.addsitedir(folder)
        return
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = os.path.join(environment, "lib", version, "site-packages")
    if not os.path.isdir(packages):
        raise Error(f"{environment} is no virtual environment of {version}: {packages} is not there")
    site.addsitedir(packages)


def _enter(host, folder_address, out, error, status):
    """Called once by the bridge: loads the plugin's file and hands its table out."""
    folder = ctypes.string_at(folder_address).decode("utf-8")

    def body():
        with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        python = manifest.get("python")
        if not python:
            raise Error("the manifest beside the bridge names no Python file")
        _add_packages(python.get("environment"))
        sys.path.insert(0, folder)
        path = os.path.join(folder, python["file"])
        with open(path, encoding="utf-8") as file:
            code = compile(file.read(), path, "exec")
        exec(code, {"__name__": "norn_plugin", "__file__": path})
        ctypes.c_void_p.from_address(out).value = ctypes.addressof(_plugin(manifest))

    ctypes.c_uint32.from_address(status).value = _guarded(body, error)
