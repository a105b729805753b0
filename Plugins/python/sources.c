#include "sources.h"

/* #embed is C23's; clang has it for every C. */
#pragma clang diagnostic ignored "-Wc23-extensions"

const char norn_abi_source[] = {
#embed "../../Sources/NornABI/python/norn_abi.py"
    , 0};

const char norn_cbor_source[] = {
#embed "norn_cbor.py"
    , 0};

const char norn_source[] = {
#embed "norn.py"
    , 0};
