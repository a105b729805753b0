extension Rule {
    /// Every rule, by number.
    public static let all: [Rule] = manifest + library + loading + runs + kernels + contract

    private static let manifest: [Rule] = [
        Rule(
            number: 101, group: .manifest, subject: .plugin, title: "manifest.json is there and says what it must",
            remedy: "Write it as share/norn/schemas/manifest.schema.json has it."),
        Rule(
            number: 102, group: .manifest, subject: .plugin, title: "the manifest has no key that nobody reads",
            remedy: "Take the key out, or spell it as the schema does."),
        Rule(
            number: 103, group: .manifest, subject: .plugin,
            title: "the manifest's library for this machine is in the folder, with the digest that it names",
            remedy: "Put the library beside the manifest, and its SHA-256 into the manifest when it is final."),
    ]

    private static let library: [Rule] = [
        Rule(
            number: 201, group: .library, subject: .plugin, title: "the library is a shared library for this machine",
            remedy: "Build it with -shared -fPIC for the platform that the manifest names."),
        Rule(
            number: 202, group: .library, subject: .plugin, title: "it exports norn_plugin_entry_1 and nothing else",
            remedy: "Link it with a version script that keeps all but norn_plugin_entry_1 local."),
        Rule(
            number: 203, group: .library, subject: .plugin, title: "it is never unloaded",
            remedy: "Link it with -z nodelete."),
        Rule(
            number: 204, group: .library, subject: .plugin,
            title: "it imports nothing that a component must leave to its host",
            remedy: "Use the host's table instead: messages, files, time, threads and randomness come from there."),
        Rule(
            number: 205, group: .library, subject: .plugin, title: "it needs only libraries that every site has",
            remedy: "Link the others statically, or bring them along and name them with $ORIGIN."),
        Rule(
            number: 206, group: .library, subject: .plugin,
            title: "its code is never writable, and its stack never code",
            remedy: "Compile with -fPIC, and link with -z noexecstack and -z separate-code."),
    ]

    private static let loading: [Rule] = [
        Rule(
            number: 301, group: .loading, subject: .plugin, title: "it loads and answers within 100 ms",
            remedy: "Do in create, or in run, what now happens in constructors, in the entry or in describe."),
        Rule(
            number: 302, group: .loading, subject: .plugin, title: "loading it leaves the process as it was",
            remedy: "Install no signal handler, change no environment, folder, mask, locale or limit; make no thread."),
        Rule(
            number: 303, group: .loading, subject: .plugin,
            title: "loading and entering it twice gives the same tables",
            remedy: "Give pointers to constant tables, the same at every call."),
        Rule(
            number: 401, group: .negotiation, subject: .plugin, title: "its tables are whole",
            remedy: "Fill every slot that the header does not allow to be NULL, and set every struct_size by sizeof."),
        Rule(
            number: 402, group: .negotiation, subject: .plugin,
            title: "it works with a newer host, with a larger table",
            remedy: "Compare levels as ranges, and struct_size with the least you need, never for equality."),
        Rule(
            number: 403, group: .negotiation, subject: .plugin,
            title: "it refuses a host that it cannot work with, in words",
            remedy: "Return NORN_FAILED_PRECONDITION with both ranges in the error's message when they do not meet."),
        Rule(
            number: 404, group: .negotiation, subject: .component, title: "it survives a host that withholds things",
            remedy: "Check what get_extension gives and what struct_size says before use; an error may be NULL."),
        Rule(
            number: 501, group: .description, subject: .plugin,
            title: "what it says of itself is what its manifest says",
            remedy: "Make code and manifest say the same: id, version, levels, roles, ports, defaults, kernels."),
        Rule(
            number: 502, group: .description, subject: .plugin,
            title: "describing is pure: the same bytes each time, and a failing sink is passed on",
            remedy: "Push the same bytes at every call, and return what the sink's write returned."),
    ]

    private static let runs: [Rule] = [
        Rule(
            number: 601, group: .lifecycle, subject: .component, title: "its case succeeds at every party",
            remedy: "Mend it, or describe in check.json parties, inputs and parameters with which it succeeds."),
        Rule(
            number: 602, group: .lifecycle, subject: .component,
            title: "it may be destroyed without having run, and cancelled at any time",
            remedy: "Let destroy cope with what run has not made yet, and cancel with an instance that does not run."),
        Rule(
            number: 603, group: .lifecycle, subject: .component, title: "a thousand creates and destroys leave nothing",
            remedy: "Free in destroy what create made: memory, file descriptors, threads."),
        Rule(
            number: 604, group: .lifecycle, subject: .run, title: "after destroy nothing of it is left or runs",
            remedy: "Join every thread and close every file in destroy; never call the host from then on."),
        Rule(
            number: 605, group: .lifecycle, subject: .component, title: "a failure says what failed",
            remedy: "Fill the caller's norn_error, within its bounds, whenever a status other than NORN_OK is returned."
        ),
        Rule(
            number: 701, group: .cancellation, subject: .run,
            title: "cancelled at any host call, it ends within its grace",
            remedy: "Look at the task's cancel_flag in long loops, and end when a call gives NORN_CANCELLED."),
        Rule(
            number: 702, group: .cancellation, subject: .run, title: "cancelled, it makes no further use of its host",
            remedy: "When a host call gives NORN_CANCELLED, clean up and return; do not try the next one."),
        Rule(
            number: 801, group: .faults, subject: .run, title: "when any one host call fails, it fails, and says why",
            remedy: "Look at every status; pass the host's error on, and never go on with what was not made."),
    ]

    private static let kernels: [Rule] = [
        Rule(
            number: 901, group: .kernels, subject: .run, title: "a kernel gives the same when it is run again",
            remedy: "Keep all of a kernel's state behind what open gives; no static, no clock, no chance."),
        Rule(
            number: 902, group: .kernels, subject: .run, title: "a kernel gives the same in another process",
            remedy: "Let results depend on closure and rows alone: on no address, and on nothing that run prepared."),
        Rule(
            number: 903, group: .kernels, subject: .run, title: "a kernel does not see where batches are cut",
            remedy: "Carry over from step to step what is not finished; a step may bring any number of rows."),
        Rule(
            number: 904, group: .kernels, subject: .run, title: "folds of parts, merged, give the fold of the whole",
            remedy: "Let freeze give the whole state, and merge add a later partition's to it."),
        Rule(
            number: 905, group: .kernels, subject: .run, title: "a kernel only reads its input, and not past its end",
            remedy: "Copy what is to be changed; bound every read by the batch's offsets."),
        Rule(
            number: 906, group: .kernels, subject: .run, title: "a kernel emits what its flags and the engine allow",
            remedy:
                "With KEEPS_KEYS emit only input keys, ascending; else take the flag away. Keys have 1 to 511 bytes."),
    ]

    private static let contract: [Rule] = [
        Rule(
            number: 1001, group: .wire, subject: .run, title: "it sends only what the manifest's wire contract names",
            remedy: "Declare the message under wire: name, roles, kind, max_bytes; or do not send it."),
        Rule(
            number: 1002, group: .wire, subject: .component,
            title: "it asks only for extensions that it has permission for",
            remedy: "Name the extension under permissions, with the reason; or do not ask for it."),
        Rule(
            number: 1003, group: .wire, subject: .run, title: "it hands out only what the manifest's outputs name",
            remedy: "Declare the port under outputs, with its kind; or do not write it."),
        Rule(
            number: 1101, group: .resources, subject: .run, title: "it stays within the memory that it declares",
            remedy: "Declare what it needs (see the suggested block), or use less."),
        Rule(
            number: 1102, group: .resources, subject: .run,
            title: "it keeps no more threads busy than it declares cores",
            remedy: "Use norn.workers/1, which knows the grant; or declare the cores (see the suggested block)."),
        Rule(
            number: 1201, group: .fuzz, subject: .component, title: "no parameters crash it",
            remedy: "Check parameters in create or run, and refuse with NORN_INVALID_ARGUMENT and the field's name."),
        Rule(
            number: 1202, group: .fuzz, subject: .run, title: "no rows crash its kernels",
            remedy: "Check the form of closures and values, and fail with a status; rows may be empty, long or odd."),
    ]
}
