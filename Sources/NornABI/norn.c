/* The contract is the header alone; the package manager asks for one source of every target in C. */
#include "norn.h"
